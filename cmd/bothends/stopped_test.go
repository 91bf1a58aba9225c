package main

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestProcessThatIsStopped: after SIGSTOP and SIGCONT nothing is asked twice, and nothing is told.
func TestProcessThatIsStopped(t *testing.T) {
	t.Parallel()
	const links, still = 8, 10 * time.Second
	r := newRestartRig(t, links)
	r.start()
	r.polled(5)
	router := r.sim.Router("r00000")
	if err := r.process.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(still)
	before := router.Stats().Requests
	if err := r.process.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// In an interval every link is due once, and one that was due when the process went on once more.
	time.Sleep(restartEvery)
	if got := router.Stats().Requests - before; got > 3*links {
		t.Errorf("%d requests in the first interval for %d links", got, links)
	}
	r.polled(5)
	time.Sleep(recorded)
	r.mu.Lock()
	told := slices.Clone(r.heard)
	r.mu.Unlock()
	if len(told) > 0 {
		t.Errorf("told %+v", told)
	}
	wantNoFalseEvents(t, r.logged())
	r.stop(syscall.SIGTERM)
}
