package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bothends/bothends/simulator"
)

// restartsKey in the environment is how many restarts the long form does.
const restartsKey = "BOTHENDS_RESTARTS"

// patience is how long a busy machine may take for what takes a second.
const patience = time.Minute

// heard is one message at the receiver.
type heard struct {
	ID, Status, Kind, Link, Summary string
	Since, Until                    time.Time
	at                              time.Time
}

// restartRig is the real program with real sockets: simulated routers and a receiver outlive it.
type restartRig struct {
	t       *testing.T
	sim     *simulator.Simulator
	config  string
	process *exec.Cmd
	exited  chan error
	log     bytes.Buffer

	mu    sync.Mutex
	heard []heard
	keys  []string // of all messages, those that were refused too
	// refusing has the receiver take nothing.
	refusing bool
}

const restartEvery = time.Second

// newRestartRig has so many links, no two of them between the same routers. The first is judged by how long it is down,
// the last by its utilisation for a while.
func newRestartRig(t *testing.T, links int) *restartRig {
	t.Helper()
	r := &restartRig{t: t}
	config := simulator.Many(7, links, links+1, netip.MustParseAddrPort("127.83.1.1:0"))
	for i := range config.Links {
		for d := range config.Links[i].Load {
			config.Links[i].Load[d] = simulator.Load{BPS: 1e9}
		}
	}
	sim, err := simulator.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Listen(); err != nil {
		t.Fatal(err)
	}
	r.sim = sim
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = sim.Run(ctx) }()
	receiver := httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(func() { r.kill(); receiver.Close(); stop(); <-done })
	r.config = filepath.Join(t.TempDir(), "links.yaml")
	if err := os.WriteFile(r.config, []byte(r.inventory(receiver.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *restartRig) inventory(receiver string) string {
	c := r.sim.Config()
	var b strings.Builder
	fmt.Fprintf(&b, `version: 1
state_dir: %s
web: {listen: "127.0.0.1:0"}
defaults: {interval: %v, timeout: 300ms, retries: 1, credential: {version: 2c, community: demo}}
link_types:
  ethernet:
    utilization: {warn: 50%%, crit: none, for: %v}
    loss: {warn: none, crit: none, for: 1m}
    flapping: {severity: none}
notify:
  receivers: {chat: {type: webhook, url: %q}}
  default: [chat]
  group_wait: 1s
devices:
`, filepath.Join(filepath.Dir(r.config), "state"), restartEvery, pendingFor, receiver)
	for i := range c.Routers {
		at := r.sim.Router(c.Routers[i].Name).Addr()
		fmt.Fprintf(&b, "  %s: {address: %s, port: %d}\n", c.Routers[i].Name, at.Addr(), at.Port())
	}
	b.WriteString("links:\n")
	for i := range c.Links {
		l := &c.Links[i]
		fmt.Fprintf(&b, "  %s: {a: %q, z: %q}\n", l.Name, l.A.Router+":"+l.A.Interface, l.Z.Router+":"+l.Z.Interface)
	}
	return b.String()
}

func (r *restartRig) receive(w http.ResponseWriter, req *http.Request) {
	var h heard
	if err := json.NewDecoder(req.Body).Decode(&h); err != nil {
		r.t.Error(err)
	}
	h.at = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = append(r.keys, req.Header.Get("Idempotency-Key"))
	if r.refusing {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.heard = append(r.heard, h)
}

// of returns what was heard of a kind on a link.
func (r *restartRig) of(kind, link string) (out []heard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.heard {
		if r.heard[i].Kind == kind && r.heard[i].Link == link {
			out = append(out, r.heard[i])
		}
	}
	return out
}

// start runs the program and waits until it polls.
func (r *restartRig) start() {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	r.process = &exec.Cmd{Path: self, Args: []string{"bothends", "run", r.config}, Env: os.Environ()}
	stderr, err := r.process.StderrPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.process.Start(); err != nil {
		r.t.Fatal(err)
	}
	ready := make(chan struct{})
	r.exited = make(chan error, 1)
	process, exited := r.process, r.exited
	go func() {
		once := sync.OnceFunc(func() { close(ready) })
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			r.mu.Lock()
			fmt.Fprintln(&r.log, lines.Text())
			r.mu.Unlock()
			if strings.Contains(lines.Text(), "bothends runs") {
				once()
			}
		}
		exited <- process.Wait()
	}()
	select {
	case <-ready:
	case err := <-exited:
		r.t.Fatalf("bothends ended: %v\n%s", err, r.logged())
	case <-time.After(patience):
		r.t.Fatalf("bothends does not start\n%s", r.logged())
	}
}

func (r *restartRig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// stop ends the program with a signal and waits for its end.
func (r *restartRig) stop(by syscall.Signal) {
	r.t.Helper()
	if err := r.process.Process.Signal(by); err != nil {
		r.t.Fatal(err)
	}
	select {
	case err := <-r.exited:
		if by == syscall.SIGTERM && err != nil {
			r.t.Fatalf("exit after SIGTERM: %v\n%s", err, r.logged())
		}
	case <-time.After(patience):
		r.t.Fatalf("no end after %v\n%s", by, r.logged())
	}
	r.process = nil
}

// kill leaves nothing behind when a test fails.
func (r *restartRig) kill() {
	if r.process != nil {
		_ = r.process.Process.Kill()
		<-r.exited
	}
}

func (r *restartRig) set(link string, f func(*simulator.Truth)) {
	r.t.Helper()
	if err := r.sim.Set(link, f); err != nil {
		r.t.Fatal(err)
	}
}

func (r *restartRig) cut(link string, cut bool) {
	r.t.Helper()
	r.set(link, func(t *simulator.Truth) { t.Cut = cut })
}

// await waits until n messages of a kind were heard of a link, and returns them.
func (r *restartRig) await(kind, link string, n int) []heard {
	r.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if got := r.of(kind, link); len(got) >= n {
			return got
		} else if time.Now().After(deadline) {
			r.t.Fatalf("%d messages of %s on %s, want %d: %+v\n%s", len(got), kind, link, n, got, r.logged())
		}
	}
}

// polled waits until the routers were asked so often again.
func (r *restartRig) polled(cycles int) {
	r.t.Helper()
	asked := func() (n uint64) {
		for _, c := range r.sim.Config().Routers {
			n += r.sim.Router(c.Name).Stats().Requests
		}
		return n
	}
	want := asked() + uint64(2*cycles*len(r.sim.Config().Links)) //nolint:gosec // a few
	for deadline := time.Now().Add(patience); asked() < want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("no %d cycles of polls\n%s", cycles, r.logged())
		}
	}
}

// recorded is how long the record needs to be on the disk, on a busy machine.
const recorded = 1500 * time.Millisecond

// wantPairs wants every episode on a link to be told to begin once and to end once, under one id.
func (r *restartRig) wantPairs(link string, episodes int) {
	r.t.Helper()
	all := r.of("down", link)
	if len(all) != 2*episodes {
		r.t.Fatalf("%s: %d messages, want %d: %+v\n%s", link, len(all), 2*episodes, all, r.logged())
	}
	for i := 0; i < len(all); i += 2 {
		if all[i].Status != "firing" || all[i+1].Status != "resolved" || all[i].ID != all[i+1].ID {
			r.t.Errorf("%s: %+v, then %+v", link, all[i], all[i+1])
		}
	}
}

// TestRestartsTellOnce stops and starts the program, by TERM and by KILL, while one link stays down
// all the time and another comes and goes, at times while nobody looks.
func TestRestartsTellOnce(t *testing.T) {
	t.Parallel()
	restarts := 10
	if text := os.Getenv(restartsKey); text != "" {
		var err error
		if restarts, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	r := newRestartRig(t, 3)
	const steady, changing = "l00000", "l00001"
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a schedule that can be repeated
	r.start()
	r.polled(3)
	r.cut(steady, true)
	r.await("down", steady, 1)
	messages, stoppedAt := 0, time.Time{}
	for i := range restarts {
		down := i%2 == 0
		unseen := i%4 >= 2 // it changes while nobody looks
		if !unseen {
			r.cut(changing, down)
			messages++
			r.await("down", changing, messages)
		} else {
			r.polled(1)
		}
		time.Sleep(recorded + time.Duration(rng.IntN(500))*time.Millisecond)
		stoppedAt = time.Now()
		r.stop([]syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}[rng.IntN(2)])
		if unseen {
			r.cut(changing, down)
			messages++
		}
		r.start()
		if !unseen {
			r.polled(2)
			continue
		}
		got := r.await("down", changing, messages)
		if last := &got[messages-1]; !down && (last.Until.Before(stoppedAt.Add(-2*time.Second)) || last.Until.After(last.at)) {
			t.Errorf("ended at %v, want it after %v: %s", last.Until, stoppedAt, last.Summary)
		}
	}
	r.cut(steady, false)
	r.cut(changing, false)
	r.await("down", steady, 2)
	r.await("down", changing, messages+messages%2)
	time.Sleep(3 * restartEvery) // whatever is told twice is told by now
	r.wantPairs(steady, 1)
	r.wantPairs(changing, (messages+1)/2)
	if log := r.logged(); strings.Contains(log, "start anew") || strings.Contains(log, "clock-set") {
		t.Errorf("something was not restored:\n%s", log)
	}
	wantNoFalseEvents(t, r.logged())
}

// wantNoFalseEvents: no router restarted, and none was silent.
func wantNoFalseEvents(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		for _, kind := range []string{"restart", "reboot", "counter-reset", "discontinuity", "silent", "implausible"} {
			if strings.Contains(line, `"kind":"`+kind) || strings.Contains(line, "kind="+kind) {
				t.Errorf("a false event: %s", line)
			}
		}
	}
}

// pendingFor is how long the utilisation must be high.
const pendingFor = 8 * time.Second

// TestPendingAlertSurvivesRestarts: a timer that runs goes on after TERM and after KILL.
func TestPendingAlertSurvivesRestarts(t *testing.T) {
	t.Parallel()
	r := newRestartRig(t, 2)
	const link, tries = "l00000", 5
	r.start()
	for try := range tries {
		r.polled(3)
		r.set(link, func(t *simulator.Truth) { t.Load[0].BPS = 8e9 })
		began := time.Now()
		r.polled(3)
		time.Sleep(recorded)
		stopped := time.Now()
		r.stop(syscall.SIGKILL)
		r.start()
		r.polled(1)
		time.Sleep(recorded)
		r.stop(syscall.SIGTERM)
		r.start()
		got := r.await("saturated", link, 2*try+1)
		firing := got[2*try]
		r.set(link, func(t *simulator.Truth) { t.Load[0].BPS = 1e9 })
		got = r.await("saturated", link, 2*try+2)
		if last := got[2*try+1]; last.Status != "resolved" || last.ID != firing.ID {
			t.Fatalf("%+v, then %+v", firing, last)
		}
		if firing.at.Sub(began) < pendingFor {
			t.Fatalf("told after %v, although it must last for %v", firing.at.Sub(began), pendingFor)
		}
		if firing.Since.Before(stopped) {
			return
		}
		// A start that takes three intervals is three polls that nobody made.
		t.Logf("the machine was too busy: since %v, stopped at %v", firing.Since, stopped)
	}
	t.Errorf("the timer began anew in %d of %d tries\n%s", tries, tries, r.logged())
}
