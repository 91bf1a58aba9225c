package linkmodel

import "time"

// endTracker keeps what one end's readings are subtracted from.
type endTracker struct {
	decl  *LinkEnd
	cache endCache
	// held is the reading the next one is subtracted from while waiting; else that is the latest
	// one. It is allocated for the ends that need it.
	held *Reading
	// changed is when the counters last differed from the reading before.
	changed time.Duration
	// marks are nil unless a counter went backwards alone in the latest interval.
	marks *highWater
	// inPackets and outPackets accumulate valid increments; epoch counts the breaks in them.
	inPackets, outPackets uint64
	epoch                 uint64
	waiting, rated        bool
	wasUp                 bool // ifAdminStatus was up in an earlier answered poll
	// unconfirmed tells that the base began after the latest slower read.
	unconfirmed bool
	// untimed tells that only the wall clock, which may have been set, says how long ago the latest
	// reading was: it is of an earlier run of the machine. The next answer decides.
	untimed bool
	sizes   sizeTrust
	trust   markTrust
	speed   speedTrust
	// distrusted are the marks that this cycle made disbelieved.
	distrusted markSet
	// wrapped are the columns whose wrap was told since they began to count.
	wrapped CounterMask
	// told limits events that could happen in every cycle; nil until there is one.
	told map[EventKind]*eventLimit
	// contextAt is when the latest slower read came in.
	contextAt time.Duration
	// pending is a restart not told yet.
	pending *restartEvidence
}

// observe folds one outcome into the end's view. declared is the capacity the inventory gives,
// which bounds what the interface may count when it exceeds the reported speed.
func (t *endTracker) observe(ev *EndView, o *Outcome, declared float64) {
	ev.Answered = o.Answered()
	ev.Miss, ev.Detail = o.Miss, o.Detail
	if !ev.Answered {
		ev.Misses++
		if ev.Misses >= SilentAfter {
			ev.Reachable = false
		}
		ev.Interval = Interval{Reason: ReasonMissed}
		return
	}
	t.answered(ev, &o.Reading, declared)
	ev.Misses, ev.Reachable, ev.Seen = 0, true, true
}

func (t *endTracker) answered(ev *EndView, cur *Reading, declared float64) {
	switch {
	case !ev.Seen:
		ev.Interval = Interval{Reason: ReasonFirst}
		t.rebase(cur)
	case t.untimed && !t.retime(&ev.Last, cur):
		ev.Interval = Interval{Reason: ReasonClock}
		t.rebase(cur)
	default:
		t.advance(&ev.Interval, &ev.Last, cur, declared)
	}
	t.untimed = false
	ev.Last = *cur
	if cur.Admin == StatusUp {
		t.wasUp = true
	}
}

// advance computes the interval from the base to cur and moves the base; prev is the reading
// before cur.
func (t *endTracker) advance(iv *Interval, prev, cur *Reading, declared float64) {
	base := prev
	if t.waiting {
		base = t.held
	}
	lim := t.limits(cur, declared)
	lim.returned, lim.doubted = t.marks.returned(cur), t.sizes.doubted
	t.distrusted = t.trust.observe(base, cur, cur.Mono-base.Mono)
	lim.disbelieved = t.trust.disbelieved
	subtract(iv, base, cur, lim)
	switch {
	case iv.Reason == ReasonImplausible:
		t.speed.observe(iv, cur)
		t.sizes.observe(iv, base, cur)
		t.rebase(cur)
	case iv.Reason != ReasonNone:
		t.sizes, t.wrapped = sizeTrust{}, 0
		t.rebase(cur)
	case t.isStale(base, cur):
		// The agent may have answered from its cache: the same counters say nothing yet. The
		// base stays, so that the next step is spread over the time it really took.
		iv.Reason = ReasonStale
		t.wait(base)
	default:
		t.settle(iv, base, cur)
	}
}

// wait keeps the base for readings to come.
func (t *endTracker) wait(base *Reading) {
	if t.held == nil {
		t.held = new(Reading)
	}
	*t.held, t.waiting = *base, true
}

// settle accepts a valid interval.
func (t *endTracker) settle(iv *Interval, base, cur *Reading) {
	t.speed.observe(iv, cur)
	t.sizes.observe(iv, base, cur)
	t.marks = markGlitches(base, cur, iv)
	t.inPackets += iv.InPackets
	t.outPackets += iv.OutPackets
	if !iv.HasInPackets || !iv.HasOutPackets {
		t.epoch++
	}
	if cur.Counters.Value != base.Counters.Value {
		t.changed = cur.Mono
	}
	t.waiting, t.rated = false, true
}

// rebase starts anew from cur: nothing before it may be subtracted.
func (t *endTracker) rebase(cur *Reading) {
	t.waiting, t.changed = false, cur.Mono
	t.marks = nil
	t.epoch++
	t.unconfirmed = true
}

// isStale reports whether equal counters may only be a cache that was not refreshed.
func (t *endTracker) isStale(base, cur *Reading) bool {
	return cur.Counters.Value == base.Counters.Value && cur.Mono-t.changed <= t.maxAge()
}

// limits returns what is known of the line at cur.
func (t *endTracker) limits(cur *Reading, declared float64) limits {
	lim := limits{age: t.maxAge()}
	if t.speed.doubted && t.speed.speed == cur.HighSpeed {
		return lim
	}
	lim.bps = max(float64(cur.HighSpeed)*1e6, 0)
	if lim.bps > 0 {
		lim.bps = max(lim.bps, declared)
	}
	return lim
}

// isShut reports whether an operator shut the interface: it is admin-down now and was admin-up in
// an earlier answered poll.
func (t *endTracker) isShut(ev *EndView) bool {
	return ev.Reachable && t.wasUp && ev.Last.Admin == StatusDown
}
