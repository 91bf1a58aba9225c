package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bothends/bothends/examples/lab/influx"
	"github.com/bothends/bothends/examples/lab/lab"
	"github.com/bothends/bothends/examples/lab/webhook"
)

// labLink is the link between the two routers of the lab.
const labLink = "lab-1"

// labCache is how old the counters of net-snmp may be: it refreshes IF-MIB every 3 s.
const labCache = 3 * time.Second

// labEvery is the interval of the lab's inventory.
const labEvery = 2 * time.Second

// unavailable skips a test that needs root, snmpd or influxd, unless all of them are required.
func unavailable(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, lab.ErrUnavailable) && !errors.Is(err, influx.ErrUnavailable) {
		t.Fatal(err)
	}
	if os.Getenv("BOTHENDS_REQUIRE") != "" {
		t.Fatalf("required here: %v", err)
	}
	t.Skip(err)
}

// labRig is the lab, a real InfluxDB, a receiver of webhooks, and bothends watching.
type labRig struct {
	t      *testing.T
	lab    *lab.Lab
	influx *influx.Server
	hooks  *webhook.Recorder
	page   string
	log    *lockedBuffer

	mu      sync.Mutex
	samples [2][]lab.Counters // of the kernels, ten a second
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newLabRig(t *testing.T) *labRig {
	t.Helper()
	r := &labRig{t: t, log: &lockedBuffer{}}
	var err error
	if r.influx, err = influx.Start(t.Context(), t.TempDir()); err != nil {
		unavailable(t, err)
	}
	t.Cleanup(func() { _ = r.influx.Close() })
	if r.lab, err = lab.Start(context.WithoutCancel(t.Context()), lab.Config{}); err != nil {
		unavailable(t, err)
	}
	t.Cleanup(func() { _ = r.lab.Close() })
	if err := r.influx.CreateDatabase(t.Context(), "lab"); err != nil {
		t.Fatal(err)
	}
	r.hooks = webhook.NewRecorder()
	t.Cleanup(r.hooks.Close)
	r.sampleKernels()
	return r
}

const labInventory = `version: 1
state_dir: %STATE%
defaults: {interval: 2s, timeout: 800ms, retries: 1}
credentials:
  plain: {version: 2c, community: "${env:LAB_COMMUNITY}"}
  secret:
    version: 3
    user: %USER%
    level: authPriv
    auth: {protocol: SHA-256, password: "${env:LAB_AUTH}"}
    priv: {protocol: AES-128, password: "${env:LAB_PRIV}"}
devices:
  r1: {address: %R1%, site: here, credential: plain, counter_cache: 3s}
  r2: {address: %R2%, site: there, credential: secret, counter_cache: 3s}
links:
  lab-1:
    a: r1:wan0
    z: r2:wan0
    capacity: {a_to_z: 20M, z_to_a: 10M}
    circuit: {carrier: Ourselves, id: "LAB/1"}
notify:
  receivers:
    hook: {type: webhook, url: "%HOOK%", secret: "${env:LAB_HOOK_SECRET}"}
  default: [hook]
influxdb: {url: "%INFLUX%", token: "${env:LAB_INFLUX_TOKEN}", bucket: lab/autogen}
web: {listen: "127.0.0.1:0"}
`

// writeInventory writes the lab's inventory with changes applied, and returns its path.
func (r *labRig) writeInventory(replace ...string) string {
	r.t.Helper()
	user := lab.DefaultUser()
	r.t.Setenv("LAB_COMMUNITY", "lab-public")
	r.t.Setenv("LAB_AUTH", user.AuthPassword)
	r.t.Setenv("LAB_PRIV", user.PrivPassword)
	r.t.Setenv("LAB_HOOK_SECRET", "hook-secret")
	r.t.Setenv("LAB_INFLUX_TOKEN", "user:password")
	dir := r.t.TempDir()
	text := strings.NewReplacer(
		"%STATE%", filepath.Join(dir, "state"), "%USER%", user.Name,
		"%R1%", r.lab.Router(1).Address().Addr().String(), "%R2%", r.lab.Router(2).Address().Addr().String(),
		"%HOOK%", r.hooks.URL(), "%INFLUX%", r.influx.URL,
	).Replace(labInventory)
	path := filepath.Join(dir, "links.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(text)), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}

// watch runs bothends on the inventory until the returned function is called, which returns its
// exit code.
func (r *labRig) watch(path string) (stop func() int) {
	ctx, cancel := context.WithCancel(r.t.Context())
	code := make(chan int, 1)
	go func() { code <- execute(ctx, []string{"run", path}, r.log, r.log) }()
	once := sync.OnceValue(func() int { cancel(); return <-code })
	r.t.Cleanup(func() { once() })
	r.page = awaitMatch(r.t, r.log, `bothends runs.*page\W+(http://127\.0\.0\.1:\d+)`)
	return once
}

// sampleKernels reads both kernels' counters ten times a second for as long as the test lasts.
func (r *labRig) sampleKernels() {
	ctx := r.t.Context()
	go func() {
		for ctx.Err() == nil {
			for i := range r.samples {
				c, err := r.lab.Router(i + 1).KernelCounters()
				if err != nil {
					continue // the interface is being made anew, or the lab is closing
				}
				r.mu.Lock()
				r.samples[i] = append(r.samples[i], c)
				r.mu.Unlock()
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
}

// kernel returns the samples of a router that bracket the time between two instants: the last one
// that was complete before it, all zero for none, and the first one that began after it.
func (r *labRig) kernel(router int, from, to time.Time) (first, last lab.Counters) {
	r.t.Helper()
	await(r.t, "a kernel sample after "+to.String(), r.log, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		first, last = lab.Counters{}, lab.Counters{}
		for i, c := range r.samples[router] {
			// A sample was complete when the next one began.
			if i > 0 && !c.At.After(from) {
				first = r.samples[router][i-1]
			}
			if !c.At.Before(to) {
				last = c
				break
			}
		}
		return !last.At.IsZero()
	})
	return first, last
}

// linkStatus is the part of a link's JSON the tests look at.
type linkStatus struct {
	State string
	Ends  map[string]struct {
		Reachable bool
		Oper      string
	}
	Directions map[string]struct {
		BPS    *float64
		Source string
	}
}

func (r *labRig) status() (s linkStatus, err error) {
	resp, err := http.Get(r.page + "/api/v1/links/" + labLink)
	if err != nil {
		return s, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return s, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// awaitState waits until the link is in the wanted state.
func (r *labRig) awaitState(want string) linkStatus {
	r.t.Helper()
	return r.awaitStatus("state "+want, func(s linkStatus) bool { return s.State == want })
}

// awaitStatus waits until the link's status is as wanted.
func (r *labRig) awaitStatus(what string, ok func(linkStatus) bool) (last linkStatus) {
	r.t.Helper()
	await(r.t, what, r.log, func() (good bool) {
		var err error
		last, err = r.status()
		return err == nil && ok(last)
	})
	return last
}

// awaitHooks waits for n webhooks in all and returns their bodies.
func (r *labRig) awaitHooks(n int) []hookBody {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), waitAtMost)
	defer cancel()
	messages, err := r.hooks.Await(ctx, n)
	if err != nil {
		r.t.Fatalf("%d webhooks, want %d: %v\nlog:\n%s", len(messages), n, err, r.log)
	}
	bodies := make([]hookBody, len(messages))
	for i, m := range messages {
		if err := json.Unmarshal(m.Body, &bodies[i]); err != nil {
			r.t.Fatalf("webhook %d: %v in %s", i, err, m.Body)
		}
	}
	return bodies
}

// hookBody is the part of the generic webhook the tests look at.
type hookBody struct {
	ID, Status, Kind, Link, Summary, Severity string
	Until                                     string
}

// rows queries the database.
func (r *labRig) rows(query string) []influx.Row {
	r.t.Helper()
	rows, err := r.influx.Query(r.t.Context(), "lab", query)
	if err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return rows
}
