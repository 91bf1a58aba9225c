//go:build linux && !portable

package datagram

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Alarm is a sleep that another goroutine can end. Where a machine has little else to do, waking a
// loop up is most of what the loop costs, and Go wakes more threads than one for its own sleeps: a
// timer's end wakes the runtime's monitor too, and a sleeper in a blocking system call is watched by
// the monitor every 20 µs. The network poller alone is waited for by one thread that nobody
// watches. So the sleeper waits there for a timer of the kernel's, and sets and reads it with system
// calls that the runtime is not told of; they do not block.
type Alarm struct {
	file *os.File
	conn syscall.RawConn
	fd   int
	read func(fd uintptr) bool // made once: a closure is an allocation

	mu       sync.Mutex
	sleeping bool // protected by mu
	woken    bool // protected by mu; since the last Sleep
	closed   bool // protected by mu; fd may be somebody else's
}

// NewAlarm makes an alarm.
func NewAlarm() (*Alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	a := &Alarm{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd, read: expired}
	if a.conn, err = a.file.SyscallConn(); err != nil {
		_ = a.file.Close()
		return nil, fmt.Errorf("watch a timerfd: %w", err)
	}
	return a, nil
}

// expired takes the expiry off the timer; false when there is none yet.
func expired(fd uintptr) bool {
	var count [8]byte
	// The kernel fills count during the call and keeps no address.
	_, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&count)), unsafe.Sizeof(count))
	return errno != unix.EAGAIN && errno != unix.EINTR
}

// Sleep returns after d, or when Wake was called since the last Sleep. One goroutine may sleep.
func (a *Alarm) Sleep(d time.Duration) {
	if a.begin(d) {
		_ = a.conn.Read(a.read) // it fails when the alarm is closed, and then there is nothing to wait for
	}
	a.mu.Lock()
	a.sleeping, a.woken = false, false
	a.mu.Unlock()
}

// begin sets the timer, unless there is nothing to wait for.
func (a *Alarm) begin(d time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.woken || a.closed || d <= 0 {
		return false
	}
	a.sleeping = true
	a.set(d)
	return true
}

// set lets the timer expire after d > 0. mu is held.
func (a *Alarm) set(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	// The kernel reads spec during the call and keeps no address.
	_, _, _ = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(a.fd), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

// Wake ends the present sleep, or the next one.
func (a *Alarm) Wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.woken {
		return
	}
	a.woken = true
	if a.sleeping {
		a.set(1)
	}
}

// Close frees the alarm; nobody may sleep, and Wake does nothing from then on.
func (a *Alarm) Close() error {
	a.mu.Lock()
	closed := a.closed
	a.closed = true
	a.mu.Unlock()
	if closed {
		return nil
	}
	return a.file.Close()
}
