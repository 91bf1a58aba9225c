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

// wallAt returns the wall-clock instant of the monotonic instant m, as the clock stands now.
func wallAt(now func() time.Time, m time.Duration) time.Time {
	return now().Add(m - mono()).Round(0)
}

// Mono returns the present instant on the clock of Reading.Mono, for what outlives the process.
func Mono() time.Duration { return mono() }
