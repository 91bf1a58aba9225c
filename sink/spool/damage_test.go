package spool

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/sink"
)

// drained hands out and acknowledges everything, and returns the lines.
func drained(s *Spool) (lines []string) {
	for {
		more := false
		for _, lane := range []sink.Lane{sink.LiveLane, sink.BacklogLane} {
			if b, ok := s.Next(lane); ok {
				more = true
				lines = append(lines, strings.Split(strings.TrimSuffix(string(b.Lines), "\n"), "\n")...)
				s.Ack(b.Position)
			}
		}
		if !more {
			return lines
		}
	}
}

// TestDamageCostsItsRecord: a flipped byte loses the record it is in, which is counted, and nothing
// else; a cut file loses what was behind the cut.
func TestDamageCostsItsRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk, clock := newMemDisk(), newFakeClock()
		cfg := Config{Log: zap.NewNop(), Now: clock.Now}
		s, err := openIn(disk, cfg)
		if err != nil {
			t.Fatal(err)
		}
		records := rapid.IntRange(1, 12).Draw(t, "records")
		var all []string
		for i := range records {
			line := fmt.Sprintf("line %d %s", i, strings.Repeat("abc", rapid.IntRange(0, 30).Draw(t, "pad")))
			all = append(all, line)
			_, _ = s.Append([]byte(line+"\n"), 1)
			if _, err := s.Flush(); err != nil {
				t.Fatal(err)
			}
			clock.now = clock.now.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 1, 700}).Draw(t, "seconds")) * time.Second)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		names, _ := disk.names()
		f := disk.files[rapid.SampledFrom(names).Draw(t, "file")]
		at := rapid.IntRange(0, len(f.content)-1).Draw(t, "at")
		f.content[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if s, err = openIn(disk, cfg); err != nil {
			t.Fatal(err)
		}
		s.counting.Wait()
		got := drained(s)
		for _, line := range got {
			if !slices.Contains(all, line) {
				t.Fatalf("invented %q", line)
			}
		}
		if !slices.IsSortedFunc(got, func(a, b string) int { return slices.Index(all, a) - slices.Index(all, b) }) {
			t.Fatalf("order %v", got)
		}
		size := s.Size()
		if lost := len(all) - len(got); lost > 1 {
			t.Fatalf("%d records lost for one byte: got %v of %v", lost, got, all)
		}
		if size.Points != 0 || size.Bytes != 0 {
			t.Fatalf("size %+v after everything readable was stored", size)
		}
		// The end of the newest file looks like a record that was not accepted yet.
		tail := !slices.Contains(got, all[len(all)-1])
		if len(got) < len(all) && size.Damaged == 0 && !tail {
			t.Fatalf("a record is lost and not counted: %+v", size)
		}
	})
}

// TestDamageWhileRunning: what is written and then damaged is counted when it is read back, and the
// file can go in the end.
func TestDamageWhileRunning(t *testing.T) {
	for name, at := range map[string]int{"header": 5, "payload": recordHeaderBytes + 2} {
		t.Run(name, func(t *testing.T) {
			disk, clock := newMemDisk(), newFakeClock()
			s, err := openIn(disk, Config{Log: zap.NewNop(), Now: clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 5 {
				_, _ = s.Append(fmt.Appendf(nil, "line %d\n", i), 1)
				_, _ = s.Flush()
			}
			clock.now = clock.now.Add(time.Hour)
			_, _ = s.Flush()
			f := disk.files[fileName(1, segmentSuffix)]
			f.content[segmentHeaderBytes+2*(recordHeaderBytes+len("line 0\n"))+at] ^= 0xff
			if got := drained(s); !slices.Equal(got, []string{"line 0", "line 1", "line 3", "line 4"}) {
				t.Errorf("got %v", got)
			}
			if got := drained(s); len(got) != 0 {
				t.Errorf("again %v", got)
			}
			if size := s.Size(); size != (sink.Size{Damaged: 1}) {
				t.Errorf("size %+v", size)
			}
			clock.now = clock.now.Add(2 * time.Hour)
			_, _ = s.Flush()
			if names, _ := disk.names(); len(names) != 0 {
				t.Errorf("files left: %v", names)
			}
		})
	}
}

// TestNewerFormatIsRefused: a folder of a later release stays as it is.
func TestNewerFormatIsRefused(t *testing.T) {
	disk := newMemDisk()
	f, _ := disk.create(fileName(3, segmentSuffix))
	content := segmentHeader{major: formatMajor + 1, first: 7, nonce: 1}.encode()
	_, _ = f.Write(content)
	_, err := openIn(disk, Config{Dir: "DIR", Log: zap.NewNop(), Now: time.Now})
	want := "open the spool in DIR: 0000000000000003.seg has format 2, this bothends reads up to 1: use the newer one, or move the folder away"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if got := disk.files[fileName(3, segmentSuffix)]; got == nil || string(got.content) != string(content) {
		t.Error("the file was touched")
	}
}

// TestUnreadableFileDoesNotKeepFromStarting: a file that the disk cannot read now is passed over and
// stays; once it can be read, it is sent.
func TestUnreadableFileDoesNotKeepFromStarting(t *testing.T) {
	for _, tt := range []struct {
		name string
		file uint64
		good int // reads that work before the others fail
	}{
		{"old file", 1, 0},
		{"newest file", 2, 0},
		{"end of the newest file", 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			disk, clock := newMemDisk(), newFakeClock()
			open := func() *Spool {
				s, err := openIn(disk, Config{Log: zap.NewNop(), Now: clock.Now})
				if err != nil {
					t.Fatal(err)
				}
				s.counting.Wait()
				return s
			}
			put := func(s *Spool, line string) {
				_, _ = s.Append([]byte(line+"\n"), 1)
				if f, err := s.Flush(); err != nil || f.Accepted != 1 || f.Dropped != 0 {
					t.Fatalf("flushed %+v, %v", f, err)
				}
			}
			s := open()
			put(s, "in file 1")
			clock.now = clock.now.Add(maxSegmentAge + time.Second)
			put(s, "in file 2")
			_ = s.Close()

			reads := 0
			disk.fail = func(op, name string) error {
				if op == "read" && name == fileName(tt.file, segmentSuffix) {
					if reads++; reads > tt.good {
						return syscall.EIO
					}
				}
				return nil
			}
			s = open()
			if size := s.Size(); size.Damaged != 1 {
				t.Errorf("size %+v, want one damaged place", size)
			}
			put(s, "new")
			if got, want := drained(s), []string{"new", fmt.Sprintf("in file %d", 3-tt.file)}; !slices.Equal(got, want) {
				t.Errorf("while it cannot be read: %q, want %q", got, want)
			}
			clock.now = clock.now.Add(2 * keepFor)
			put(s, "newer")
			drained(s)
			_ = s.Close()

			disk.fail = nil
			s = open()
			if got, want := drained(s), []string{fmt.Sprintf("in file %d", tt.file)}; !slices.Equal(got, want) {
				t.Errorf("once it can be read: %q, want %q", got, want)
			}
			if size := s.Size(); size.Points != 0 {
				t.Errorf("size in the end %+v", size)
			}
			_ = s.Close()
		})
	}
}

// TestRemovedNameIsNotUsedAgain: a file that could not be removed after a failed write does not stand
// in the way of the next.
func TestRemovedNameIsNotUsedAgain(t *testing.T) {
	disk := newMemDisk()
	s, err := openIn(disk, Config{Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.Append([]byte("line\n"), 1)
	disk.fail = func(op, _ string) error {
		if op == "write" || op == "remove" {
			return errDisk
		}
		return nil
	}
	if _, err := s.Flush(); err == nil {
		t.Fatal("flush on a failing disk works")
	}
	disk.fail = nil
	if f, err := s.Flush(); err != nil || f.Accepted != 1 {
		t.Errorf("flushed %+v, %v", f, err)
	}
}
