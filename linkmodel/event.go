package linkmodel

import "fmt"

// endBefore is what an end looked like before this cycle, to tell what changed.
type endBefore struct {
	seen    bool
	misses  int
	cause   string // of the latest miss; empty without one
	last    Reading
	doubted bool
	sizes   CounterMask
}

func (t *endTracker) remember(ev *EndView) endBefore {
	b := endBefore{
		seen: ev.Seen, misses: ev.Misses, last: ev.Last, doubted: t.speed.doubted, sizes: t.sizes.doubted,
	}
	if ev.Misses > 0 {
		b.cause = missCause(ev)
	}
	return b
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
			t.view.note(e, EventSilent, fmt.Sprintf("%d polls in a row unanswered: %s", ev.Misses, missCause(ev)))
		}
		return
	}
	if before.misses >= SilentAfter {
		back := Event{Kind: EventBack, End: e, Text: fmt.Sprintf("answers again after %d missed polls", before.misses)}
		if before.seen {
			back.Duration = ev.Last.Mono - before.last.Mono
		}
		t.view.addEvent(back)
	}
	t.missEvents(e, before)
	if before.seen {
		t.statusEvents(e, &before.last)
		t.counterEvents(e, before)
	}
	t.restartEvents(e, &before.last, fresh)
}

func missCause(ev *EndView) string {
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
		ev.Changes = 1
		t.view.note(e, EventOper, fmt.Sprintf("ifOperStatus went from %v to %v", prev.Oper, cur.Oper))
	default:
		if text := t.ends[e].flapText(prev, ev); text != "" {
			ev.Changes = 2
			t.view.note(e, EventFlap, text)
		}
	}
}
