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

// endCache is what is known of the age of one end's counters.
type endCache struct {
	known   CounterCache
	learned cacheLearner
	told    toldAges
}

// declaredCache is what the inventory says, or what is assumed where it says nothing.
func declaredCache(decl *LinkEnd) CounterCache {
	c := CounterCache{Age: decl.MaxCounterAge()}
	if decl.CounterCache >= 0 {
		c.Source = CacheDeclared
	}
	return c
}

// maxAge is the greatest age the end's counters may have when they are served.
func (t *endTracker) maxAge() time.Duration { return t.cache.known.Age }

// observeAge learns from this cycle how old the end's counters may be. fresh is the slower read of
// this cycle, nil without one.
//
// What the inventory declares stands. Else the agent's own word does, unless older counters were
// seen; else what was learned; else the assumption, which counters that were seen older refute.
func (t *endTracker) observeAge(ev *EndView, before *endBefore, fresh *Context) {
	c := &t.cache
	if ev.Answered && c.known.Source != CacheDeclared {
		if ev.Interval.Reason == ReasonRestart {
			c.told = toldAges{}
		}
		if fresh != nil {
			c.told.observe(fresh)
		}
		c.learned.observe(ev, before)
		c.known = c.best(&ev.Context)
	}
	ev.CounterCache = c.known
}

func (c *endCache) best(context *Context) CounterCache {
	learned, seen, ok := c.learned.age()
	best := CounterCache{Age: DefaultCounterCache}
	switch told, enough := c.told.bound(); {
	case context.HasCounterCache:
		best = CounterCache{context.CounterCache, CacheReported}
	case enough:
		best = CounterCache{told, CacheReported}
	case ok:
		best = CounterCache{learned, CacheLearned}
	}
	if seen = max(seen, c.told.age()); seen > best.Age {
		best = CounterCache{seen, CacheLearned}
	}
	return best
}

// toldAges are the ages that an agent stated of the counters it served: one of each slower read,
// the time since it sampled the hardware (aristaIfCounterLastUpdated).
type toldAges struct {
	oldest uint32 // milliseconds
	count  uint8
}

// enoughAges makes twice the oldest age a safe bound. The reads come at any instant between two
// samplings, so that each has one chance in two to see more than half of the greatest age.
const enoughAges = 12

// tickSlack is how far two stamps in hundredths of a second may both be off.
const tickSlack = 20 * time.Millisecond

func (a *toldAges) observe(fresh *Context) {
	if fresh.HasCounterAge {
		a.oldest = max(a.oldest, milliseconds(fresh.CounterAge))
		a.count = min(a.count, enoughAges) + 1
	}
}

// age is the greatest age told.
func (a *toldAges) age() time.Duration { return time.Duration(a.oldest) * time.Millisecond }

// bound is what the ages told may have missed; enough tells that it is safe.
func (a *toldAges) bound() (age time.Duration, enough bool) {
	return 2*a.age() + tickSlack, a.count >= enoughAges
}
