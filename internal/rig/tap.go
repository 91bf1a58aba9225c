//go:build linux

package rig

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/simulator"
)

// End is one end of a link, as the inventory and the database name it.
type End struct {
	Link, End         string // End is a or z
	Router, Interface string
}

// Tap answers for all simulated routers on one socket and notes each reply to a poll before it leaves.
type Tap struct {
	socket  *datagram.Socket
	agents  map[netip.Addr]*simulator.Agent
	ends    []End
	byPort  map[[2]string]int // router, interface -> index of ends
	serving sync.WaitGroup
	read    time.Time    // when the batch that is being answered was read
	first   atomic.Int64 // ns since 1970 of the first request since Mark

	sending sync.Mutex
	mu      sync.Mutex
	replies [][]Reply // by end, oldest first
}

const (
	tapBatch  = 64
	tapBuffer = 8 << 20
	maxPacket = 4096
)

// listen binds a socket for all addresses of the loopback net on a free port.
func listen() (*datagram.Socket, error) {
	s, err := datagram.Listen("udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), 0), datagram.Options{
		Local: true, Loopback: true, Timestamps: true, ReceiveBuffer: tapBuffer, SendBuffer: tapBuffer,
	})
	if err != nil {
		return nil, fmt.Errorf("bind the routers' socket: %w", err)
	}
	return s, nil
}

// newTap serves the routers of a network whose addresses all have the socket's port.
func newTap(socket *datagram.Socket, sim *simulator.Simulator) *Tap {
	t := &Tap{socket: socket, agents: map[netip.Addr]*simulator.Agent{}, byPort: map[[2]string]int{}}
	config := sim.Config()
	for i := range config.Routers {
		r := &config.Routers[i]
		t.agents[r.Addr.Addr()] = sim.Router(r.Name)
	}
	for i := range config.Links {
		l := &config.Links[i]
		for e, p := range [2]simulator.Port{l.A, l.Z} {
			t.byPort[[2]string{p.Router, p.Interface}] = len(t.ends)
			t.ends = append(t.ends, End{l.Name, [2]string{"a", "z"}[e], p.Router, p.Interface})
		}
	}
	t.replies = make([][]Reply, len(t.ends))
	t.serving.Go(t.serve)
	return t
}

// Mark forgets when the first request came.
func (t *Tap) Mark() { t.first.Store(0) }

// First returns when the first request since Mark came, and whether one did.
func (t *Tap) First() (time.Time, bool) {
	n := t.first.Load()
	return time.Unix(0, n), n != 0
}

// Take returns what was noted before an instant, by end, and forgets what is older than keep.
func (t *Tap) Take(before, keep time.Time) [][]Reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := make([][]Reply, len(t.replies))
	for i, all := range t.replies {
		n := sort.Search(len(all), func(k int) bool { return !all[k].At.Before(before) })
		old := sort.Search(len(all), func(k int) bool { return !all[k].At.Before(keep) })
		taken[i] = slices.Clone(all[:n])
		t.replies[i] = append(all[:0], all[old:]...)
	}
	return taken
}

// Close stops serving.
func (t *Tap) Close() error {
	err := t.socket.Close()
	t.serving.Wait()
	return err
}

func (t *Tap) serve() {
	in := make([]datagram.Message, tapBatch)
	for i := range in {
		in[i].Buf = make([]byte, maxPacket)
	}
	var out []datagram.Message
	for {
		n, err := t.socket.Read(in)
		t.read = time.Now()
		out = out[:0]
		for i := range in[:n] {
			out = t.answer(&in[i], out)
		}
		t.send(out)
		if err == nil && n < len(in) {
			_, err = t.socket.Wait(time.Minute)
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// answer appends the replies to a request; late ones are sent by a timer.
func (t *Tap) answer(m *datagram.Message, out []datagram.Message) []datagram.Message {
	agent := t.agents[m.Local]
	if agent == nil {
		return out
	}
	t.first.CompareAndSwap(0, time.Now().UnixNano())
	for _, d := range agent.Answer(m.Buf[:m.N]) {
		t.note(agent.Name(), d.Bytes, m.Age+time.Since(t.read))
		reply := datagram.Message{Addr: m.Addr, Local: m.Local, Buf: d.Bytes}
		if d.After > 0 {
			time.AfterFunc(d.After, func() { t.send([]datagram.Message{reply}) })
			continue
		}
		out = append(out, reply)
	}
	return out
}

// send sends; what the kernel does not take is lost, as on any network.
func (t *Tap) send(all []datagram.Message) {
	t.sending.Lock()
	defer t.sending.Unlock()
	for len(all) > 0 {
		n, err := t.socket.Write(all)
		if err == nil {
			return
		}
		all = all[min(n+1, len(all)):]
	}
}

// note keeps a reply to a request that has waited for some time.
func (t *Tap) note(router string, reply []byte, waited time.Duration) {
	r, ok := ParseReply(reply)
	if !ok {
		return
	}
	end, ok := t.byPort[[2]string{router, r.Interface}]
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r.At, r.Waited = time.Now(), waited
	t.replies[end] = append(t.replies[end], r)
}
