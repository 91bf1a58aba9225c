package poller

import (
	"testing"
	"testing/synctest"
	"time"
)

// A process that is stopped between its looks at the two clocks stamps no sample wrong by that.
func TestWallClockOfAProcessThatIsHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := 0
		now := func() time.Time {
			if held++; held == 1 {
				time.Sleep(30 * time.Millisecond)
			}
			wall := time.Now().Round(0)
			if held == 2 {
				time.Sleep(50 * time.Millisecond)
			}
			return wall
		}
		want := time.Now().Round(0)
		if got := wallAt(now, mono()); !got.Equal(want) {
			t.Errorf("%v late", got.Sub(want))
		}
		if held != 3 {
			t.Errorf("clocks read %d times, want 3", held)
		}
	})
}
