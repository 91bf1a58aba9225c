//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/examples/lab/lab"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
)

// agentCache is how old the counters of net-snmp may be: it refreshes IF-MIB every 3 s.
const agentCache = 3 * time.Second

// sampling is the time between two looks at the wire's own counts.
const sampling = time.Second

// watch is a lab whose lines bothends polls, judges and remembers: its own poller, trackers and
// engine, as the program wires them.
type watch struct {
	t     *testing.T
	ctx   context.Context // ends the traffic and the polling
	stop  context.CancelFunc
	tasks sync.WaitGroup
	lab   *lab.Lab
	lines []*lab.Line

	mu    sync.Mutex // protects all following fields
	views map[string][]*linkmodel.View
	wire  []lab.LineSnapshot
	sent  map[string]*[2]uint64 // packets that the kernels took, by line and direction
}

// newWatch starts a lab with one line per config, polled every interval. Nothing about the agents
// is declared, so what bothends knows of their caches it has from them.
func newWatch(t *testing.T, interval time.Duration, lines ...lab.LineConfig) *watch {
	t.Helper()
	l, err := lab.Start(context.WithoutCancel(t.Context()), lab.Config{})
	w := &watch{t: t, lab: l, views: map[string][]*linkmodel.View{}, sent: map[string]*[2]uint64{}}
	w.ctx, w.stop = context.WithCancel(t.Context())
	if err == nil {
		t.Cleanup(w.close)
		for _, cfg := range lines {
			var line *lab.Line
			if line, err = l.AddLine(cfg); err != nil {
				break
			}
			w.lines = append(w.lines, line)
			w.sent[line.Interface()] = new([2]uint64)
		}
	}
	if errors.Is(err, lab.ErrUnavailable) && os.Getenv("BOTHENDS_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.sampleWire()
	w.tasks.Go(func() { w.keepSampling() })
	w.poll(interval)
	return w
}

// close ends everything in the order in which nothing is asked of what is gone.
func (w *watch) close() {
	w.stop()
	w.tasks.Wait()
	if err := w.lab.Close(); err != nil {
		w.t.Error(err)
	}
}

// inventory declares the lines. It is written by hand, as a user would.
func (w *watch) inventory(interval time.Duration) []configs.Source {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nstate_dir: %s\ndefaults: {interval: %v, timeout: 500ms, retries: 1}\n", w.t.TempDir(), interval)
	b.WriteString("credentials:\n  lab: {version: 2c, community: \"${env:LAB_COMMUNITY}\"}\ndevices:\n")
	for i := 1; i <= 2; i++ {
		r := w.lab.Router(i)
		fmt.Fprintf(&b, "  %s: {address: %s, credential: lab}\n", r.Name(), r.Address().Addr())
	}
	b.WriteString("links:\n")
	for _, line := range w.lines {
		fmt.Fprintf(&b, "  %[1]s: {a: \"r1:%[1]s\", z: \"r2:%[1]s\", capacity: 100M}\n", line.Interface())
	}
	return []configs.Source{{Name: "links.yaml", Text: []byte(b.String())}}
}

// poll lets bothends work until the watch ends.
func (w *watch) poll(interval time.Duration) {
	w.t.Helper()
	env := configs.OS()
	env.LookupEnv = func(name string) (string, bool) { return lab.DefaultCommunity, name == "LAB_COMMUNITY" }
	inv, problems := configs.Parse(w.inventory(interval), env)
	if inv == nil {
		w.t.Fatalf("the inventory was refused: %v", problems)
	}
	w.awaitAgents(inv)
	engine := alerting.New(inv.Alerting, inv.Links)
	trackers := map[string]*linkmodel.Tracker{}
	for i := range inv.Links {
		trackers[inv.Links[i].Name] = linkmodel.NewTracker(&inv.Links[i])
	}
	p := poller.New(inv.Poller, poller.Deps{
		Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now,
		Emit: func(poll *linkmodel.Poll) {
			tracker := trackers[poll.Link]
			engine.Observe(tracker.Observe(poll))
			v := tracker.Judge(engine.Open(poll.Link, nil)).Clone()
			w.mu.Lock()
			defer w.mu.Unlock()
			w.views[poll.Link] = append(w.views[poll.Link], v)
		},
	})
	w.tasks.Go(func() {
		if err := p.Run(w.ctx); err != nil && w.ctx.Err() == nil {
			w.t.Errorf("poller: %v", err)
		}
	})
}

// awaitAgents waits until both agents show the last line: a poller that does not find an interface
// takes its time before it looks again.
func (w *watch) awaitAgents(inv *configs.Inventory) {
	w.t.Helper()
	last := w.lines[len(w.lines)-1].Interface()
	for _, device := range inv.Poller.Devices {
		var err error
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			if err = poller.Trace(w.ctx, device, last, func(poller.Step) {}); err == nil {
				break
			}
			time.Sleep(200 * time.Millisecond) // it refreshes its table every 3 s
		}
		if err != nil {
			w.t.Fatalf("%s does not show %s: %v", device.Name, last, err)
		}
	}
}

// seen returns all views of a line so far.
func (w *watch) seen(line *lab.Line) []*linkmodel.View {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clip(w.views[line.Interface()])
}

// await waits until every line that is named has views that will do.
func (w *watch) await(what string, within time.Duration, lines []*lab.Line, will func([]*linkmodel.View) bool) {
	w.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for _, line := range lines {
		for !will(w.seen(line)) {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-deadline.C:
				w.t.Fatalf("no %s on %s within %v; it says %s", what, line.Interface(), within, w.summary(line))
			}
		}
	}
}

// summary tells what is known of a line, for a test that fails.
func (w *watch) summary(line *lab.Line) string {
	views := w.seen(line)
	if len(views) == 0 {
		return "nothing"
	}
	var b strings.Builder
	v := views[len(views)-1]
	fmt.Fprintf(&b, "%v", v.State)
	for _, e := range linkmodel.Ends {
		fmt.Fprintf(&b, ", %v: %v %s cache %v %v", e, v.Ends[e].Miss, v.Ends[e].Detail, v.Ends[e].CounterCache.Age, v.Ends[e].CounterCache.Source)
	}
	for _, d := range linkmodel.Directions {
		fmt.Fprintf(&b, ", %v: %+v", d, v.Directions[d].Loss)
	}
	for _, v := range views {
		for _, e := range v.Events {
			fmt.Fprintf(&b, "\n  %s %s %v: %s", e.At.Format(time.TimeOnly), e.Kind, e.End, e.Text)
		}
	}
	return b.String()
}

// load sends over a line in one direction until the watch ends, pps packets per second. With
// bursts the rate wanders around pps as that of a network does: its logarithm is a first-order
// process of a standard deviation of 0.6 that forgets within 5 s.
func (w *watch) load(line *lab.Line, d lab.Direction, pps float64, bursts bool) {
	seed := rand.New(rand.NewPCG(uint64(len(line.Interface())), uint64(pps)))
	w.tasks.Go(func() {
		const sigma, keeps = 0.6, 0.8187 // e^(-1/5)
		for state := 0.0; w.ctx.Err() == nil; {
			rate := pps
			if bursts {
				state = keeps*state + math.Sqrt(1-keeps*keeps)*sigma*seed.NormFloat64()
				rate *= math.Exp(state - sigma*sigma/2)
			}
			n, err := line.Traffic(1+int(d), rate, 200, time.Second)
			w.mu.Lock()
			w.sent[line.Interface()][d] += n
			w.mu.Unlock()
			if err != nil && w.ctx.Err() == nil {
				w.t.Errorf("traffic on %s: %v", line.Interface(), err)
				return
			}
		}
	})
}

// keepSampling reads the wire's own counts until the watch ends.
func (w *watch) keepSampling() {
	tick := time.NewTicker(sampling)
	defer tick.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-tick.C:
			w.sampleWire()
		}
	}
}

func (w *watch) sampleWire() {
	s, err := w.lab.LineCounts()
	if err != nil {
		w.t.Errorf("sample the wire: %v", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire = append(w.wire, s)
}

// truth is what the wire counted in one direction of line n (from 0) between two instants: how
// many packets entered, and how many of them it lost.
func (w *watch) truth(n int, d lab.Direction, from, to time.Time) (sent, lost float64) {
	s0, l0 := w.wireAt(n, d, from)
	s1, l1 := w.wireAt(n, d, to)
	return s1 - s0, l1 - l0
}

// wireAt interpolates between the samples around an instant.
func (w *watch) wireAt(n int, d lab.Direction, at time.Time) (sent, lost float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, after := w.wire[0], w.wire[len(w.wire)-1]
	for _, s := range w.wire {
		if !s.At.After(at) {
			before = s
		} else {
			after = s
			break
		}
	}
	share := 0.0
	if gap := after.At.Sub(before.At); gap > 0 {
		share = min(max(at.Sub(before.At).Seconds()/gap.Seconds(), 0), 1)
	}
	b, a := before.Lines[n][d], after.Lines[n][d]
	between := func(b, a uint64) float64 { return float64(b) + share*float64(a-b) }
	return between(b.Carried+b.Lost, a.Carried+a.Lost), between(b.Lost, a.Lost)
}
