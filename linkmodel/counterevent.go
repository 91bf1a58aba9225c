package linkmodel

import (
	"fmt"
	"time"
)

// Kinds of events that only some agents give, told a few times an hour at most.
const (
	EventMissed      EventKind = "missed"         // fewer polls than SilentAfter unanswered in a row
	EventGlitch      EventKind = "glitch"         // a counter went backwards alone
	EventWrap        EventKind = "wrap"           // a 32-bit counter passed 2^32, or sysUpTime did
	EventAmbiguous   EventKind = "ambiguous-wrap" // it may have passed 2^32 more than once
	EventImplausible EventKind = "implausible"    // an interval refused for what it counted
	EventMarkDoubted EventKind = "mark-doubted"   // a mark of the agent is not believed any more
)

// elapsedRounding is how exactly times between polls are told.
const elapsedRounding = 10 * time.Millisecond

// counterEvents tells why an interval is a gap, and what is not believed from now on.
func (t *Tracker) counterEvents(e End, before *endBefore) {
	ev, end := &t.view.Ends[e], &t.ends[e]
	t.gapEvents(e, &before.last)
	t.wrapEvents(e, &before.last)
	if prev, cur := before.last.HighSpeed, ev.Last.HighSpeed; prev != cur {
		t.noteSome(e, EventSpeed, 0, func() string { return fmt.Sprintf("ifHighSpeed went from %d to %d Mbit/s", prev, cur) })
	}
	for m := range numMarks {
		if end.distrusted.has(m) {
			t.noteSome(e, EventMarkDoubted, 0, func() string { return markTexts[m] })
		}
	}
	if end.sizes.doubted&^before.sizes != 0 {
		t.view.note(e, EventPacketsDoubted, "packet counters do not fit the octets or the line: not believed, octets are")
	}
	if end.speed.doubted && !before.doubted {
		t.view.note(e, EventSpeedDoubted, fmt.Sprintf("counts more than its ifHighSpeed of %d Mbit/s allows: not believed", ev.Last.HighSpeed))
	}
}

// gapEvents tells why the interval, or a counter of it, was refused.
func (t *Tracker) gapEvents(e End, prev *Reading) {
	ev := &t.view.Ends[e]
	cur, iv := &ev.Last, &ev.Interval
	switch iv.Reason { //nolint:exhaustive // the other reasons are no events, or told elsewhere
	case ReasonDiscontinuity:
		t.view.note(e, EventDiscontinuity, fmt.Sprintf(
			"ifCounterDiscontinuityTime went from %d to %d: counters cleared or line card reloaded", prev.Discontinuity, cur.Discontinuity,
		))
	case ReasonReset:
		t.noteSome(e, EventReset, 0, func() string { return resetText(&prev.Counters, &cur.Counters) })
	case ReasonRenumbered:
		t.view.note(e, EventRenumbered, fmt.Sprintf("ifIndex went from %d to %d", prev.Index, cur.Index))
	case ReasonImplausible:
		t.noteSome(e, EventImplausible, 0, func() string { return refusedText(iv, cur) })
	case ReasonAmbiguous:
		t.noteSome(e, EventAmbiguous, 0, func() string {
			return fmt.Sprintf("%s in %v: a 32-bit counter that %d Mbit/s may take round more than once",
				octetSteps(&prev.Counters, &cur.Counters), iv.Elapsed.Round(elapsedRounding), cur.HighSpeed)
		})
	case ReasonNone:
		if iv.Glitched == 0 {
			return
		}
		if text := glitchText(&prev.Counters, &cur.Counters, iv); text != "" {
			t.noteSome(e, EventGlitch, 0, func() string { return text })
		}
	}
}

// octetSteps tells the octets of 32 bits before and after.
func octetSteps(prev, cur *Counters) string {
	return steps(prev, cur, (InOctets.Mask()|OutOctets.Mask())&cur.Present&^cur.Wide)
}

// wrapEvents tells the first wrap of every 32-bit counter since it began to count, and that of
// sysUpTime: a sum that goes on where the values fall.
func (t *Tracker) wrapEvents(e End, prev *Reading) {
	ev, end := &t.view.Ends[e], &t.ends[e]
	cur, iv := &ev.Last, &ev.Interval
	if !iv.Valid() {
		return
	}
	if fresh := wrapped(&prev.Counters, &cur.Counters, iv) &^ end.wrapped; fresh != 0 {
		end.wrapped |= fresh
		t.noteSome(e, EventWrap, 0, func() string {
			return steps(&prev.Counters, &cur.Counters, fresh) + ": passed 2^32 and goes on, told once"
		})
	}
	if elapsed := cur.Mono - prev.Mono; cur.UpTime < prev.UpTime && !uptimeOff(prev, cur, elapsed) {
		t.noteSome(e, EventWrap, 0, func() string {
			return fmt.Sprintf("sysUpTime went from %d to %d: passed 2^32 hundredths of a second after 497 days, no restart",
				prev.UpTime, cur.UpTime)
		})
	}
}

// missEvents tells a run of misses that ended before the end counted as silent.
func (t *Tracker) missEvents(e End, before *endBefore) {
	if !before.seen || before.misses == 0 || before.misses >= SilentAfter {
		return
	}
	lasted := t.view.Ends[e].Last.Mono - before.last.Mono
	t.noteSome(e, EventMissed, lasted, func() string {
		polls := "1 poll"
		if before.misses > 1 {
			polls = fmt.Sprintf("%d polls in a row", before.misses)
		}
		return polls + " unanswered: " + before.cause
	})
}
