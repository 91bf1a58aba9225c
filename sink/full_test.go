package sink

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFullQueueDropsTheOldestAndSaysSoOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 16*100, func(int, string) error { return errors.New("down") })
		for i := range 1000 {
			f.accept(fmt.Sprintf("line %04d", i)) // 10 bytes each
			time.Sleep(10 * time.Millisecond)
		}
		s := f.Status()
		if s.QueuedBytes > 1600 || s.QueuedPoints < 120 || s.Dropped != 1000-uint64(s.QueuedPoints) || s.OK {
			t.Errorf("status %+v", s)
		}
		want := []string{"writes fail, points are kept", "queue is full, points are lost"}
		if diff := cmp.Diff(want, f.messages()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		for name, want := range map[string]float64{
			"accepted_points_total": 1000, "dropped_points_total": float64(s.Dropped),
			"queued_points": float64(s.QueuedPoints), "queued_bytes": float64(s.QueuedBytes), "dead_letters_total": 0,
		} {
			if got := f.metric(name, ""); got != want {
				t.Errorf("bothends_sink_%s is %v, want %v", name, got, want)
			}
		}
	})
}

// TestLogNamesTheOutputOnce: a JSON line with a key twice is refused by some collectors.
func TestLogNamesTheOutputOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 16, func(int, string) error { return errors.New("down") })
		f.accept(numbered(5)...)
		time.Sleep(2 * time.Second)
		f.stop()
		for _, e := range f.logs.All() {
			names := 0
			for _, field := range e.Context {
				if field.Key == "output" && field.String == "main" {
					names++
				}
			}
			if names != 1 {
				t.Errorf("%q names the output %d times: %v", e.Message, names, e.Context)
			}
		}
		if f.logs.Len() != 3 {
			t.Errorf("log %v, want one for the loss, the failure and the end", f.messages())
		}
	})
}

// fullStore drops points and has no room even then.
type fullStore struct{ Store }

func (fullStore) Append([]byte, int) (dropped int, err error) { return 5, ErrFull }

func TestDropsThatMadeNoRoomAreCountedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, nil)
		f.cfg.Store = fullStore{f.cfg.Store}
		f.accept("a", "b")
		if s := f.Status(); s.Dropped != 12 || f.metric("dropped_points_total", "") != 12 || f.metric("accepted_points_total", "") != 0 {
			t.Errorf("status %+v, want 2 x 5 older points and 2 new ones lost", s)
		}
	})
}

func TestLinesLargerThanTheStoreAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 10, nil)
		f.Accept(make([]byte, 11), 3)
		f.Accept(nil, 0)
		if s := f.Status(); s.Dropped != 3 || s.OK {
			t.Errorf("status %+v", s)
		}
		time.Sleep(2 * time.Minute)
		if s := f.Status(); !s.OK {
			t.Errorf("status two minutes after the loss %+v", s)
		}
	})
}
