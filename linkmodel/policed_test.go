package linkmodel

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// Loads in packets of 500 octets per poll; 10,000 are 4 Mbit/s.
func TestPoliced(t *testing.T) {
	f := func(name string, change func(*Link), polls int, want Verdict, each func(r *rig, random *rand.Rand)) {
		t.Helper()
		random := rand.New(rand.NewPCG(7, 8))
		r := newRig(t, change)
		r.late[EndZ] = time.Millisecond
		r.poll(pollGap)
		for range polls {
			each(r, random)
			r.poll(pollGap)
		}
		got := r.tracker.View().Directions[AToZ].Checks
		if got.Policed != want {
			t.Errorf("%s: %v at %v, want %v", name, got.Policed, got.Limit, want)
		}
		if want == VerdictYes && math.Abs(got.Limit/4e6-1) > flat {
			t.Errorf("%s: cut at %v, want 4 Mbit/s", name, got.Limit)
		}
		if other := r.tracker.View().Directions[ZToA].Checks.Policed; other != VerdictNo {
			t.Errorf("%s: the other direction: %v", name, other)
		}
	}
	// hour lets the load of blocks swing between less and more than the limit.
	load := func(r *rig) uint64 {
		return uint64(10_000 + 6_000*math.Sin(float64(r.now)/float64(20*time.Minute)))
	}
	cut := func(r *rig, most uint64) {
		n := load(r)
		r.flow(AToZ, n, n-min(n, most))
	}
	f("cut on the way", ages(0, 0), 2000, VerdictYes, func(r *rig, _ *rand.Rand) { cut(r, 10_000) })
	f("cut on the way, seen by older counters", ages(time.Second, time.Second), 4000, VerdictYes, func(r *rig, _ *rand.Rand) { cut(r, 10_000) })
	f("cut by the sender itself", ages(0, 0), 2000, VerdictYes, func(r *rig, _ *rand.Rand) {
		n := load(r)
		r.flow(AToZ, min(n, 10_000), 0)
		r.add(EndA, OutDiscards, n-min(n, 10_000))
	})
	f("loss in proportion", ages(0, 0), 2000, VerdictNo, func(r *rig, _ *rand.Rand) { n := load(r); r.flow(AToZ, n, n/10) })
	f("steady load, steady loss", ages(0, 0), 2000, VerdictNo, func(r *rig, _ *rand.Rand) { r.flow(AToZ, 10_000, 1_000) })
	f("always more than arrives", ages(0, 0), 2000, VerdictYes, func(r *rig, _ *rand.Rand) { n := load(r) + 7_000; r.flow(AToZ, n, n-10_000) })
	f("steady load, steady loss after a quiet time", ages(0, 0), 2000, VerdictNo, func(r *rig, _ *rand.Rand) {
		if r.now < time.Hour {
			r.flow(AToZ, 5_000, 0)
			return
		}
		r.flow(AToZ, 10_000, 1_000)
	})
	f("loss in proportion above some load", ages(0, 0), 2000, VerdictNo, func(r *rig, _ *rand.Rand) {
		n := load(r)
		r.flow(AToZ, n, n/5*min(n/9_000, 1))
	})
	f("bursts of loss", ages(0, 0), 2000, VerdictNo, func(r *rig, random *rand.Rand) {
		n := load(r)
		r.flow(AToZ, n, n*uint64(random.IntN(2)*random.IntN(30))/100)
	})
	f("no loss", ages(0, 0), 2000, VerdictNo, func(r *rig, _ *rand.Rand) { r.flow(AToZ, load(r), 0) })
	f("the line itself is full", func(l *Link) { ages(0, 0)(l); l.Capacity[AToZ] = 4.1e6 }, 2000, VerdictNo,
		func(r *rig, _ *rand.Rand) { cut(r, 10_000) })
}
