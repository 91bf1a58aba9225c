package poller

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/simulator"
)

// contexts are the slower reads of an end.
func contexts(list []linkmodel.Poll, e linkmodel.End) (out []*linkmodel.Context) {
	for i := range list {
		if c := list[i].Ends[e].Context; c != nil {
			out = append(out, c)
		}
	}
	return out
}

// net-snmp's word is asked once an hour, in the message with the other slower facts, and the cycles
// are dithered accordingly.
func TestReportedTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := dithered(t, 1, 60*time.Second, -1, 0)
		r := b.routers["r1"]
		r.set(cacheTimeout.oid, value{kind: kindInteger, num: 4})
		list := b.run(2*time.Hour + 30*time.Minute)["link1"]
		got := contexts(list, linkmodel.EndA)
		if len(got) != 3 {
			t.Fatalf("%d slower reads in 2.5 hours", len(got))
		}
		for _, c := range got {
			if !c.HasCounterCache || c.CounterCache != 4*time.Second || c.HasCounterAge {
				t.Errorf("%+v", c)
			}
		}
		for i, p := range list[1:] {
			if into := (time.Duration(p.Scheduled.UnixNano()) - b.links[0].phase()) % (60 * time.Second); i > 0 && into >= 4*time.Second {
				t.Errorf("poll %d is %v into its interval", i, into)
			}
		}
	})
}

// What an agent does not tell is not asked again before it restarts.
func TestAgesAreNotAskedInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := dithered(t, 1, 60*time.Second, -1, 0)
		r := b.routers["r1"]
		asked := func() (n int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, names := range r.gets {
				if slices.Contains(names, nameOf(cacheTimeout.oid)) || slices.Contains(names, nameOf(sampledAt.oid+".1")) {
					n++
				}
			}
			r.gets = nil
			return n
		}
		defer b.start()()
		time.Sleep(3*time.Hour + 30*time.Minute)
		if n := asked(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		for _, c := range contexts(b.take()["link1"], linkmodel.EndA) {
			if c.HasCounterCache || c.HasCounterAge {
				t.Errorf("%+v", c)
			}
		}
		r.set(cacheTimeout.oid, value{kind: kindInteger, num: 3})
		r.set(oidSysUpTime, value{kind: kindTicks, num: 300})
		time.Sleep(5 * time.Minute)
		if got := contexts(b.take()["link1"], linkmodel.EndA); len(got) != 1 || got[0].CounterCache != 3*time.Second {
			t.Errorf("after the restart: %+v", got)
		}
	})
}

// An agent that stamps its samples is read some times in a row, until the greatest age is known.
func TestStampedSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := dithered(t, 1, 10*time.Second, -1, 0)
		r := b.routers["r1"]
		r.set(sampledAt.oid+".1", value{kind: kindTicks, num: 100_000 - 170})
		list := b.run(30 * time.Minute)["link1"]
		got := contexts(list, linkmodel.EndA)
		if len(got) != wantedStamps {
			t.Errorf("%d slower reads in half an hour", len(got))
		}
		for _, c := range got {
			if !c.HasCounterAge || c.CounterAge != 1700*time.Millisecond || c.HasCounterCache {
				t.Errorf("%+v", c)
			}
		}
		if age := b.links[0].ends[0].counterAge(); age != 3400*time.Millisecond {
			t.Errorf("the schedule takes %v", age)
		}
	})
}

func TestSampleAge(t *testing.T) {
	for _, tt := range []struct {
		now, stamp uint32
		age        time.Duration
		ok         bool
	}{
		{1000, 700, 3 * time.Second, true},
		{1000, 1000, 0, true},
		{1000, 1003, 0, true}, // sampled between the two
		{100, 1<<32 - 100, 2 * time.Second, true},
		{500_000, 1, 0, false}, // too old to be believed
		{700, 0, 0, false},     // never sampled
	} {
		if age, ok := sampleAge(tt.now, tt.stamp); ok != tt.ok || ok && age != tt.age {
			t.Errorf("%d at %d: %v %v", tt.stamp, tt.now, age, ok)
		}
	}
}

// agents is a network of simulated routers in memory.
type agents struct {
	network
	sim *simulator.Simulator
}

// Write implements Socket.
func (n *agents) Write(batch []datagram.Message) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range batch {
		for _, r := range n.sim.Config().Routers {
			if r.Addr != batch[i].Addr {
				continue
			}
			for _, d := range n.sim.Router(r.Name).Answer(batch[i].Buf) {
				n.coming = append(n.coming, arrival{mono() + time.Millisecond, r.Addr, &router{}, d.Bytes})
			}
		}
	}
	return len(batch), nil
}

// From a router that caches to the view: reported by a Linux router, stamped by an EOS one.
func TestAgesEndToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := paired("", 1, netip.MustParseAddrPort("127.0.77.1:16177"))
		net.Routers[0].Platform, net.Routers[0].CacheAge = simulator.Linux, 3*time.Second
		net.Routers[1].Platform, net.Routers[1].CacheAge = simulator.EOS, 5*time.Second
		net.Links[0].Load = [2]simulator.Load{{BPS: 1e7}, {BPS: 1e7}}
		tracker := linkmodel.NewTracker(&linkmodel.Link{Name: net.Links[0].Name, Ends: [2]linkmodel.LinkEnd{{CounterCache: -1}, {CounterCache: -1}}})
		sim, err := simulator.New(net)
		if err != nil {
			t.Fatal(err)
		}
		var cfg Config
		like := benchDevice("r1")
		like.CounterCache, like.Credential.Community = -1, secret.New(simulator.DemoCommunity)
		enlist(&cfg, &net, like, 20*time.Second)
		p := newPoller(cfg, Deps{
			Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now,
			Emit: func(p *linkmodel.Poll) { tracker.Observe(p) },
		}, func(family) (Socket, error) { return &agents{sim: sim}, nil })
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		a, z := tracker.View().Ends[linkmodel.EndA].CounterCache, tracker.View().Ends[linkmodel.EndZ].CounterCache
		if a != (linkmodel.CounterCache{Age: 3 * time.Second, Source: linkmodel.CacheReported}) {
			t.Errorf("a: %v (%v)", a.Age, a.Source)
		}
		if z.Source != linkmodel.CacheReported || z.Age < 5*time.Second || z.Age > 10100*time.Millisecond {
			t.Errorf("z: %v (%v)", z.Age, z.Source)
		}
	})
}

// A real net-snmp agent says that it serves counters for 3 s.
func TestSNMPDReportsItsCache(t *testing.T) {
	agent := startSNMPD(t, "rocommunity public 127.0.0.1\n")
	dev := agent.device()
	dev.CounterCache = -1
	polls := make(chan linkmodel.Poll, 1000)
	p := New(Config{
		Devices: []Device{dev},
		Links:   []Link{{Name: "l", Interval: time.Second, Ends: [2]Endpoint{{"r1", "lo"}, {"r1", "#1"}}}},
	}, Deps{Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now, Emit: func(p *linkmodel.Poll) { polls <- *p }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for end := time.After(20 * time.Second); ; {
		select {
		case p := <-polls:
			if c := p.Ends[linkmodel.EndA].Context; c != nil {
				if !c.HasCounterCache || c.CounterCache != 3*time.Second || c.HasCounterAge {
					t.Errorf("%+v", c)
				}
				return
			}
		case <-end:
			t.Fatal("no slower read succeeded")
		}
	}
}

// The trace of one poll tells it too.
func TestTraceTellsTheCache(t *testing.T) {
	agent := startSNMPD(t, "rocommunity public 127.0.0.1\n")
	steps, err := tracing(t.Context(), agent.device(), "lo")
	if err != nil || !strings.Contains(steps, ", counters up to 3s old as the agent says") {
		t.Errorf("%v\n%s", err, steps)
	}
}
