package poller

import "time"

// longestWait is the most time between two looks.
const longestWait = time.Hour

// backoff spaces repeated looks at what has most likely not changed: every wait is twice the one
// before, up to longestWait. The zero value has nothing to wait for.
type backoff struct {
	next, wait time.Duration
}

// waiting reports whether the next look is still to come.
func (b backoff) waiting(now time.Duration) bool { return now < b.next }

// again plans the next look: after first, later after twice the wait before.
func (b backoff) again(now, first time.Duration) backoff {
	wait := min(max(first, 2*b.wait), longestWait)
	return backoff{next: now + wait, wait: wait}
}
