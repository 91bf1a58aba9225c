package linkmodel

import (
	"testing"
	"time"
)

// One gap per reset: the interval after it is valid again, without a spike and without a zero.
func TestExactlyOneGapPerReset(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 0)
	r.poll(pollGap)
	for i := range r.ends {
		r.ends[i].Counters.Value = [NumCounters]uint64{}
	}
	v := r.poll(pollGap)
	wantUnknown(t, "the gap", v.Directions[AToZ].BPS, ReasonReset)
	r.flow(AToZ, 10_000, 0)
	v = r.poll(pollGap)
	wantKnown(t, "after the gap", v.Directions[AToZ].BPS, 4e6)
}

// A single bad low value of one counter is a gap of that column, twice: down and up again.
func TestGlitchIsNoSpike(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	step := func() *View {
		r.flow(AToZ, 10_000, 0)
		return r.poll(pollGap)
	}
	step()
	good := r.ends[EndA].Counters.Value[OutOctets]
	r.ends[EndA].Counters.Value[OutOctets] = 0
	r.add(EndA, OutUcastPkts, 10_000)
	v := r.poll(pollGap)
	if v.Ends[EndA].Interval.Present.Has(OutOctets) {
		t.Fatal("a counter that went back has an increment")
	}
	r.ends[EndA].Counters.Value[OutOctets] = good + 5_000_000
	v = step()
	if v.Ends[EndA].Interval.Present.Has(OutOctets) {
		t.Fatal("the way back to the high-water mark is an increment")
	}
	v = step()
	wantKnown(t, "after the glitch", v.Directions[AToZ].BPS, 4e6)
}

// The same for packets, whose columns are summed before they are subtracted.
func TestGlitchOfPacketsIsNoSpike(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	k := &r.ends[EndA].Counters
	good := k.Value[OutUcastPkts]
	k.Value[OutUcastPkts] -= 20_000
	r.add(EndA, OutOctets, 5_000_000)
	if iv := r.poll(pollGap).Ends[EndA].Interval; iv.HasOutPackets || !iv.HasInPackets {
		t.Fatalf("packets that went back: %+v", iv)
	}
	k.Value[OutUcastPkts] = good + 20_000
	r.add(EndA, OutOctets, 5_000_000)
	if iv := r.poll(pollGap).Ends[EndA].Interval; iv.HasOutPackets || !iv.Valid() {
		t.Fatalf("the way back to the high-water mark: %+v", iv)
	}
	r.flow(AToZ, 10_000, 0)
	wantKnown(t, "after the glitch", r.poll(pollGap).Directions[AToZ].PPS, 1000)
}

// An agent that answers from its cache: equal counters say nothing until the cache must have been
// refreshed, and the step that follows is spread over the time it took.
func TestCachedCountersAreNotZero(t *testing.T) {
	r := newRig(t, func(l *Link) {
		l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 3*time.Second, 3*time.Second
	})
	r.poll(2 * time.Second)
	r.flow(AToZ, 2_000, 0)
	r.poll(2 * time.Second)
	v := r.poll(2 * time.Second)
	wantUnknown(t, "from the cache", v.Directions[AToZ].BPS, ReasonStale)
	r.flow(AToZ, 4_000, 0)
	v = r.poll(2 * time.Second)
	wantKnown(t, "over both intervals", v.Directions[AToZ].PPS, 1000)
	r.poll(2 * time.Second)
	v = r.poll(2 * time.Second)
	wantKnown(t, "idle for longer than the cache lives", v.Directions[AToZ].PPS, 0)
}

// Either direction may fill the port, so the larger contract bounds what it counts when that is
// above the reported speed. It is no bound where no speed is reported.
func TestDeclaredCapacityBoundsThePort(t *testing.T) {
	f := func(name string, speed uint32, declared float64, want bool) {
		t.Helper()
		for _, d := range Directions {
			r := newRig(t, live, func(l *Link) { l.Capacity[d] = declared })
			for i := range r.ends {
				r.ends[i].HighSpeed = speed
			}
			r.poll(pollGap)
			r.flow(AToZ, 10_000_000, 0) // 4 Gbit/s
			if q := r.poll(pollGap).Directions[AToZ].BPS; q.Known != want {
				t.Errorf("%s, declared %v: %+v, want known: %v", name, d, q, want)
			}
		}
	}
	f("below the contract", 1_000, 1e10, true)
	f("above both", 1_000, 2e9, false)
	f("contract below the speed", 10_000, 1e9, true)
	f("no speed", 0, 1e9, true)
}

// A cache may serve what it held at the gap for as long as it lives, however long the counters
// stood still before.
func TestCacheAfterAGapIsNotZero(t *testing.T) {
	const every = 2 * time.Second
	r := newRig(t, func(l *Link) {
		l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 3*time.Second, 3*time.Second
	})
	for range 5 {
		r.poll(every)
	}
	wantKnown(t, "idle", r.poll(every).Directions[AToZ].PPS, 0)
	for i := range r.ends {
		r.ends[i].Index++
	}
	wantUnknown(t, "the gap", r.poll(every).Directions[AToZ].PPS, ReasonRenumbered)
	wantUnknown(t, "from the cache", r.poll(every).Directions[AToZ].PPS, ReasonStale)
	wantKnown(t, "idle again", r.poll(every).Directions[AToZ].PPS, 0)
}

// One reply with packets a little too low is no rate and no loss, at whichever end and however
// long after.
func TestGlitchOfPacketsIsNoLoss(t *testing.T) {
	columns := [2]Counter{OutUcastPkts, InUcastPkts}
	for _, e := range Ends {
		r := newRig(t, live)
		r.poll(pollGap)
		step := func() *DirectionView {
			r.flow(AToZ, 10_000, 0)
			az := &r.poll(pollGap).Directions[AToZ]
			if l := az.Loss; l.Reason == ReasonInconsistent || l.Low > 0 {
				t.Errorf("glitch at %v: loss %+v, nothing was lost", e, l)
			}
			wantKnown(t, "pps", az.PPS, 1000)
			return az
		}
		for range 5 {
			step()
		}
		r.ends[e].Counters.Value[columns[e]] -= 40_000
		step()
		r.ends[e].Counters.Value[columns[e]] += 40_000
		for range 5 {
			step()
		}
		if az := step(); !az.Loss.Known {
			t.Errorf("glitch at %v: loss %+v, want it known again", e, az.Loss)
		}
	}
}

// A counter that stays below its mark was reset; when it comes back after two low readings, that
// is no traffic either.
func TestTwoLowReadingsAreNoSpike(t *testing.T) {
	r := newRig(t, live, func(l *Link) { l.Capacity = [2]float64{1e9, 1e9} })
	for i := range r.ends {
		r.ends[i].HighSpeed = 0
		r.add(End(i), OutOctets, 1e15)
	}
	r.poll(pollGap)
	k := &r.ends[EndA].Counters
	good := k.Value[OutOctets]
	for range 2 {
		r.flow(AToZ, 10_000, 0)
		k.Value[OutOctets] = 1
		r.poll(pollGap)
	}
	k.Value[OutOctets] = good + 10_000_000
	r.flow(AToZ, 10_000, 0)
	v := r.poll(pollGap)
	if iv := &v.Ends[EndA].Interval; iv.Valid() && iv.Present.Has(OutOctets) {
		t.Errorf("the way back is an increment: %+v", iv)
	}
	wantKnown(t, "bps from z", v.Directions[AToZ].BPS, 4e6)
}
