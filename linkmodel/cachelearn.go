package linkmodel

import "time"

// How old counters may be is learned from the polls at which they step, whatever kind of cache is
// behind them: one refreshed every c on the agent's own clock, or one refreshed by the first
// request after c. Both give counters of instants ("snapshots") that are at least c apart, and
// never serve any that are older than c while they are asked often enough.
//
// A step is a poll that shows other counters than the poll before, so at least one snapshot was
// taken between these two. Between the polls around m steps there lie m snapshots, hence
//
//	(m-1) x c <= t(last step) - t(poll before the first step)
//
// which bounds c from above, whatever the distances of the polls, and whether they are shorter than
// c or longer. With polls at a distance T and traffic without a pause the bound comes down to c
// where T < c, and to T where T > c: no poll can tell more. A pause hides steps, which only loosens
// the bound. It holds as long as everything a counter sums up is refreshed in one go: an aggregate
// whose members are refreshed one by one steps more often than each of them, and has to be declared.
//
// From below: polls that show the same counters for S prove an age of S, if there was traffic
// meanwhile. There was, when the next step brings all of it at once, at the rate of the step before.
// Then the age claimed is never below S, also where refreshes are irregular and the bound, which is
// an average over a block of steps, would be. A pause of the traffic brings nothing and proves
// nothing.
//
// The claim is that of the worse of the two latest blocks, with a sixteenth for refreshes that come
// late. A bound above DefaultCounterCache tells nothing that is not assumed anyway.

const (
	// cacheSteps is how many steps make a block.
	cacheSteps = 32
	// cacheMargin is the share by which refreshes may come late: 1/16.
	cacheMargin = 16
	// cachePackets is the traffic that must be missing in counters that stand still, to say so.
	cachePackets  = 100
	assumedMillis = uint32(DefaultCounterCache / time.Millisecond)
	// sameRate is the share of the rate before that a step must bring after counters stood still.
	sameRate = 0.75
)

// cacheLearner bounds the age of the counters of one end. Ages are in milliseconds, rounded up.
type cacheLearner struct {
	// begin is the poll before the block's first step; from the first poll that showed the present
	// counters.
	begin, from time.Duration
	// rate is that of the latest step, in packets/s of the quieter way.
	rate float32
	// longest is the greatest age seen in this block; claims are those of the two latest blocks, and
	// seen the greatest ages in them. 0 is none.
	longest      uint32
	claims, seen [2]uint32
	steps        uint8
}

// observe takes one answered poll in.
func (l *cacheLearner) observe(ev *EndView, before *endBefore) {
	prev, cur := &before.last, &ev.Last
	switch r := ev.Interval.Reason; {
	case r == ReasonRestart:
		*l = cacheLearner{}
		l.start(cur)
	case !before.seen || cur.Mono <= prev.Mono:
		l.start(cur)
	case isBreak(r) && r != ReasonImplausible && r != ReasonAmbiguous:
		l.start(cur)
	case cur.Counters.Value != prev.Counters.Value:
		l.changed(prev, cur)
	case l.steps == 0:
		l.begin = earliest(cur)
	}
}

// start begins a block.
func (l *cacheLearner) start(cur *Reading) {
	l.begin, l.from, l.rate = earliest(cur), latest(cur), 0
	l.steps, l.longest = 0, 0
}

// changed takes other counters than those of the poll before. Both ways must have stepped: a card
// that refreshes them apart would be taken for a faster one.
func (l *cacheLearner) changed(prev, cur *Reading) {
	in, inOK := stepOf(prev, cur, PacketsIn)
	out, outOK := stepOf(prev, cur, PacketsOut)
	rate := float32(0) // of no time there is none
	if elapsed := latest(cur) - l.from; elapsed > 0 {
		rate = float32(float64(min(in, out)) / elapsed.Seconds())
	}
	if held := earliest(prev) - l.from; held > 0 && l.evident(held, rate) {
		l.longest = max(l.longest, milliseconds(held))
	}
	l.from, l.rate = latest(cur), rate
	switch {
	case inOK && outOK:
		l.step(prev, cur)
	case l.steps == 0:
		l.begin = earliest(cur)
	}
}

// evident reports whether the traffic went on while the counters stood still.
func (l *cacheLearner) evident(held time.Duration, after float32) bool {
	return after >= sameRate*l.rate && float64(l.rate)*held.Seconds() >= cachePackets
}

func (l *cacheLearner) step(prev, cur *Reading) {
	if l.steps++; l.steps < cacheSteps {
		return
	}
	bound := milliseconds((latest(cur) - l.begin) / (cacheSteps - 1))
	claim := min(withMargin(max(bound, l.longest)), assumedMillis)
	if withMargin(l.longest) > assumedMillis {
		// The assumption is refuted. Pauses loosen the bound; twice what was seen is enough.
		claim = withMargin(max(l.longest, min(bound, 2*l.longest)))
	}
	l.claims = [2]uint32{claim, l.claims[0]}
	l.seen = [2]uint32{l.longest, l.seen[0]}
	l.steps, l.longest, l.begin = 1, 0, earliest(prev) // this step is the next block's first
}

// age returns the claim, and the greatest age seen; ok is false when nothing but the assumption is
// known.
func (l *cacheLearner) age() (claim, seen time.Duration, ok bool) {
	old := max(l.longest, l.seen[0], l.seen[1])
	c := max(l.claims[0], l.claims[1], withMargin(old))
	ok = l.claims[0] > 0 && c != assumedMillis || withMargin(old) > assumedMillis
	return time.Duration(c) * time.Millisecond, time.Duration(old) * time.Millisecond, ok
}

// stepOf returns how many packets of a way were counted since prev; ok is false when none were. The
// number is 0 too where a counter wrapped or began anew, which proves nothing.
func stepOf(prev, cur *Reading, way CounterMask) (n uint64, ok bool) {
	p, okPrev := prev.Counters.Packets(way)
	v, okCur := cur.Counters.Packets(way)
	if !okPrev || !okCur || p == v {
		return 0, false
	}
	if v < p {
		return 0, true
	}
	return v - p, true
}

func withMargin(ms uint32) uint32 { return ms + (ms+cacheMargin-1)/cacheMargin }

// earliest and latest are the instants between which a reading was sampled.
func earliest(r *Reading) time.Duration { return r.Mono - r.Uncertainty }
func latest(r *Reading) time.Duration   { return r.Mono + r.Uncertainty }

// milliseconds rounds up, and stops at 49 days.
func milliseconds(d time.Duration) uint32 {
	return uint32(min((d+time.Millisecond-1)/time.Millisecond, 1<<32-1)) //nolint:gosec // bounded
}
