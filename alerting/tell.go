package alerting

import (
	"slices"

	"github.com/bothends/bothends/linkmodel"
)

// owes returns what has to be told about the episode: the difference between what is true and
// what was told.
func (ep *Episode) owes() (Status, bool) {
	switch {
	case ep.N == 0 && ep.open():
		return StatusFiring, true
	case ep.N == 0:
		return "", false // it came and went, and nobody was told
	case !ep.open():
		return StatusResolved, true
	case ep.Severity > ep.Told:
		return StatusUpdate, true
	default:
		return "", false
	}
}

// tell says what is owed about an episode that nothing holds back, and what is due again.
func (t *turn) tell(s *subject) {
	ep := s.episode
	status, owed := ep.owes()
	switch {
	case !ep.open() && ep.N == 0:
		t.note(s, StatusResolved)
	case ep.HeldBack != "":
		if ep.N == 0 && !ep.Noted {
			t.note(s, StatusFiring)
		}
	case owed && status == StatusFiring:
		t.pend(s)
	case owed:
		t.Told = append(t.Told, t.notification(s, status))
	case t.round && t.dueAgain(ep):
		t.Told = append(t.Told, t.notification(s, StatusUpdate))
	}
}

// pend keeps an episode that begins until it is known what else does.
func (t *turn) pend(s *subject) {
	ep := s.episode
	left := t.waits(ep)
	if left > 0 {
		ep.HeldBack = t.waitText(left)
	}
	if len(t.pending) == 0 || ep.raised < t.began {
		t.began = ep.raised
	}
	t.pending = append(t.pending, item{link: s.link, episode: ep, due: left <= 0})
	t.waiting[s.link] = struct{}{}
}

// overBefore is why nobody was told of an episode that nothing held back.
const overBefore = "it was over before it was told"

// note puts the beginning or the end of an episode of which nobody is told into the event log.
func (t *turn) note(s *subject, status Status) {
	ep := s.episode
	if !ep.Noted && !ep.open() {
		ep.HeldBack = overBefore // neither told nor held back by a stage
	}
	ep.Noted = true
	n := Notification{Status: status, At: t.now.At, Episode: ep.snapshot()}
	t.describe(&n, s)
	t.Noted = append(t.Noted, n)
}

// dueAgain reports whether the time of a reminder has come.
func (t *turn) dueAgain(ep *Episode) bool {
	every := t.plan.cfg.RemindEvery
	return every > 0 && ep.open() && ep.Severity > linkmodel.SeverityInfo && t.now.At.Sub(ep.ToldAt) >= every
}

// notification records on the episode that a message goes out and returns the message.
func (t *turn) notification(s *subject, status Status) Notification {
	n := t.message(s, status)
	t.describe(&n, s)
	return n
}

// message is a notification without its texts.
func (t *turn) message(s *subject, status Status) Notification {
	ep := s.episode
	n := Notification{Status: status, At: t.now.At, Reminder: status == StatusUpdate && ep.Severity == ep.Told}
	ep.N++
	ep.Told, ep.ToldAt = ep.Severity, t.now.At
	if status != StatusResolved {
		ep.To = addMissing(ep.To, t.receivers(s))
	}
	n.Episode = ep.snapshot()
	n.To = n.Episode.To
	return n
}

// receivers are who is to be told.
func (t *turn) receivers(s *subject) []string {
	switch {
	case s.link != nil:
		return t.route(s.link, s.episode, t.now.At)
	case s.cause != nil:
		return s.cause.wants
	}
	return nil
}

// tellCause records that a message about a cause goes out, and adds it to what is told.
func (t *turn) tellCause(s *subject, status Status) {
	c := s.cause
	before := c.To
	size := t.size(c)
	same := status == StatusUpdate && c.Severity == c.Told && !otherSize(size, c.ToldSize)
	n := t.message(s, status)
	n.Reminder = same
	if status == StatusFiring && len(before) > 0 {
		n.To = missing(before, n.To) // those who were told know it
	}
	t.describe(&n, s)
	c.told = t.now.Mono
	if status != StatusResolved {
		c.ToldSize, c.Evidence = size, causeHeadline(&n)
	}
	n.Episode = c.snapshot()
	t.Told = append(t.Told, n)
}

// describe adds what is known of the link or the cause, and the texts.
func (t *turn) describe(n *Notification, s *subject) {
	if c := s.cause; c != nil {
		n.Group, n.URLs = t.measure(c), t.causeURLs(c)
		n.Summary, n.Details = causeSummary(n), causeDetails(n)
		return
	}
	if l := s.link; l != nil {
		n.Ends, n.Circuit, n.URLs = l.decl.Ends, l.decl.Circuit, t.urls(l, s.episode)
	}
	n.Summary, n.Details = summary(n), details(n)
	if s.link != nil && n.Status != StatusResolved && isStateKind(n.Episode.Kind) {
		if text := s.link.redundancyText(); text != "" {
			n.Details = append(n.Details, Detail{Label: "Pair", Text: text})
		}
	}
}

// missing returns the names of more that to lacks.
func missing(to, more []string) (names []string) {
	for _, name := range more {
		if !slices.Contains(to, name) {
			names = append(names, name)
		}
	}
	return names
}

// addMissing returns to with the names of more that it lacks. Who was told of an episode is told
// of its end, also when a rise in severity took another route.
func addMissing(to, more []string) []string {
	return append(to, missing(to, more)...)
}
