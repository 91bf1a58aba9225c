package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Restore continues the episodes of the last run: same ids, nothing told twice. The way to their
// end starts anew, unless Resume continues it. It must be called before the first Observe. Episodes
// whose link or threshold is no longer in the inventory end at the next Remind.
func (e *Engine) Restore(episodes []Episode) {
	for i := range episodes {
		ep := episodes[i].snapshot()
		ep.Quiet = Hold{}
		l := e.link(ep.Link)
		if l == nil || !l.restore(&ep) {
			e.mu.Lock()
			e.orphans = append(e.orphans, &ep)
			e.mu.Unlock()
		}
	}
}

// restore gives the episode to its judge and reports whether there is one.
func (l *link) restore(ep *Episode) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ep.open() {
		l.ended = append(l.ended, ep)
		return true
	}
	r := l.rules.find(ep.Kind, ep.Direction)
	if r == nil || l.judgeOf(r) != nil {
		return false
	}
	j := l.open(r)
	if ep.Held.IsZero() {
		ep.Held = ep.ToldAt
	}
	j.episode, j.unwatched = ep, true
	return true
}

// Remind returns the reminders that are due at now, and the last messages of episodes that were
// restored although nothing judges them any more. Call it every few seconds.
func (e *Engine) Remind(now time.Time) []Notification {
	out := e.endOrphans(now)
	p := e.plan.Load()
	if p.cfg.RemindEvery <= 0 {
		return out
	}
	for _, l := range p.links {
		out = append(out, e.remindLink(l, now)...)
	}
	return out
}

func (e *Engine) remindLink(l *link, now time.Time) []Notification {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Notification
	for ep := range l.episodes {
		due := ep.open() && ep.HeldBack == "" && ep.Severity > linkmodel.SeverityInfo && now.Sub(ep.ToldAt) >= e.plan.Load().cfg.RemindEvery
		if due {
			out = append(out, e.notification(l, ep, StatusUpdate, now))
		}
	}
	return out
}

func (e *Engine) endOrphans(now time.Time) []Notification {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Notification
	for _, ep := range e.orphans {
		if ep.open() {
			ep.Until, ep.Ending = now, "it is no longer in the inventory"
		}
		if status, owed := ep.owes(); owed {
			out = append(out, e.notification(e.link(ep.Link), ep, status, now))
		}
	}
	e.orphans = nil
	return out
}
