package alerting

import (
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// topology is what the links of a plan have in common: their routers, sites, and the pairs of routers
// that several of them connect.
type topology struct {
	devices map[string]*device
	sites   map[string]*site
	pairs   map[string]*pair // by their names; only those with several links
}

// device is a router and the links that end there.
type device struct {
	name  string
	site  *site // nil where the inventory names none
	links []*link
	said  *voice
}

// site is a place and the routers there.
type site struct {
	name    string
	devices []*device
}

// pair is two routers and the links between them, two at least.
type pair struct {
	name  string
	ends  [2]*device
	links []*link
}

// voice is when a router gave its latest answer and when it last gave none, on the clock of the
// readings; never for neither. It goes on over a reload.
type voice struct{ answered, missed atomic.Int64 }

func newVoice() *voice {
	s := new(voice)
	s.answered.Store(math.MinInt64)
	s.missed.Store(math.MinInt64)
	return s
}

// lost reports whether the router gave no answer when it was asked last, for whatever link.
func (d *device) lost() bool { return d.said.missed.Load() > d.said.answered.Load() }

// asked reports whether the router was ever asked.
func (d *device) asked() bool {
	return d.said.missed.Load() > math.MinInt64 || d.said.answered.Load() > math.MinInt64
}

// forward moves an instant forward, never back: polls of one router end in any order.
func forward(at *atomic.Int64, mono time.Duration) {
	for {
		old := at.Load()
		if int64(mono) <= old || at.CompareAndSwap(old, int64(mono)) {
			return
		}
	}
}

// survey finds what the links have in common and tells each where it belongs. Routers of the same name
// in before go on with what they said. No view may be observed meanwhile.
func (p *plan) survey(before *topology) {
	links := p.links
	t := topology{devices: map[string]*device{}, sites: map[string]*site{}, pairs: map[string]*pair{}}
	names := make([]string, 0, len(links))
	for name := range links {
		names = append(names, name)
	}
	slices.Sort(names)
	between := map[[2]*device]*pair{}
	for _, name := range names {
		l := links[name]
		p.slowest = max(p.slowest, l.decl.Interval)
		l.mu.Lock()
		for _, e := range linkmodel.Ends {
			l.at[e] = t.device(&l.decl.Ends[e], before)
		}
		l.pair = nil
		t.attach(l, between)
		l.mu.Unlock()
	}
	for _, p := range between {
		if len(p.links) > 1 {
			t.pairs[p.name] = p
			for _, l := range p.links {
				l.pair = p
			}
		}
	}
	p.topology = t
}

// attach lists a link with its routers.
func (t *topology) attach(l *link, between map[[2]*device]*pair) {
	a, z := l.at[linkmodel.EndA], l.at[linkmodel.EndZ]
	a.links = append(a.links, l)
	if a == z {
		return
	}
	z.links = append(z.links, l)
	if z.name < a.name {
		a, z = z, a
	}
	p := between[[2]*device{a, z}]
	if p == nil {
		p = &pair{name: a.name + " ↔ " + z.name, ends: [2]*device{a, z}}
		between[[2]*device{a, z}] = p
	}
	p.links = append(p.links, l)
}

func (t *topology) device(end *linkmodel.LinkEnd, before *topology) *device {
	if d := t.devices[end.Device]; d != nil {
		return d
	}
	d := &device{name: end.Device}
	if before != nil && before.devices[end.Device] != nil {
		d.said = before.devices[end.Device].said
	} else {
		d.said = newVoice()
	}
	if end.Site != "" {
		if t.sites[end.Site] == nil {
			t.sites[end.Site] = &site{name: end.Site}
		}
		d.site = t.sites[end.Site]
		d.site.devices = append(d.site.devices, d)
	}
	t.devices[end.Device] = d
	return d
}

// other returns the router at the other end of a link, nil where both ends are on one router.
func (l *link) other(d *device) *device {
	for e, at := range l.at {
		if at == d && l.at[1-e] != d {
			return l.at[1-e]
		}
	}
	return nil
}
