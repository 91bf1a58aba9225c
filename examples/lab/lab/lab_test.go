//go:build linux

package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// childEnv makes the test binary a program that starts a lab and waits to be killed.
const childEnv = "LAB_TEST_CHILD"

// patient gives goroutines that are about to end the time for it: goleak's own half a second may be
// over before a busy machine gets to them.
type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for tries := 0; code == 0 && tries < 60 && goleak.Find() != nil; tries++ {
	}
	return code
}

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
	}
	goleak.VerifyTestMain(patient{m})
}

// start gives a test a lab of its own. Without root or snmpd the test skips, or fails where
// BOTHENDS_REQUIRE says that everything must run.
func start(t *testing.T, cfg Config) *Lab {
	t.Helper()
	l, err := Start(t.Context(), cfg)
	if errors.Is(err, ErrUnavailable) && os.Getenv("BOTHENDS_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// eventually repeats check until it returns "", and fails with what it said last. It waits far longer
// than a busy machine needs.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	const within = time.Minute
	complaint := check()
	for deadline := time.Now().Add(within); complaint != ""; complaint = check() {
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %s", within, complaint)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// nothingLeft demands that a closed lab is gone. Its slot is held meanwhile, so that what a lab of
// another test process builds under the same names is not mistaken for a leftover.
func nothingLeft(t *testing.T, old *slot, pids ...int) {
	t.Helper()
	_, lockErr := os.Stat(old.dir() + ".lock")
	held, err := trySlot(old.n)
	if err != nil {
		t.Fatal(err)
	}
	if held == nil {
		t.Logf("slot %d already has a new owner, so only processes can be told", old.n)
		if found := traces(&slot{n: -1}, pids...); found != "" {
			t.Errorf("left behind: %s", found)
		}
		return
	}
	if lockErr == nil {
		t.Errorf("left behind: the lock file of slot %d, unlocked", old.n)
	}
	if err := os.Remove(held.lock.Name()); err != nil {
		t.Error(err)
	}
	if found := traces(old, pids...); found != "" {
		t.Errorf("left behind: %s", found)
	}
	if err := held.lock.Close(); err != nil {
		t.Error(err)
	}
}

// traces lists what of a lab is still there.
func traces(s *slot, pids ...int) string {
	var found []string
	for i := 1; i <= 2; i++ {
		if _, err := os.Stat(filepath.Join(namespaceDir, s.namespace(i))); err == nil {
			found = append(found, "namespace "+s.namespace(i))
		}
		if interfaceExists(s.veth(i)) {
			found = append(found, "interface "+s.veth(i))
		}
	}
	if _, err := os.Stat(filepath.Join(namespaceDir, s.middle())); err == nil {
		found = append(found, "namespace "+s.middle())
	}
	for _, path := range []string{s.dir(), s.dir() + ".lock"} {
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	for _, pid := range pids {
		if unix.Kill(pid, 0) == nil {
			found = append(found, fmt.Sprintf("process %d", pid))
		}
	}
	return strings.Join(found, ", ")
}

func pids(l *Lab) []int {
	return []int{l.Router(1).agent.process.Pid, l.Router(2).agent.process.Pid}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	l := start(t, Config{})
	running := pids(l)
	if found := traces(l.slot, running...); strings.Count(found, ",") != 7 {
		t.Fatalf("a running lab should show 2 namespaces, 2 interfaces, 2 paths and 2 processes, not: %s", found)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, l.slot, running...)
	if err := l.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestClosedLabRefuses(t *testing.T) {
	l := start(t, Config{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := l.Router(1)
	_, counters := r.KernelCounters()
	_, traffic := l.Traffic(1, 10, 100, time.Second)
	for what, err := range map[string]error{
		"shut": r.Shut(), "start": r.StartAgent(), "counters": counters, "traffic": traffic,
	} {
		if !errors.Is(err, errClosed) {
			t.Errorf("%s after close: %v, want %v", what, err, errClosed)
		}
	}
}

func TestLabEndsWithItsContext(t *testing.T) {
	l := start(t, Config{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Start(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	running := pids(l)
	lock, err := os.Stat(l.slot.dir() + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := l.Traffic(1, 100, 100, time.Hour)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, errClosed) {
		t.Errorf("an hour of traffic ended early: %v, want %v", err, errClosed)
	}
	eventually(t, func() string {
		// The lock goes last, and the next owner of the slot makes another file.
		if now, err := os.Stat(l.slot.dir() + ".lock"); err == nil && os.SameFile(now, lock) {
			return "the lab still holds its slot"
		}
		return ""
	})
	nothingLeft(t, l.slot, running...)
}

func TestTwoLabsAtOnce(t *testing.T) {
	one, two := start(t, Config{Community: "one"}), start(t, Config{Community: "two"})
	if one.Router(1).Address() == two.Router(1).Address() {
		t.Fatalf("both labs have a router at %v", one.Router(1).Address())
	}
	sent := traffic(t, one, 1, 1000, 100, 200*time.Millisecond)
	settled(t, one, sent)
	if got := two.Wire().Counts(AToZ); got != (Counts{}) {
		t.Errorf("traffic in one lab shows in the other: %+v", got)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Router(1).agent.get(t.Context(), sysUpTime); err != nil {
		t.Errorf("the second lab after the end of the first: %v", err)
	}
}

// child starts a lab, says where and which processes, and waits for its death.
func child() {
	l, err := Start(context.Background(), Config{})
	if err == nil {
		err = os.WriteFile(filepath.Join(l.Dir(), "marker"), nil, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Dir(), pids(l)[0], pids(l)[1])
	select {}
}

// A killed program cannot clean up: its agents die with it, the rest goes when the next lab
// takes the same slot.
func TestKilledLabIsSwept(t *testing.T) {
	start(t, Config{}) // says whether labs can run here at all, and takes a slot
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var dir string
	var agents [2]int
	if _, scan := fmt.Sscan(line, &dir, &agents[0], &agents[1]); err != nil || scan != nil {
		t.Fatalf("the child said %q: %v", line, errors.Join(err, scan))
	}
	marker := filepath.Join(dir, "marker")
	if _, err := os.Stat(marker); err != nil {
		t.Fatalf("the child left no files, so this test would prove nothing: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as wanted
	eventually(t, func() string {
		for _, pid := range agents {
			if _, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid)); err == nil {
				return fmt.Sprintf("snmpd %d outlived its lab", pid)
			}
		}
		return ""
	})
	// Tests of another package may have labs too, and one of them may be the next.
	next := start(t, Config{})
	eventually(t, func() string {
		if _, err := os.Stat(marker); err == nil {
			return fmt.Sprintf("%s of the killed lab is still there; the next lab is in %s", dir, next.Dir())
		}
		return ""
	})
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, next.slot)
}

func TestMissingProgramIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: without it the lab complains of that first")
	}
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), Config{})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "Debian package") {
		t.Errorf("without any program: %v", err)
	}
}
