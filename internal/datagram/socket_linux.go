//go:build linux && !portable

package datagram

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Socket is a UDP socket.
type Socket struct {
	guard   guard
	fd      int
	options Options
	local   netip.AddrPort
	zones   zones

	in, failed lane // the reader's
	out        lane // the writer's

	dropsMu sync.Mutex
	drops   uint64
	dropped uint32 // the kernel's counter when last read
}

// Read takes waiting datagrams, at most as many as there are messages and at most 1024, and returns
// how many. It never blocks: with nothing there it returns 0 and no error. ICMP errors are not its
// business; see Unreachable. After Close it fails with net.ErrClosed.
func (s *Socket) Read(batch []Message) (int, error) {
	if err := s.guard.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	batch = batch[:min(len(batch), maxBatch)]
	if len(batch) == 0 {
		return 0, nil
	}
	s.in.room(len(batch))
	for i := range batch {
		s.in.expect(i, batch[i].Buf)
	}
	n, err := s.receive(&s.in, len(batch), 0)
	if n == 0 || err != nil {
		return 0, err
	}
	var now int64
	if s.options.Timestamps {
		now = time.Now().UnixNano()
	}
	for i := range batch[:n] {
		s.fill(&batch[i], i, now)
	}
	return n, nil
}

// patience is how many pending errors a call gets past before it gives up.
const patience = 8

// receive runs recvmmsg. A pending ICMP error is told by one call that does nothing else, so the
// call is repeated.
func (s *Socket) receive(l *lane, n, flags int) (int, error) {
	for range patience {
		got, errno := l.call(unix.SYS_RECVMMSG, s.fd, 0, n, flags)
		switch {
		case errno == 0:
			return got, nil
		case errno == unix.EAGAIN:
			return 0, nil
		case !pending(errno):
			return 0, os.NewSyscallError("recvmmsg", errno)
		}
	}
	return 0, nil
}

// pending tells whether an error may stem from an ICMP message about an earlier datagram.
func pending(errno unix.Errno) bool {
	switch errno {
	case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EHOSTDOWN, unix.ENONET,
		unix.ENOPROTOOPT, unix.EPROTO, unix.EOPNOTSUPP, unix.EMSGSIZE, unix.EACCES:
		return true
	default:
		return false
	}
}

// fill tells what message i of the lane was; now is in nanoseconds, as control.received.
func (s *Socket) fill(m *Message, i int, now int64) {
	h := &s.in.headers[i]
	m.Addr = s.in.names[i].addrPort(&s.zones)
	m.Local, m.Age = netip.Addr{}, 0
	m.N = min(int(h.n), len(m.Buf))
	m.Truncated = h.Flags&unix.MSG_TRUNC != 0
	if h.Controllen == 0 {
		return
	}
	rest := s.in.control[i][:h.Controllen]
	for c, rest, ok := next(rest); ok; c, rest, ok = next(rest) {
		if at, ok := c.received(); ok {
			m.Age = max(time.Duration(now-at), 0)
		} else if local, ok := c.local(&s.zones); ok {
			m.Local = local
		}
	}
}

// Write sends datagrams in their order and returns how many were sent. It never blocks. With fewer
// sent than given and no error, the socket has no room just now: the rest may be tried again later.
// With an error, it is about batch[n]; those after it were not tried. ENOBUFS is such an error: one
// interface has no room, which says nothing about the way to the others.
func (s *Socket) Write(batch []Message) (n int, err error) {
	if err := s.guard.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	for n < len(batch) {
		part := batch[n:min(n+maxBatch, len(batch))]
		sent, errno := s.send(part)
		n += sent
		switch {
		case errno == unix.EAGAIN:
			return n, nil
		case errno != 0:
			return n, fmt.Errorf("send to %s: %w", batch[n].Addr, errno)
		}
	}
	return n, nil
}

// send writes at most maxBatch datagrams. With Options.Unreachable, Linux tells a pending error of
// an earlier datagram by refusing the next one, so a refused one gets some more tries.
func (s *Socket) send(batch []Message) (n int, errno unix.Errno) {
	s.out.room(len(batch))
	for i := range batch {
		s.load(&batch[i], i)
	}
	for tries := 0; n < len(batch); {
		sent, errno := s.out.call(unix.SYS_SENDMMSG, s.fd, n, len(batch), 0)
		n += sent
		if errno == 0 {
			tries = 0
			continue
		}
		if tries++; !pending(errno) || tries >= patience {
			return n, errno
		}
	}
	return n, 0
}

// load readies message i for being sent.
func (s *Socket) load(m *Message, i int) {
	s.out.set(i, m.Buf)
	h := &s.out.headers[i]
	h.Namelen = s.out.names[i].put(m.Addr, &s.zones)
	h.Control = nil
	h.SetControllen(0)
	if s.options.Local && m.Local.IsValid() {
		room := &s.out.control[i]
		h.Control = &room[0]
		h.SetControllen(room.putLocal(m.Local, &s.zones))
	}
}

// Unreachable tells f, for each ICMP error since the last call, whom a datagram did not reach and
// why: ECONNREFUSED (a syscall.Errno) means that nobody listens on that port. It needs
// Options.Unreachable, and belongs to the goroutine that reads.
func (s *Socket) Unreachable(f func(to netip.AddrPort, err error)) error {
	if err := s.guard.enter(); err != nil {
		return err
	}
	defer s.leave()
	const many = 64
	s.failed.room(many)
	for {
		for i := range many {
			s.failed.expect(i, nil)
		}
		n, err := s.receive(&s.failed, many, unix.MSG_ERRQUEUE)
		if err != nil {
			return err
		}
		for i := range n {
			s.tell(i, f)
		}
		if n < many {
			return nil
		}
	}
}

func (s *Socket) tell(i int, f func(to netip.AddrPort, err error)) {
	rest := s.failed.control[i][:s.failed.headers[i].Controllen]
	for c, rest, ok := next(rest); ok; c, rest, ok = next(rest) {
		if errno, ok := c.failure(); ok {
			f(s.failed.names[i].addrPort(&s.zones), errno)
		}
	}
}

// Drops returns how many datagrams the kernel has dropped for want of room in the receive buffer
// since Listen. On systems other than Linux it is 0.
func (s *Socket) Drops() uint64 {
	if s.guard.enter() == nil {
		defer s.leave()
		s.countDrops()
	}
	s.dropsMu.Lock()
	defer s.dropsMu.Unlock()
	return s.drops
}

// countDrops reads SO_MEMINFO, whose counters have 32 bits.
func (s *Socket) countDrops() {
	var info [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(info))
	s.dropsMu.Lock()
	defer s.dropsMu.Unlock()
	// x/sys has no getter for an array. The kernel keeps neither address.
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if now := info[unix.SK_MEMINFO_DROPS]; errno == 0 {
		s.drops += uint64(now - s.dropped)
		s.dropped = now
	}
}

// ReceiveBuffer returns the bytes the kernel granted for its queue, its own bookkeeping included:
// Linux doubles what is asked for, and a small datagram takes about 1300 bytes of it. 0 on other
// systems and after Close.
func (s *Socket) ReceiveBuffer() int {
	if s.guard.enter() != nil {
		return 0
	}
	defer s.leave()
	n, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return 0
	}
	return n
}

// Wait waits until Read or Unreachable has something to do, or until the timeout ends. After Close,
// also one in another goroutine, it fails with net.ErrClosed.
func (s *Socket) Wait(timeout time.Duration) (readable bool, err error) {
	if err := s.guard.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	fds := [1]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
	left := unix.NsecToTimespec(int64(max(timeout, 0)))
	for {
		// The runtime interrupts threads as it likes. Linux leaves the rest of the time in left.
		n, err := unix.Ppoll(fds[:], &left, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return false, os.NewSyscallError("ppoll", err)
		}
		return n > 0, s.guard.open()
	}
}

// LocalAddr returns the address the socket is bound to.
func (s *Socket) LocalAddr() netip.AddrPort { return s.local }

// Close closes the socket once no call uses it any more; it wakes one that waits. Only the first
// Close does not fail with net.ErrClosed.
func (s *Socket) Close() error {
	last, err := s.guard.close()
	switch {
	case err != nil:
		return err
	case last:
		return os.NewSyscallError("close", unix.Close(s.fd))
	}
	// Some call still holds the descriptor, so it is still ours. Shutting down an unconnected socket
	// is an error, but wakes ppoll(2) first. Only the reading half, or a Write under way would fail.
	_ = unix.Shutdown(s.fd, unix.SHUT_RD)
	return nil
}

func (s *Socket) leave() {
	if s.guard.leave() {
		_ = unix.Close(s.fd)
	}
}
