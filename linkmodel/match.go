package linkmodel

import (
	"sync"
	"sync/atomic"
	"time"
)

// Fit is a declared interface whose counters fit one end of a link, while the link's own other end
// does not.
type Fit struct {
	Device, Interface string
	// InPlaceOf is the end that the interface would have to take the place of.
	InPlaceOf End
}

// Matcher looks for the right interface where the two ends of a link do not match. While there is no
// such link it keeps nothing. It is safe for concurrent use.
type Matcher struct {
	count    atomic.Int32 // of suspects
	mu       sync.Mutex
	suspects map[*Link]*suspect
}

const (
	// maxSuspects bounds the memory: when more links do not match, the inventory is wrong as a whole.
	maxSuspects = 32
	// alike is the correlation from which one interface fits, distinct how far the next best must be
	// behind.
	alike, distinct = 0.8, 0.1
)

// suspect is a link whose ends do not match, with the counts of all declared interfaces of its two
// routers.
type suspect struct {
	link *Link
	step time.Duration
	own  [2]series
	all  map[declaredEnd]*series
	fit  [2]*Fit // by direction
}

// declaredEnd is an interface as the inventory names it.
type declaredEnd struct{ device, iface string }

// NewMatcher returns a matcher without suspects.
func NewMatcher() *Matcher { return &Matcher{suspects: map[*Link]*suspect{}} }

// Observe takes in the view of one cycle, and notes in it which interface fits where its ends do not
// match.
func (m *Matcher) Observe(v *View) {
	wrong := v.Directions[AToZ].Checks.NotMatching == VerdictYes || v.Directions[ZToA].Checks.NotMatching == VerdictYes
	if !wrong && m.count.Load() == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suspect(v, wrong)
	for _, s := range m.suspects {
		s.observe(v)
	}
}

// Relink follows a link to another declaration of the same two interfaces; nil where it ended.
func (m *Matcher) Relink(was, now *Link) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.suspects[was]
	delete(m.suspects, was)
	switch {
	case now == nil:
		for _, e := range was.Ends {
			m.forget(declaredEnd{e.Device, e.Interface})
		}
	case s != nil:
		s.link, m.suspects[now] = now, s
	}
	m.count.Store(int32(len(m.suspects))) //nolint:gosec // at most maxSuspects
}

// forget has no suspect look at an interface that is polled no more.
func (m *Matcher) forget(end declaredEnd) {
	for _, s := range m.suspects {
		delete(s.all, end)
	}
}

// suspect begins or ends to look for the interfaces of a link. A verdict that is open for a while
// ends nothing.
func (m *Matcher) suspect(v *View, wrong bool) {
	known := m.suspects[v.Link]
	right := v.Directions[AToZ].Checks.NotMatching == VerdictNo && v.Directions[ZToA].Checks.NotMatching == VerdictNo
	switch {
	case known == nil && wrong && len(m.suspects) < maxSuspects:
		m.suspects[v.Link] = &suspect{
			link: v.Link, step: max(2*v.Link.Interval, time.Second), all: map[declaredEnd]*series{},
		}
	case known != nil && right:
		delete(m.suspects, v.Link)
	}
	m.count.Store(int32(len(m.suspects))) //nolint:gosec // at most maxSuspects
}

// observe adds what a view says of the suspect's routers, and judges when it is the suspect's own.
func (s *suspect) observe(v *View) {
	if v.Link == s.link {
		for _, e := range Ends {
			s.own[e].add(s.step, &v.Ends[e])
		}
		for _, d := range Directions {
			s.judge(d, v)
		}
		return
	}
	for _, e := range Ends {
		end := &v.Link.Ends[e]
		if end.Device != s.link.Ends[EndA].Device && end.Device != s.link.Ends[EndZ].Device {
			continue
		}
		key := declaredEnd{end.Device, end.Interface}
		if s.all[key] == nil {
			s.all[key] = new(series)
		}
		s.all[key].add(s.step, &v.Ends[e])
	}
}

// judge names the interface that fits direction d.
func (s *suspect) judge(d Direction, v *View) {
	c := &v.Directions[d].Checks
	if c.NotMatching != VerdictYes {
		c.Fit = nil
		return
	}
	if fit, ok := s.best(d); !ok {
		s.fit[d] = nil
	} else if s.fit[d] == nil || *s.fit[d] != fit {
		s.fit[d] = &fit
	}
	c.Fit = s.fit[d]
}

// best returns the interface that fits: the one of the sender's router that sends what the receiver
// receives, else the one of the receiver's router that receives what the sender sends. Where two
// links were swapped both are right.
func (s *suspect) best(d Direction) (Fit, bool) {
	from, to := d.Sender(), d.Receiver()
	if fit, ok := s.inPlaceOf(from, func(other *series) float64 { return likeness(other, &s.own[to], s.step) }); ok {
		return fit, true
	}
	return s.inPlaceOf(to, func(other *series) float64 { return likeness(&s.own[from], other, s.step) })
}

// inPlaceOf returns the only interface of an end's router that is like what it should be.
func (s *suspect) inPlaceOf(e End, like func(*series) float64) (fit Fit, ok bool) {
	best, second := 0.0, 0.0
	for key, other := range s.all {
		if key.device != s.link.Ends[e].Device {
			continue
		}
		if l := like(other); l > best {
			best, second = l, best
			fit = Fit{Device: key.device, Interface: key.iface, InPlaceOf: e}
		} else if l > second {
			second = l
		}
	}
	return fit, best >= alike && best-second >= distinct
}
