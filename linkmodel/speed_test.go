package linkmodel

import (
	"testing"
	"time"
)

func TestSpeedThatIsExceededIsDoubted(t *testing.T) {
	r := newRig(t)
	for i := range r.ends {
		r.ends[i].HighSpeed = 1 // a tunnel's default
	}
	r.poll(pollGap)
	doubted := false
	for range doubtAfter {
		r.flow(AToZ, 10_000, 0)
		v := r.poll(pollGap)
		wantUnknown(t, "over the line's speed", v.Directions[AToZ].BPS, ReasonImplausible)
		doubted = doubted || hasEvent(v, EventSpeedDoubted)
	}
	r.flow(AToZ, 10_000, 0)
	v := r.poll(pollGap)
	wantKnown(t, "once the speed is not believed", v.Directions[AToZ].BPS, 4e6)
	wantUnknown(t, "utilization", v.Directions[AToZ].Utilization, ReasonNoCapacity)
	if !doubted {
		t.Fatal("no event tells that the speed is doubted")
	}
}

// setSpeed makes both ends report a speed in Mbit/s.
func (r *rig) setSpeed(mbps uint32) {
	for i := range r.ends {
		r.ends[i].HighSpeed = mbps
	}
}

// Bursts with quiet in between exceed the speed as surely as three intervals running.
func TestSpeedExceededNowAndThenIsDoubted(t *testing.T) {
	r := newRig(t, live)
	r.setSpeed(1)
	r.poll(pollGap)
	lost := 0
	for i := range 60 {
		packets := uint64(10_000)
		if i%2 == 1 {
			packets = 100
		}
		r.flow(AToZ, packets, 0)
		if !r.poll(pollGap).Ends[EndA].Interval.Valid() {
			lost++
		}
	}
	if lost != doubtAfter {
		t.Errorf("%d of 60 intervals lost, want %d", lost, doubtAfter)
	}
}

// bursts plays intervals at 1.2 times (over) and half the speed to a link whose caches are not
// declared, or to one without caches, and reports whether the speed was doubted.
func bursts(t *testing.T, cache time.Duration, rounds, over, under int) bool {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = cache, cache })
	r.setSpeed(1)
	r.poll(pollGap)
	doubted := false
	play := func(n int, packets uint64) {
		for range n {
			r.flow(AToZ, packets, 0)
			doubted = doubted || hasEvent(r.poll(pollGap), EventSpeedDoubted)
		}
	}
	for range rounds {
		play(over, 3_000)
		play(under, 1_250)
	}
	return doubted
}

func TestWhenSpeedIsDoubted(t *testing.T) {
	f := func(name string, want bool, cache time.Duration, rounds, over, under int) {
		t.Helper()
		if got := bursts(t, cache, rounds, over, under); got != want {
			t.Errorf("%s: doubted %v, want %v", name, got, want)
		}
	}
	f("three running, although a cache explains each", true, -1, 1, doubtAfter, 0)
	f("two running, ever again, each explained by a cache", false, -1, 10, doubtAfter-1, 1)
	f("three refused, apart", true, 0, doubtAfter, 1, 1)
	f("two refused", false, 0, doubtAfter-1, 1, 1)
	f("one refused every so often is forgiven", false, 0, 8, 1, forgiveAfter)
	f("one refused before the last was forgiven", true, 0, 8, 1, forgiveAfter/2)
}

// A verdict is about one speed: another one is believed until it is exceeded too.
func TestNewSpeedIsBelieved(t *testing.T) {
	r := newRig(t, live)
	r.setSpeed(1)
	r.poll(pollGap)
	step := func() *DirectionView {
		r.flow(AToZ, 10_000, 0)
		return &r.poll(pollGap).Directions[AToZ]
	}
	for range doubtAfter + 1 {
		step()
	}
	wantUnknown(t, "utilization at a speed that was exceeded", step().Utilization, ReasonNoCapacity)
	r.setSpeed(100)
	wantUnknown(t, "at the change", step().BPS, ReasonReplaced)
	step()
	wantKnown(t, "utilization at the new speed", step().Utilization, 0.04)
	r.flow(AToZ, 1_000_000, 0)
	wantUnknown(t, "more than the new speed", r.poll(pollGap).Directions[AToZ].BPS, ReasonImplausible)
}

// The slower end bounds a direction, whichever it is; one whose speed is not believed does not.
func TestCapacityIsTheLowerBelievableSpeed(t *testing.T) {
	f := func(name string, speeds [2]uint32, doubted [2]bool, declared float64, want Quantity) {
		t.Helper()
		var ends [2]EndView
		var tracks [2]endTracker
		for i := range ends {
			ends[i].Last.HighSpeed, tracks[i].speed.doubted = speeds[i], doubted[i]
		}
		if got := capacity(declared, &ends, &tracks); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	none := [2]bool{}
	f("a is slower", [2]uint32{1_000, 10_000}, none, 0, Known(1e9))
	f("z is slower", [2]uint32{10_000, 1_000}, none, 0, Known(1e9))
	f("a does not say", [2]uint32{0, 10_000}, none, 0, Known(1e10))
	f("z is not believed", [2]uint32{10_000, 1_000}, [2]bool{false, true}, 0, Known(1e10))
	f("nobody is believed", [2]uint32{10_000, 1_000}, [2]bool{true, true}, 0, Unknown(ReasonNoCapacity))
	f("declared less", [2]uint32{1_000, 1_000}, none, 2e8, Known(2e8))
	f("declared more than a port carries", [2]uint32{1_000, 10_000}, none, 2e9, Known(1e9))
	f("declared, and no port believed", [2]uint32{1_000, 10_000}, [2]bool{true, true}, 2e9, Known(2e9))
}
