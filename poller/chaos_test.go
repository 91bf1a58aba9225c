package poller

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bothends/bothends/linkmodel"
)

// The tests in this file show what a large network's polls do when a part of it fails. They run on
// virtual time, so that the figures are exact however busy the machine is; make chaos runs them at
// full size.

// Thirty routers in a hundred fall silent, some of them before they ever answered. Nothing changes
// for the others: no cycle is skipped, none starts later. After three misses each silent router
// costs one probe a cycle, so that less is sent than before, and when they answer again all is as it
// was within two cycles.
func TestChaosSilentRouters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links, routers, outage := sized(100, 10_000), sized(20, 2_000), sized(12, 20)
		m := newMesh(t, links, routers, (*network).opener)
		dead := func(r int) bool { return r%10 < 3 }
		alive := func(r int) bool { return !dead(r) }
		fromStart := func(r int) bool { return r%10 == 0 }
		m.silence(true, fromStart)
		defer m.start()()
		m.watch(2)
		m.silence(false, fromStart)
		m.watch(2)
		before := m.watch(3)
		late := before.healthy("before", everyRouter)
		normal := float64(before.sum()) / 3
		if ends := float64(len(before.ends)); normal > 1.001*ends || normal < .999*ends {
			t.Errorf("%g requests a cycle for %g ends", normal, ends)
		}

		m.silence(true, dead)
		first := m.watch(linkmodel.SilentAfter + 1) // the third miss may end in the fourth cycle
		then := m.watch(outage)
		later := max(first.healthy("at first", alive), then.healthy("during", alive))
		first.cadence("at first")
		then.cadence("during")
		for r, n := range then.each {
			if dead(r) && (n < outage-1 || n > outage*10/9+1) {
				t.Errorf("silent router %d was sent %d requests in %d cycles", r, n, outage)
			}
		}
		known := float64(then.sum()) / float64(outage) / normal
		mean := float64(first.sum()+then.sum()) / float64(first.cycles+outage) / normal
		if known > .8 || mean > 1.2 {
			t.Errorf("%.3f times as many requests as before with the silent ones known, %.3f over the outage", known, mean)
		}
		t.Logf("requests: %.1f a cycle; then %.2f times as many at the worst, %.3f with the silent ones known, %.3f over %d cycles",
			normal, float64(slices.Max(first.requests))/normal, known, mean, first.cycles+outage)
		t.Logf("latest start of a healthy poll: %s before, %s during", late, later)

		m.silence(false, dead)
		m.watch(2)
		m.watch(2).healthy("after", everyRouter)
		down, up := m.told("router does not answer"), m.told("router answers again")
		if want := routers/10 + routers*3/10; down != want || up != want {
			t.Errorf("told %d times of silence and %d times of its end, want %d", down, up, want)
		}
	})
}

// Thirty datagrams in a hundred are lost, each way: an attempt fails with 1-0.7², all four of a poll
// with 6.8 %. Three such polls in a row come 446 times a day among 1,000 routers. The ten probes that
// confirm the third leave 0.5 of them.
func TestChaosLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// One end to a router is the worst case: among several, one answer shows that it is there.
		routers, hours, cycles := sized(400, 200), sized(1, 24), sized(15, 60)
		var wire *lossy
		m := newMesh(t, routers/2, routers, func(n *network) opener {
			wire = &lossy{network: n, share: .3, dice: rand.New(rand.NewPCG(30, 1))}
			return func(family) (Socket, error) { return wire, nil }
		})
		defer m.start()()
		m.watch(2)
		wire.lossy.Store(true)
		polls, ok, before := 0, 0, wire.sent.Load()
		for range hours {
			s := m.watch(cycles)
			s.cadence("with loss")
			n, results := s.outcomes()
			polls, ok = polls+n, ok+results[linkmodel.MissNone]
		}
		sent := float64(wire.sent.Load()-before) / float64(polls)
		silent := m.told("router does not answer")
		wire.lossy.Store(false)
		m.watch(2)
		m.watch(2).healthy("after", everyRouter)

		// 93.2 % are expected. Of 6,000 polls fewer than 91 %, of 288,000 fewer than 92 %, succeed by
		// chance less than once in 10^9 runs.
		share := float64(ok) / float64(polls)
		if share < sized(.91, .92) {
			t.Errorf("%.2f %% of the polls succeed", 100*share)
		}
		// 1+0.51+0.51²+0.51³ requests a poll are expected, and some for the slower facts; the mean of
		// 6,000 polls varies by 0.015.
		if sent < 1.75 || sent > 2.1 {
			t.Errorf("%.3f requests a poll", sent)
		}
		// 0.002 (0.1) are expected; chance exceeds the bound once in 10^5 (10^6) runs.
		if most := sized(1, 4); silent > most {
			t.Errorf("%d times a router was silent", silent)
		}
		if up := m.told("router answers again"); up != silent {
			t.Errorf("told %d times of silence and %d times of its end", silent, up)
		}
		t.Logf("%d polls of %d routers: %.2f %% succeed with %.3f requests each; %d times silent", polls, routers, 100*share, sent, silent)
	})
}

// Some agents take 1.9 of the 2 seconds they have, some answer few objects in one message, some one
// only. The others keep their cadence and their instants, and the slow ones are known by name.
func TestChaosSlowAgents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links, routers, cycles := sized(100, 10_000), sized(20, 2_000), sized(10, 20)
		m := newMesh(t, links, routers, (*network).opener)
		slow := func(r int) bool { return r%10 == 1 }
		terse := func(r int) bool { return r%10 == 4 }
		dumb := func(r int) bool { return r%10 == 7 }
		for i, r := range m.routers {
			switch {
			case slow(i):
				r.delay = 1900 * time.Millisecond
			case terse(i):
				r.limit = 11
			case dumb(i):
				r.limit = 1
			}
		}
		defer m.start()()
		m.watch(3)
		s := m.watch(cycles)
		s.cadence("slow agents")
		late := s.healthy("among slow agents", func(r int) bool { return !dumb(r) })
		ends := len(s.ends) / routers
		for r, n := range s.each { // one poll may have started just before the first cycle, or after the last
			if want := ends * cycles; n < want-1 || n > want+1 {
				t.Errorf("router %d was sent %d requests by %d ends in %d cycles", r, n, ends, cycles)
			}
		}
		for i, d := range m.Devices() {
			rtt := time.Millisecond
			switch {
			case slow(i):
				rtt = 1900 * time.Millisecond
			case dumb(i):
				rtt = 0 // nothing could be read
			}
			if d.RTT != rtt || !d.Answering {
				t.Errorf("%+v", d)
			}
		}
		if _, results := s.outcomes(); results[linkmodel.MissBadReply] != len(s.ends)*cycles/10 || len(results) != 2 {
			t.Errorf("results %v", results)
		}
		// The slow ones have the bucket of one to three seconds for themselves.
		between := observations(t, m.registry, "bothends_poll_rtt_seconds", 3) - observations(t, m.registry, "bothends_poll_rtt_seconds", 1)
		if least := len(s.ends) / 10 * (cycles + 2); between < least || between > least+2*len(s.ends)/10 {
			t.Errorf("%d round trips of one to three seconds, want about %d", between, least)
		}
		t.Logf("latest start among slow agents: %s", late)
	})
}

// A slow agent has so many ends that requests for it are under way nearly all the time: four at most
// wait for it, all its ends are read, and its neighbour's as if nothing were.
func TestChaosCrowdedSlowAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMesh(t, 60, 2, (*network).opener)
		hub := m.routers[0]
		hub.delay = 1900 * time.Millisecond
		defer m.start()()
		m.watch(3)
		hub.mu.Lock()
		hub.most = hub.waiting // requests that ran out of time at first are still with it
		hub.mu.Unlock()
		s := m.watch(10)
		s.cadence("crowded")
		s.healthy("beside a crowded agent", func(r int) bool { return r == 1 })
		if most := hub.peak(); most != maxOutstanding {
			t.Errorf("%d requests waited for the slow agent", most)
		}
		if _, results := s.outcomes(); len(results) != 1 {
			t.Errorf("results %v", results)
		}
	})
}

// observations returns how many values of a histogram are at most limit, which is one of its
// bounds.
func observations(t *testing.T, r *prometheus.Registry, name string, limit float64) int {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, b := range f.GetMetric()[0].GetHistogram().GetBucket() {
			if b.GetUpperBound() == limit {
				return int(b.GetCumulativeCount())
			}
		}
	}
	t.Fatalf("no %s of at most %g", name, limit)
	return 0
}
