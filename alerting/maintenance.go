package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// maintained holds back what is true of a link while somebody works on it. What was told before is told
// to be over; what is still true at the end of the window is told then.
func (t *turn) maintained(s *subject) string {
	if s.link == nil || !s.episode.open() {
		return ""
	}
	w, until := t.maintenance(s.link, s.now.At)
	if w == nil {
		return ""
	}
	t.orders.wake(until)
	return "maintenance " + name(w.String()) + " until " + dayClock(until)
}

// maintenance returns the window of a link, whose lock is held, in which t lies that lasts longest, and
// its end; nil outside of all.
func (e *Engine) maintenance(l *link, t time.Time) (longest *Window, until time.Time) {
	longest, until = e.workOn(l, t)
	for _, w := range l.windows {
		if end, inside := w.Inside(t); inside && end.After(until) {
			longest, until = w, end
		}
	}
	return longest, until
}

// windowsOf returns the windows whose scope includes a link.
func (c *Config) windowsOf(l *linkmodel.Link) []*Window {
	var list []*Window
	for i := range c.Maintenance {
		if w := &c.Maintenance[i]; w.Scope.Includes(l) {
			list = append(list, w)
		}
	}
	return list
}

// Maintained reports whether somebody works on a link at t.
func (e *Engine) Maintained(name string, t time.Time) bool {
	l := e.link(name)
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w, _ := e.maintenance(l, t)
	return w != nil
}
