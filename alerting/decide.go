package alerting

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

const (
	// fewest is how many links a cause explains at least: one link speaks for itself.
	fewest = 2
	// fewestDown is how many links of a router or a site must be down to blame it while it answers.
	fewestDown = 3
	// fewestRouters is how many routers there must be to tell that bothends is cut off.
	fewestRouters = 3
	// nearlyAll is the share that counts as all: a counter of what is left is late by a poll.
	nearlyAll = 0.9
	// blindShare is the share of routers that may still answer a bothends that is cut off: those at its
	// own site.
	blindShare = 0.05
)

// item is something to be told now, or, where it is not due, something that still waits.
type item struct {
	link    *link // nil for a cause
	cause   *cause
	episode *Episode
	due     bool
	to      []string
}

// decide finds the causes of what is due, and has them explain what waits, too.
func (t *turn) decide() {
	if !slices.ContainsFunc(t.pending, func(i item) bool { return i.due }) {
		return
	}
	before := len(t.byID)
	if answer, asked := t.plan.answering(); asked >= fewestRouters && float64(answer) <= blindShare*float64(asked) {
		t.openCause(KindBlind, "", t.lostSince()).Severity = linkmodel.SeverityCritical
	} else {
		t.blame()
	}
	if len(t.byID) > before {
		t.assign()
	}
	t.group()
}

// answering counts the routers that answered when they were asked last, and those that were asked, which
// after a restart takes a while.
func (p *plan) answering() (answer, asked int) {
	for _, d := range p.devices {
		if !d.asked() {
			continue
		}
		asked++
		if !d.lost() {
			answer++
		}
	}
	return answer, asked
}

// lostSince is when the first poll was that a router of what is pending did not answer.
func (t *turn) lostSince() time.Time {
	var at time.Time
	for i := range t.pending {
		l := t.pending[i].link
		l.mu.Lock()
		for e := range l.ends {
			if l.ends[e].silent() {
				at = earlier(at, l.ends[e].lostAt)
			}
		}
		l.mu.Unlock()
	}
	if at.IsZero() {
		return t.now.At
	}
	return at
}

// suspect is what may be the cause of what is due.
type suspect struct {
	key     causeKey
	silent  bool
	routers []string
	links   []*link // that speak against it
	since   time.Time
}

// blame opens a cause for each suspect that explains several links which none before explains: first who
// is silent, then who answers although its links are gone.
func (t *turn) blame() {
	devices, sites, pairs := t.touched()
	looks := map[*device]*standing{}
	look := func(d *device) *standing {
		if looks[d] == nil {
			looks[d] = t.stand(d)
		}
		return looks[d]
	}
	t.charge(suspects(sites, func(s *site) (suspect, bool) { return silentSite(s, look) }))
	t.gather(t.charge(suspects(devices, func(d *device) (suspect, bool) { return look(d).silentRouter() })))
	t.charge(suspects(sites, func(s *site) (suspect, bool) { return isolatedSite(s, look) }))
	t.charge(suspects(devices, func(d *device) (suspect, bool) { return look(d).isolatedRouter() }))
	t.charge(suspects(pairs, suspectPair))
}

func suspects[T any](of []T, find func(T) (suspect, bool)) (list []suspect) {
	for _, v := range of {
		if x, ok := find(v); ok {
			list = append(list, x)
		}
	}
	return list
}

// touched returns where the links end that are due with a fault of the line.
func (t *turn) touched() (devices []*device, sites []*site, pairs []*pair) {
	ds, ss, ps := map[*device]bool{}, map[*site]bool{}, map[*pair]bool{}
	for i := range t.pending {
		it := &t.pending[i]
		if !it.due || !isLineKind(it.episode.Kind) {
			continue
		}
		for _, d := range it.link.at {
			ds[d] = true
			if d.site != nil {
				ss[d.site] = true
			}
		}
		if it.link.pair != nil {
			ps[it.link.pair] = true
		}
	}
	return slices.Collect(maps.Keys(ds)), slices.Collect(maps.Keys(ss)), slices.Collect(maps.Keys(ps))
}

// charge opens causes, the one that explains the most first, and returns them.
func (t *turn) charge(list []suspect) []*cause {
	slices.SortFunc(list, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(len(b.links), len(a.links)), strings.Compare(a.key.subject, b.key.subject))
	})
	var opened []*cause
	for i := range list {
		x := &list[i]
		own, begin := 0, false
		for _, l := range x.links {
			ep, alone := t.unexplained(l)
			if !alone || ep != nil && ep.N > 0 && !t.lately(ep) {
				continue // it was there before
			}
			own++
			begin = begin || ep != nil && ep.N == 0
		}
		if own < fewest || !begin {
			continue
		}
		c := t.openSuspect(x)
		opened = append(opened, c)
	}
	return opened
}

func (t *turn) openSuspect(x *suspect) *cause {
	c := t.openCause(x.key.kind, x.key.subject, x.since)
	c.Silent, c.Routers = x.silent, x.routers
	for _, l := range x.links {
		l.mu.Lock()
		if ep := l.gone(); ep != nil && ep.N > 0 && t.byID[ep.By] == nil && t.causeOf(l, ep.Kind) == c {
			t.join(c, &subject{episode: ep, link: l, now: t.now})
		}
		l.mu.Unlock()
	}
	return c
}

// lately reports whether an episode began so short a time ago that it may have to do with what begins.
func (t *turn) lately(ep *Episode) bool {
	return ep.raised != never && t.now.Mono-ep.raised < stormWithin
}

// unexplained reports whether no open cause, and no storm, explains that a link is gone, and returns the
// episode that tells that it is, if there is one.
func (t *turn) unexplained(l *link) (*Episode, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ep := l.gone()
	if ep != nil && t.byID[ep.By] != nil {
		return ep, false
	}
	return ep, t.causeOf(l, lineKind) == nil
}

// gather makes one cause of a router that fell silent and the others of its site that did so, too, of
// which nothing was told yet.
func (t *turn) gather(routers []*cause) {
	for _, c := range routers {
		d := t.plan.devices[c.Subject]
		if !c.Silent || d.site == nil || t.byID[c.ID] != c {
			continue
		}
		x := suspect{key: causeKey{KindSite, d.site.name}, silent: true, since: c.Since}
		for _, n := range t.silentAt(d.site) {
			other := t.causes[causeKey{KindRouter, n}]
			if other != nil && !slices.Contains(routers, other) {
				continue // told before
			}
			x.routers = append(x.routers, n)
		}
		if len(x.routers) < fewest {
			continue
		}
		for _, n := range x.routers {
			if other := t.causes[causeKey{KindRouter, n}]; other != nil {
				t.dropCause(other)
				x.since = earlier(x.since, other.Since)
			}
		}
		t.openSuspect(&x)
	}
}

// assign has the causes explain what is pending.
func (t *turn) assign() {
	t.pending = slices.DeleteFunc(t.pending, func(it item) bool {
		it.link.mu.Lock()
		defer it.link.mu.Unlock()
		c := t.causeOf(it.link, it.episode.Kind)
		if c == nil || !it.episode.open() {
			return false
		}
		t.explain(c, &subject{episode: it.episode, link: it.link, now: t.now})
		delete(t.waiting, it.link)
		return true
	})
}

// explain has a cause explain what was to be told, and notes that it began.
func (t *turn) explain(c *cause, s *subject) {
	t.join(c, s)
	s.episode.HeldBack = c.reason()
	if !s.episode.Noted {
		t.note(s, StatusFiring)
	}
}
