//go:build !linux || portable

package datagram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// Socket is a UDP socket. On this system a goroutine of its own moves arriving datagrams into a
// queue, one per call. The build tag "portable" chooses it on Linux, for its tests.
type Socket struct {
	closed  atomic.Bool
	conn    *net.UDPConn
	queue   chan arrival
	next    *arrival // taken out of the queue by Wait, the reader's
	options Options
}

// arrival is a datagram in the queue.
type arrival struct {
	from  netip.AddrPort
	bytes []byte
	at    time.Time
}

const (
	maxQueue    = 1024
	maxDatagram = 1 << 16
)

// Listen binds a socket. network is "udp4" or "udp6". Port 0 takes a free port.
func Listen(network string, addr netip.AddrPort, o Options) (*Socket, error) {
	conn, err := listen(network, addr, o)
	if err != nil {
		return nil, fmt.Errorf("listen on %s %s: %w", network, addr, err)
	}
	s := &Socket{conn: conn, queue: make(chan arrival, maxQueue), options: o}
	go s.collect()
	return s, nil
}

func listen(network string, addr netip.AddrPort, o Options) (*net.UDPConn, error) {
	if o.Local || o.Loopback {
		return nil, errors.ErrUnsupported
	}
	if err := check(network, addr); err != nil {
		return nil, err
	}
	packets, err := new(net.ListenConfig).ListenPacket(context.Background(), network, addr.String())
	if err != nil {
		return nil, err
	}
	conn := packets.(*net.UDPConn) //nolint:errcheck // what ListenPacket returns for these networks
	// What the system does not grant, it does not grant.
	if o.ReceiveBuffer > 0 {
		_ = conn.SetReadBuffer(o.ReceiveBuffer)
	}
	if o.SendBuffer > 0 {
		_ = conn.SetWriteBuffer(o.SendBuffer)
	}
	return conn, nil
}

// collect fills the queue until the socket is closed. With the queue full the system's own buffer
// fills up, and then the system drops.
func (s *Socket) collect() {
	defer close(s.queue)
	room := make([]byte, maxDatagram)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(room)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			s.queue <- arrival{from, append([]byte(nil), room[:n]...), time.Now()}
		}
	}
}

// Read takes waiting datagrams, at most as many as there are messages, and returns how many. It
// never blocks: with nothing there it returns 0 and no error. After Close it fails with
// net.ErrClosed.
func (s *Socket) Read(batch []Message) (n int, err error) {
	if err := s.open(); err != nil {
		return 0, err
	}
	for ; n < len(batch); n++ {
		a, ok := s.take(nil)
		if !ok {
			break
		}
		m := &batch[n]
		m.Addr, m.Local, m.Age = a.from, netip.Addr{}, 0
		m.N = copy(m.Buf, a.bytes)
		m.Truncated = len(a.bytes) > len(m.Buf)
		if s.options.Timestamps {
			m.Age = max(time.Since(a.at), 0)
		}
	}
	return n, nil
}

// take returns the next datagram. Without a channel to wait for, it does not wait.
func (s *Socket) take(timeout <-chan time.Time) (a arrival, ok bool) {
	if s.next != nil {
		a, s.next = *s.next, nil
		return a, true
	}
	if timeout == nil {
		select {
		case a, ok = <-s.queue:
		default:
		}
		return a, ok
	}
	select {
	case a, ok = <-s.queue:
	case <-timeout:
	}
	return a, ok
}

// Write sends datagrams in their order and returns how many were sent. With an error, it is about
// batch[n]; those after it were not tried.
func (s *Socket) Write(batch []Message) (n int, err error) {
	if err := s.open(); err != nil {
		return 0, err
	}
	for n < len(batch) {
		if _, err := s.conn.WriteToUDPAddrPort(batch[n].Buf, batch[n].Addr); err != nil {
			return n, fmt.Errorf("send to %s: %w", batch[n].Addr, err)
		}
		n++
	}
	return n, nil
}

// Unreachable tells nothing on this system.
func (s *Socket) Unreachable(func(to netip.AddrPort, err error)) error { return s.open() }

// Drops is 0 on this system.
func (s *Socket) Drops() uint64 { return 0 }

// ReceiveBuffer is 0 on this system.
func (s *Socket) ReceiveBuffer() int { return 0 }

// Wait waits until Read has something to do, or until the timeout ends. It belongs to the goroutine
// that reads. After Close, also one in another goroutine, it fails with net.ErrClosed.
func (s *Socket) Wait(timeout time.Duration) (readable bool, err error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	if a, ok := s.take(timer.C); ok {
		s.next = &a
		return true, nil
	}
	return false, s.open()
}

// LocalAddr returns the address the socket is bound to.
func (s *Socket) LocalAddr() netip.AddrPort {
	addr, _ := netip.ParseAddrPort(s.conn.LocalAddr().String())
	return addr
}

// Close closes the socket. Only the first Close does not fail with net.ErrClosed.
func (s *Socket) Close() error {
	if s.closed.Swap(true) {
		return net.ErrClosed
	}
	err := s.conn.Close()
	for range s.queue { //nolint:revive // lets the collector end
	}
	return err
}

func (s *Socket) open() error {
	if s.closed.Load() {
		return net.ErrClosed
	}
	return nil
}
