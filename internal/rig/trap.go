//go:build linux

package rig

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A trap stops a process at system calls that make something durable or change names of files, and
// decides about each: go on, fail, or die there and then. It is a filter of seccomp(2) with user
// notification: all other calls cost next to nothing, which under strace they do, and calls of all
// threads are counted together, so that "the 7th sync" is one instant.
//
// The filter has to be installed by the process itself before it becomes the program, so the rig's
// own binary runs first, as trapCommand; see InTrap.

// Call groups the system calls that a trap counts.
type Call string

// The groups.
const (
	Sync   Call = "sync"   // fsync, fdatasync
	Rename Call = "rename" // rename, renameat, renameat2
	Remove Call = "remove" // unlink, unlinkat
	Cut    Call = "cut"    // ftruncate
)

var callNumbers = map[uintptr]Call{
	unix.SYS_FSYNC: Sync, unix.SYS_FDATASYNC: Sync, unix.SYS_RENAMEAT: Rename, unix.SYS_RENAMEAT2: Rename,
	unix.SYS_UNLINKAT: Remove, unix.SYS_FTRUNCATE: Cut,
}

// Verdict of a trap about one call.
type deed int

const (
	goOn deed = iota
	failIO
	die
)

// trapEnv tells the rig's binary that it is to become the program below a filter.
const trapEnv = "BOTHENDS_RIG_TRAP"

// trapSocket is the descriptor over which the filter's listener is handed out.
const trapSocket = 3

// InTrap must be the first call of every binary that starts programs in a trap: it does not return in
// the process that becomes the program.
func InTrap() {
	if os.Getenv(trapEnv) == "" {
		return
	}
	if err := become(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "trap:", err)
		os.Exit(1)
	}
}

// become installs the filter, hands its listener out and runs the program.
func become(command []string) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	filter := trapFilter()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]} //nolint:gosec // a dozen
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("install the filter: %w", errno)
	}
	if err := unix.Sendmsg(trapSocket, []byte{0}, unix.UnixRights(int(listener)), nil, 0); err != nil {
		return fmt.Errorf("hand out the listener: %w", err)
	}
	_ = unix.Close(int(listener))
	_ = unix.Close(trapSocket)
	environment := slices.DeleteFunc(os.Environ(), func(s string) bool { return s == trapEnv+"=1" })
	return syscall.Exec(command[0], command, environment)
}

// trapFilter asks the listener about the calls of callNumbers and lets all others pass. The program
// has one architecture, so the numbers mean what they say.
func trapFilter() []unix.SockFilter {
	const load, jumpEqual, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{{Code: load}}
	left := uint8(len(callNumbers)) //nolint:gosec // six
	for n := range callNumbers {
		filter = append(filter, unix.SockFilter{Code: jumpEqual, Jt: left, K: uint32(n)}) //nolint:gosec // some hundreds
		left--
	}
	return append(filter, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF})
}

// Trap watches one process.
type Trap struct {
	mu     sync.Mutex
	counts map[Call]int
	decide func(c Call, n int) deed
	done   chan struct{}
	fd     int
}

// KillAt kills the process as it is about to make its n-th call of a group, from 1.
func KillAt(c Call, n int) *Trap {
	return newTrap(func(got Call, count int) deed {
		if got == c && count >= n {
			return die
		}
		return goOn
	})
}

// newTrap is a trap that is not set yet.
func newTrap(decide func(c Call, n int) deed) *Trap {
	return &Trap{counts: map[Call]int{}, decide: decide, done: make(chan struct{}), fd: -1}
}

// FailSyncs makes syncs fail with EIO from now on, or no longer.
func (t *Trap) FailSyncs(fail bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.decide = func(c Call, _ int) deed {
		if fail && c == Sync {
			return failIO
		}
		return goOn
	}
}

// start starts a command in the trap.
func (t *Trap) start(cmd *exec.Cmd) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make the trap's socket: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "trap"), os.NewFile(uintptr(pair[1]), "trap")
	defer func() { _ = ours.Close() }()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the rig's binary: %w", err)
	}
	cmd.Args = append([]string{self}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = self
	cmd.Env = append(cmd.Env, trapEnv+"=1")
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return fmt.Errorf("start in the trap: %w", err)
	}
	if t.fd, err = receiveListener(ours); err != nil {
		_ = cmd.Process.Kill()
		return errors.Join(err, cmd.Wait())
	}
	go t.watch(cmd.Process)
	return nil
}

func receiveListener(from *os.File) (int, error) {
	conn, err := net.FileConn(from)
	if err != nil {
		return -1, fmt.Errorf("open the trap's socket: %w", err)
	}
	defer func() { _ = conn.Close() }()
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return -1, errors.New("the trap's socket is no unix socket")
	}
	_ = unixConn.SetReadDeadline(time.Now().Add(time.Minute))
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unixConn.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return -1, fmt.Errorf("receive the trap's listener: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) == 0 {
		return -1, errors.New("the filter was not installed")
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return -1, errors.New("the filter was not installed")
	}
	return fds[0], nil
}

// As of linux/seccomp.h.
type notification struct {
	id                 uint64
	pid, flags         uint32
	number             int32
	arch               uint32
	instructionPointer uint64
	args               [6]uint64
}

type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

const (
	notifRecv      = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	notifSend      = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
	flagContinue   = 1          // SECCOMP_USER_NOTIF_FLAG_CONTINUE
	listenInterval = 100        // ms
)

// watch decides about calls until the process has ended.
func (t *Trap) watch(process *os.Process) {
	defer close(t.done)
	defer func() { _ = unix.Close(t.fd) }()
	for {
		poll := []unix.PollFd{{Fd: int32(t.fd), Events: unix.POLLIN}} //nolint:gosec // a descriptor
		if _, err := unix.Poll(poll, listenInterval); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			if poll[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
				return
			}
			continue
		}
		var n notification
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(t.fd), notifRecv, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue // the caller died meanwhile
		}
		answer := response{id: n.id, flags: flagContinue}
		switch t.count(callNumbers[uintptr(n.number)]) { //nolint:gosec // a number of a call
		case die:
			_ = process.Kill()
			continue // the call is never made
		case failIO:
			answer.flags, answer.errno = 0, -int32(unix.EIO)
		case goOn:
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(t.fd), notifSend, uintptr(unsafe.Pointer(&answer)))
	}
}

func (t *Trap) count(c Call) deed {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[c]++
	return t.decide(c, t.counts[c])
}
