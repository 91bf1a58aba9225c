package spool

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// hangingDisk lets every sync of a file wait until it may go on.
type hangingDisk struct {
	*memDisk
	goOn chan struct{}
}

type hangingFile struct {
	file
	goOn chan struct{}
}

func (d hangingDisk) create(name string) (file, error) {
	f, err := d.memDisk.create(name)
	return hangingFile{f, d.goOn}, err
}

func (f hangingFile) sync() error {
	<-f.goOn
	return f.file.sync()
}

// TestHangingDiskDoesNotKeepPointsFromTheDatabase: what waits for a sync, and what came after it, is
// sent from memory, and counts once when the disk comes back.
func TestHangingDiskDoesNotKeepPointsFromTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := hangingDisk{newMemDisk(), make(chan struct{})}
		s, err := openIn(disk, Config{Log: zap.NewNop(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		put := func(line string) {
			if _, err := s.Append([]byte(line+"\n"), 1); err != nil {
				t.Fatal(err)
			}
		}
		put("first")
		flushed := make(chan sink.Flushed, 1)
		go func() {
			f, err := s.Flush()
			if err != nil {
				t.Error(err)
			}
			flushed <- f
		}()
		time.Sleep(hangsAfter - time.Second)
		put("second")
		if b, ok := s.Next(sink.LiveLane); ok {
			t.Errorf("%q handed out before the disk counts as failing", b.Lines)
		}
		time.Sleep(2 * time.Second)
		b, ok := s.Next(sink.LiveLane)
		if !ok || string(b.Lines) != "first\nsecond\n" {
			t.Fatalf("while the disk hangs: %q, %t", b.Lines, ok)
		}
		s.Ack(b.Position)
		put("third")
		close(disk.goOn)
		if f := <-flushed; f.Accepted+f.Dropped != 0 {
			t.Errorf("flushed %+v of what was stored already", f)
		}
		if f, err := s.Flush(); f.Accepted != 1 || err != nil {
			t.Errorf("flushed %+v, %v", f, err)
		}
		if got := drained(s); strings.Join(got, " ") != "third" {
			t.Errorf("left %v", got)
		}
		if size := s.Size(); size.Points != 0 || size.Bytes != 0 {
			t.Errorf("size %+v", size)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
