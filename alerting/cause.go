package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Kinds of causes: what explains the episodes of several links is an episode of its own. They are no
// findings of a link, and Episode.Link of theirs is empty.
const (
	// KindBlind: next to no router answers, so bothends itself is cut off.
	KindBlind linkmodel.Kind = "blind"
	// KindSite: routers of a site are silent, or all links of the site are down.
	KindSite linkmodel.Kind = "site"
	// KindRouter: a router is silent, or all its links are down.
	KindRouter linkmodel.Kind = "router"
	// KindParallel: several links between the same two routers are down.
	KindParallel linkmodel.Kind = "parallel"
	// KindStorm: many episodes at once with nothing in common that bothends knows of.
	KindStorm linkmodel.Kind = "storm"
)

// IsCause reports whether episodes of kind k explain those of several links.
func IsCause(k linkmodel.Kind) bool {
	switch k { //nolint:exhaustive // the others are findings of one link
	case KindBlind, KindSite, KindRouter, KindParallel, KindStorm:
		return true
	}
	return false
}

// causeKey is what a cause is about; there is one open cause of it at most.
type causeKey struct {
	kind    linkmodel.Kind
	subject string // of a storm, who is told
}

// cause is an open episode that explains others.
type cause struct {
	*Episode
	// order tells which of two causes was found first, and so has what both could explain.
	order int
	// wants are the receivers of what it explains.
	wants []string
	// told is when it was told last, by the clock of readings; never before that.
	told time.Duration
	// gone is since when its evidence is gone, goneAt the same by the wall clock; never while it is there.
	gone   time.Duration
	goneAt time.Time
	// settle is for how long its evidence must be gone.
	settle time.Duration
	// lastEnd is when the last of what it explained was over.
	lastEnd time.Time
	// had tells that it explained something since bothends started.
	had bool
	// still and links count what it explains that is still true, and the links of that. peak is the most
	// that it explained at a time.
	still, links, peak int
	// loud counts those of them that nothing else holds back; excuse is what holds back one of the others.
	loud   int
	excuse string
	// joined is when the latest joined it.
	joined time.Duration
}

func (c *cause) key() causeKey { return causeKey{c.Kind, c.Subject} }

// reason is why what it explains is not told.
func (c *cause) reason() string {
	if c.Kind == KindBlind || c.Kind == KindStorm {
		return "explained by " + string(c.Kind) + " #" + c.ID
	}
	return "explained by " + string(c.Kind) + " " + name(c.Subject) + " #" + c.ID
}

// isLineKind reports whether k tells that a line or a router is gone, which a greater fault of the same
// kind explains.
func isLineKind(k linkmodel.Kind) bool {
	return isStateKind(k) || k == linkmodel.KindDeadPath
}

// causeOf returns the open cause that explains an episode of a link, or nil. A storm is none: what it
// takes has nothing else in common.
func (e *Engine) causeOf(l *link, k linkmodel.Kind) *cause {
	if c := e.causes[causeKey{kind: KindBlind}]; c != nil {
		return c
	}
	if len(e.causes) == 0 || !isLineKind(k) {
		return nil
	}
	var found *cause
	take := func(c *cause, end int) {
		if c != nil && c.covers(l, end) && (found == nil || c.order < found.order) {
			found = c
		}
	}
	for i, d := range l.at {
		if d.site != nil {
			take(e.causes[causeKey{KindSite, d.site.name}], i)
		}
	}
	if found != nil {
		return found
	}
	for i, d := range l.at {
		take(e.causes[causeKey{KindRouter, d.name}], i)
	}
	if found != nil {
		return found
	}
	if l.pair == nil {
		return nil
	}
	return e.causes[causeKey{KindParallel, l.pair.name}]
}

// covers reports whether a cause that an end of the link belongs to explains that the link is gone:
// where the cause is silence, the end must be silent.
func (c *cause) covers(l *link, end int) bool { return !c.Silent || l.ends[end].silent() }

// covered holds back what an open cause explains. The end of what was told before the cause was known
// is told all the same.
func (t *turn) covered(s *subject) string {
	ep := s.episode
	if !ep.open() {
		return ""
	}
	if ep.By != "" {
		if c := t.byID[ep.By]; c != nil {
			return c.reason()
		}
		ep.By = ""
	}
	if s.link == nil {
		return t.coveredCause(s.cause)
	}
	c := t.causeOf(s.link, ep.Kind)
	if c == nil {
		return ""
	}
	t.join(c, s)
	return c.reason()
}

// coveredCause returns why nothing is told of a cause because of a greater one, which came later.
func (t *turn) coveredCause(c *cause) string {
	if c == nil || c.Kind == KindBlind {
		return ""
	}
	if c.still > 0 && c.loud == 0 && c.excuse != "" {
		return c.excuse
	}
	if blind := t.causes[causeKey{kind: KindBlind}]; blind != nil {
		return blind.reason()
	}
	d := t.plan.devices[c.Subject]
	if c.Kind != KindRouter || !c.Silent || d == nil || d.site == nil {
		return ""
	}
	if s := t.causes[causeKey{KindSite, d.site.name}]; s != nil && s.Silent {
		return s.reason()
	}
	return ""
}

// join has a cause explain an episode of a link, whose lock is held, or a smaller cause.
func (t *turn) join(c *cause, s *subject) {
	ep := s.episode
	ep.By = c.ID
	c.had, c.joined = true, t.now.Mono
	c.Severity = max(c.Severity, ep.Severity)
	if l := s.link; l != nil {
		c.wants = addMissing(c.wants, t.route(l, ep, t.now.At))
		c.settle = max(c.settle, settlePolls*l.decl.Interval+t.plan.cfg.GroupWait)
		t.move(l.decl.Name)
	} else {
		c.wants = addMissing(c.wants, s.cause.wants)
	}
	t.count(c, s)
}

// recount counts what a cause explains, anew in each round.
func (t *turn) recount(s *subject) {
	ep := s.episode
	if c := t.byID[ep.By]; c != nil && t.round && ep.open() {
		t.count(c, s)
		if ep.HeldBack != c.reason() {
			c.loud--
			c.excuse = ep.HeldBack
		}
	}
}

func (t *turn) count(c *cause, s *subject) {
	c.had = true
	c.still++
	c.loud++
	if s.cause != nil {
		c.links += s.cause.links
	} else {
		c.links++
	}
}
