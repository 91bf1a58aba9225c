package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/simulator"
)

// load is a network to poll.
type load struct {
	name           string
	links, routers int
	every          time.Duration
	dead           float64 // share of the routers that do not answer
	during         time.Duration
}

var loads = []load{
	{"1000links/10s", 1000, 400, 10 * time.Second, 0, time.Minute},
	{"5000links/5s", 5000, 2000, 5 * time.Second, 0, time.Minute},
	{"5000links/5s/5%dead", 5000, 2000, 5 * time.Second, .05, time.Minute},
	{"100000links/60s", 100_000, 20_000, time.Minute, 0, 2 * time.Minute},
}

// simulateLoad is the other process of the benchmark: its CPU is not the program's. It prints the
// inventory of its network and works until its standard input ends.
func simulateLoad() {
	l := &loads[slices.IndexFunc(loads, func(l load) bool { return l.name == os.Args[1] })]
	sim, err := simulator.New(simulator.Many(1, l.links, l.routers, freeUDP("127.30.0.1:0")))
	if err != nil {
		panic(err)
	}
	for _, r := range sim.Config().Routers[:int(l.dead*float64(l.routers))] {
		sim.Router(r.Name).Kill()
	}
	if err := sim.Listen(); err != nil {
		panic(err)
	}
	database, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		_ = http.Serve(database, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a test's
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusNoContent)
		}))
	}()
	fmt.Printf("influxdb: {url: %q, bucket: load/autogen}\nhistory: off\n%send of inventory\n",
		"http://"+database.Addr().String(), simulator.DemoInventory(sim.Config()))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
	_ = sim.Run(ctx)
}

// freeUDP is an address with a port that nobody uses, so that two of these processes can work at once.
func freeUDP(address string) netip.AddrPort {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	return netip.MustParseAddrPort(conn.LocalAddr().String())
}

// startLoad starts the other process and returns its inventory.
func startLoad(b *testing.B, l *load) *configs.Inventory {
	b.Helper()
	inv, problems := configs.Parse(startRouters(b, l), configs.OS())
	if inv == nil {
		b.Fatal(problems.Text())
	}
	for i := range inv.Links {
		inv.Links[i].Interval = l.every
	}
	for i := range inv.Poller.Links {
		inv.Poller.Links[i].Interval = l.every
	}
	return inv
}

// startRouters starts the other process and returns the text of its inventory.
func startRouters(b *testing.B, l *load) []configs.Source {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Cmd{Path: self, Args: []string{"simulate-load", l.name}, Stderr: os.Stderr}
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	var text bytes.Buffer
	for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != "end of inventory"; {
		fmt.Fprintln(&text, lines.Text())
	}
	return files(text.String())
}

// files spreads a long inventory over several, because one may not be of any length.
func files(text string) []configs.Source {
	const each = 20_000
	head, links, _ := strings.Cut(text, "\nlinks:\n")
	out := []configs.Source{{Name: "devices.yaml", Text: []byte(head + "\n")}}
	file, n := &bytes.Buffer{}, 0
	for line := range strings.Lines(links) {
		if line[2] != ' ' {
			if n%each == 0 {
				file = bytes.NewBufferString("links:\n")
				out = append(out, configs.Source{Name: fmt.Sprintf("links%d.yaml", n/each)})
			}
			n++
		}
		file.WriteString(line)
		out[len(out)-1].Text = file.Bytes()
	}
	return out
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for ourselves
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentMB is the memory this process has, and how much of it are pages of files: the program itself.
func residentMB(b *testing.B) (all, files float64) {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, resident, shared float64
	if _, err := fmt.Sscan(string(text), &size, &resident, &shared); err != nil {
		b.Fatal(err)
	}
	page := float64(os.Getpagesize()) / (1 << 20)
	return resident * page, shared * page
}

// usedMB is what the heap holds when there is no garbage in it.
func usedMB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkLoad runs the whole program on each load for a minute or two per iteration and reports
// what one polled link end costs. Run it with -benchtime 1x.
func BenchmarkLoad(b *testing.B) {
	for i := range loads {
		b.Run(loads[i].name, func(b *testing.B) { loads[i].run(b) })
	}
}

func (l *load) run(b *testing.B) {
	inv := startLoad(b, l)
	inv.StateDir, inv.Web.Listen = filepath.Join(b.TempDir(), "state"), "127.0.0.1:0"
	a, err := newApp(inv, options{inventory: "load", log: zap.NewNop()})
	if err != nil {
		b.Fatal(err)
	}
	g := &gaps{Store: a.pipeline.store, all: make([]time.Duration, 0, 4*l.links*int(1+l.during/l.every))}
	a.pipeline.store = g
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	time.Sleep(max(2*l.every, 4*10*time.Second*time.Duration(math.Ceil(l.dead)))) // first contact, walks, the dead are known
	for b.Loop() {
		before := a.loadNow()
		g.reset()
		time.Sleep(l.during)
		after := a.loadNow()
		ends := after.polls - before.polls
		b.ReportMetric(float64((after.cpu-before.cpu).Microseconds())/ends, "µs-CPU/end")
		b.ReportMetric(ends/l.during.Seconds(), "ends/s")
		b.ReportMetric(float64(after.mallocs-before.mallocs)/ends, "allocs/end")
		b.ReportMetric(after.lost-before.lost, "ticks-lost")
		b.ReportMetric(after.lateness.quantile(.99, &before.lateness)*1e3, "ms-late-p99")
		b.ReportMetric(g.quantile(.99).Seconds()*1e3, "ms-gap-p99")
	}
	all, files := residentMB(b)
	b.ReportMetric(all, "MB-RSS")
	b.ReportMetric(files, "MB-files")
	b.ReportMetric(usedMB(), "MB-used")
	status := (&source{app: a}).Status()
	if alive := l.routers - int(l.dead*float64(l.routers)); status.Polling.Answering != alive || l.dead == 0 && status.Links["up"] != l.links {
		b.Errorf("polling %+v, links %v", status.Polling, status.Links)
	}
	if o := status.Outputs[0]; !o.OK || o.Dropped != 0 || o.QueuedPoints > int64(20*l.links) {
		b.Errorf("output %+v", o)
	}
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// gaps is the time between the requests to both ends of a link, as the readings have it: those of
// one batch left at one instant. A link with an end that did not answer has none.
type gaps struct {
	history.Store
	mu  sync.Mutex
	all []time.Duration
}

// Append implements history.Store.
func (g *gaps) Append(v *linkmodel.View) {
	if a, z := &v.Ends[linkmodel.EndA], &v.Ends[linkmodel.EndZ]; a.Answered && z.Answered {
		g.mu.Lock()
		g.all = append(g.all, (a.Last.Mono - a.Last.Uncertainty - z.Last.Mono + z.Last.Uncertainty).Abs())
		g.mu.Unlock()
	}
	g.Store.Append(v)
}

func (g *gaps) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = g.all[:0]
}

// quantile returns the gap that this share of all does not exceed; 0 when there is none.
func (g *gaps) quantile(q float64) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.all) == 0 {
		return 0
	}
	slices.Sort(g.all)
	return g.all[int(q*float64(len(g.all)-1))]
}

// sample is what the program has done so far.
type sample struct {
	polls, lost float64
	cpu         time.Duration
	mallocs     uint64
	lateness    buckets
}

func (a *app) loadNow() sample {
	families, _ := a.registry.Gather()
	own := ownMetrics(families)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := sample{polls: own["polls_total"], lost: own["poll_ticks_missed_total"], mallocs: m.Mallocs}
	for _, f := range families {
		if f.GetName() == "bothends_poll_lateness_seconds" {
			s.lateness = buckets(f.GetMetric()[0].GetHistogram().GetBucket())
		}
	}
	s.cpu = cpuTime()
	return s
}

// buckets are those of a histogram, without the last that holds everything.
type buckets []*dto.Bucket

// quantile returns the upper bound of the bucket that holds the quantile of what came since before,
// in seconds.
func (h buckets) quantile(q float64, before *buckets) float64 {
	last := len(h) - 1
	count := func(i int) float64 { return float64(h[i].GetCumulativeCount() - (*before)[i].GetCumulativeCount()) }
	for i := range h {
		if count(i) >= q*count(last) {
			return h[i].GetUpperBound()
		}
	}
	return math.Inf(1)
}
