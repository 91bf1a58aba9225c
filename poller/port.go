package poller

import (
	"net/netip"
	"time"

	"github.com/bothends/bothends/internal/datagram"
)

// Socket is what a Poller needs of a UDP socket; it never blocks.
type Socket interface {
	// Read fills a part of batch with what has come.
	Read(batch []datagram.Message) (n int, err error)
	// Write sends batch in order; n datagrams were sent, and err is about the next one.
	Write(batch []datagram.Message) (n int, err error)
	// Unreachable tells which addresses the network reported datagrams to be undeliverable.
	Unreachable(tell func(to netip.AddrPort, err error)) error
	// Drops counts the datagrams that the kernel dropped because the receive buffer was full.
	Drops() uint64
	// ReceiveBuffer is the size of that buffer in bytes.
	ReceiveBuffer() int
	Close() error
}

// opener opens the socket for an address family.
type opener func(family family) (Socket, error)

// family is an address family.
type family int

const (
	ipv4 family = iota
	ipv6
	families
)

func familyOf(a netip.AddrPort) family {
	if a.Addr().Is4() || a.Addr().Is4In6() {
		return ipv4
	}
	return ipv6
}

// socketBuffer is how much buffer is asked for each way, in bytes; Linux grants twice that for its
// bookkeeping. It may grant less (net.core.rmem_max); then fewer requests are sent at a time.
const socketBuffer = 4 << 20

// openUDP opens a socket on a port the kernel picks at random.
func openUDP(f family) (Socket, error) {
	network, addr := "udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if f == ipv6 {
		network, addr = "udp6", netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return datagram.Listen(network, addr, datagram.Options{
		ReceiveBuffer: socketBuffer, SendBuffer: socketBuffer, Unreachable: true, Timestamps: true,
	})
}

// batchSize is how many datagrams one system call carries.
const batchSize = 64

// port is our own port in one address family: a socket, what waits to be sent over it, and the
// batch that is on its way to the kernel.
type port struct {
	socket Socket
	outbox queue
	window window
	batch  [batchSize + 1]datagram.Message // the last flight may come with a probe
	owner  [batchSize + 1]*flight          // of each datagram; nil for a probe
	loaded int
	drops  uint64 // counted so far
	// empty is when nothing was left to read: what is read later came after that.
	empty time.Duration
	// deaf is the error with which reading fails, nil while it works.
	deaf   error
	looked int64 // the second in which they were counted last
}

func newPort(s Socket) *port {
	p := &port{socket: s, window: newWindow(s.ReceiveBuffer())}
	for i := range p.batch {
		p.batch[i].Buf = make([]byte, 0, 1500)
	}
	return p
}

// next is the room for the next datagram of the batch.
func (p *port) next() []byte { return p.batch[p.loaded].Buf[:0] }

// load adds a datagram that was made in next to the batch.
func (p *port) load(to netip.AddrPort, made []byte, f *flight) {
	m := &p.batch[p.loaded]
	m.Buf, m.Addr = made, to
	p.owner[p.loaded] = f
	p.loaded++
}

// send hands the batch to the kernel. What does not fit its buffer stays for the next call; what it
// refuses is told to the flight.
func (p *port) send(sent func(f *flight, at time.Duration)) {
	first := 0
	for first < p.loaded {
		at := mono()
		n, err := p.socket.Write(p.batch[first:p.loaded])
		for _, f := range p.owner[first : first+n] {
			if f != nil {
				sent(f, at)
			}
		}
		first += n
		if err == nil {
			break
		}
		if f := p.owner[first]; f != nil {
			sent(f, at)
			f.failed(err)
		}
		first++
	}
	p.keep(first)
}

// keep moves what was not sent to the front.
func (p *port) keep(first int) {
	left := p.loaded - first
	if first > 0 {
		for i := range left {
			p.batch[i], p.batch[first+i] = p.batch[first+i], p.batch[i]
			p.owner[i] = p.owner[first+i]
		}
	}
	clear(p.owner[left:p.loaded])
	p.loaded = left
}

// forget takes a flight that ended before it was sent out of the batch.
func (p *port) forget(f *flight) {
	left := 0
	for i := range p.loaded {
		if p.owner[i] == f {
			continue
		}
		p.batch[left], p.batch[i] = p.batch[i], p.batch[left]
		p.owner[left] = p.owner[i]
		left++
	}
	clear(p.owner[left:p.loaded])
	p.loaded = left
}

// cameAt is when a datagram of a certain age came, as far as that can be known: the kernel notes
// arrivals by the wall clock. Where that was set forward meanwhile, a datagram seems to have come
// before the socket was seen empty; then all that is known is that it is here.
func (p *port) cameAt(now, age time.Duration) time.Duration {
	if at := now - age; at >= p.empty {
		return at
	}
	return now
}
