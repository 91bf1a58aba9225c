package linkmodel

import "fmt"

// endBefore is what an end looked like before this cycle, to tell what changed.
type endBefore struct {
	seen    bool
	misses  int
	last    Reading
	doubted bool
	sizes   CounterMask
}

func (t *endTracker) remember(ev *EndView) endBefore {
	return endBefore{
		seen: ev.Seen, misses: ev.Misses, last: ev.Last, doubted: t.speed.doubted, sizes: t.sizes.doubted,
	}
}

// addEvent appends an event of this cycle; its instant is the view's.
func (v *View) addEvent(e Event) {
	e.At = v.At
	v.Events = append(v.Events, e)
}

// note adds an event of end e that has no duration.
func (v *View) note(e End, kind EventKind, text string) {
	v.addEvent(Event{Kind: kind, End: e, Text: text})
}

// endEvents writes what happened to end e in this cycle.
func (t *Tracker) endEvents(e End, before *endBefore, fresh *Context) {
	ev := &t.view.Ends[e]
	if !ev.Answered {
		if before.misses < SilentAfter && endIsSilent(ev) {
			t.view.note(e, EventSilent, fmt.Sprintf("%d polls in a row unanswered: %s", ev.Misses, silentCause(ev)))
		}
		return
	}
	if before.misses >= SilentAfter {
		t.view.addEvent(Event{
			Kind: EventBack, End: e, Duration: ev.Last.Mono - before.last.Mono,
			Text: fmt.Sprintf("answers again after %d missed polls", before.misses),
		})
	}
	if before.seen {
		t.statusEvents(e, &before.last)
		t.counterEvents(e, before)
	}
	t.restartEvents(e, &before.last, fresh)
}

func silentCause(ev *EndView) string {
	if ev.Detail != "" {
		return ev.Detail
	}
	return ev.Miss.String()
}

// statusEvents tells changes of ifAdminStatus and ifOperStatus, also those that happened and went
// between two polls: ifLastChange then moved while the status is the same.
func (t *Tracker) statusEvents(e End, prev *Reading) {
	ev := &t.view.Ends[e]
	cur := &ev.Last
	if cur.Admin != prev.Admin {
		text := fmt.Sprintf("ifAdminStatus went from %v to %v", prev.Admin, cur.Admin)
		if cur.Admin == StatusDown {
			text += ": interface shut, or removed from the router"
		}
		t.view.note(e, EventAdmin, text)
	}
	switch {
	case cur.Oper != prev.Oper:
		t.view.Changes++
		t.view.note(e, EventOper, fmt.Sprintf("ifOperStatus went from %v to %v", prev.Oper, cur.Oper))
	case flapped(prev, cur, &ev.Interval):
		t.view.Changes += 2
		t.view.note(e, EventFlap, fmt.Sprintf("ifOperStatus changed and came back to %v between two polls", cur.Oper))
	}
}

// flapped reports a moved ifLastChange under the same status. After a restart or a renumbering
// the stamp is of another clock or another row and proves nothing.
func flapped(prev, cur *Reading, iv *Interval) bool {
	if iv.Reason == ReasonRestart || iv.Reason == ReasonRenumbered {
		return false
	}
	return prev.HasLastChange && cur.HasLastChange && cur.LastChange != prev.LastChange
}

// counterEvents tells why an interval is a gap, and speeds that changed or are not believed.
func (t *Tracker) counterEvents(e End, before *endBefore) {
	ev := &t.view.Ends[e]
	prev, cur := &before.last, &ev.Last
	switch ev.Interval.Reason { //nolint:exhaustive // the other reasons are no events
	case ReasonDiscontinuity:
		t.view.note(e, EventDiscontinuity, "ifCounterDiscontinuityTime changed: counters cleared or line card reloaded")
	case ReasonReset:
		t.view.note(e, EventReset, "counters started anew without a mark from the router")
	case ReasonRenumbered:
		t.view.note(e, EventRenumbered, fmt.Sprintf("ifIndex went from %d to %d", prev.Index, cur.Index))
	}
	if prev.HighSpeed != cur.HighSpeed {
		t.view.note(e, EventSpeed, fmt.Sprintf("ifHighSpeed went from %d to %d Mbit/s", prev.HighSpeed, cur.HighSpeed))
	}
	if t.ends[e].sizes.doubted&^before.sizes != 0 {
		t.view.note(e, EventPacketsDoubted, "packet counters do not fit the octets: not believed, octets are")
	}
	if t.ends[e].speed.doubted && !before.doubted {
		t.view.note(e, EventSpeedDoubted, fmt.Sprintf("counts more than its ifHighSpeed of %d Mbit/s allows: not believed", cur.HighSpeed))
	}
}
