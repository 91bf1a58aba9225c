package sink

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAcceptDoesNotWaitForAHangingOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, func(int, string) error {
			time.Sleep(time.Hour)
			return nil
		})
		f.accept("a")
		time.Sleep(2 * time.Second) // the write hangs now
		start := time.Now()
		f.accept(numbered(100)...)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("Accept took %v", waited)
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestFreshPointsDoNotWaitForTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		f := run(t, 16<<20, func(int, string) error {
			time.Sleep(100 * time.Millisecond)
			if !up.Load() {
				return &WriteError{Class: ClassRetry, RetryAfter: time.Second, Text: "down"}
			}
			return nil
		})
		time.Sleep(flushEvery / 2) // a flush in the middle of a batch would split it
		for range 60 {             // one batch per two minutes of outage
			f.accept(numbered(MaxBatchPoints)...)
			time.Sleep(LiveFor + time.Second) // too long for the next point to join it
		}
		f.accept("fresh")
		time.Sleep(2 * time.Second)
		up.Store(true)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if !slices.Contains(f.db.got(), "fresh") {
			t.Errorf("fresh point is not among the first %d stored", len(f.db.got()))
		}
		if f.Status().QueuedPoints == 0 {
			t.Error("the backlog is gone already: the test shows nothing")
		}
		time.Sleep(time.Minute)
		if n := len(f.db.got()); n != 60*MaxBatchPoints+1 {
			t.Errorf("%d points stored in the end", n)
		}
	})
}
