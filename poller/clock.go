package poller

import (
	"sync"
	"time"
)

// monoStart is the instant Reading.Mono counts from. It belongs to the process and not to a
// Poller, because readings of the old and the new Poller are subtracted after a reload.
var monoStart = sync.OnceValue(time.Now)

// mono returns the time since monoStart on the monotonic clock.
func mono() time.Duration { return time.Since(monoStart()) }

const (
	// clocksApart is how long two clocks that are read one after the other may be apart.
	clocksApart = time.Millisecond
	// clockTries is how often they are read again when the process was stopped in between.
	clockTries = 5
)

// wallAt returns the wall-clock instant of the monotonic instant m, as the clock stands now. It is off
// by as much as passes between looking at the two clocks: on a busy machine that can be tens of
// milliseconds, so they are read again then.
func wallAt(now func() time.Time, m time.Duration) time.Time {
	before := mono()
	wall, after := now(), mono()
	for try := 1; after-before > clocksApart && try < clockTries; try++ {
		before = mono()
		wall, after = now(), mono()
	}
	return wall.Add(m - before - (after-before)/2).Round(0)
}

// Mono returns the present instant on the clock of Reading.Mono, for what outlives the process.
func Mono() time.Duration { return mono() }
