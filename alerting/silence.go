package alerting

import (
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Silence has nobody told for a while of what happens to some links. It is plain data, stored as JSON.
type Silence struct {
	ID string `json:"id"`
	// Scope selects the links, Kind of what happens to them; none selects all.
	Scope Scope            `json:"scope"`
	Kind  []linkmodel.Kind `json:"kind,omitempty"`
	// By is the name of who asked for it, Text why.
	By   string `json:"by"`
	Text string `json:"text"`
	// At and Until are when it begins and ends, by the wall clock.
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// NewSilence returns the silence with an id of its own.
func NewSilence(s Silence) Silence { //nolint:gocritic // it is returned
	s.ID = orderID("silence", s.By, s.Text, s.At)
	return s
}

// covers reports whether the silence is about an episode of a link at t.
func (s *Silence) covers(l *linkmodel.Link, k linkmodel.Kind, t time.Time) bool {
	return !t.Before(s.At) && t.Before(s.Until) && anyOf(s.Kind, k) && s.Scope.Includes(l)
}

// silenced holds back what somebody wants not to hear of. What was told before is told to be over, and
// what is still true at the end of the silence is told then.
func (t *turn) silenced(s *subject) string {
	if s.link == nil || !s.episode.open() {
		return ""
	}
	var last *Silence
	for _, one := range t.orders.silences {
		longer := last == nil || one.Until.After(last.Until) || one.Until.Equal(last.Until) && one.ID < last.ID
		if longer && one.covers(s.link.decl, s.episode.Kind, s.now.At) {
			last = one
		}
	}
	if last == nil {
		return ""
	}
	return "silenced by " + orderText(last.By, last.Text, last.Until)
}

// AddSilence has a silence count from the next Advance on.
func (e *Engine) AddSilence(s Silence) { //nolint:gocritic // it is kept
	e.mu.Lock()
	defer e.mu.Unlock()
	e.orders.silences[s.ID] = &s
	e.orders.changed = true
}

// EndSilence forgets a silence.
func (e *Engine) EndSilence(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.orders.silences, id)
	e.orders.changed = true
}

// Silences returns those that are not over at t, the one that ends first first.
func (e *Engine) Silences(t time.Time) []Silence {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]Silence, 0, len(e.orders.silences))
	for _, s := range e.orders.silences {
		if t.Before(s.Until) {
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b Silence) int {
		if c := a.Until.Compare(b.Until); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}
