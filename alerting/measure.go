package alerting

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// maxNamed is how many links a message about several names; the rest is behind its URL.
const maxNamed = 10

// Group is what a message about a cause tells of it.
type Group struct {
	// Explains are the ids of the open episodes that the cause explains.
	Explains []string
	// Links are the names of at most ten links, Total is how many there are: all links of routers that
	// are silent, else those that are explained.
	Links []string
	Total int
	// Was is the Total that was told before, Peak the most there were at a time, Left how many links are
	// not well although the cause is over.
	Was, Peak, Left int
	// Down is how many of them an end that answers reports as down.
	Down int
	// Routers is how many routers are silent, of so many: at the site, or where bothends itself is cut
	// off, of all.
	Routers, OfRouters int
	// OfLinks is how many links there are where those of Total are; 0 where that is no matter.
	OfLinks int
	// Kinds and Types count the links by the worst finding on them and by their type, the most first.
	Kinds, Types []Count
}

// Count is how many there are of something.
type Count struct {
	Name string
	N    int
}

// affected is a link that a cause explains or that hangs on it.
type affected struct {
	link     *link
	kind     linkmodel.Kind // empty where nothing is explained yet
	severity linkmodel.Severity
	since    time.Time
}

// measure finds what a cause explains.
func (t *turn) measure(c *cause) Group {
	var g Group
	all := t.explainedBy(c, &g)
	if c.Kind != KindBlind {
		g.Was = c.ToldSize
	}
	if !c.open() {
		g.Left = len(all)
	}
	if c.Silent && c.open() {
		all = t.hanging(c, all)
	}
	switch c.Kind { //nolint:exhaustive // the others have no number of routers
	case KindBlind:
		answer, _ := t.plan.answering()
		g.OfRouters = len(t.plan.devices)
		g.Routers = g.OfRouters - answer
	case KindSite:
		g.Routers = len(c.Routers)
		if s := t.plan.sites[c.Subject]; s != nil {
			g.OfRouters = len(s.devices)
		}
	case KindRouter:
		if d := t.plan.devices[c.Subject]; d != nil {
			g.OfLinks = len(d.links)
		}
	case KindParallel:
		if p := t.plan.pairs[c.Subject]; p != nil {
			g.OfLinks = len(p.links)
		}
	}
	g.Total = len(all)
	g.Peak = max(int(c.Peak), g.Was, g.Total)
	kinds, types := map[string]int{}, map[string]int{}
	for _, a := range all {
		a.link.mu.Lock()
		if a.link.isDown() {
			g.Down++
		}
		types[a.link.decl.Type]++
		a.link.mu.Unlock()
		if a.kind != "" {
			kinds[string(a.kind)]++
		}
	}
	g.Kinds, g.Types = counts(kinds), counts(types)
	slices.SortFunc(all, func(a, b affected) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(rank(a.kind), rank(b.kind)),
			a.since.Compare(b.since), cmp.Compare(a.link.decl.Name, b.link.decl.Name))
	})
	for i := range min(len(all), maxNamed) {
		g.Links = append(g.Links, all[i].link.decl.Name)
	}
	return g
}

// explainedBy returns the links with open episodes that a cause explains, itself or by smaller causes.
func (t *turn) explainedBy(c *cause, g *Group) (all []affected) {
	by := map[string]bool{c.ID: true}
	for _, o := range t.byID {
		if o.By == c.ID {
			by[o.ID] = true
			g.Explains = append(g.Explains, o.ID)
		}
	}
	for l := range t.scope(c) {
		l.mu.Lock()
		a := affected{link: l}
		for ep := range l.episodes {
			if !ep.open() || !by[ep.By] {
				continue
			}
			g.Explains = append(g.Explains, ep.ID)
			if a.kind == "" {
				a.kind, a.severity, a.since = ep.Kind, ep.Severity, ep.Since
			}
		}
		l.mu.Unlock()
		if a.kind != "" {
			all = append(all, a)
		}
	}
	slices.Sort(g.Explains)
	return all
}

// scope returns the links that a cause may explain.
func (t *turn) scope(c *cause) iter.Seq[*link] {
	switch c.Kind { //nolint:exhaustive // the others may explain any link
	case KindRouter:
		if d := t.plan.devices[c.Subject]; d != nil {
			return slices.Values(d.links)
		}
	case KindParallel:
		if p := t.plan.pairs[c.Subject]; p != nil {
			return slices.Values(p.links)
		}
	case KindSite:
		if s := t.plan.sites[c.Subject]; s != nil {
			return s.links
		}
	}
	return maps.Keys(t.active)
}

// links ranges over the links that end at a site, those within it once.
func (s *site) links(yield func(*link) bool) {
	for _, d := range s.devices {
		for _, l := range d.links {
			within := l.at[linkmodel.EndA].site == s && l.at[linkmodel.EndZ].site == s
			if within && d != l.at[linkmodel.EndA] {
				continue
			}
			if !yield(l) {
				return
			}
		}
	}
}

// hanging adds the links of silent routers of which nothing is explained yet.
func (t *turn) hanging(c *cause, all []affected) []affected {
	known := make(map[*link]bool, len(all))
	for _, a := range all {
		known[a.link] = true
	}
	for _, n := range c.Routers {
		d := t.plan.devices[n]
		if d == nil {
			continue
		}
		for _, l := range d.links {
			if !known[l] {
				known[l] = true
				all = append(all, affected{link: l})
			}
		}
	}
	return all
}

// size is the number of links by which it is decided whether there is something new to tell.
func (t *turn) size(c *cause) int {
	if c.Kind == KindBlind {
		answer, _ := t.plan.answering()
		return len(t.plan.devices) - answer
	}
	if !c.Silent {
		return c.links
	}
	known := map[*link]bool{}
	for _, n := range c.Routers {
		if d := t.plan.devices[n]; d != nil {
			for _, l := range d.links {
				known[l] = true
			}
		}
	}
	return len(known)
}

// rank orders kinds, the worst first.
func rank(k linkmodel.Kind) int {
	if i := slices.Index(kinds[:], k); i >= 0 {
		return i
	}
	return len(kinds)
}

// counts orders numbers, the greatest first.
func counts(of map[string]int) []Count {
	out := make([]Count, 0, len(of))
	for n, count := range of {
		if n != "" {
			out = append(out, Count{n, count})
		}
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return out
}
