package poller

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/linkmodel"
)

// sized returns long for make chaos, which runs the tests named TestChaos at the size of a real
// network, and short for everything else.
func sized[T any](short, long T) T {
	if os.Getenv("BOTHENDS_CHAOS") != "" {
		return long
	}
	return short
}

// The links of a mesh are polled like those of an inventory that says nothing about it.
const (
	meshInterval = time.Minute
	meshTimeout  = 2 * time.Second
	meshRetries  = 3
	// meshLatest is how late a poll may start: the transport sleeps that long while it waits for
	// answers.
	meshLatest = tickTime
)

// mesh is a Poller over many routers without a wire.
type mesh struct {
	*Poller
	t        *testing.T
	net      *network
	routers  []*router
	registry *prometheus.Registry
	logs     *observer.ObservedLogs

	mu       sync.Mutex
	from, to time.Duration // polls due in this time are counted
	ends     []meshEnd     // two for each link
	number   map[string]int
}

// meshEnd is what was emitted of one end.
type meshEnd struct {
	router int
	polls  int
	misses map[linkmodel.Miss]int
	// late is how long after its due instant the latest start of a poll was, among those whose
	// first request was answered.
	late time.Duration
}

// newMesh joins even routers to odd ones, each time around to others. The number of routers is even;
// all have the same number of ends where that is a whole number.
func newMesh(t *testing.T, links, routers int, open func(*network) opener) *mesh {
	t.Helper()
	m := &mesh{t: t, registry: prometheus.NewRegistry(), number: map[string]int{}, net: &network{routers: map[netip.AddrPort]*router{}}}
	cfg := Config{}
	for i := range routers {
		d := benchDevice(fmt.Sprintf("r%d", i))
		d.Timeout, d.Retries = meshTimeout, meshRetries
		cfg.Devices = append(cfg.Devices, d)
		m.routers = append(m.routers, newRouter(0))
		m.net.routers[benchAddr(d.Name)] = m.routers[i]
	}
	used := make([]int, routers)
	for i := range links {
		l := Link{Name: fmt.Sprintf("link%d", i), Interval: meshInterval}
		round := 2 * i / routers
		for end, r := range [2]int{2 * i % routers, (2*(i+round) + 1) % routers} {
			used[r]++
			m.routers[r].plug(uint32(used[r]), fmt.Sprintf("eth%d", used[r]))
			l.Ends[end] = Endpoint{cfg.Devices[r].Name, fmt.Sprintf("eth%d", used[r])}
			m.ends = append(m.ends, meshEnd{router: r})
		}
		m.number[l.Name] = i
		cfg.Links = append(cfg.Links, l)
	}
	core, logs := observer.New(zap.InfoLevel)
	m.logs = logs
	m.Poller = newPoller(cfg, Deps{Log: zap.New(core), Metrics: m.registry, Now: time.Now, Emit: m.emit}, open(m.net))
	return m
}

func (m *mesh) emit(p *linkmodel.Poll) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.ScheduledMono < m.from || p.ScheduledMono >= m.to {
		return
	}
	for i := range p.Ends {
		e, o := &m.ends[2*m.number[p.Link]+i], &p.Ends[i]
		e.polls++
		e.misses[o.Miss]++
		if o.Answered() && o.Reading.RTT > 0 {
			e.late = max(e.late, o.Reading.Mono-o.Reading.Uncertainty-p.ScheduledMono)
		}
	}
}

// start polls until stop is called.
func (m *mesh) start() (stop func()) {
	ctx, cancel := context.WithCancel(m.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	return func() { cancel(); <-done }
}

// silence kills the chosen routers, or revives them.
func (m *mesh) silence(silent bool, which func(router int) bool) {
	for i, r := range m.routers {
		if which(i) {
			r.kill(silent)
		}
	}
}

// told counts the log lines with a message.
func (m *mesh) told(message string) int { return m.logs.FilterMessage(message).Len() }

// span is what happened in some cycles.
type span struct {
	t        *testing.T
	cycles   int
	requests []int // in each cycle
	each     []int // to each router
	ends     []meshEnd
	skipped  float64
}

// watch lets cycles pass and returns what happened in them. It waits for the last polls to end.
func (m *mesh) watch(cycles int) *span {
	s := &span{t: m.t, cycles: cycles, requests: make([]int, cycles)}
	m.mu.Lock()
	m.from, m.to = mono(), mono()+time.Duration(cycles)*meshInterval
	for i := range m.ends {
		m.ends[i] = meshEnd{router: m.ends[i].router, misses: map[linkmodel.Miss]int{}}
	}
	m.mu.Unlock()
	skipped := m.skipped()
	m.count(nil)
	time.Sleep(time.Duration(cycles)*meshInterval + (meshRetries+2)*meshTimeout)
	synctest.Wait()
	s.skipped = m.skipped() - skipped
	m.count(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	s.ends = slices.Clone(m.ends)
	return s
}

// count takes up the requests that reached the routers since the last call.
func (m *mesh) count(s *span) {
	for _, r := range m.routers {
		r.mu.Lock()
		sent := r.sent
		r.sent, r.gets = nil, nil // a day of them would fill the memory
		r.mu.Unlock()
		if s == nil {
			continue
		}
		n := 0
		for _, at := range sent {
			if at >= m.from && at < m.to {
				s.requests[(at-m.from)/meshInterval]++
				n++
			}
		}
		s.each = append(s.each, n)
	}
}

func (m *mesh) skipped() float64 {
	return metric(m.t, m.registry, "bothends_poll_ticks_missed_total", "")
}

// sum is all requests of the span.
func (s *span) sum() (n int) {
	for _, sent := range s.requests {
		n += sent
	}
	return n
}

// outcomes counts the polls by their result.
func (s *span) outcomes() (polls int, results map[linkmodel.Miss]int) {
	results = map[linkmodel.Miss]int{}
	for i := range s.ends {
		polls += s.ends[i].polls
		for miss, n := range s.ends[i].misses {
			results[miss] += n
		}
	}
	return polls, results
}

// cadence fails the test unless every end was polled in each cycle.
func (s *span) cadence(what string) {
	s.t.Helper()
	if polls, results := s.outcomes(); polls != s.cycles*len(s.ends) || s.skipped > 0 {
		s.t.Errorf("%s: %d polls of %d ends in %d cycles (%v), %g skipped", what, polls, len(s.ends), s.cycles, results, s.skipped)
	}
}

// healthy fails the test unless every end at the chosen routers was polled in each cycle, answered
// every time, and never asked late. It returns the latest start.
func (s *span) healthy(what string, which func(router int) bool) (latest time.Duration) {
	s.t.Helper()
	bad := 0
	for i := range s.ends {
		e := &s.ends[i]
		if !which(e.router) {
			continue
		}
		latest = max(latest, e.late)
		if e.polls == s.cycles && e.misses[linkmodel.MissNone] == s.cycles && e.late <= meshLatest {
			continue
		}
		if bad++; bad < 5 {
			s.t.Errorf("%s: end %d of router %d has %d polls in %d cycles, results %v, up to %s late",
				what, i, e.router, e.polls, s.cycles, e.misses, e.late)
		}
	}
	return latest
}

func everyRouter(int) bool { return true }

// opener is how a mesh without further mischief opens its sockets.
func (n *network) opener() opener { return n.open }

// lossy is a network that loses a share of the datagrams, either way, and counts those sent.
type lossy struct {
	*network
	share float64
	dice  *rand.Rand // used by the transport's loop only
	lossy atomic.Bool
	sent  atomic.Int64
}

func (l *lossy) lose() bool { return l.lossy.Load() && l.dice.Float64() < l.share }

// Write implements Socket.
func (l *lossy) Write(batch []datagram.Message) (int, error) {
	l.sent.Add(int64(len(batch)))
	for i := range batch {
		if !l.lose() {
			_, _ = l.network.Write(batch[i : i+1])
		}
	}
	return len(batch), nil
}

// Read implements Socket.
func (l *lossy) Read(batch []datagram.Message) (int, error) {
	n, err := l.network.Read(batch)
	kept := 0
	for i := range batch[:n] {
		if !l.lose() {
			batch[kept], batch[i] = batch[i], batch[kept]
			kept++
		}
	}
	return kept, err
}
