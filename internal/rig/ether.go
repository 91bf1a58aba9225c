//go:build linux

package rig

import (
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/simulator"
)

// Ether is a network in memory between simulated routers and a poller. It has no goroutine and no timer: what a
// router answers is made when it is asked, and lies ready when its time has come. What happens to a datagram
// depends on the seed, the router and the number of the datagram alone.
type Ether struct {
	seed   uint64
	agents map[netip.Addr]*host
	byName map[string]*host
	ends   []End
	byPort map[[2]string]int // router, interface -> index of ends

	// at is the instant, in ns since 1970, for which a router answers now; 0 for the present.
	at atomic.Int64

	mu     sync.Mutex
	served [][]Served // by end, in the order of the requests
	polls  int
}

// host is a router and the way to it.
type host struct {
	name  string
	agent *simulator.Agent
	base  time.Duration // one way
	sum   uint64        // of the name
	way   Way
	asked uint64 // datagrams so far
}

// Way is the condition of the network between the poller and a router.
type Way struct {
	Silent bool
	Loss   float64       // share of datagrams lost, each way
	Delay  time.Duration // on top of the usual one
	Twice  bool          // answers come two times
}

// Served is one reply to a poll that reached the poller.
type Served struct {
	Life        int
	Sent, Came  time.Time // of the request and of the reply
	Reply       Reply     // at the middle of both
	Clean       bool      // nothing was wrong with the way
	sample      int64
	sampleFound bool
}

// NewEther builds the routers of a network.
func NewEther(seed uint64, config *simulator.Config) (*Ether, *simulator.Simulator, error) {
	e := &Ether{
		seed: seed, agents: map[netip.Addr]*host{}, byName: map[string]*host{}, byPort: map[[2]string]int{},
	}
	config.Now = e.now
	sim, err := simulator.New(*config)
	if err != nil {
		return nil, nil, err
	}
	for i := range config.Routers {
		r := &config.Routers[i]
		h := &host{name: r.Name, agent: sim.Router(r.Name), sum: sumOf(r.Name)}
		h.base = 200*time.Microsecond + time.Duration(e.chance(h, 0, 0)*float64(4*time.Millisecond))
		e.agents[r.Addr.Addr()], e.byName[r.Name] = h, h
	}
	for i := range config.Links {
		l := &config.Links[i]
		for side, p := range [2]simulator.Port{l.A, l.Z} {
			e.byPort[[2]string{p.Router, p.Interface}] = len(e.ends)
			e.ends = append(e.ends, End{l.Name, [2]string{"a", "z"}[side], p.Router, p.Interface})
		}
	}
	e.served = make([][]Served, len(e.ends))
	return e, sim, nil
}

func sumOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// chance returns a number from 0 to 1 that belongs to a datagram of a router.
func (e *Ether) chance(h *host, datagram, what uint64) float64 {
	return rand.New(rand.NewPCG(e.seed^h.sum, datagram<<3|what)).Float64() //nolint:gosec // a script
}

// now is the simulator's clock.
func (e *Ether) now() time.Time {
	if at := e.at.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Now()
}

// Set changes the way to a router.
func (e *Ether) Set(router string, change func(*Way)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.byName[router].way)
}

// Polls is how many requests have been sent so far.
func (e *Ether) Polls() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.polls
}

// Socket is the poller's end of the network in one life of the program.
type Socket struct {
	ether *Ether
	life  *Life
	inbox []arrival // by the time of arrival
}

type arrival struct {
	at    time.Time
	from  netip.AddrPort
	bytes []byte
}

// Open opens the socket of a life.
func (e *Ether) Open(life *Life) *Socket { return &Socket{ether: e, life: life} }

// Write sends requests. Nobody hears a program that is dead.
func (s *Socket) Write(batch []datagram.Message) (int, error) {
	if s.life.Dead() {
		return len(batch), nil
	}
	s.ether.mu.Lock()
	defer s.ether.mu.Unlock()
	for i := range batch {
		s.ether.ask(s, &batch[i])
	}
	return len(batch), nil
}

func (e *Ether) ask(s *Socket, m *datagram.Message) {
	h := e.agents[m.Addr.Addr().Unmap()]
	if h == nil {
		return
	}
	e.polls++
	h.asked++
	n, w := h.asked, h.way
	if w.Silent || e.chance(h, n, 1) < w.Loss {
		return
	}
	sent := time.Now()
	made := sent.Add(h.base + time.Duration(e.chance(h, n, 2)*float64(time.Millisecond)))
	e.at.Store(made.UnixNano())
	answers := h.agent.Answer(m.Buf)
	e.at.Store(0)
	for _, d := range answers {
		if e.chance(h, n, 3) < w.Loss {
			continue
		}
		came := made.Add(h.base + d.After + w.Delay)
		e.note(s, h, d.Bytes, sent, came)
		s.deliver(arrival{came, m.Addr, slices.Clone(d.Bytes)})
		if w.Twice {
			s.deliver(arrival{came.Add(30 * time.Millisecond), m.Addr, slices.Clone(d.Bytes)})
		}
	}
}

func (s *Socket) deliver(a arrival) {
	i, _ := slices.BinarySearchFunc(s.inbox, a, func(x, y arrival) int {
		if c := x.at.Compare(y.at); c != 0 {
			return c
		}
		return -1 // behind those of the same instant
	})
	s.inbox = slices.Insert(s.inbox, i, a)
}

// note keeps a reply to a poll.
func (e *Ether) note(s *Socket, h *host, reply []byte, sent, came time.Time) {
	r, ok := ParseReply(reply)
	if !ok {
		return
	}
	end, ok := e.byPort[[2]string{h.name, r.Interface}]
	if !ok {
		return
	}
	middle := sent.Add(came.Sub(sent) / 2)
	r.At = middle
	e.served[end] = append(e.served[end], Served{
		Life: s.life.Number, Sent: sent, Came: came, Reply: r, Clean: h.way == Way{},
	})
}

// Read takes what has come.
func (s *Socket) Read(batch []datagram.Message) (int, error) {
	s.ether.mu.Lock()
	defer s.ether.mu.Unlock()
	if s.life.Dead() {
		return 0, nil
	}
	now, n := time.Now(), 0
	for n < len(batch) && n < len(s.inbox) && !s.inbox[n].at.After(now) {
		a, m := &s.inbox[n], &batch[n]
		m.Addr, m.Local, m.N = a.from, netip.Addr{}, copy(m.Buf, a.bytes)
		m.Truncated, m.Age = len(a.bytes) > len(m.Buf), now.Sub(a.at)
		n++
	}
	s.inbox = slices.Delete(s.inbox, 0, n)
	return n, nil
}

// Unreachable tells nothing: a router that is not there is silent.
func (s *Socket) Unreachable(func(to netip.AddrPort, err error)) error { return nil }

// Drops is 0: nothing is lost for want of room.
func (s *Socket) Drops() uint64 { return 0 }

// ReceiveBuffer is ample.
func (s *Socket) ReceiveBuffer() int { return 8 << 20 }

// Close closes the socket once.
func (s *Socket) Close() error {
	s.ether.mu.Lock()
	defer s.ether.mu.Unlock()
	if s.inbox = nil; s.ether == nil {
		return net.ErrClosed
	}
	return nil
}
