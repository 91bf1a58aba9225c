package spool

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// timeline is a spool with a line for each ten minutes, all of them stored.
func timeline(t *testing.T, n int) (*Spool, *memDisk, *fakeClock) {
	t.Helper()
	disk, clock := newMemDisk(), newFakeClock()
	s, err := openIn(disk, Config{Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if i > 0 {
			clock.now = clock.now.Add(10 * time.Minute)
		}
		put(t, s, fmt.Sprint(i))
	}
	if got := drained(s); len(got) != n {
		t.Fatalf("stored %v", got)
	}
	return s, disk, clock
}

func put(t *testing.T, s *Spool, line string) {
	t.Helper()
	if _, err := s.Append([]byte(line+"\n"), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Flush(); err != nil {
		t.Fatal(err)
	}
}

// TestReplayQueuesAgainWhatIsKept: from an instant on, once, and no matter whether the program was
// started anew meanwhile.
func TestReplayQueuesAgainWhatIsKept(t *testing.T) {
	s, disk, clock := timeline(t, 6)
	first := clock.now.Add(-50 * time.Minute)
	put(t, s, "waits")
	replay := func(since time.Time, want ...string) {
		t.Helper()
		r, err := s.Replay(since)
		if err != nil || r.Points != len(want) {
			t.Fatalf("%+v, %v, want %d points", r, err, len(want))
		}
		if len(want) > 0 && (r.From.Before(since.Truncate(time.Millisecond)) || r.To.Before(r.From) || !r.Kept.Equal(first)) {
			t.Errorf("%+v since %v, the first came at %v", r, since, first)
		}
		if r, err := s.Replay(since); err != nil || r.Points != 0 {
			t.Errorf("once more: %+v, %v", r, err)
		}
	}
	replay(clock.now.Add(-25*time.Minute), "3", "4", "5")
	if size := s.Size(); size.Points != 4 || size.Bytes != 12 {
		t.Errorf("size %+v", size)
	}
	if got := drained(s); !slices.Equal(got, []string{"waits", "3", "4", "5"}) {
		t.Errorf("sent again %v", got)
	}
	if _, err := s.Flush(); err != nil { // saves the acknowledgements
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if s, err = openIn(disk, Config{Log: zap.NewNop(), Now: clock.Now}); err != nil {
		t.Fatal(err)
	}
	s.counting.Wait()
	replay(first, "0", "1", "2", "3", "4", "5", "waits")
	if got := drained(s); !slices.Equal(got, []string{"0", "1", "2", "3", "4", "5", "waits"}) {
		t.Errorf("sent again after a start %v", got)
	}
	replay(clock.now.Add(time.Second))
	if size := s.Size(); size.Points != 0 || size.Bytes != 0 {
		t.Errorf("size in the end %+v", size)
	}
}

// TestStoredPointsStayForAnHourAfterAnOutage: it is an hour since they were stored, however old they
// are.
func TestStoredPointsStayForAnHourAfterAnOutage(t *testing.T) {
	disk, clock := newMemDisk(), newFakeClock()
	s, err := openIn(disk, Config{Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "old")
	clock.now = clock.now.Add(24 * time.Hour)
	if got := drained(s); len(got) != 1 {
		t.Fatalf("stored %v", got)
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{59 * time.Minute, 1}, {2 * time.Minute, 0}} {
		clock.now = clock.now.Add(step.after)
		put(t, s, "live")
		drained(s)
		r, err := s.Replay(time.Time{})
		old := slices.Contains(drained(s), "old")
		if err != nil || old != (step.want == 1) {
			t.Errorf("%v later: %+v, %v, the old point again: %t", step.after, r, err, old)
		}
		if step.want == 1 {
			s.segments[0].settled = clock.now.Add(-59 * time.Minute) // as if nobody had asked
		}
	}
}

// TestReplayBesideEverythingElse: lines come and go while everything is queued again and again.
func TestReplayBesideEverythingElse(t *testing.T) {
	s, err := openIn(newMemDisk(), Config{Quota: sink.Quota{MaxBytes: 4 << 20, MaxAge: time.Hour}, Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	const lines = 3000
	got := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	stop := make(chan struct{})
	drain := func() {
		for _, line := range drained(s) {
			mu.Lock()
			got[line]++
			mu.Unlock()
		}
	}
	for _, task := range []func(){drain, drain, func() {
		if _, err := s.Replay(time.Time{}); err != nil {
			t.Error(err)
		}
	}} {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					task()
				}
			}
		})
	}
	for i := range lines {
		if _, err := s.Append(fmt.Appendf(nil, "%d %s\n", i, strings.Repeat("x", 100)), 1); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if f, err := s.Flush(); err != nil || f.Dropped > 0 {
				t.Fatalf("flush: %+v, %v", f, err)
			}
		}
	}
	close(stop)
	all.Wait()
	r, err := s.Replay(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	again := drained(s)
	if r.Points > len(again) || len(got) < lines-len(again) {
		t.Errorf("%d queued again, %d sent, %d different ones before", r.Points, len(again), len(got))
	}
	seen := map[string]bool{}
	for _, line := range again {
		if seen[line] {
			t.Errorf("%.10q was sent twice", line)
		}
		seen[line] = true
	}
	if size := s.Size(); len(seen) != lines || size.Points != 0 || size.Bytes != 0 || size.Damaged != 0 {
		t.Errorf("%d of %d lines at the end, size %+v", len(seen), lines, size)
	}
}
