package simulator

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Simulator is a running network of simulated routers.
type Simulator struct {
	config Config
	now    func() time.Time
	start  time.Time
	// agents and links are fixed after New.
	agents  []*Agent
	byName  map[string]*Agent
	links   map[string]*link
	workers sync.WaitGroup

	// mu makes every change of the truth happen at one instant: a reader takes the time and
	// reads under it, a writer takes the time and changes.
	mu        sync.RWMutex
	changes   []Change
	listening bool
	shared    []*shared

	servedMu sync.Mutex
	served   map[string][]Served
}

// New checks the configuration and builds the network. Nothing runs or listens yet, but time
// passes from Config.Start on.
func New(config Config) (*Simulator, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	s := &Simulator{
		config: config, now: config.Now, start: config.Start,
		byName: make(map[string]*Agent, len(config.Routers)),
		links:  make(map[string]*link, len(config.Links)),
		served: make(map[string][]Served),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.start.IsZero() {
		s.start = s.now()
	}
	ports := s.addLinks()
	for i := range config.Routers {
		r := &config.Routers[i]
		a := newAgent(s, r, ports[r.Name], s.random("router", r.Name))
		if len(a.ports) == 0 {
			return nil, fmt.Errorf("simulate router %q: it has no interface", r.Name)
		}
		s.agents = append(s.agents, a)
		s.byName[r.Name] = a
	}
	return s, nil
}

// addLinks makes the links and returns their ports by router.
func (s *Simulator) addLinks() map[string][]*port {
	ports := make(map[string][]*port, len(s.config.Routers))
	for i := range s.config.Links {
		config := &s.config.Links[i]
		l := newLink(config, s.random("link", config.Name))
		s.links[config.Name] = l
		ends := [2]*Port{&config.A, &config.Z}
		for end, p := range ends {
			far := ends[1-end].Router
			ports[p.Router] = append(ports[p.Router], newPort(p, l, end, far))
		}
	}
	return ports
}

// random returns the generator of one thing, so that adding another changes nothing for it.
func (s *Simulator) random(kind, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind + "\x00" + name))
	return rand.New(rand.NewPCG(s.config.Seed, h.Sum64()))
}

// elapsed returns the microseconds since Start; hold mu.
func (s *Simulator) elapsed() int64 { return s.instant(s.now()) }

func (s *Simulator) instant(t time.Time) int64 { return max(t.Sub(s.start).Microseconds(), 0) }

// Router returns the agent of a router, or nil when there is no such router.
func (s *Simulator) Router(name string) *Agent { return s.byName[name] }

// Config returns the configuration with the addresses in use: once the simulator listens, no port
// is 0.
func (s *Simulator) Config() Config {
	c := s.config
	c.Routers = slices.Clone(c.Routers)
	for i, a := range s.agents {
		c.Routers[i].Addr = a.Addr()
	}
	return c
}

// Set changes the truth of a link at once: f gets the present truth and edits it.
func (s *Simulator) Set(name string, f func(*Truth)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[name]
	if l == nil {
		return fmt.Errorf("set link: there is no link %q", name)
	}
	now := s.elapsed()
	truth := l.segments[len(l.segments)-1].truth
	f(&truth)
	l.extend(now, truth)
	s.record(now, Change{Link: name, What: "set", Truth: truth})
	return nil
}

// Listen binds the sockets of all routers; when it returns, requests are no longer refused. Run
// calls it when it was not called before. On Linux, routers with one port on several IPv4 addresses
// share a socket for it.
func (s *Simulator) Listen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening {
		return nil
	}
	s.shared = s.sharePorts()
	for _, a := range s.agents {
		if a.shared {
			continue
		}
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(a.config.Addr))
		if err != nil {
			s.closeLocked()
			return fmt.Errorf("listen for router %q: %w", a.config.Name, err)
		}
		a.conn = conn
	}
	s.listening = true
	return nil
}

// closeLocked closes what is bound. The agents keep no socket.
func (s *Simulator) closeLocked() {
	for _, a := range s.agents {
		if a.conn != nil {
			_ = a.conn.Close()
			a.conn = nil
		}
		a.shared = false
	}
	for _, g := range s.shared {
		_ = g.socket.Close()
	}
	s.shared = nil
	s.listening = false
}

// Run answers requests until ctx ends, then closes all sockets and returns nil.
func (s *Simulator) Run(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	s.mu.RLock()
	for _, a := range s.agents {
		if conn := a.conn; conn != nil {
			s.workers.Go(func() { a.listen(conn) })
		}
	}
	for _, g := range s.shared {
		s.workers.Go(g.serve)
	}
	s.mu.RUnlock()
	<-ctx.Done()
	s.mu.Lock()
	s.closeLocked()
	s.mu.Unlock()
	s.workers.Wait()
	return nil
}

// maxRequest bounds a request: about 150 objects.
const maxRequest = 4096

// listen answers datagrams until the socket is closed.
func (a *Agent) listen(conn *net.UDPConn) {
	var d desk
	var room []byte
	buf := make([]byte, maxRequest)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		reply, after, ok := a.quick(&d, buf[:n], &room)
		switch {
		case ok && after == 0:
			if reply != nil {
				_, _ = conn.WriteToUDPAddrPort(reply, from)
			}
			continue
		case ok:
			send(conn, from, Datagram{Bytes: slices.Clone(reply), After: after})
			continue
		}
		for _, d := range a.byTheBook(buf[:n]) {
			send(conn, from, d)
		}
	}
}

// send sends a reply, at once or after its pause.
func send(conn *net.UDPConn, to netip.AddrPort, d Datagram) {
	if d.After > 0 {
		time.AfterFunc(d.After, func() { _, _ = conn.WriteToUDPAddrPort(d.Bytes, to) })
		return
	}
	_, _ = conn.WriteToUDPAddrPort(d.Bytes, to)
}
