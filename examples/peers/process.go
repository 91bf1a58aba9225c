//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program that was started on one CPU.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.Reader // nil unless it was asked for
	errors *tail
	done   chan struct{} // closed when it has ended
}

// spawn starts a program on a CPU; -1 leaves it to the kernel. It ends with ctx at the latest.
func spawn(ctx context.Context, cpu int, talk bool, args ...string) (*process, error) {
	p := &process{errors: &tail{}, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second // then it is killed
	p.cmd.Stderr = p.errors
	if talk {
		var err error
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
		if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
			return nil, err
		}
	}
	if err := onCPU(cpu, p.cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// onCPU calls start in a thread bound to the CPU; a process started there inherits that.
func onCPU(cpu int, start func() error) error {
	if cpu < 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read CPU affinity: %w", err)
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("bind to CPU %d: %w", cpu, err)
	}
	return errors.Join(start(), unix.SchedSetaffinity(0, &before))
}

// stop ends the process and waits for it.
func (p *process) stop() {
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// sleep waits, and fails when the process or ctx ends meanwhile.
func (p *process) sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-p.done:
		return fmt.Errorf("%s has ended: %s", p.cmd.Path, p.errors)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cpuTime returns the user and system time of all threads of the process, also of those that
// ended, from the kernel's clock of that process (clock_getcpuclockid(3)), in nanoseconds'
// resolution.
func (p *process) cpuTime() (time.Duration, error) {
	const schedClock = 2
	var t unix.Timespec
	id := int32(^p.cmd.Process.Pid)<<3 | schedClock
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0, fmt.Errorf("read the CPU clock of %s: %w", p.cmd.Path, err)
	}
	return time.Duration(t.Nano()), nil
}

// peakRSS returns the most memory the process ever had resident, in bytes.
func (p *process) peakRSS() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	return parsePeak(status)
}

// parsePeak finds VmHWM of /proc/PID/status.
func parsePeak(status []byte) (int64, error) {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kB, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(rest)), "kB")), 10, 64)
			return kB << 10, err
		}
	}
	return 0, errors.New("no VmHWM in the status of the process")
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 2000

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if extra := len(t.text) - tailSize; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(b), nil
}

// String is on one line or more, as it was written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
