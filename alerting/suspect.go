package alerting

import (
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// lineKind stands for any kind that tells that a line is gone.
const lineKind = linkmodel.KindDown

// standing is what the links of a router say about it.
type standing struct {
	*device
	// lost are its links whose ends here were asked since it answered last, and got no answer.
	lost []*link
	// trouble are its links that are gone, fresh is how many were polled since that began.
	trouble []*link
	fresh   int
	since   time.Time // when the first of lost was
	began   time.Time // when the first of trouble was
}

// stand asks the links of a router.
func (t *turn) stand(d *device) *standing {
	s := &standing{device: d}
	answered := time.Duration(d.said.answered.Load())
	for _, l := range d.links {
		l.mu.Lock()
		ep := l.gone()
		if ep != nil && ep.excused() {
			l.mu.Unlock()
			continue
		}
		for e := range l.ends {
			if at := &l.ends[e]; l.at[e] == d && at.silent() && at.lost > answered {
				s.lost = append(s.lost, l)
				s.since = earlier(s.since, at.lostAt)
				break
			}
		}
		if !l.heard || l.seen >= t.began {
			s.fresh++ // of what was not asked since a restart nobody knows that it is gone
		}
		if ep != nil {
			s.trouble = append(s.trouble, l)
			s.began = earlier(s.began, ep.Since)
		}
		l.mu.Unlock()
	}
	return s
}

// excused reports whether something else than a cause holds the episode back: what somebody does on
// purpose, or knows of, is no evidence.
func (ep *Episode) excused() bool {
	return ep.HeldBack != "" && ep.By == "" && (ep.Noted || ep.N > 0)
}

// gone returns the open episode that tells that the line is gone, the worst first, or nil.
func (l *link) gone() *Episode {
	for _, j := range l.judges {
		if j.episode != nil && isLineKind(j.kind) {
			return j.episode
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// silent reports whether the router is: several of its ends were asked since it answered last, or it has
// no other.
func (s *standing) silent() bool { return len(s.lost) >= min(fewest, len(s.links)) && s.device.lost() }

// isolated reports whether next to all links of the router are gone, to several others, while it answers.
func (s *standing) isolated() bool {
	if len(s.trouble) < fewestDown || float64(len(s.trouble)) < nearlyAll*float64(s.fresh) {
		return false
	}
	first := s.trouble[0].other(s.device)
	return slices.ContainsFunc(s.trouble, func(l *link) bool { return l.other(s.device) != first })
}

func (s *standing) silentRouter() (suspect, bool) {
	return suspect{
		key: causeKey{KindRouter, s.name}, silent: true, links: s.lost, since: s.since, routers: []string{s.name},
	}, s.silent()
}

func (s *standing) isolatedRouter() (suspect, bool) {
	return suspect{key: causeKey{KindRouter, s.name}, links: s.trouble, since: s.began}, s.isolated()
}

// silentSite finds out whether next to all routers of a site are silent.
func silentSite(at *site, look func(*device) *standing) (suspect, bool) {
	x := suspect{key: causeKey{KindSite, at.name}, silent: true}
	asked := 0
	for _, d := range at.devices {
		if d.asked() {
			asked++
		}
		if s := look(d); s.silent() {
			x.routers = append(x.routers, d.name)
			x.links = append(x.links, s.lost...)
			x.since = earlier(x.since, s.since)
		}
	}
	slices.Sort(x.routers)
	return x, len(x.routers) >= fewest && float64(len(x.routers)) >= nearlyAll*float64(asked)
}

// isolatedSite finds out whether next to all links of a site are gone, those of several routers, which
// answer.
func isolatedSite(at *site, look func(*device) *standing) (suspect, bool) {
	x := suspect{key: causeKey{KindSite, at.name}}
	seen, fresh, routers := map[*link]bool{}, 0, 0
	for _, d := range at.devices {
		s := look(d)
		fresh += s.fresh
		for _, l := range s.trouble {
			if seen[l] {
				fresh-- // both its ends are here
				continue
			}
			seen[l] = true
			x.links = append(x.links, l)
		}
		if len(s.trouble) > 0 {
			routers++
			x.since = earlier(x.since, s.began)
		}
	}
	return x, routers >= fewest && len(x.links) >= fewestDown && float64(len(x.links)) >= nearlyAll*float64(fresh)
}

// suspectPair finds out whether several links between two routers are gone.
func suspectPair(p *pair) (suspect, bool) {
	x := suspect{key: causeKey{KindParallel, p.name}}
	for _, l := range p.links {
		l.mu.Lock()
		if ep := l.gone(); ep != nil {
			x.links = append(x.links, l)
			x.since = earlier(x.since, ep.Since)
		}
		l.mu.Unlock()
	}
	return x, len(x.links) >= fewest
}
