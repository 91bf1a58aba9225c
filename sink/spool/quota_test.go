package spool

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// noise are bytes that do not shrink.
func noise(n int) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/"
	var b strings.Builder
	for range n {
		b.WriteByte(digits[rand.IntN(len(digits))])
	}
	return b.String()
}

// TestQuotaDropsTheOldest: the files never take more than they may, every point is stored or counted
// as dropped, and what is left are the newest.
func TestQuotaDropsTheOldest(t *testing.T) {
	disk, clock := newMemDisk(), newFakeClock()
	const quota = 1 << 20
	s, err := openIn(disk, Config{Quota: sink.Quota{MaxBytes: quota, MaxAge: time.Hour}, Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	const points = 400
	accepted, dropped := 0, 0
	for i := range points {
		_, _ = s.Append(fmt.Appendf(nil, "%d %s\n", i, noise(8000)), 1)
		f, err := s.Flush()
		if err != nil {
			t.Fatal(err)
		}
		accepted, dropped = accepted+f.Accepted, dropped+f.Dropped
		total := 0
		for _, f := range disk.files {
			total += len(f.content)
		}
		if total > quota {
			t.Fatalf("%d bytes on disk after %d points", total, i)
		}
		clock.now = clock.now.Add(time.Second)
	}
	left := s.Size()
	if accepted != points || dropped == 0 || left.Points != points-dropped {
		t.Errorf("%d accepted, %d dropped, %+v left of %d", accepted, dropped, left, points)
	}
	var got []int
	for _, line := range drained(s) {
		var n int
		_, _ = fmt.Sscan(line, &n)
		got = append(got, n)
	}
	slices.Sort(got)
	if len(got) != points-dropped || got[0] != dropped || got[len(got)-1] != points-1 {
		t.Errorf("%d points left, from %d to %d, after %d dropped", len(got), got[0], got[len(got)-1], dropped)
	}
}

// TestAgeDropsAndStoredPointsStayForAnHour: files go when they are too old, or an hour after all of
// it was stored.
func TestAgeDropsAndStoredPointsStayForAnHour(t *testing.T) {
	disk, clock := newMemDisk(), newFakeClock()
	s, err := openIn(disk, Config{Quota: sink.Quota{MaxBytes: 1 << 30, MaxAge: 3 * time.Hour}, Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	put := func(line string) sink.Flushed {
		_, _ = s.Append([]byte(line+"\n"), 1)
		f, _ := s.Flush()
		return f
	}
	put("stored")
	drained(s)
	clock.now = clock.now.Add(30 * time.Minute)
	put("waits")
	if names, _ := disk.names(); len(names) != 3 { // two files and the acknowledgements of one
		t.Errorf("after half an hour: %v", names)
	}
	clock.now = clock.now.Add(31 * time.Minute)
	if f, _ := s.Flush(); f.Dropped != 0 {
		t.Errorf("dropped %d stored points", f.Dropped)
	}
	if names, _ := disk.names(); len(names) != 1 {
		t.Errorf("after an hour: %v", names)
	}
	clock.now = clock.now.Add(3 * time.Hour)
	if f := put("new"); f.Dropped != 1 || f.Accepted != 1 {
		t.Errorf("flushed %+v, want the old point dropped", f)
	}
	if got := drained(s); !slices.Equal(got, []string{"new"}) {
		t.Errorf("left %v", got)
	}
}

// TestMemoryIsBoundedWhileTheDiskFails: the oldest lines go first, and those that the output takes
// meanwhile are not written later.
func TestMemoryIsBoundedWhileTheDiskFails(t *testing.T) {
	disk, clock := newMemDisk(), newFakeClock()
	disk.fail = func(op, _ string) error {
		if op == "create" {
			return errDisk
		}
		return nil
	}
	s, err := openIn(disk, Config{MaxMemory: 100, Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	dropped := 0
	for i := range 30 {
		n, err := s.Append(fmt.Appendf(nil, "line %03d\n", i), 1)
		if err != nil {
			t.Fatal(err)
		}
		dropped += n
		if f, err := s.Flush(); err == nil || f.Accepted != 0 {
			t.Fatalf("flushed %+v, %v", f, err)
		}
	}
	if size := s.Size(); dropped != 19 || size.Points != 11 || size.Bytes != 99 {
		t.Errorf("%d dropped, size %+v", dropped, size)
	}
	b, ok := s.Next(sink.LiveLane)
	if !ok || !strings.HasPrefix(string(b.Lines), "line 019\n") {
		t.Fatalf("while the disk fails: %q, %t", b.Lines, ok)
	}
	s.Ack(b.Position)
	disk.fail = nil
	_, _ = s.Append([]byte("last\n"), 1)
	if f, err := s.Flush(); err != nil || f.Accepted+b.Points != 12 {
		t.Errorf("flushed %+v, %v after %d points went from memory", f, err, b.Points)
	}
	if got := drained(s); len(got) != 12-b.Points || got[len(got)-1] != "last" {
		t.Errorf("left %v", got)
	}
}
