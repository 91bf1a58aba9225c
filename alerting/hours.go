package alerting

import (
	"slices"
	"time"
)

// Hours are the times of the week at which a route is open, by the wall clock of a place. What is
// asked is whether an instant is inside, so a day with 23 or 25 hours needs no rule of its own: a time
// that a clock skips never comes, and one that it shows twice counts both times.
type Hours struct {
	Spans []Span
	// Text is how the inventory writes them.
	Text string
}

// Span is a part of some days of the week.
type Span struct {
	// Days tells for each time.Weekday whether the span begins on it.
	Days [7]bool
	// From and To are minutes since midnight, 0 to 1440. A To at or before From lies on the day after.
	From, To int
	Zone     *time.Location
}

// minutesADay is what the wall clock counts from midnight to midnight.
const minutesADay = 24 * 60

// Open reports whether at lies in the hours. Without hours every instant does.
func (h *Hours) Open(at time.Time) bool {
	return h == nil || slices.ContainsFunc(h.Spans, func(s Span) bool { return s.holds(at) })
}

func (s *Span) holds(at time.Time) bool {
	local := at.In(s.Zone)
	today, minute := local.Weekday(), local.Hour()*60+local.Minute()
	if s.From < s.To {
		return s.Days[today] && s.From <= minute && minute < s.To
	}
	yesterday := (today + 6) % 7
	return s.Days[today] && s.From <= minute || s.Days[yesterday] && minute < s.To
}

// Equal reports whether both are written alike.
func (h *Hours) Equal(o *Hours) bool {
	if h == nil || o == nil {
		return h == o
	}
	return h.Text == o.Text
}

// clock writes an instant as the first span's place shows it: "Mon 08:00 BST".
func (h *Hours) clock(at time.Time) string {
	if len(h.Spans) > 0 {
		at = at.In(h.Spans[0].Zone)
	}
	return at.Format("Mon 15:04 MST")
}
