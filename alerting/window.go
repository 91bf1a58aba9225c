package alerting

import (
	"time"
)

// Window is a planned maintenance of the links in Scope, once or again and again. It mutes
// messages and nothing else.
type Window struct {
	// Name says what is done, Ticket is the number of the change; either may be empty.
	Name   string `json:"name"`
	Ticket string `json:"ticket,omitempty"`
	Scope  Scope  `json:"scope"`
	// From and Until bound a window that comes once: From belongs to it, Until does not.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Again is nil for a window that comes once.
	Again *Recurrence `json:"-"`
}

// Inside reports whether t lies in the window, and if so until when the window lasts from there.
func (w *Window) Inside(t time.Time) (until time.Time, inside bool) {
	if w.Again != nil {
		return w.Again.inside(t)
	}
	return w.Until, !t.Before(w.From) && t.Before(w.Until)
}

// Next returns the first beginning of the window after t; the zero time where it never begins again.
func (w *Window) Next(t time.Time) time.Time {
	switch {
	case w.Again != nil:
		return w.Again.next(t)
	case w.From.After(t):
		return w.From
	}
	return time.Time{}
}

// String names the window for humans.
func (w *Window) String() string {
	switch {
	case w.Ticket == "":
		return w.Name
	case w.Name == "":
		return w.Ticket
	}
	return w.Name + " (" + w.Ticket + ")"
}

// Recurrence is a window that comes back. It is never run as a job: whether an instant lies inside is
// worked out from the local calendar of that instant, so that neither a restart nor a step of the clock
// can miss its beginning or its end.
type Recurrence struct {
	Days Days
	// Starts are times of day on the clock on the wall, from 0 to less than 24 h.
	Starts []time.Duration
	// For is how long it lasts, in time that passes: over a change of the clocks too.
	For  time.Duration
	Zone *time.Location
}

func (r *Recurrence) inside(t time.Time) (until time.Time, inside bool) {
	today := dateOf(t.In(r.Zone))
	// One day more than it lasts: a start in a gap of the clocks comes later than it says.
	for back := range int(r.For/day) + 3 {
		date := today.plus(1 - back)
		if !r.Days.include(date) {
			continue
		}
		for _, clock := range r.Starts {
			start := date.at(clock, r.Zone)
			if end := start.Add(r.For); !start.After(t) && end.After(t) && end.After(until) {
				until, inside = end, true
			}
		}
	}
	return until, inside
}

// horizon is how far ahead next looks: from one 29 February to the next but one that is there.
const horizon = 366 * 9

func (r *Recurrence) next(t time.Time) time.Time {
	today := dateOf(t.In(r.Zone))
	for ahead := -1; ahead < horizon; ahead++ {
		date := today.plus(ahead)
		if !r.Days.include(date) {
			continue
		}
		var first time.Time
		for _, clock := range r.Starts {
			if start := date.at(clock, r.Zone); start.After(t) && (first.IsZero() || start.Before(first)) {
				first = start
			}
		}
		if !first.IsZero() {
			return first
		}
	}
	return time.Time{}
}
