package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bothends/bothends/simulator"
	"github.com/bothends/bothends/web"
)

// daemonEvery is the interval of a daemon's links.
const daemonEvery = 2 * time.Second

// watcher is the real program in a process of its own, which watches simulated routers, and all that a
// test may change about it.
type watcher struct {
	t      *testing.T
	sim    *simulator.Simulator
	dir    string
	page   string
	log    lockedBuffer
	cmd    *exec.Cmd
	ended  chan struct{}
	hook   string // where notifications go
	mu     sync.Mutex
	hooked []notified
	stall  time.Duration // the longest that this machine let everybody wait; protected by mu
}

// notified is what the webhook took.
type notified struct{ ID, Status, Link, Kind, Summary string }

// nobody is a user who owns nothing, so that the rights of files hold for the program also where root
// runs the tests.
const nobody = 65534

// startDaemon starts the program with the inventory that make gives for the simulated network.
func startDaemon(t *testing.T, links int, inventory func(d *watcher) string) *watcher {
	t.Helper()
	network := simulator.Many(7, links, 3, netip.MustParseAddrPort("127.33.0.1:0"))
	network.KeepServed = 10_000
	sim, err := simulator.New(network)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	simulated := make(chan struct{})
	go func() { defer close(simulated); _ = sim.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-simulated })
	dir, err := os.MkdirTemp("", "bothends-daemon-") //nolint:usetesting // root's own folder keeps nobody out
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &watcher{t: t, sim: sim, dir: dir, ended: make(chan struct{})}
	go d.watchMachine(ctx)
	d.webhook()
	d.write("community", simulator.DemoCommunity+"\n")
	d.write("links.yaml", inventory(d))
	d.start()
	return d
}

// watchMachine measures how long the machine lets a program wait that wants next to nothing: what that
// does to polls is not the program's doing.
func (d *watcher) watchMachine(ctx context.Context) {
	const every = 50 * time.Millisecond
	for last := time.Now(); ctx.Err() == nil; last = time.Now() {
		time.Sleep(every)
		d.mu.Lock()
		d.stall = max(d.stall, time.Since(last)-every)
		d.mu.Unlock()
	}
}

// stalled is the longest wait so far.
func (d *watcher) stalled() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stall
}

// webhook takes the daemon's notifications.
func (d *watcher) webhook() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n notified
		if json.NewDecoder(r.Body).Decode(&n) == nil {
			d.mu.Lock()
			d.hooked = append(d.hooked, n)
			d.mu.Unlock()
		}
	}))
	d.t.Cleanup(server.Close)
	d.hook = server.URL
}

// messages are those that the webhook took about a link.
func (d *watcher) messages(link string) []notified {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.hooked), func(n notified) bool { return n.Link != link })
}

func (d *watcher) start() {
	d.t.Helper()
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	d.cmd = &exec.Cmd{
		Path: self, Args: []string{"bothends", "run", "links.yaml"}, Dir: d.dir,
		Stderr: &d.log, SysProcAttr: &syscall.SysProcAttr{},
	}
	if os.Geteuid() == 0 {
		d.giveAway(self)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func() { _ = d.cmd.Wait(); close(d.ended) }()
	d.t.Cleanup(d.stop)
	d.page = awaitMatch(d.t, &d.log, `"page":"(http://[^"]+)"`)
}

// giveAway has the program run as nobody, from a copy that everyone may run.
func (d *watcher) giveAway(self string) {
	d.t.Helper()
	from, err := os.Open(self)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	d.cmd.Path = filepath.Join(d.dir, "bothends")
	to, err := os.OpenFile(d.cmd.Path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		d.t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		d.t.Fatal(err)
	}
	for _, path := range []string{d.dir, d.path("links.yaml"), d.path("community")} {
		if err := os.Chown(path, nobody, nobody); err != nil {
			d.t.Fatal(err)
		}
	}
	d.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
}

// stop ends the program as an operator would and fails unless it ends in order.
func (d *watcher) stop() {
	select {
	case <-d.ended:
		return
	default:
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(waitAtMost):
		_ = d.cmd.Process.Kill()
		d.t.Errorf("the program does not end\n%s", &d.log)
		return
	}
	if code := d.cmd.ProcessState.ExitCode(); code != exitGood {
		d.t.Errorf("exit code %d\n%s", code, &d.log)
	}
}

func (d *watcher) path(name string) string { return filepath.Join(d.dir, name) }

// write saves a file as an editor does that renames.
func (d *watcher) write(name, text string) {
	d.t.Helper()
	fresh := d.path(name + "~")
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		_ = os.Chown(fresh, nobody, nobody)
	}
	if err := os.Rename(fresh, d.path(name)); err != nil {
		d.t.Fatal(err)
	}
}

// inventory declares the simulated links but those whose names skip has, in a form that a test may
// change. Nothing is cached, so polls keep a fixed distance.
func (d *watcher) inventory(skip ...string) string {
	w, cfg := &strings.Builder{}, d.sim.Config()
	fmt.Fprintf(w, `version: 1
defaults: {interval: %v, timeout: 500ms, retries: 3, credential: lab}
credentials: {lab: {version: 2c, community: "${file:community}"}}
web: {listen: 127.0.0.1:0}
state_dir: ./state
notify: {receivers: {hook: {type: webhook, url: %q}}, default: hook}
devices:
`, daemonEvery, d.hook+"/")
	for _, r := range cfg.Routers {
		fmt.Fprintf(w, "  %s: {address: %s, port: %d, counter_cache: 0s}\n", r.Name, r.Addr.Addr(), r.Addr.Port())
	}
	w.WriteString("links:\n")
	for i := range cfg.Links {
		l := &cfg.Links[i]
		if !slices.Contains(skip, l.Name) {
			fmt.Fprintf(w, "  %s:\n    a: %s:%s\n    z: %s:%s\n", l.Name, l.A.Router, l.A.Interface, l.Z.Router, l.Z.Interface)
		}
	}
	return w.String()
}

func (d *watcher) status() (s web.Status) {
	_ = json.Unmarshal([]byte(get(d.page+"/api/v1/status")), &s)
	return s
}

// run runs a command of the program against the daemon.
func (d *watcher) run(args ...string) (code int, stdout, stderr string) {
	var out, err strings.Builder
	code = execute(d.t.Context(), append(args, "--server", d.page), &out, &err)
	return code, out.String(), err.String()
}

// unpolled fails where the routers saw too long a pause between two polls of a link since an instant,
// or the program says that it lost one.
func (d *watcher) unpolled(since time.Time, links ...string) {
	d.t.Helper()
	if stall := d.stalled(); stall > daemonEvery/4 {
		d.t.Logf("the machine stood still for %v: whether a poll was missed cannot be told", stall)
		return
	}
	cfg := d.sim.Config()
	for i := range cfg.Links {
		if l := &cfg.Links[i]; slices.Contains(links, l.Name) {
			d.pauses(since, l.A)
			d.pauses(since, l.Z)
		}
	}
	if n := d.status().Polling.TicksMissed; n != 0 {
		d.t.Errorf("%d polls did not take place", n)
	}
}

// pauses looks at one end.
func (d *watcher) pauses(since time.Time, end simulator.Port) {
	d.t.Helper()
	last := since
	for _, s := range d.sim.Ledger().Served(end.Router) {
		if len(s.Interfaces) != 1 || s.Interfaces[0] != end.Interface || s.At.Before(since) {
			continue // somebody looks for names
		}
		if gap := s.At.Sub(last); gap > 2*daemonEvery-daemonEvery/10 {
			d.t.Errorf("%s:%s was not asked for %v", end.Router, end.Interface, gap)
		}
		last = s.At
	}
	if gap := time.Since(last); gap > 2*daemonEvery {
		d.t.Errorf("%s:%s is not asked any more, for %v", end.Router, end.Interface, gap)
	}
}

// since is since when a link is in its state.
func (d *watcher) since(link string) string {
	var l struct{ Since string }
	_ = json.Unmarshal([]byte(get(d.page+"/api/v1/links/"+link)), &l)
	return l.Since
}

// sampled reports whether the state of a link is known of an instant shortly before the given one.
func (d *watcher) sampled(link string, before time.Time) bool {
	from, to := before.Add(-3*daemonEvery).UTC().Format(time.RFC3339), before.UTC().Format(time.RFC3339)
	return strings.Contains(get(d.page+"/api/v1/links/"+link+"/series?field=state&step=10s&from="+from+"&to="+to), `"mean"`)
}

// placeOf is where a text stands in the inventory: line and column.
func (d *watcher) placeOf(text string) string {
	for i, line := range strings.Split(d.saved("links.yaml"), "\n") {
		if col := strings.Index(line, text); col >= 0 {
			return fmt.Sprintf("links.yaml:%d:%d", i+1, col+1)
		}
	}
	d.t.Fatalf("the inventory has no %s", text)
	return ""
}

func (d *watcher) saved(name string) string {
	text, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}
