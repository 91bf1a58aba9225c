//go:build linux

package rig

import (
	"slices"
	"time"
)

// Truth is something that was wrong with links for a while, and what has to be told of it.
type Truth struct {
	What  string
	Links []string
	// Router tells that polls of the links may fail.
	Router bool
	From   time.Time
	To     time.Time // zero while it lasts
	// Need is the kind of alarm that one of the links has to have, empty for none, once the program
	// watched for at least so long without a break.
	Need  string
	Least time.Duration
	// Allow are the kinds of alarms that the links may have, from a moment before until Slack after.
	Allow []string
	Slack time.Duration
}

// Kinds of alarms, in the program's words.
const (
	kindDown        = "down"
	kindHalfDown    = "half-down"
	kindDeadPath    = "dead-path"
	kindUnreachable = "unreachable"
	kindFrozen      = "counters-frozen"
	kindLossy       = "lossy"
	kindErrors      = "errors"
	kindDiscards    = "discards"
	kindSaturated   = "saturated"
	kindStorm       = "storm"
)

// begin notes that something is wrong from now on.
func (t *Theatre) begin(what Truth) *Truth {
	t.mu.Lock()
	defer t.mu.Unlock()
	what.From = time.Now()
	t.truths = append(t.truths, &what)
	return &what
}

func (t *Theatre) end(what *Truth) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what.To = time.Now()
}

// ClearsIn is how long after the last fault alarms may be open: twice the time in which they begin, and, where
// a loss may be open, until its window has moved on.
func (t *Theatre) ClearsIn() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.ContainsFunc(t.truths, func(u *Truth) bool { return slices.Contains(u.Allow, kindLossy) }) {
		return 50 * time.Minute
	}
	return 13 * time.Minute
}

// lasted reports whether a truth held at an instant, up to a moment before and its slack after.
func (u *Truth) lasted(at time.Time, before time.Duration) bool {
	return at.After(u.From.Add(-before)) && (u.To.IsZero() || at.Before(u.To.Add(u.Slack)))
}
