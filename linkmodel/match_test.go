package linkmodel

import (
	"math/rand/v2"
	"testing"
	"time"
)

// crossed builds two links whose z ends were swapped by mistake: what one's a sends arrives at the
// other's z, on the same router.
func crossed(t *testing.T) (x, y *rig) {
	t.Helper()
	x = newRig(t, ages(0, 0))
	y = newRig(t, func(l *Link) {
		ages(0, 0)(l)
		l.Name = "lon1-par2-2"
		l.Ends[EndA].Interface, l.Ends[EndZ].Interface = "et-0/0/2", "xe-0/1/2"
	})
	y.now += 3 * time.Second // polled at other instants
	return x, y
}

func TestMatcherNamesTheInterfaceThatFits(t *testing.T) {
	x, y := crossed(t)
	random := rand.New(rand.NewPCG(11, 12))
	m := NewMatcher()
	varied := func() uint64 { return uint64(5_000 + random.IntN(20_000)) }
	x.poll(pollGap)
	y.poll(pollGap)
	named := 0
	for poll := range 300 {
		cross := func(from, to *rig, n uint64) {
			from.flow(AToZ, n, n)
			to.add(EndZ, InUcastPkts, n)
			to.add(EndZ, InOctets, 500*n)
		}
		cross(x, y, varied())
		cross(y, x, varied())
		x.flow(ZToA, varied(), 0)
		for _, r := range []*rig{x, y} {
			r.poll(pollGap)
			v := r.tracker.View()
			m.Observe(v)
			if v.Directions[ZToA].Checks.Fit != nil {
				t.Fatalf("poll %d: a fit for the direction that matches", poll)
			}
		}
		fit := x.tracker.View().Directions[AToZ].Checks.Fit
		if fit == nil {
			continue
		}
		if named++; *fit != (Fit{"cr1.lon1", "et-0/0/2", EndA}) {
			t.Fatalf("poll %d: %+v", poll, fit)
		}
		if s := signal(t, x.tracker.View(), KindNotMatching, AToZ); s.Ratio.Value != 1 || s.Rate.Value != 1 {
			t.Fatalf("signal %+v", s)
		}
	}
	if named == 0 {
		t.Fatal("nothing fits")
	}
	// The mistake is mended: nothing is kept.
	for range 300 {
		for _, r := range []*rig{x, y} {
			r.flow(AToZ, varied(), 0)
			r.flow(ZToA, varied(), 0)
			r.poll(pollGap)
			m.Observe(r.tracker.View())
		}
	}
	if len(m.suspects) > 0 || m.count.Load() != 0 || x.tracker.View().Directions[AToZ].Checks.Fit != nil {
		t.Errorf("%d suspects, fit %v", len(m.suspects), x.tracker.View().Directions[AToZ].Checks.Fit)
	}
}

// Without a link in doubt a matcher keeps nothing, and with many it keeps a bounded number.
func TestMatcherIsBounded(t *testing.T) {
	m := NewMatcher()
	right, wrong := &View{Link: &Link{}}, Checks{NotMatching: VerdictYes}
	if n := testing.AllocsPerRun(100, func() { m.Observe(right) }); n != 0 || len(m.suspects) != 0 {
		t.Errorf("%v allocations, %d suspects", n, len(m.suspects))
	}
	for range 2 * maxSuspects {
		v := &View{Link: &Link{Interval: pollGap}}
		v.Directions[ZToA].Checks = wrong
		m.Observe(v)
	}
	if len(m.suspects) != maxSuspects {
		t.Errorf("%d suspects", len(m.suspects))
	}
}

func TestLikeness(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	f := func(name string, least, most float64, each func() (x, y uint64)) {
		t.Helper()
		var a, z series
		ends := [2]EndView{}
		for i := range 40 {
			x, y := each()
			for e, n := range []uint64{x, y} {
				iv := Interval{Elapsed: pollGap, HasInPackets: true, HasOutPackets: true, InPackets: n, OutPackets: n}
				ends[e] = EndView{Answered: true, Interval: iv, Last: Reading{Mono: time.Duration(i+1)*pollGap + time.Duration(e)*time.Second}}
			}
			a.add(pollGap, &ends[0])
			z.add(pollGap, &ends[1])
		}
		if got := likeness(&a, &z, pollGap); got < least || got > most {
			t.Errorf("%s: %v, want %v to %v", name, got, least, most)
		}
	}
	varied := func() uint64 { return uint64(5_000 + random.IntN(20_000)) }
	f("the same", alike, 1.0001, func() (uint64, uint64) { n := varied(); return n, n })
	f("half of it", 0, 0, func() (uint64, uint64) { n := varied(); return n, n / 2 })
	f("another", -1, 0.6, func() (uint64, uint64) { return varied(), varied() })
	f("flat", 0, 0, func() (uint64, uint64) { return 10_000, 10_000 })
	f("idle", 0, 0, func() (uint64, uint64) { n := uint64(random.IntN(10)); return n, n })
}

// Counts between two readings grow evenly, so that instants are comparable.
func TestSeriesIsTakenAtCommonInstants(t *testing.T) {
	var s series
	at := 3 * time.Second
	for range 5 {
		iv := Interval{Elapsed: pollGap, HasInPackets: true, HasOutPackets: true, InPackets: 1000, OutPackets: 2000}
		s.add(pollGap, &EndView{Answered: true, Interval: iv, Last: Reading{Mono: at}})
		at += pollGap
	}
	if got, want := s.counts[1], (flow{in: 700, out: 1400}); got != want {
		t.Errorf("at 10 s: %+v, want %+v", got, want)
	}
	if got, want := s.counts[4], (flow{in: 3700, out: 7400}); got != want {
		t.Errorf("at 40 s: %+v, want %+v", got, want)
	}
}

// Of two interfaces that fit alike none is named.
func TestMatcherDoesNotGuess(t *testing.T) {
	x, y := crossed(t)
	twin := newRig(t, func(l *Link) {
		ages(0, 0)(l)
		l.Name = "lon1-par2-3"
		l.Ends[EndA].Interface, l.Ends[EndZ].Interface = "et-0/0/9", "xe-0/1/9"
	})
	random := rand.New(rand.NewPCG(15, 16))
	m := NewMatcher()
	suspected := false
	for range 300 {
		n, other := uint64(5_000+random.IntN(20_000)), uint64(5_000+random.IntN(20_000))
		x.flow(AToZ, n, n)
		x.add(EndZ, InUcastPkts, other)
		x.add(EndZ, InOctets, 500*other)
		for _, r := range []*rig{y, twin} { // both send what x's z receives, and receive what x's a sends
			r.flow(AToZ, other, other)
			r.add(EndZ, InUcastPkts, n)
			r.add(EndZ, InOctets, 500*n)
		}
		for _, r := range []*rig{x, y, twin} {
			r.poll(pollGap)
			m.Observe(r.tracker.View())
		}
		c := &x.tracker.View().Directions[AToZ].Checks
		suspected = suspected || c.NotMatching == VerdictYes
		if c.Fit != nil {
			t.Fatalf("%+v", *c.Fit)
		}
	}
	if !suspected {
		t.Fatal("the ends match")
	}
}

// What lies before a break, or a poll without counts, is not compared.
func TestSeriesStartsAnewAfterABreak(t *testing.T) {
	var s series
	at := time.Duration(0)
	add := func(iv Interval) {
		at += pollGap
		s.add(pollGap, &EndView{Answered: true, Interval: iv, Last: Reading{Mono: at}})
	}
	good := Interval{Elapsed: pollGap, HasInPackets: true, HasOutPackets: true, InPackets: 100, OutPackets: 200}
	for range 100 {
		add(good)
	}
	if n := s.next - s.first; n != seriesSamples {
		t.Fatalf("%d samples", n)
	}
	if step := s.counts[(s.next-1)%seriesSamples].out - s.counts[(s.next-2)%seriesSamples].out; step != 200 {
		t.Fatalf("a step of %v", step)
	}
	add(Interval{Reason: ReasonRestart, Elapsed: pollGap})
	if s.next != s.first {
		t.Fatalf("%d samples after a break", s.next-s.first)
	}
	add(good)
	if s.next-s.first != 1 {
		t.Fatalf("%d samples after the break", s.next-s.first)
	}
}
