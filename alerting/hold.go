package alerting

import "time"

// resetAfter is how many unknown readings in a row end a hold: after that the past says nothing
// about the present.
const resetAfter = 3

// condition is what one reading says about a threshold.
type condition uint8

const (
	unknown condition = iota
	no
	yes
)

// known turns a comparison of known numbers into a condition.
func known(b bool) condition {
	if b {
		return yes
	}
	return no
}

// Hold measures how long a condition has been true without a break. Time passes between reading
// instants only: from one known reading to the next. An unknown reading freezes it.
type Hold struct {
	// Runs counts the readings for which the condition was true.
	Runs int
	// Held is the time between them, without the gaps that unknown readings tore.
	Held time.Duration
	// Since is the instant of the first of them.
	Since time.Time

	last     time.Duration
	unknowns int
}

func (h *Hold) observe(c condition, at time.Time, mono time.Duration) {
	switch c {
	case unknown:
		h.unknowns++
		if h.unknowns >= resetAfter {
			*h = Hold{}
		}
		return
	case no:
		*h = Hold{}
		return
	case yes:
	}
	switch {
	case h.Runs == 0:
		h.Since = at
	case h.unknowns == 0:
		h.Held += max(0, mono-h.last)
	}
	h.Runs++
	h.last, h.unknowns = mono, 0
}

// lasted reports whether the condition was true on so many readings and for so long.
func (h *Hold) lasted(runs int, d time.Duration) bool {
	return h.Runs >= runs && h.Held >= d
}
