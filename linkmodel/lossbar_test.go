package linkmodel

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// cachedWorld is a steady or bursty flow seen through two agents that each refresh their counters
// on their own clock.
type cachedWorld struct {
	rng        *rand.Rand
	sent, lost []uint64 // cumulative per 10 ms
	cache      [2]time.Duration
	phase      [2]time.Duration
}

const worldStep = 10 * time.Millisecond

func newCachedWorld(seed uint64, length time.Duration, loss float64, cache [2]time.Duration) *cachedWorld {
	w := &cachedWorld{rng: rand.New(rand.NewPCG(seed, 1)), cache: cache}
	for e := range w.phase {
		if cache[e] > 0 {
			w.phase[e] = time.Duration(w.rng.Int64N(int64(cache[e])))
		}
	}
	var sent, lost uint64
	rate := 0.0
	for i := range int(length/worldStep) + 2 {
		if i%500 == 0 {
			rate = 7 + 3.5*w.rng.Float64() // 700 to 1,050 packets/s, another every 5 s
		}
		n := uint64(rate + w.rng.Float64())
		if w.rng.Float64() < loss*float64(n) {
			lost++
		}
		sent += n
		w.sent, w.lost = append(w.sent, sent), append(w.lost, lost)
	}
	return w
}

// at returns what an agent serves at t: the counts of its last refresh.
func (w *cachedWorld) at(e End, t time.Duration) (sent, lost uint64) {
	if c := w.cache[e]; c > 0 {
		t -= (t + w.phase[e]) % c
	}
	i := max(int(t/worldStep), 0)
	return w.sent[i], w.lost[i]
}

// The true loss of the window lies in the bar, whatever the caches and their phases.
func TestTrueLossIsInsideTheBar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cache := [2]time.Duration{
			time.Duration(rapid.IntRange(0, 5).Draw(t, "cache a")) * time.Second,
			time.Duration(rapid.IntRange(0, 5).Draw(t, "cache z")) * time.Second,
		}
		loss := rapid.SampledFrom([]float64{0, 0.001, 0.01, 0.05}).Draw(t, "loss")
		const length, interval = 15 * time.Minute, 10 * time.Second
		w := newCachedWorld(rapid.Uint64().Draw(t, "seed"), length, loss, cache)
		var lw lossWindow
		for now := 10 * time.Second; now < length; now += interval {
			sent, _ := w.at(EndA, now)
			received, lost := w.at(EndZ, now)
			lw.push(&lossPair{at: now, sent: [2]uint64{sent}, received: [2]uint64{received - lost}, peak: [2]float64{720}})
			var l Loss
			lw.estimate(&l, AToZ, cacheAges{cache[EndA], cache[EndZ]}, 0)
			if !l.Known {
				continue
			}
			i, j := int((now-l.Window)/worldStep), int(now/worldStep)
			truth := float64(w.lost[j]-w.lost[i]) / float64(w.sent[j]-w.sent[i])
			if truth < l.Low-1e-9 || truth > l.High+1e-9 {
				t.Fatalf("at %v: true loss %v outside [%v, %v], window %v", now, truth, l.Low, l.High, l.Window)
			}
		}
	})
}

// Each source of error moves the ends of the bar by what it may explain, and by no more.
func TestEveryTermOfTheBar(t *testing.T) {
	const sent = 1_000_000
	f := func(name string, ages cacheAges, explained float64, change func(first, last *lossSample)) {
		t.Helper()
		at := func(lost float64) Loss {
			first, last := lossSample{sent: sent, lost: lost}, lossSample{sentAt: time.Minute}
			change(&first, &last)
			doubt := edgeDoubt(&first, &last, burstiness*1_000, ages)
			bar := lossBar{ratio: lost / sent, half: doubt / sent, sent: sent}
			var l Loss
			bar.fill(&l)
			return l
		}
		if l := at(explained); !l.Known || l.Low != 0 {
			t.Errorf("%s: %v lost: %+v, want them explained", name, explained, l)
		}
		if l := at(explained + 1000); l.Low <= 0 {
			t.Errorf("%s: %v lost: %+v, want loss", name, explained+1000, l)
		}
		if l, most := at(0), max(explained, 9)/sent; l.High < most*0.999 || l.High > most*1.001 {
			t.Errorf("%s: nothing lost: %+v, want at most %v", name, l, most)
		}
	}
	f("packets on the wire", cacheAges{}, 2, func(_, _ *lossSample) {})
	f("age of the sender's cache", cacheAges{2 * time.Second, 0}, 3_002, func(_, _ *lossSample) {})
	f("age of the receiver's cache", cacheAges{0, 2 * time.Second}, 3_002, func(_, _ *lossSample) {})
	f("instant of the first pair", cacheAges{}, 1_502, func(first, _ *lossSample) { first.unsure = time.Second })
	f("instant of the last pair", cacheAges{}, 1_502, func(_, last *lossSample) { last.unsure = time.Second })
	f("receiver asked later at the end", cacheAges{}, 3_002, func(_, last *lossSample) { last.lag = 2 })
	f("receiver asked later at the start", cacheAges{}, 3_002, func(first, _ *lossSample) { first.lag = 2 })
	f("receiver asked later throughout", cacheAges{}, 3_002, func(first, last *lossSample) { first.lag, last.lag = 2, 2 })
	f("sender asked later throughout", cacheAges{}, 3_002, func(first, last *lossSample) { first.lag, last.lag = -2, -2 })
	f("receiver asked later than its cache is old", cacheAges{0, time.Second}, 3_002, func(first, last *lossSample) {
		first.lag, last.lag = 2, 2
	})
	f("receiver asked later than the sender's cache may be old", cacheAges{3 * time.Second, 0}, 7_502, func(first, last *lossSample) {
		first.lag, last.lag = 2, 2
	})
	f("all together", cacheAges{time.Second, 0}, 6_002, func(first, last *lossSample) {
		first.unsure, last.unsure = time.Second, time.Second
		last.lag = -1
	})
}

// steadily sets the counters to what a flow of 1,000 packets/s gave until the two instants at
// which the agents last refreshed them.
func (r *rig) steadily(sent, received time.Duration) {
	a, z := uint64(sent.Milliseconds()), uint64(received.Milliseconds())
	r.ends[EndA].Counters.Value[OutUcastPkts], r.ends[EndA].Counters.Value[OutOctets] = a, a*500
	r.ends[EndZ].Counters.Value[InUcastPkts], r.ends[EndZ].Counters.Value[InOctets] = z, z*500
}

// The worst two caches can do: first one end is as old as its cache allows, then the other, and so
// slowly that no rate shows it. No agent does that by chance; that it was loss is not proven, though.
func TestCachesThatChangeSidesAreNoProof(t *testing.T) {
	const cache = 5 * time.Second
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = cache, cache })
	for i := range 60 {
		now := r.now + pollGap
		turned := cache * time.Duration(min(max(i-30, 0), 10)) / 10
		r.steadily(now-cache+turned, now-turned)
		l := r.poll(pollGap).Directions[AToZ].Loss
		if l.Proof == ProofHard || l.Reason == ReasonInconsistent {
			t.Fatalf("poll %d: %+v, nothing was lost", i, l)
		}
		if i > 40 && !l.Known {
			t.Fatalf("poll %d: %+v, want it known", i, l)
		}
	}
}

// Both agents refresh every 10 s and are polled every 2 s. Not one packet is lost; one answer is.
func TestOneMissedPollOfCachedEndsIsNoLoss(t *testing.T) {
	const every = 2 * time.Second
	for _, misses := range Ends {
		r := newRig(t, func(l *Link) {
			l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 10*time.Second, 10*time.Second
		})
		var sent, received time.Duration
		for i := range time.Duration(40) {
			if i%5 == 0 {
				sent = i * every
			}
			if i%5 == 3 {
				received = i * every
			}
			r.steadily(sent, received)
			r.silent[misses] = i == 20
			if l := r.poll(every).Directions[AToZ].Loss; l.Low > 0 {
				t.Errorf("%v missed a poll, poll %d: %+v", misses, i, l)
			}
		}
	}
}

// observe plays the world's next poll to a tracker and returns the loss with the true one of the
// same window.
func (w *cachedWorld) observe(r *rig, every time.Duration) (l Loss, truth float64) {
	now := r.now + every
	sent, _ := w.at(EndA, now)
	received, lost := w.at(EndZ, now)
	received -= lost
	a, z := &r.ends[EndA].Counters, &r.ends[EndZ].Counters
	a.Value[OutUcastPkts], a.Value[OutOctets] = sent, sent*500
	z.Value[InUcastPkts], z.Value[InOctets] = received, received*500
	for i := range r.silent {
		r.silent[i] = w.rng.IntN(10) == 0
	}
	l = r.poll(every).Directions[AToZ].Loss
	if !l.Known {
		return l, 0
	}
	i, j := int((now-l.Window)/worldStep), int(now/worldStep)
	return l, float64(w.lost[j]-w.lost[i]) / float64(w.sent[j]-w.sent[i])
}

// The same through the whole tracker: caches of up to 15 s, every tenth answer of either end lost,
// and a rate that changes every 5 s by up to half.
//
// One view in a thousand may be wrong: the bar is hard only when the highest rate that was seen is
// the highest there was, give or take half, and a cache that is refreshed late shows the packets
// of less time than the interval it is divided by.
func TestTrueLossIsInsideTheBarOfTheTracker(t *testing.T) {
	const polls, allowed = 60, 0.001
	known, wrong := 0, 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 7))
		every := []time.Duration{2 * time.Second, 10 * time.Second, time.Minute}[rng.IntN(3)]
		cache := [2]time.Duration{time.Duration(rng.IntN(16)) * time.Second, time.Duration(rng.IntN(16)) * time.Second}
		w := newCachedWorld(seed, (polls+1)*every, []float64{0, 0.001, 0.01}[rng.IntN(3)], cache)
		r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = cache[0], cache[1] })
		r.late = [2]time.Duration{}
		for range polls {
			l, truth := w.observe(r, every)
			if l.Known {
				known++
			}
			if l.Reason == ReasonInconsistent || l.Known && (truth < l.Low-1e-9 || truth > l.High+1e-9) {
				wrong++
				t.Logf("seed %d, every %v, caches %v, at %v: true loss %v, told %+v", seed, every, cache, r.now, truth, l)
			}
		}
	}
	if known < 200*polls/3 {
		t.Errorf("only %d of %d views tell a loss", known, 200*polls)
	}
	if float64(wrong) > allowed*float64(known) {
		t.Errorf("%d of %d views are wrong, at most %v allowed", wrong, known, allowed)
	}
}
