package alerting

import (
	"slices"
	"time"
)

// owes returns what has to be told about the episode: the difference between what is true and
// what was told.
func (ep *Episode) owes() (Status, bool) {
	switch {
	case ep.N == 0 && ep.open():
		return StatusFiring, true
	case ep.N == 0:
		return "", false // it came and went while it was held back
	case !ep.open():
		return StatusResolved, true
	case ep.Severity > ep.Told:
		return StatusUpdate, true
	default:
		return "", false
	}
}

// tell returns the messages that the link's episodes owe and forgets the episodes that are over.
func (e *Engine) tell(l *link, at time.Time) []Notification {
	var out []Notification
	for ep := range l.episodes {
		if ep.HeldBack != "" {
			continue
		}
		if status, owed := ep.owes(); owed {
			out = append(out, e.notification(l, ep, status, at))
		}
	}
	l.ended = slices.DeleteFunc(l.ended, func(ep *Episode) bool {
		return ep.HeldBack == "" || ep.N == 0
	})
	return out
}

// notification records on the episode that a message goes out and returns the message. l is nil
// for an episode whose link is no longer in the inventory.
func (e *Engine) notification(l *link, ep *Episode, status Status, at time.Time) Notification {
	n := Notification{Status: status, At: at, Reminder: status == StatusUpdate && ep.Severity == ep.Told}
	ep.N++
	ep.Told, ep.ToldAt = ep.Severity, at
	if l != nil {
		if status != StatusResolved {
			ep.To = addMissing(ep.To, e.route(l, ep))
		}
		n.Ends, n.Circuit, n.URLs = l.decl.Ends, l.decl.Circuit, e.urls(l, ep)
	}
	n.Episode = ep.snapshot()
	n.To = n.Episode.To
	n.Summary, n.Details = summary(&n), details(&n)
	return n
}

// addMissing returns to with the names of more that it lacks. Who was told of an episode is told
// of its end, also when a rise in severity took another route.
func addMissing(to, more []string) []string {
	for _, name := range more {
		if !slices.Contains(to, name) {
			to = append(to, name)
		}
	}
	return to
}
