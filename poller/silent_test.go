package poller

import (
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/simulator"
)

// TestChaosSilentRouters has exact figures on virtual time; here are real sockets, and at full size
// twelve times the ends a second of 10,000 links that are polled every minute.
func TestChaosSilentRoutersOnSockets(t *testing.T) {
	inRealTime(t)
	links, routers, every := sized(100, 10_000), sized(20, 2_000), sized(time.Second, 5*time.Second)
	timeout := sized(200*time.Millisecond, time.Second)
	sim := simulate(t, simulator.Many(1, links, routers, netip.MustParseAddrPort("127.43.0.1:0")))
	net := sim.Config()
	cfg := Config{}
	enlist(&cfg, &net, Device{Timeout: timeout, Retries: 3, Credential: Credential{Community: secret.New(simulator.DemoCommunity)}}, every)
	dead := func(i int) bool { return i%10 < 3 }
	requests := func() (all, silent int) {
		for i := range net.Routers {
			n := int(sim.Router(net.Routers[i].Name).Stats().Requests)
			if all += n; dead(i) {
				silent += n
			}
		}
		return all, silent
	}
	c := &tallied{answered: map[string]int{}}
	registry := prometheus.NewRegistry()
	core, logs := observer.New(zap.InfoLevel)
	p := New(cfg, Deps{Log: zap.New(core), Metrics: registry, Now: time.Now, Emit: c.emit})
	runAll(t, []*simulator.Simulator{sim}, p)
	c.until(t, "all ends answer", func() bool { return len(c.answered) == 2*links })
	first := startsOf(t, registry)
	c.begin()
	cycles := sized(4, 12)
	c.until(t, "some cycles pass", func() bool { return c.polls >= 2*links*cycles })
	before := startsOf(t, registry).since(first)

	for i := range net.Routers {
		if dead(i) {
			sim.Router(net.Routers[i].Name).Kill()
		}
	}
	silent := func() bool {
		n := 0
		for _, d := range p.Devices() {
			if !d.Answering {
				n++
			}
		}
		return n == routers*3/10
	}
	c.until(t, "the silent routers are known", silent)
	c.begin() // the polls that had begun may still try
	c.until(t, "a cycle passes", func() bool { return c.polls >= 2*links })
	first = startsOf(t, registry)
	all, lost := requests()
	from := mono()
	c.begin()
	c.until(t, "some more cycles pass", func() bool { return c.polls >= 2*links*cycles })
	during := startsOf(t, registry).since(first)
	allNow, lostNow := requests()
	all, lost = allNow-all, lostNow-lost
	passed := int((mono() - from) / every) // more than cycles where some were skipped
	t.Logf("before, %s; during, %s; then %.3f requests for each end and cycle, %.2f for each silent router",
		before, during, float64(all)/float64(2*links*cycles), float64(lost)/float64(routers*3/10*cycles))
	// 0.73 for each end are expected, with 1 for each silent router. Which polls are the last is not
	// exact. A machine that does other things as well may make every poll ask again: the first figure
	// is held at full size only, and on virtual time.
	if sized(false, all > 2*links*cycles) {
		t.Errorf("%d requests for %d ends in %d cycles, 30 %% of them silent", all, 2*links, cycles)
	}
	if most := routers * 3 / 10 * (passed + 4); lost > most {
		t.Errorf("%d requests to silent routers in %d intervals", lost, passed)
	}
	during.check(t)
	if told := logs.FilterMessage("router does not answer").Len(); told < routers*3/10 {
		t.Errorf("told of %d silent routers", told)
	}

	for i := range net.Routers {
		sim.Router(net.Routers[i].Name).Revive()
	}
	c.begin()
	c.until(t, "all ends answer again", func() bool { return len(c.answered) == 2*links })
	if got := p.Devices()[0]; !got.Answering || got.Miss != linkmodel.MissNone {
		t.Errorf("%+v", got)
	}
}
