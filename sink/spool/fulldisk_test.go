package spool

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"
)

// TestFullDisk fills the file system below a spool and frees it again.
func TestFullDisk(t *testing.T) {
	root(t)
	dir := mount(t, "-t", "tmpfs", "-o", "size=2m", "none")
	s, err := Open(Config{Dir: dir + "/spool/main", Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	n, accepted, failed := 0, 0, false
	put := func(count int) error {
		for range count {
			if dropped, err := s.Append(fmt.Appendf(nil, "%d %s\n", n, noise(1000)), 1); err != nil || dropped > 0 {
				t.Fatalf("append: %d, %v", dropped, err)
			}
			n++
		}
		f, err := s.Flush()
		accepted += f.Accepted
		return err
	}
	for range 30 {
		failed = put(100) != nil || failed
	}
	if !failed || accepted == 0 || s.Size().Points != n {
		t.Fatalf("%d of %d accepted on a full disk, %+v", accepted, n, s.Size())
	}
	command(t, "mount", "-o", "remount,size=8m", dir)
	if err := put(1); err != nil || accepted != n {
		t.Errorf("with room again: %v, %d of %d accepted", err, accepted, n)
	}
	// What was accepted stays readable for the next run.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(Config{Dir: dir + "/spool/main", Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, line := range drained(s) {
		var i int
		_, _ = fmt.Sscan(line, &i)
		got = append(got, i)
	}
	if len(got) != n || !slices.IsSorted(got) {
		t.Errorf("%d of %d points, in order: %t", len(got), n, slices.IsSorted(got))
	}
	s.counting.Wait()
	if size := s.Size(); size.Damaged > 0 {
		t.Errorf("size %+v", size)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
