package alerting

import (
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Why the episodes of a reload end.
const (
	endedRemoved   = "removed from inventory"
	endedDisabled  = "disabled in the inventory"
	endedOtherEnds = "the inventory names other interfaces now"
	endedNoRule    = "it has no threshold any more"
)

// Reload is what Engine.Reload judges by from then on.
type Reload struct {
	Config Config
	// Links have rules in Config; they must not change afterwards.
	Links []*linkmodel.Link
	// Was holds the former names of links by their present ones: their episodes go on.
	Was map[string]string
	// Anew are the names of links whose ends are other interfaces than before: their episodes end.
	Anew map[string]bool
}

// Reload judges by other rules and links. An episode goes on for as long as its link has a threshold
// for it, and so does the way to its raise and to its end where that threshold is the same. It
// returns what is to be told of the episodes that ended, and the names of the links that went on with
// other thresholds. No view may be observed meanwhile, and none of a link that ended afterwards.
func (e *Engine) Reload(r *Reload, now linkmodel.Moment) (report Report, changed []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.plan.Load()
	next, kept := before.successor(r)
	next.pairUp(now.At)
	for _, k := range kept {
		anew := ""
		if r.Anew[k.decl.Name] {
			anew = endedOtherEnds
		}
		if k.link.relink(&k, anew, now.At) {
			changed = append(changed, k.decl.Name)
		}
	}
	next.survey(&before.topology)
	e.plan.Store(next)
	t := &turn{Engine: e, plan: next, now: now}
	gone := make(map[*link]bool, len(before.links))
	for _, l := range before.links {
		gone[l] = true
	}
	for _, k := range kept {
		delete(gone, k.link)
		if k.link.hasEnded() {
			t.look(k.link)
		}
	}
	for l := range gone {
		t.leave(l)
	}
	return t.report(), changed
}

// keptLink is a link that goes on, and by what.
type keptLink struct {
	link  *link
	decl  *linkmodel.Link
	rules *ruleset
	// windows are its planned maintenances.
	windows []*Window
}

// successor is the plan after p, complete, and what of p goes on in it.
func (p *plan) successor(r *Reload) (*plan, []keptLink) {
	next := &plan{cfg: r.Config, links: make(map[string]*link, len(r.Links))}
	next.cfg.Rules = nil
	shared := newRulesets()
	var kept []keptLink
	for _, decl := range r.Links {
		rules, ok := r.Config.Rules[decl.Name]
		if !ok {
			continue
		}
		set, windows := shared.of(decl, &rules), next.cfg.windowsOf(decl)
		l := p.find(decl.Name, r.Was)
		if l == nil {
			l = newLink(decl, set, windows)
		} else {
			kept = append(kept, keptLink{l, decl, set, windows})
		}
		next.links[decl.Name] = l
	}
	return next, kept
}

// find returns the link that is called name now, or nil.
func (p *plan) find(name string, was map[string]string) *link {
	if l := p.links[name]; l != nil {
		return l
	}
	if former, ok := was[name]; ok {
		return p.links[former]
	}
	return nil
}

// relink has a link go on under another declaration and other rules, and reports whether the rules
// judge in another way. anew, when set, is why none of its episodes goes on.
func (l *link) relink(k *keptLink, anew string, at time.Time) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decl, l.windows = k.decl, k.windows
	for ep := range l.episodes {
		ep.Link = k.decl.Name
	}
	changed = !k.rules.same(l.rules)
	if anew != "" {
		l.endAll(at, anew, true)
		l.flaps = nil
		l.ends[linkmodel.EndA].lost, l.ends[linkmodel.EndZ].lost = never, never
	}
	l.follow(k.rules, at)
	return changed
}

// hasEnded reports whether the link has episodes whose end was not looked at.
func (l *link) hasEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ended) > 0
}

// follow has the judges go on by other rules.
func (l *link) follow(rules *ruleset, at time.Time) {
	l.rules = rules
	l.judges = slices.DeleteFunc(l.judges, func(j *judge) bool {
		r := rules.find(j.kind, j.direction)
		switch {
		case r == nil && j.episode != nil:
			l.ended = append(l.ended, j.end(at, endedNoRule))
			return true
		case r == nil:
			return true
		case !r.same(j.ruling):
			j.seen = nil // how far it came says nothing about the other levels
		}
		j.ruling = r
		return j.idle()
	})
}

// whyGone tells why a link is not watched.
func (p *plan) whyGone(name string) string {
	if p.cfg.Disabled[name] {
		return endedDisabled
	}
	return endedRemoved
}

// leave ends all episodes of a link that is no longer watched. Nothing will explain them any more, so
// nothing holds back what they owe.
func (t *turn) leave(l *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endAll(t.now.At, t.plan.whyGone(l.decl.Name), true)
	for _, ep := range l.ended {
		ep.HeldBack = ""
		t.tell(&subject{episode: ep, link: l, now: t.now})
	}
	l.ended = nil
	delete(t.waiting, l)
	delete(t.active, l)
}

// same reports whether two rulesets judge alike.
func (r *ruleset) same(o *ruleset) bool {
	for i := range r {
		if !r[i].same(o[i]) {
			return false
		}
	}
	return true
}

func (r *ruling) same(o *ruling) bool {
	if r == nil || o == nil || r == o {
		return r == o
	}
	return slices.Equal(r.levels, o.levels) && r.hold == o.hold && r.raiseRuns == o.raiseRuns &&
		r.raiseAfter == o.raiseAfter && r.clearAfter == o.clearAfter &&
		r.changes == o.changes && r.within == o.within
}
