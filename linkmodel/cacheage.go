package linkmodel

import "time"

// CounterCache is how old the counters may be that a router serves, and how that is known. An
// agent refreshes them every few seconds and answers from what it has.
type CounterCache struct {
	// Age is the greatest age, 0 and more.
	Age    time.Duration
	Source CacheSource
}

// CacheSource tells how a cache age is known.
type CacheSource uint8

// Sources of a cache age, the better the higher.
const (
	// CacheAssumed: nothing is known, DefaultCounterCache holds.
	CacheAssumed CacheSource = iota
	// CacheLearned: from the instants at which counters step.
	CacheLearned
	// CacheReported: the agent says so (nsCacheTimeout, aristaIfCounterLastUpdated).
	CacheReported
	// CacheDeclared: the inventory says so.
	CacheDeclared
)

// String returns "assumed", "learned", "reported" or "declared".
func (s CacheSource) String() string {
	switch s {
	case CacheLearned:
		return "learned"
	case CacheReported:
		return "reported"
	case CacheDeclared:
		return "declared"
	default:
		return "assumed"
	}
}

// maxAge is the greatest age the end's counters may have when they are served.
func (t *endTracker) maxAge() time.Duration { return t.decl.MaxCounterAge() }
