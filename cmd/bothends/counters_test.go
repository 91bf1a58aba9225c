package main

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/simulator"
)

// counterSpeed is the line of the counter tests and counterLoad what it carries from a to z.
const (
	counterSpeed = 1_000_000_000
	counterLoad  = 400_000_000
	counterEvery = time.Second
)

// counterRig is a simulated link that is polled over real SNMP once a second.
type counterRig struct {
	t     *testing.T
	sim   *simulator.Simulator
	views chan *linkmodel.View
	seen  []*linkmodel.View
	stop  func()
}

// newCounterRig starts the link. Each rig has an address of its own, so rigs run side by side.
func newCounterRig(t *testing.T, change func(*simulator.Config)) *counterRig {
	t.Helper()
	address := func(last byte) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 40, 0, last}), 0)
	}
	cfg := simulator.Config{
		Seed: 1,
		Routers: []simulator.Router{
			{Name: "a", Addr: address(1), Community: "public", Others: []string{"spare"}},
			{Name: "z", Addr: address(2), Community: "public"},
		},
		Links: []simulator.Link{{
			Name: "l", A: simulator.Port{Router: "a", Interface: "ge0"}, Z: simulator.Port{Router: "z", Interface: "ge0"},
			Speed: counterSpeed,
			Load:  [2]simulator.Load{{BPS: counterLoad, PacketSize: 1000}, {BPS: counterLoad / 4, PacketSize: 500}},
		}},
	}
	if change != nil {
		change(&cfg)
	}
	r := &counterRig{t: t, views: make(chan *linkmodel.View, 1000)}
	var err error
	if r.sim, err = simulator.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Listen(); err != nil {
		t.Fatal(err)
	}
	r.start()
	return r
}

// start polls the link until stop or the end of the test.
func (r *counterRig) start() {
	var devices []poller.Device
	for _, d := range r.sim.Config().Routers {
		devices = append(devices, poller.Device{
			Name: d.Name, Address: d.Addr.Addr().String(), Port: d.Addr.Port(),
			Credential: poller.Credential{Community: secret.New("public")}, Timeout: counterEvery * 4 / 5,
		})
	}
	tracker := linkmodel.NewTracker(&linkmodel.Link{Name: "l", Interval: counterEvery})
	p := poller.New(poller.Config{
		Devices: devices,
		Links: []poller.Link{{
			Name: "l", Interval: counterEvery,
			Ends: [2]poller.Endpoint{{Device: "a", Interface: "ge0"}, {Device: "z", Interface: "ge0"}},
		}},
	}, poller.Deps{
		Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now,
		Emit: func(poll *linkmodel.Poll) { tracker.Observe(poll); r.views <- tracker.Judge(nil).Clone() },
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.sim.Run(ctx) })
	running.Go(func() { _ = p.Run(ctx) })
	r.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	r.t.Cleanup(r.stop)
}

// next waits for n views of polls that begin from now on. Those of polls before are kept too.
func (r *counterRig) next(n int) {
	r.t.Helper()
	from := time.Now()
	for n > 0 {
		select {
		case v := <-r.views:
			if r.seen = append(r.seen, v); v.At.After(from) {
				n--
			}
		case <-time.After(time.Minute):
			r.t.Fatal("no view for a minute")
		}
	}
}

// disturbed tells what else than the router made this run differ from the plan: the machine kept the
// poller or the routers from their work, so that a reply came late, or a poll. How many gaps there
// should be is then not known.
func (r *counterRig) disturbed() string {
	for i, v := range r.seen {
		for e := range v.Ends {
			end := &v.Ends[e]
			if end.Miss == linkmodel.MissTimeout || end.Miss == linkmodel.MissOverrun {
				return fmt.Sprintf("view %d: no answer: %v", i, end.Miss)
			}
			if end.Last.Uncertainty > counterEvery/20 {
				return fmt.Sprintf("view %d: an answer took %v", i, 2*end.Last.Uncertainty)
			}
		}
		if i == 0 {
			continue
		}
		if gap := v.Mono - r.seen[i-1].Mono; gap < counterEvery*3/4 || gap > counterEvery*5/4 {
			return fmt.Sprintf("view %d: %v after the one before", i, gap)
		}
	}
	return ""
}

// undisturbed plays a scenario until the machine lets it pass as planned. A run that was disturbed
// proves nothing, so its complaints do not count.
func undisturbed(t *testing.T, setup func(*simulator.Config), play func(*counterRig) (complaints []string)) {
	t.Helper()
	const tries = 20
	for range tries {
		r := newCounterRig(t, setup)
		complaints := play(r)
		r.stop()
		trouble := r.disturbed()
		if trouble == "" {
			for _, c := range complaints {
				t.Error(c)
			}
			return
		}
		t.Logf("again, the machine was busy: %s", trouble)
	}
	t.Fatalf("%d runs, and each was disturbed", tries)
}

// gaps counts the views, after the first, in which end a gave no interval, by reason.
func (r *counterRig) gaps() map[string]int {
	out := map[string]int{}
	for _, v := range r.seen[1:] {
		if iv := &v.Ends[linkmodel.EndA].Interval; !iv.Valid() {
			out[iv.Reason.String()]++
		}
	}
	return out
}

func (r *counterRig) events(kind linkmodel.EventKind) (n int) {
	for _, v := range r.seen {
		for _, e := range v.Events {
			if e.Kind == kind {
				n++
			}
		}
	}
	return n
}

// noSpike holds every known rate against the line. Rates are computed between the middles of two
// round trips, so a slow reply stretches them.
func (r *counterRig) noSpike() (complaints []string) {
	for _, v := range r.seen {
		for _, d := range linkmodel.Directions {
			dv := &v.Directions[d]
			u := (v.Ends[0].Last.Uncertainty + v.Ends[1].Last.Uncertainty).Seconds()
			if most := 1.05 * counterSpeed * (1 + 4*u/counterEvery.Seconds()); dv.BPS.Known && dv.BPS.Value > most {
				complaints = append(complaints, fmt.Sprintf("%v: %.4g bit/s on a line of %.4g", d, dv.BPS.Value, float64(counterSpeed)))
			}
		}
	}
	return complaints
}

// agent returns router a.
func (r *counterRig) agent() *simulator.Agent { return r.sim.Router("a") }

func rewrite(prefix string, value any, times int) simulator.Rewrite {
	var mu sync.Mutex
	return func(oid string, was any) any {
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(strings.TrimPrefix(oid, "."), prefix) || times == 0 {
			return was
		}
		times--
		return value
	}
}

const (
	oidHighSpeed   = "1.3.6.1.2.1.31.1.1.1.15."
	oidHCOutOctets = "1.3.6.1.2.1.31.1.1.1.10."
)

// TestCounterEvents plays what happens to counters in the field and looks at what becomes of the
// rates: exactly one gap per reset, none for a wrap, and never a spike.
func TestCounterEvents(t *testing.T) {
	always := -1
	for _, c := range []counterCase{
		{name: "nothing", act: func(*counterRig) {}, gaps: map[string]int{}},
		{
			name: "reboot", act: func(r *counterRig) { r.agent().Reboot() },
			gaps: map[string]int{"restart": 1}, event: linkmodel.EventReboot,
		},
		{
			name: "agent restart", act: func(r *counterRig) { r.agent().RestartAgent() },
			gaps: map[string]int{"restart": 1}, event: linkmodel.EventAgentRestart,
		},
		{
			name: "line card reload, marked", act: func(r *counterRig) { _ = r.agent().ClearCounters("ge0", true) },
			gaps: map[string]int{"discontinuity": 1}, event: linkmodel.EventDiscontinuity,
		},
		{
			name: "64-bit reset without a mark", act: func(r *counterRig) { _ = r.agent().ClearCounters("ge0", false) },
			gaps: map[string]int{"reset": 1}, event: linkmodel.EventReset,
		},
		{
			name: "32-bit wrap", gaps: map[string]int{},
			setup: func(c *simulator.Config) {
				c.Routers[0].Narrow, c.Routers[0].FirstCount = true, 1<<32-counterLoad/8*4
			},
			act: func(r *counterRig) { r.next(4) },
		},
		{
			name: "sysUpTime wraps", gaps: map[string]int{},
			setup: func(c *simulator.Config) { c.Routers[0].UpTime = (1<<32 - 600) * 10 * time.Millisecond },
			act:   func(r *counterRig) { r.next(6) },
		},
		{
			name: "renumbering", act: func(r *counterRig) { r.agent().Renumber() },
			gaps: map[string]int{"missed-poll": 1, "renumbered": 1}, event: linkmodel.EventRenumbered,
		},
		{
			name: "ifHighSpeed 0", gaps: map[string]int{},
			act: func(r *counterRig) { r.agent().SetRewrite(rewrite(oidHighSpeed, uint32(0), always)) },
		},
		{
			name: "ifHighSpeed in the wrong unit", event: linkmodel.EventSpeedDoubted,
			setup: func(c *simulator.Config) { c.Links[0].A.ReportedMbps = 1 },
			act:   func(r *counterRig) { r.next(3) },
			gaps:  map[string]int{"implausible": 3},
		},
		{
			name: "freeze, then jump", gaps: map[string]int{"implausible": 1},
			act: func(r *counterRig) { r.agent().Freeze(); r.next(4); r.agent().Thaw() },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			undisturbed(t, c.setup, c.play)
		})
	}
}

// counterCase is one thing that happens to counters, and what must become of it.
type counterCase struct {
	name  string
	setup func(*simulator.Config)
	act   func(*counterRig)
	gaps  map[string]int
	event linkmodel.EventKind // none of the restarts when empty
}

func (c *counterCase) play(r *counterRig) (complaints []string) {
	r.next(4)
	c.act(r)
	r.next(6)
	complaints = r.noSpike()
	say := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	if got := r.gaps(); !maps.Equal(got, c.gaps) {
		say("gaps %v, want %v", got, c.gaps)
	}
	if c.event != "" && r.events(c.event) != 1 {
		say("%d %s events, want 1", r.events(c.event), c.event)
	}
	if c.event == "" && r.events(linkmodel.EventRestart)+r.events(linkmodel.EventReboot) != 0 {
		say("a restart that was none")
	}
	if last := r.seen[len(r.seen)-1]; !last.Directions[linkmodel.AToZ].BPS.Known {
		say("not healed: %+v", last.Directions[linkmodel.AToZ].BPS)
	}
	return complaints
}

// TestOneBadLowReading has one counter of one reply fall to 1 and come back: a gap of that counter,
// for which the far end stands in, and no spike on the way back.
func TestOneBadLowReading(t *testing.T) {
	t.Parallel()
	undisturbed(t, nil, oneBadLowReading)
}

func oneBadLowReading(r *counterRig) (complaints []string) {
	r.next(4)
	r.agent().SetRewrite(rewrite(oidHCOutOctets, uint64(1), 1))
	r.next(6)
	complaints = r.noSpike()
	missing := 0
	for _, v := range r.seen[1:] {
		if !v.Ends[linkmodel.EndA].Interval.Present.Has(linkmodel.OutOctets) {
			missing++
		}
		if q := v.Directions[linkmodel.AToZ].BPS; !q.Known {
			complaints = append(complaints, fmt.Sprintf("unknown although the far end counts: %v", q.Reason))
		}
	}
	if missing != 2 {
		complaints = append(complaints, fmt.Sprintf("the counter was left out %d times, want 2: on the way down and on the way up", missing))
	}
	return complaints
}
