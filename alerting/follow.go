package alerting

import (
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

const (
	// settlePolls is how many polls of its links the evidence of a cause must be gone for: clearRuns to
	// end their episodes, and one for those that were asked just before.
	settlePolls = clearRuns + 1
	// updateEvery is how often the messages of a cause tell other numbers, at most.
	updateEvery = 5 * time.Minute
	// updateShare is how much its numbers must have changed for that.
	updateShare = 0.1
)

// openCause adds a cause.
func (t *turn) openCause(k linkmodel.Kind, subject string, since time.Time) *cause {
	ep := newEpisode("", k, linkmodel.NoDirection, since)
	began := since
	if !since.After(t.lastEnd[causeKey{k, subject}]) {
		began = t.now.At // what was left of the one before
	}
	ep.ID, ep.Subject = episodeID(subject, k, linkmodel.NoDirection, began), subject
	ep.raised = t.now.Mono
	c := &cause{Episode: ep, told: never, gone: never}
	t.addCause(c)
	if k != KindStorm {
		t.fresh = append(t.fresh, item{cause: c, episode: ep, due: true})
	}
	return c
}

func (e *Engine) addCause(c *cause) {
	e.opened++
	c.order = e.opened
	e.byID[c.ID] = c
	if c.Kind == KindStorm {
		e.storms[c.Subject] = c
	} else {
		e.causes[c.key()] = c
	}
}

func (e *Engine) dropCause(c *cause) {
	delete(e.byID, c.ID)
	if e.causes[c.key()] == c {
		delete(e.causes, c.key())
	}
	if e.storms[c.Subject] == c {
		delete(e.storms, c.Subject)
	}
}

// restoreCause continues a cause of the last run.
func (e *Engine) restoreCause(ep *Episode) {
	if !ep.open() {
		e.orphans = append(e.orphans, ep) // its end is told
		return
	}
	e.addCause(&cause{Episode: ep, told: never, gone: never, wants: slices.Clone(ep.To), peak: ep.ToldSize})
}

// sortedCauses are all open causes, storms last, since they may explain the others.
func (e *Engine) sortedCauses() []*cause {
	all := make([]*cause, 0, len(e.byID))
	for _, c := range e.byID {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *cause) int {
		if (a.Kind == KindStorm) != (b.Kind == KindStorm) {
			if a.Kind == KindStorm {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Subject+a.ID, b.Subject+b.ID)
	})
	return all
}

// follow ends causes whose time is over, and tells of the others what changed.
func (t *turn) follow() {
	for _, c := range t.sortedCauses() {
		s := subject{episode: c.Episode, cause: c, now: t.now}
		c.recall(&t.now)
		c.peak, c.Peak = max(c.peak, c.still), max(c.Peak, float64(c.links))
		t.extend(c)
		if t.over(c) {
			t.endCause(&s)
			continue
		}
		c.HeldBack = t.holds(&s)
		t.recount(&s)
		if c.HeldBack != "" || !c.had && c.N == 0 {
			continue
		}
		if status, owed := t.causeOwes(c); owed {
			t.tellCause(&s, status)
		}
	}
}

// recall finds out when a cause of the last run was told.
func (c *cause) recall(now *linkmodel.Moment) {
	if c.told == never && c.N > 0 {
		c.told = now.Mono - min(max(now.At.Sub(c.ToldAt), 0), updateEvery)
	}
}

// extend adds the routers that fell silent at a site after others did.
func (t *turn) extend(c *cause) {
	at := t.plan.sites[c.Subject]
	if c.Kind != KindSite || !c.Silent || at == nil {
		return
	}
	for _, n := range t.silentAt(at) {
		if !slices.Contains(c.Routers, n) && t.causes[causeKey{KindRouter, n}] == nil {
			c.Routers = append(c.Routers, n)
		}
	}
	slices.Sort(c.Routers)
}

// silentAt returns the routers of a site that are silent.
func (t *turn) silentAt(at *site) (names []string) {
	for _, d := range at.devices {
		if d.lost() && t.stand(d).silent() {
			names = append(names, d.name)
		}
	}
	return names
}

// over decides whether a cause explains nothing any more.
func (t *turn) over(c *cause) bool {
	if t.evident(c) {
		c.gone = never
	} else if c.gone == never {
		c.gone, c.goneAt = t.now.Mono, t.now.At
	}
	switch {
	case c.still == 0 && c.had:
		c.Until = c.lastEnd
		if c.Until.Before(c.Since) {
			c.Until = t.now.At
		}
		return true
	case c.gone != never && t.now.Mono-c.gone >= c.settling(t.plan):
		c.Until = c.goneAt
		return true
	}
	return false
}

// settling is how long the evidence of a cause must be gone.
func (c *cause) settling(p *plan) time.Duration {
	switch {
	case c.Kind == KindStorm:
		return updateEvery
	case c.settle > 0:
		return c.settle
	}
	return p.slowest*settlePolls + p.cfg.GroupWait // what it explains is not known yet
}

// evident reports whether what made a cause known is still true.
func (t *turn) evident(c *cause) bool {
	switch {
	case c.Kind == KindStorm:
		return c.still > stormLimit/itemWeight
	case c.Kind == KindBlind:
		answer, asked := t.plan.answering()
		return 2*asked < len(t.plan.devices) || float64(answer) <= 2*blindShare*float64(asked)
	case c.Silent:
		lost := 0
		for _, n := range c.Routers {
			if d := t.plan.devices[n]; d != nil && (d.lost() || !d.asked()) {
				lost++
			}
		}
		return lost > 0 && 2*lost >= len(c.Routers)
	}
	return c.still >= fewest && 2*c.still >= c.peak
}

// endCause tells that a cause is over. What it explained and is still true is told on its own from the
// next turn on.
func (t *turn) endCause(s *subject) {
	c := s.cause
	t.dropCause(c)
	t.lastEnd[c.key()] = t.now.At
	t.nextRound = t.now.Mono // what it explained is looked at in the next turn
	if c.N == 0 {
		t.note(s, StatusResolved)
		return
	}
	c.HeldBack = ""
	t.tellCause(s, StatusResolved)
}

// causeOwes returns what is to be told of an open cause.
func (t *turn) causeOwes(c *cause) (Status, bool) {
	switch {
	case c.N == 0:
		return StatusFiring, true
	case len(missing(c.To, c.wants)) > 0:
		return StatusFiring, true // for those
	case t.dueAgain(c.Episode):
		return StatusUpdate, true
	case c.gone != never, c.told != never && t.now.Mono-c.told < updateEvery:
		return "", false // it ends, or it is too early
	case c.Severity > c.Told:
		return StatusUpdate, true
	}
	return StatusUpdate, otherSize(t.size(c), c.ToldSize)
}

// otherSize reports whether a number is another one than was told, by enough to tell it.
func otherSize(now, told int) bool {
	diff := now - told
	if diff < 0 {
		diff = -diff
	}
	return diff > 0 && float64(diff) >= updateShare*float64(told)
}
