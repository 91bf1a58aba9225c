//go:build linux && !portable

package datagram

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Alarm is a sleep that another goroutine can end. The sleeper waits in a system call and not in
// Go's scheduler: a loop that wakes a hundred times a second on a machine with little else to do
// costs a fraction that way, because no other thread is woken to look for more work.
type Alarm struct {
	mu sync.Mutex // held by Wake and Close: a closed descriptor may be somebody else's
	fd int        // -1 once closed
}

// NewAlarm makes an alarm.
func NewAlarm() (*Alarm, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	return &Alarm{fd: fd}, nil
}

// Sleep returns after d, or when Wake was called since the last Sleep. One goroutine may sleep.
func (a *Alarm) Sleep(d time.Duration) {
	fds := [1]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLIN}}
	left := unix.NsecToTimespec(int64(max(d, 0)))
	for {
		// The runtime interrupts threads as it likes. Linux leaves the rest of the time in left.
		n, err := unix.Ppoll(fds[:], &left, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n > 0 {
			var count [8]byte
			_, _ = unix.Read(a.fd, count[:])
		}
		return
	}
}

// Wake ends the present sleep, or the next one.
func (a *Alarm) Wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fd < 0 {
		return
	}
	one := [8]byte{1} // in the byte order of most machines; any number but 0 does
	_, _ = unix.Write(a.fd, one[:])
}

// Close frees the alarm; nobody may sleep, and Wake does nothing from then on.
func (a *Alarm) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fd < 0 {
		return nil
	}
	fd := a.fd
	a.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}
