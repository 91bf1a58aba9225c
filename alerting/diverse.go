package alerting

import (
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// diverse is a link and those that protect it: a pair mostly. As long as one of them carries traffic
// the two places reach each other. What is judged of the group is an episode of the protected link.
type diverse struct {
	head    *link
	members []*link // the head first
	// down is the id of the open episode that tells that all are down.
	down atomicText
}

// fates of a member.
const (
	fateUnknown uint32 = iota
	fateCarries
	fateLost
	fateShut
)

func isPairKind(k linkmodel.Kind) bool {
	return k == linkmodel.KindPairDown || k == linkmodel.KindRedundancyLost
}

// pairUp groups the links of the plan by what they protect. Episodes of groups that are no more end.
func (p *plan) pairUp(at time.Time) {
	groups, of := map[string]*diverse{}, map[*link][]*diverse{}
	for name, protected := range p.cfg.Protects {
		l, head := p.links[name], p.links[protected]
		if l == nil || head == nil {
			continue
		}
		if groups[protected] == nil {
			g := &diverse{head: head, members: []*link{head}}
			groups[protected], of[head] = g, append(of[head], g)
		}
		g := groups[protected]
		g.members, of[l] = append(g.members, l), append(of[l], g)
	}
	for _, g := range groups {
		slices.SortFunc(g.members[1:], func(a, b *link) int { return strings.Compare(a.decl.Name, b.decl.Name) })
	}
	for _, l := range p.links {
		l.mu.Lock()
		if l.groups = of[l]; l.leads() == nil {
			l.endPair(at)
		}
		l.mu.Unlock()
	}
}

// leads returns the group that protects the link, or nil.
func (l *link) leads() *diverse {
	for _, g := range l.groups {
		if g.head == l {
			return g
		}
	}
	return nil
}

// endPair ends what was judged of a group that is no more.
func (l *link) endPair(at time.Time) {
	l.judges = slices.DeleteFunc(l.judges, func(j *judge) bool {
		if isPairKind(j.kind) && j.episode != nil {
			l.ended = append(l.ended, j.end(at, "no link protects it any more"))
		}
		return isPairKind(j.kind)
	})
}

// lineKinds are the faults that keep a link from carrying traffic both ways.
var lineKinds = [...]linkmodel.Kind{linkmodel.KindDown, linkmodel.KindHalfDown}

// tellFate tells the groups of the link what became of it. Its lock is held.
func (l *link) tellFate(v *linkmodel.View) {
	l.lost.Store(nil)
	fate := fateUnknown
	for _, j := range l.judges {
		if j.episode != nil && (slices.Contains(lineKinds[:], j.kind) || j.kind == linkmodel.KindDeadPath) {
			l.lost.Store(&j.episode.ID)
			fate = fateLost
			break
		}
	}
	switch {
	case v == nil || fate == fateLost:
	case v.State == linkmodel.StateDisabled:
		fate = fateShut
	case v.State == linkmodel.StateUp || v.State == linkmodel.StateDegraded:
		fate = fateCarries
	case v.State == linkmodel.StateDown && l.rules.find(linkmodel.KindDown, linkmodel.NoDirection) == nil:
		fate = fateLost
	}
	l.fate.Store(fate)
}

// observeGroup judges a group at a poll of one of its members.
func (e *Engine) observeGroup(g *diverse, o *observation) {
	l := g.head
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leads() != g {
		return // a reload made others
	}
	mine := observation{link: l.decl.Name, at: o.at, mono: o.mono, interval: o.interval, group: g}
	judges := len(l.judges)
	l.judgeSignals(&mine, g.signals())
	g.down.Store(nil)
	if ep := l.episode(linkmodel.KindPairDown, linkmodel.NoDirection); ep != nil {
		g.down.Store(&ep.ID)
	}
	if len(l.judges) != judges || l.underWay() {
		e.move(l.decl.Name)
	}
	if !l.queued && l.hasNews() {
		e.post(l)
	}
}

// signals tells whether some of the group are down, and whether all are. What an operator shut carries
// nothing, but is no fault.
func (g *diverse) signals() []linkmodel.Signal {
	var n [fateShut + 1]int
	for _, l := range g.members {
		n[l.fate.Load()]++
	}
	some := linkmodel.Signal{Kind: linkmodel.KindRedundancyLost, Direction: linkmodel.NoDirection, End: linkmodel.NoEnd}
	all := some
	all.Kind = linkmodel.KindPairDown
	switch {
	case n[fateLost] > 0:
		some.Ratio = linkmodel.Known(1)
	case n[fateUnknown] > 0:
		some.Ratio = linkmodel.Unknown(linkmodel.ReasonMissed)
	default:
		some.Ratio = linkmodel.Known(0)
	}
	switch {
	case n[fateCarries] > 0 || n[fateUnknown]+n[fateLost] == 0:
		all.Ratio = linkmodel.Known(0)
	case n[fateUnknown] > 0:
		all.Ratio = linkmodel.Unknown(linkmodel.ReasonMissed)
	default:
		all.Ratio = linkmodel.Known(1)
	}
	return []linkmodel.Signal{all, some}
}

// protected holds back what the group of a link tells better: with all of its members down that is one
// message; with some of them down it is the message about those.
func (*turn) protected(s *subject) string {
	l, ep := s.link, s.episode
	if l == nil {
		return ""
	}
	switch {
	case ep.Kind == linkmodel.KindRedundancyLost:
		g := l.leads()
		if g == nil {
			return ""
		}
		if id := g.down.Load(); id != nil {
			return "explained by " + string(linkmodel.KindPairDown) + " #" + *id
		}
		for _, m := range g.members {
			if id := m.lost.Load(); id != nil {
				return "explained by #" + *id + " of " + name(m.decl.Name)
			}
		}
		lost := slices.ContainsFunc(g.members, func(m *link) bool { return m.fate.Load() == fateLost })
		if ep.open() && !lost {
			return "about to end: no member is down any more"
		}
	case slices.Contains(lineKinds[:], ep.Kind), ep.Kind == linkmodel.KindDeadPath:
		for _, g := range l.groups {
			if id := g.down.Load(); id != nil {
				return "explained by " + string(linkmodel.KindPairDown) + " #" + *id
			}
		}
	}
	return ""
}
