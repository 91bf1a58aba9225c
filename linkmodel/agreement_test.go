package linkmodel

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Ends whose rates have nothing to do with each other are told; ends that only lose are not.
func TestAgreement(t *testing.T) {
	f := func(name string, want Verdict, each func(r *rig, random *rand.Rand)) {
		t.Helper()
		random := rand.New(rand.NewPCG(3, 4))
		r := newRig(t, ages(0, 0))
		r.poll(pollGap)
		for poll := range 3 * agreementPolls {
			each(r, random)
			v := r.poll(pollGap)
			if v.Directions[AToZ].Checks.NotMatching == VerdictYes && (want != VerdictYes || poll < int(driftLimit(pollGap))-1) {
				t.Fatalf("%s: not matching at poll %d", name, poll)
			}
		}
		if got := r.tracker.View().Directions[AToZ].Checks.NotMatching; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	varied := func(random *rand.Rand) uint64 { return uint64(5_000 + random.IntN(10_000)) }
	f("all arrives", VerdictNo, func(r *rig, random *rand.Rand) { r.flow(AToZ, varied(random), 0) })
	f("a fifth is lost", VerdictNo, func(r *rig, random *rand.Rand) { n := varied(random); r.flow(AToZ, n, n/5) })
	f("bursts of loss", VerdictNo, func(r *rig, random *rand.Rand) { n := varied(random); r.flow(AToZ, n, n*random.Uint64N(60)/100) })
	f("cut flat", VerdictNo, func(r *rig, random *rand.Rand) { n := varied(random); r.flow(AToZ, n, n-5_000) })
	f("flat at both", VerdictNo, func(r *rig, _ *rand.Rand) { r.flow(AToZ, 10_000, 0) })
	f("another link's packets", VerdictYes, func(r *rig, random *rand.Rand) {
		r.flow(AToZ, 5_000, 5_000)
		r.add(EndA, OutUcastPkts, varied(random))
		n := varied(random)
		r.add(EndZ, InUcastPkts, n)
		r.add(EndZ, InOctets, 500*n)
	})
	f("more arrives than is sent", VerdictYes, func(r *rig, _ *rand.Rand) {
		r.flow(AToZ, 1_000, 0)
		r.add(EndZ, InUcastPkts, 1_000)
		r.add(EndZ, InOctets, 500_000)
	})
}

// Frames that only the receiver counts, as spanning tree of a few VLANs, are no drift: neither before
// it is learned how many they are nor afterwards.
func TestAgreementOfControlFrames(t *testing.T) {
	for _, interval := range []time.Duration{10 * time.Second, time.Minute} {
		random := rand.New(rand.NewPCG(9, 10))
		r := newRig(t, ages(0, 0), func(l *Link) { l.Interval = interval })
		r.poll(interval)
		seconds, inconsistent := uint64(interval/time.Second), 0
		for poll := range 600 {
			r.flow(AToZ, (100+random.Uint64N(200))*seconds, 0)
			r.flow(ZToA, 500*seconds, 0)
			r.add(EndZ, InUcastPkts, 5*seconds)
			r.add(EndZ, InOctets, 500*seconds)
			v := r.poll(interval)
			if v.Directions[AToZ].Loss.Reason == ReasonInconsistent {
				inconsistent++
			}
			if v.Directions[AToZ].Checks.NotMatching == VerdictYes {
				t.Fatalf("every %v: not matching at poll %d", interval, poll)
			}
		}
		if inconsistent == 0 {
			t.Errorf("every %v: the frames were not noticed", interval)
		}
	}
}

// An end that is read a whole cycle later shows the rate of another time.
func TestAgreementOfPollsThatAreApart(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	r := newRig(t, ages(0, 0))
	r.late[EndZ] = pollGap
	r.poll(pollGap)
	next := uint64(10_000)
	for poll := range 3 * agreementPolls {
		now := next
		next = uint64(5_000 + random.IntN(10_000))
		r.add(EndA, OutUcastPkts, now)
		r.add(EndA, OutOctets, 500*now)
		r.add(EndZ, InUcastPkts, next)
		r.add(EndZ, InOctets, 500*next)
		if v := r.poll(pollGap); r.tracker.checks.agreement[AToZ].apart {
			t.Fatalf("not matching at poll %d: %+v", poll, v.Directions[AToZ].Checks)
		}
	}
}

// Cached counters make rates vary by themselves: that is no disagreement.
func TestAgreementOfCachedCounters(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	age := 3 * time.Second
	r := newRig(t, ages(age, age))
	r.poll(pollGap)
	const rate = 1000.0 // packets a second, steady
	counted := [2]float64{}
	for now := 10.0; now < 5000; now += 10 {
		for e, c := range []Counter{OutUcastPkts, InUcastPkts} {
			at := rate * (now - random.Float64()*age.Seconds())
			if n := uint64(max(at-counted[e], 0)); n > 0 {
				counted[e] += float64(n)
				r.add(End(e), c, n)
				r.add(End(e), []Counter{OutOctets, InOctets}[e], 500*n)
			}
		}
		if v := r.poll(pollGap); v.Directions[AToZ].Checks.NotMatching == VerdictYes {
			t.Fatalf("not matching after %v s", now)
		}
	}
}

// Loss that begins and ends, a path that dies and comes back, counters that stand still for a while:
// each shifts one rate and not the other, and all have findings of their own.
func TestAgreementAfterRatesShift(t *testing.T) {
	f := func(name string, during func(r *rig, packets uint64)) {
		t.Helper()
		random := rand.New(rand.NewPCG(7, 8))
		r := newRig(t, ages(0, 0))
		r.poll(pollGap)
		for poll := range 8 * agreementPolls {
			packets := uint64(8_000 + random.IntN(4_000))
			if poll >= 2*agreementPolls && poll < 5*agreementPolls {
				during(r, packets)
			} else {
				r.flow(AToZ, packets, 0)
				r.flow(ZToA, 5_000, 0)
			}
			if v := r.poll(pollGap); v.Directions[AToZ].Checks.NotMatching == VerdictYes {
				t.Fatalf("%s: not matching at poll %d", name, poll)
			}
		}
		if a := &r.tracker.checks.agreement[AToZ]; a.polls < agreementPolls {
			t.Errorf("%s: only %d polls compared in the end", name, a.polls)
		}
	}
	f("nine tenths are lost", func(r *rig, packets uint64) { r.flow(AToZ, packets, packets/10*9) })
	f("nothing arrives", func(r *rig, packets uint64) {
		r.flow(AToZ, packets, packets)
		r.flow(ZToA, 5_000, 0)
	})
	f("z does not count", func(r *rig, packets uint64) {
		r.add(EndA, OutUcastPkts, packets)
		r.add(EndA, OutOctets, 500*packets)
		r.add(EndA, InUcastPkts, 5_000)
		r.add(EndA, InOctets, 500*5_000)
	})
}

// Counters as old as the time between polls show the bursts of another time.
func TestAgreementOfBurstsInOldCounters(t *testing.T) {
	const age, seconds = 9, 12_000
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(5, seed))
		var carried [seconds + 1]uint64
		burst := 0
		for s := 1; s <= seconds; s++ {
			if burst--; burst < 0 && random.IntN(30) == 0 {
				burst = 4
			}
			carried[s] = carried[s-1] + 10
			if burst > 0 {
				carried[s] += 5_000
			}
		}
		r := newRig(t, ages(age*time.Second, age*time.Second))
		r.poll(pollGap)
		phase := [2]int{random.IntN(age), random.IntN(age)}
		served := [2]int{}
		for now := 10; now <= seconds; now += 10 {
			for e, c := range []Counter{OutUcastPkts, InUcastPkts} {
				at := max(now-(now+phase[e])%age, served[e])
				n := carried[at] - carried[served[e]]
				r.add(End(e), c, n)
				r.add(End(e), []Counter{OutOctets, InOctets}[e], 500*n)
				served[e] = at
			}
			if v := r.poll(pollGap); v.Directions[AToZ].Checks.NotMatching == VerdictYes {
				t.Fatalf("seed %d: not matching after %d s", seed, now)
			}
		}
	}
}
