package linkmodel

import (
	"maps"
	"math"
	"slices"
	"time"
)

// What the tracker keeps of one end, field by field.

const (
	// longestDoubt and longestAge bound durations that are read: of one exchange, and of what a cache
	// may be.
	longestDoubt = time.Hour
	longestAge   = math.MaxUint32 * time.Millisecond
	// mostKinds is more kinds of events than an end limits.
	mostKinds = 64
)

func (r *Reading) code(c *codec) {
	c.stamp(&r.At)
	c.instant(&r.Mono)
	c.duration(&r.Uncertainty, longestDoubt)
	c.duration(&r.RTT, longestDoubt)
	unsigned(c, &r.UpTime)
	unsigned(c, &r.EngineTime)
	c.flag(&r.HasEngineTime)
	unsigned(c, &r.Index)
	c.text(&r.Name)
	unsigned(c, &r.Admin)
	unsigned(c, &r.Oper)
	unsigned(c, &r.LastChange)
	c.flag(&r.HasLastChange)
	unsigned(c, &r.HighSpeed)
	unsigned(c, &r.Discontinuity)
	c.flag(&r.HasDiscontinuity)
	r.Counters.code(c)
}

func (s *Counters) code(c *codec) {
	for i := range s.Value {
		unsigned(c, &s.Value[i])
	}
	unsigned(c, &s.Present)
	unsigned(c, &s.Wide)
}

func (x *Context) code(c *codec) {
	c.stamp(&x.At)
	unsigned(c, &x.SystemUpTime)
	c.flag(&x.HasSystemUpTime)
	unsigned(c, &x.EngineBoots)
	unsigned(c, &x.MTU)
	unsigned(c, &x.Type)
	unsigned(c, &x.Speed)
	unsigned(c, &x.Duplex)
	c.text(&x.PhysAddress)
	c.text(&x.Alias)
	c.text(&x.Descr)
	c.flag(&x.HasCounterCache)
	c.flag(&x.HasCounterAge)
	c.duration(&x.CounterCache, longestAge)
	c.offset(&x.CounterAge)
}

// code keeps what one cycle hands to the next; the rest of a view is made anew in each.
func (ev *EndView) code(c *codec) {
	c.flag(&ev.Seen)
	c.flag(&ev.Reachable)
	c.count(&ev.Misses, math.MaxInt32)
	unsigned(c, &ev.Miss)
	c.text(&ev.Detail)
	ev.Last.code(c)
	ev.Context.code(c)
}

func (t *endTracker) code(c *codec) {
	t.cache.code(c)
	optional(c, &t.held, func(r *Reading) { r.code(c) })
	c.flag(&t.waiting)
	c.want(!t.waiting || t.held != nil)
	c.instant(&t.changed)
	optional(c, &t.marks, func(m *highWater) { m.code(c) })
	unsigned(c, &t.inPackets)
	unsigned(c, &t.outPackets)
	unsigned(c, &t.epoch)
	c.flag(&t.rated)
	c.flag(&t.wasUp)
	t.speed.code(c)
	t.sizes.code(c)
	t.trust.code(c)
	unsigned(c, &t.wrapped)
	c.flag(&t.unconfirmed)
	c.instant(&t.contextAt)
	optional(c, &t.pending, func(r *restartEvidence) {
		c.text(&r.text)
		r.before.code(c)
		c.instant(&r.beforeAt)
		c.count(&r.waited, restartPatience)
	})
	t.codeLimits(c)
}

// codeLimits keeps how many events of each kind were told lately.
func (t *endTracker) codeLimits(c *codec) {
	n := len(t.told)
	c.count(&n, mostKinds)
	kinds := slices.Sorted(maps.Keys(t.told))
	if c.reading {
		kinds = make([]EventKind, n)
		t.told = nil
	}
	for i := range kinds {
		c.text((*string)(&kinds[i]))
		l := t.told[kinds[i]]
		if l == nil {
			l = new(eventLimit)
		}
		c.instant(&l.since)
		c.count(&l.told, toldPerHour)
		c.count(&l.untold, math.MaxInt32)
		if !c.reading {
			continue
		}
		if t.told == nil {
			t.told = make(map[EventKind]*eventLimit, n)
		}
		t.told[kinds[i]] = l
	}
}

// code keeps the age that holds. What the inventory declares now is right, whatever it was before.
func (k *endCache) code(c *codec) {
	known := k.known
	c.duration(&known.Age, longestAge)
	unsigned(c, &known.Source)
	k.learned.code(c)
	unsigned(c, &k.told.oldest)
	unsigned(c, &k.told.count)
	switch {
	case !c.reading || k.known.Source == CacheDeclared:
	case known.Source > CacheReported:
		c.want(known.Source == CacheDeclared) // and it is not any more
	default:
		k.known = known
	}
}

func (l *cacheLearner) code(c *codec) {
	c.instant(&l.begin)
	c.instant(&l.from)
	c.float32(&l.rate, 0)
	unsigned(c, &l.longest)
	for i := range l.claims {
		unsigned(c, &l.claims[i])
		unsigned(c, &l.seen[i])
	}
	unsigned(c, &l.steps)
	c.want(l.steps < cacheSteps)
}

func (m *highWater) code(c *codec) {
	m.counters.code(c)
	for i := range m.sums {
		unsigned(c, &m.sums[i].sum)
		c.flag(&m.sums[i].set)
	}
}

func (s *speedTrust) code(c *codec) {
	c.count(&s.running, math.MaxInt32)
	c.count(&s.refused, math.MaxInt32)
	c.count(&s.clean, math.MaxInt32)
	c.flag(&s.doubted)
	unsigned(c, &s.speed)
}

func (s *sizeTrust) code(c *codec) {
	for i := range s.running {
		unsigned(c, &s.running[i])
		unsigned(c, &s.fitting[i])
	}
	unsigned(c, &s.doubted)
}

func (t *markTrust) code(c *codec) {
	for i := range t.score {
		unsigned(c, &t.score[i])
		c.want(t.score[i] <= 2*disbelief)
	}
	unsigned(c, &t.disbelieved)
}
