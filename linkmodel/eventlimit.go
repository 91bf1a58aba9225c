package linkmodel

import (
	"fmt"
	"time"
)

// An interface that misbehaves in every poll would fill the record with one sentence. Events of
// counters that may do so are told a few times an hour per end; the next one that is told says how
// many were not.

// toldPerHour is how often an end tells one kind of event within eventWindow.
const (
	toldPerHour = 4
	eventWindow = time.Hour
)

// eventLimit counts one kind of event of one end.
type eventLimit struct {
	since        time.Duration
	told, untold int
}

// admit reports whether an event at now is told, and how many before it were not.
func (l *eventLimit) admit(now time.Duration) (untold int, ok bool) {
	switch {
	case l.told == 0 || now-l.since >= eventWindow:
		untold = l.untold
		*l = eventLimit{since: now, told: 1}
		return untold, true
	case l.told < toldPerHour:
		l.told++
		return 0, true
	default:
		l.untold++
		return 0, false
	}
}

// noteSome adds an event that happened in this cycle unless the end has told enough of its kind;
// text is called only for those told.
func (t *Tracker) noteSome(e End, kind EventKind, lasted time.Duration, text func() string) {
	limits := &t.ends[e].told
	if *limits == nil {
		*limits = make(map[EventKind]*eventLimit)
	}
	l := (*limits)[kind]
	if l == nil {
		l = new(eventLimit)
		(*limits)[kind] = l
	}
	untold, ok := l.admit(t.view.Mono)
	if !ok {
		return
	}
	s := text()
	if untold > 0 {
		s += fmt.Sprintf(" (%d more since the one told before)", untold)
	}
	t.view.addEvent(Event{Kind: kind, End: e, Duration: lasted, Text: s})
}
