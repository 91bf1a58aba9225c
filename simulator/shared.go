package simulator

import (
	"container/heap"
	"net/netip"
	"time"

	"github.com/bothends/bothends/internal/datagram"
)

// shared is one socket for all agents of a UDP port: bound to the wildcard address, but to the
// loopback interface alone. Thousands of agents need one file then, and a system call carries many
// requests. The addresses of the port that belong to no agent are silent.
type shared struct {
	socket *datagram.Socket
	agents map[netip.Addr]*Agent

	desk desk
	in   []datagram.Message
	out  []datagram.Message
	// rooms hold the replies in out until they are sent.
	rooms [][]byte
	late  late
}

const (
	sharedBatch  = 64
	sharedBuffer = 8 << 20 // some thousands of requests that wait
)

// sharePorts binds a socket for each UDP port that several agents have, where the system can, and
// returns them. The other agents need sockets of their own.
func (s *Simulator) sharePorts() []*shared {
	ports := make(map[uint16][]*Agent)
	for _, a := range s.agents {
		if addr := a.config.Addr; addr.Port() != 0 && addr.Addr().Unmap().Is4() {
			ports[addr.Port()] = append(ports[addr.Port()], a)
		}
	}
	var all []*shared
	for port, agents := range ports {
		if len(agents) < 2 {
			continue
		}
		wildcard := netip.AddrPortFrom(netip.IPv4Unspecified(), port)
		socket, err := datagram.Listen("udp4", wildcard, datagram.Options{
			Local: true, Loopback: true, ReceiveBuffer: sharedBuffer, SendBuffer: sharedBuffer,
		})
		if err != nil {
			continue // another system, or the port is in use on some address: each agent tries for itself
		}
		group := &shared{socket: socket, agents: make(map[netip.Addr]*Agent, len(agents))}
		for _, a := range agents {
			group.agents[a.config.Addr.Addr().Unmap()] = a
			a.shared = true
		}
		all = append(all, group)
	}
	return all
}

// serve answers until the socket is closed.
func (g *shared) serve() {
	g.in = make([]datagram.Message, sharedBatch)
	for i := range g.in {
		g.in[i].Buf = make([]byte, maxRequest)
	}
	for {
		n, err := g.socket.Read(g.in)
		for i := range g.in[:n] {
			g.answer(&g.in[i])
		}
		g.flush()
		pause := g.sendLate(time.Now())
		if err == nil && n < len(g.in) {
			_, err = g.socket.Wait(pause)
		}
		if err != nil {
			return
		}
	}
}

// answer queues the reply to a request.
func (g *shared) answer(m *datagram.Message) {
	a := g.agents[m.Local]
	if a == nil {
		return
	}
	request := m.Buf[:m.N]
	if reply, after, ok := a.quick(&g.desk, request, g.room()); ok {
		if reply != nil {
			g.send(m, Datagram{Bytes: reply, After: after})
		}
		return
	}
	for _, d := range a.byTheBook(request) {
		g.send(m, d)
	}
	// gosnmp takes its time; the quick replies need not wait for the next one.
	g.flush()
}

// room returns where the next quick reply is written.
func (g *shared) room() *[]byte {
	if len(g.rooms) == len(g.out) {
		g.rooms = append(g.rooms, nil)
	}
	return &g.rooms[len(g.out)]
}

// send queues a reply, for now or for later.
func (g *shared) send(m *datagram.Message, d Datagram) {
	reply := datagram.Message{Addr: m.Addr, Local: m.Local, Buf: d.Bytes}
	if d.After > 0 {
		g.late.add(reply, time.Now().Add(d.After))
		return
	}
	g.out = append(g.out, reply)
}

// flush sends what is queued. A reply that cannot be sent is lost, as on any network.
func (g *shared) flush() {
	for left := g.out; len(left) > 0; {
		n, err := g.socket.Write(left)
		if err == nil {
			break
		}
		left = left[min(n+1, len(left)):]
	}
	g.out = g.out[:0]
}

// idle is how long the socket waits with nothing to send.
const idle = time.Minute

// sendLate sends the replies that are due and returns how long the next one has to wait.
func (g *shared) sendLate(now time.Time) time.Duration {
	for len(g.late.replies) > 0 {
		next := g.late.replies[0]
		if pause := next.due.Sub(now); pause > 0 {
			g.flush()
			return pause
		}
		g.out = append(g.out, next.Message)
		heap.Pop(&g.late)
		if len(g.out) == sharedBatch {
			g.flush()
		}
	}
	g.flush()
	return idle
}

// late is a heap of replies by the instant at which they are due: slow agents by the thousand need
// no timer each.
type late struct{ replies []*lateReply }

type lateReply struct {
	datagram.Message
	due time.Time
}

// add keeps a copy of a reply.
func (l *late) add(m datagram.Message, due time.Time) {
	m.Buf = append([]byte(nil), m.Buf...)
	heap.Push(l, &lateReply{m, due})
}

func (l *late) Len() int           { return len(l.replies) }
func (l *late) Less(i, j int) bool { return l.replies[i].due.Before(l.replies[j].due) }
func (l *late) Swap(i, j int)      { l.replies[i], l.replies[j] = l.replies[j], l.replies[i] }

// Push is for package heap.
func (l *late) Push(x any) { l.replies = append(l.replies, x.(*lateReply)) } //nolint:errcheck // add pushes nothing else

// Pop is for package heap.
func (l *late) Pop() any {
	last := len(l.replies) - 1
	r := l.replies[last]
	l.replies[last] = nil
	l.replies = l.replies[:last]
	return r
}
