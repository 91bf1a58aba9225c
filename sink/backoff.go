package sink

import (
	"time"
)

// Bounds of the wait between two attempts.
const (
	minWait = time.Second
	maxWait = time.Minute
	// maxRetryAfter caps what a server may ask for.
	maxRetryAfter = 5 * time.Minute
	// refusedWait is the wait while the server refuses the credentials or the bucket: only a
	// human can change that.
	refusedWait = time.Minute
	// renewEvery is how often a refused token is read again meanwhile.
	renewEvery = 5 * time.Second
)

// backoff counts failures in a row.
type backoff struct {
	failures int
	chance   func(below time.Duration) time.Duration
}

// wait returns how long to wait after one more failure: what the server asked for, else a random
// time between minWait and a ceiling that doubles up to maxWait.
func (b *backoff) wait(e *WriteError) time.Duration {
	b.failures++
	switch {
	case e.RetryAfter > 0:
		return min(max(e.RetryAfter, minWait), maxRetryAfter)
	case e.Class == ClassRefused:
		return refusedWait
	}
	ceiling := maxWait
	if b.failures < 6 {
		ceiling = minWait << b.failures
	}
	return minWait + b.chance(ceiling-minWait)
}

func (b *backoff) reset() { b.failures = 0 }
