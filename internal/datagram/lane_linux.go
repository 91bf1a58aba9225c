//go:build linux && !portable

package datagram

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// header is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type header struct {
	unix.Msghdr
	n uint32 // bytes received or sent
}

// lane holds what the kernel reads and fills in a call for many messages. It belongs to one
// goroutine at a time and is used again and again.
type lane struct {
	headers []header
	iovecs  []unix.Iovec
	names   []sockaddr
	control []controlRoom
}

// room makes place for n messages. The pointers between the parts are set once: the garbage
// collector does not move what is on the heap.
func (l *lane) room(n int) {
	if n <= len(l.headers) {
		return
	}
	l.headers = make([]header, n)
	l.iovecs = make([]unix.Iovec, n)
	l.names = make([]sockaddr, n)
	l.control = make([]controlRoom, n)
	for i := range l.headers {
		h := &l.headers[i]
		h.Name, h.Control = &l.names[i][0], &l.control[i][0]
		h.Iov = &l.iovecs[i]
		h.SetIovlen(1)
	}
}

// set points message i at a buffer.
func (l *lane) set(i int, b []byte) {
	v := &l.iovecs[i]
	v.Base = unsafe.SliceData(b)
	v.SetLen(len(b))
}

// expect readies message i for being received.
func (l *lane) expect(i int, b []byte) {
	l.set(i, b)
	h := &l.headers[i]
	h.Namelen = uint32(len(l.names[i]))
	h.SetControllen(len(l.control[i]))
	h.Flags = 0
}

// call runs recvmmsg or sendmmsg on messages from..to and returns how many were done. It never
// blocks, so the runtime is not told: that would wake its monitor, which costs more than the call
// where the program sleeps most of the time.
func (l *lane) call(trap uintptr, fd, from, to, flags int) (int, unix.Errno) {
	for {
		// The kernel gets the address of headers that stay on the heap, and keeps none of it. What
		// they point at they point at with Go pointers, so it stays alive too.
		n, _, errno := unix.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&l.headers[from])),
			uintptr(to-from), uintptr(flags|unix.MSG_DONTWAIT), 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
