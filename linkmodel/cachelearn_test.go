package linkmodel

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// cachedRouter serves counters of the instants at which it took them over.
type cachedRouter struct {
	c, phase time.Duration
	// onDemand refreshes with the first request after c; others are asked by somebody else every so
	// often, 0 never.
	onDemand bool
	others   time.Duration
	taken    time.Duration // the latest snapshot of an on-demand cache
}

// snapshot returns the instant whose counters are served at now.
func (r *cachedRouter) snapshot(now time.Duration) time.Duration {
	if r.c == 0 {
		return now
	}
	if !r.onDemand {
		return now - (now+r.phase)%r.c
	}
	if r.others > 0 {
		for t := r.taken + r.others - r.taken%r.others; t <= now; t += r.others {
			if t-r.taken >= r.c {
				r.taken = t
			}
		}
	}
	if now-r.taken >= r.c {
		r.taken = now
	}
	return r.taken
}

// cacheRig polls a router with a cache at end A.
type cacheRig struct {
	*rig
	router  cachedRouter
	packets func(at time.Duration) uint64 // of each way since the start
	// stood is when the present counters were first seen, held the longest that any were.
	stood, held time.Duration
	shown       uint64
}

func newCacheRig(t *testing.T, router cachedRouter, packets func(time.Duration) uint64) *cacheRig {
	return &cacheRig{rig: newRig(t, func(l *Link) { l.Ends[EndA].CounterCache = -1 }), router: router, packets: packets}
}

// next polls after d and returns what is known of the cache.
func (r *cacheRig) next(d time.Duration) CounterCache {
	at := r.now + d
	n := r.packets(r.router.snapshot(at))
	if n != r.shown {
		r.stood, r.shown = at, n
	}
	r.held = max(r.held, at-r.stood)
	e := &r.ends[EndA]
	for _, c := range []Counter{InUcastPkts, OutUcastPkts} {
		e.Counters.Set(c, 1_000_000+n, true)
	}
	for _, c := range []Counter{InOctets, OutOctets} {
		e.Counters.Set(c, 1_000_000+500*n, true)
	}
	return r.poll(d).Ends[EndA].CounterCache
}

func steadyPackets(perSecond float64) func(time.Duration) uint64 {
	return func(at time.Duration) uint64 { return uint64(perSecond * at.Seconds()) }
}

// drawPackets draws traffic that may pause: a rate for each second, of which some are 0.
func drawPackets(rt *rapid.T) func(time.Duration) uint64 {
	rates := rapid.SliceOfN(rapid.Uint64Range(0, 3000), 7, 40).Draw(rt, "rates")
	pause := rapid.Uint64Range(0, 2000).Draw(rt, "pause")
	for i := range rates {
		if rates[i] < pause {
			rates[i] = 0
		}
	}
	return func(at time.Duration) (n uint64) {
		whole := uint64(at / time.Second)
		var turn uint64
		for i, r := range rates {
			turn += r
			if uint64(i) < whole%uint64(len(rates)) {
				n += r
			}
		}
		n += turn * (whole / uint64(len(rates)))
		return n + uint64(float64(rates[whole%uint64(len(rates))])*(at%time.Second).Seconds())
	}
}

func drawRouter(rt *rapid.T, most int) cachedRouter {
	r := cachedRouter{c: time.Duration(rapid.IntRange(0, most).Draw(rt, "c")) * time.Millisecond}
	r.phase = time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "phase")) * time.Millisecond
	r.onDemand = rapid.Bool().Draw(rt, "on demand")
	if rapid.Bool().Draw(rt, "others") {
		r.others = time.Duration(rapid.IntRange(100, 20_000).Draw(rt, "others every")) * time.Millisecond
	}
	return r
}

// drawGap draws the distances of polls: every interval, with dither or without.
func drawGap(rt *rapid.T) func() time.Duration {
	interval := time.Duration(rapid.IntRange(500, 20_000).Draw(rt, "interval")) * time.Millisecond
	dither := rapid.Bool().Draw(rt, "dither")
	last := time.Duration(0)
	return func() time.Duration {
		d := time.Duration(0)
		if dither {
			d = time.Duration(rapid.Int64Range(0, int64(interval/2)).Draw(rt, "d")).Truncate(10 * time.Millisecond)
		}
		gap := interval + d - last
		last = d
		return gap
	}
}

// Whatever is learned is never below the true age, at any time, whatever the traffic does.
func TestLearnedAgeIsNeverTooLow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newCacheRig(t, drawRouter(rt, int(DefaultCounterCache/time.Millisecond)), drawPackets(rt))
		gap := drawGap(rt)
		for i := range 150 {
			if got := r.next(gap()); got.Age < r.router.c {
				rt.Fatalf("poll %d: %v (%v) of a cache of %v", i, got.Age, got.Source, r.router.c)
			}
		}
	})
}

// With steady traffic it comes down to the true age where polls are nearer, else to the distance of
// the polls.
func TestLearnedAgeConverges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newCacheRig(t, drawRouter(rt, 12_000), steadyPackets(1000))
		interval := time.Duration(rapid.IntRange(500, 11_000).Draw(rt, "interval")) * time.Millisecond
		var got CounterCache
		for r.now < 70*max(r.router.c+interval, interval) {
			got = r.next(interval)
		}
		limit := max(r.router.c, interval)
		if r.router.onDemand && interval < r.router.c {
			limit += interval + r.router.others
		}
		limit += limit/cacheMargin + 2*interval/25 + 50*time.Millisecond
		if got.Age < r.router.c || limit < DefaultCounterCache && (got.Source != CacheLearned || got.Age > limit) {
			rt.Fatalf("%v (%v) of a cache of %v, polled every %v: at most %v expected", got.Age, got.Source, r.router.c, interval, limit)
		}
	})
}

// A cache older than anybody assumes is found out, and claimed in full.
func TestLearnedAgeRefutesTheAssumption(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := time.Duration(rapid.IntRange(20, 90).Draw(rt, "c")) * time.Second
		r := newCacheRig(t, cachedRouter{c: c, phase: c / 3}, steadyPackets(1000))
		var got CounterCache
		for r.now < 40*c {
			if got = r.next(5 * time.Second); r.now < 4*c {
				r.held = 0 // what came before the first step has no rate
			} else if r.stood == r.now && got.Age < r.held-10*time.Millisecond {
				rt.Fatalf("%v after counters stood still for %v", got.Age, r.held)
			}
		}
		if got.Source != CacheLearned || got.Age < c || got.Age > c+c/4 {
			rt.Fatalf("%v (%v) of a cache of %v", got.Age, got.Source, c)
		}
	})
}

// An interface that carries nothing for a while is not taken for a cache.
func TestPausesProveNothing(t *testing.T) {
	r := newCacheRig(t, cachedRouter{}, func(at time.Duration) uint64 {
		return uint64(1000 * max(at.Seconds()-60, min(at.Seconds(), 20))) // silent from 20 s to 80 s
	})
	for range 140 {
		if got := r.next(2 * time.Second); got.Age > DefaultCounterCache {
			t.Fatalf("%v (%v) at %v", got.Age, got.Source, r.now)
		}
	}
	if got := r.next(2 * time.Second); got.Source != CacheLearned || got.Age > 4*time.Second {
		t.Errorf("%v (%v) after the pause", got.Age, got.Source)
	}
}

// What was learned of an agent ends with it: the next one may be another version.
func TestLearningRestartsWithTheAgent(t *testing.T) {
	r := newCacheRig(t, cachedRouter{c: 3 * time.Second}, steadyPackets(1000))
	learn := func() CounterCache {
		var got CounterCache
		for range 100 {
			got = r.next(time.Second)
		}
		return got
	}
	if got := learn(); got.Source != CacheLearned || got.Age < 3*time.Second || got.Age > 3500*time.Millisecond {
		t.Fatalf("%v (%v)", got.Age, got.Source)
	}
	r.ends[EndA].UpTime, r.ends[EndA].EngineTime = 0, 0
	if got := r.next(time.Second); got != (CounterCache{DefaultCounterCache, CacheAssumed}) {
		t.Errorf("after the restart: %v (%v)", got.Age, got.Source)
	}
	r.router.c = 10 * time.Second
	for range 4 {
		if got := learn(); got.Age < 10*time.Second {
			t.Fatalf("%v (%v) of a cache of 10s", got.Age, got.Source)
		}
	}
}

// Counters of one way that are refreshed apart from the other's are not a faster cache.
func TestWaysRefreshedApart(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache = -1 })
	in, out := cachedRouter{c: 6 * time.Second}, cachedRouter{c: 6 * time.Second, phase: 3 * time.Second}
	packets := steadyPackets(1000)
	for range 300 {
		at := r.now + time.Second
		r.ends[EndA].Counters.Set(InUcastPkts, 5_000_000+packets(in.snapshot(at)), true)
		r.ends[EndA].Counters.Set(OutUcastPkts, 5_000_000+packets(out.snapshot(at)), true)
		if got := r.poll(time.Second).Ends[EndA].CounterCache; got.Age < in.c {
			t.Fatalf("%v (%v) at %v", got.Age, got.Source, r.now)
		}
	}
}

// A router that refreshes more often for a while is believed after a whole block of steps.
func TestLearnedAgeOutlivesABlock(t *testing.T) {
	const every = 4 * time.Second
	r := newCacheRig(t, cachedRouter{c: 10 * time.Second}, steadyPackets(1000))
	for range 400 {
		r.next(every)
	}
	r.router.c = 2 * time.Second
	for i := range cacheSteps {
		if got := r.next(every); got.Age < 10*time.Second {
			t.Fatalf("%v (%v) after %d fast steps", got.Age, got.Source, i+1)
		}
	}
	var got CounterCache
	for range 2 * cacheSteps {
		got = r.next(every)
	}
	if got.Age > 5*time.Second {
		t.Errorf("%v (%v) in the end", got.Age, got.Source)
	}
}

// Where refreshes are irregular, the age is never below what was seen lately.
func TestIrregularRefreshes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const c = 10 * time.Second
		instants := []time.Duration{0}
		for range 400 {
			d := rapid.SampledFrom([]time.Duration{c / 5, c / 4, c / 3, c}).Draw(rt, "refresh after")
			instants = append(instants, instants[len(instants)-1]+d)
		}
		router := cachedRouter{onDemand: true, c: 1 << 62} // taken below
		r := newCacheRig(t, router, steadyPackets(1000))
		lately := make([]time.Duration, 0, 400)
		next := 0
		for range 300 {
			for next+1 < len(instants) && instants[next+1] <= r.now+time.Second {
				next++
			}
			r.router.taken = instants[next]
			r.held = 0
			got := r.next(time.Second)
			if lately = append(lately, r.held); r.now > 20*c && r.held == 0 && got.Age < slices.Max(lately[len(lately)-cacheSteps:])-10*time.Millisecond {
				rt.Fatalf("%v (%v), seen %v", got.Age, got.Source, lately[len(lately)-cacheSteps:])
			}
		}
	})
}
