package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Ack is the word of a human that somebody works on an episode. It is plain data, stored as JSON.
type Ack struct {
	// Episode is the id of the episode, Link and Kind say what that is about.
	Episode string         `json:"episode"`
	Link    string         `json:"link"`
	Kind    linkmodel.Kind `json:"kind"`
	// By is the name of who said so, Text what.
	By   string `json:"by"`
	Text string `json:"text"`
	// At and Until are when it begins and ends, by the wall clock.
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
	// Severity is that of the episode at the time. A higher one ends the acknowledgement unless it is
	// Sticky.
	Severity linkmodel.Severity `json:"severity"`
	Sticky   bool               `json:"sticky"`
}

// valid reports whether the acknowledgement still counts for the episode at t.
func (a *Ack) valid(ep *Episode, t time.Time) bool {
	return t.Before(a.Until) && (a.Sticky || ep.Severity <= a.Severity)
}

// acknowledged holds back what somebody works on: reminders, a rise that a sticky one covers, and the
// beginning where nobody was told of it yet. That it is over is told.
func (*turn) acknowledged(s *subject) string {
	a := s.episode.Ack
	if a == nil || !s.episode.open() {
		return ""
	}
	return "acked by " + orderText(a.By, a.Text, a.Until)
}

// acked returns the acknowledgement that counts for an episode at t, or nil.
func (e *Engine) acked(ep *Episode, t time.Time) *Ack {
	if !ep.open() {
		t = ep.Until // what nobody worked on any more when it ended has no name
	}
	if a := e.orders.acks[ep.ID]; a != nil && a.valid(ep, t) {
		return a
	}
	return nil
}

// Acknowledge takes note that somebody works on an episode, in place of who did before.
func (e *Engine) Acknowledge(a Ack) { //nolint:gocritic // it is kept
	e.mu.Lock()
	defer e.mu.Unlock()
	e.orders.acks[a.Episode] = &a
	e.orders.changed = true
}

// Unacknowledge forgets that somebody works on an episode.
func (e *Engine) Unacknowledge(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.orders.acks, id)
	e.orders.changed = true
}
