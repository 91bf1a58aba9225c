package linkmodel

import (
	"testing"
	"time"
)

func live(l *Link) {
	l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 0, 0
}

func TestLossOfUncachedEnds(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	var v *View
	for range 6 {
		r.flow(AToZ, 100_000, 1_000)
		r.flow(ZToA, 100_000, 0)
		v = r.poll(pollGap)
	}
	az, za := v.Directions[AToZ].Loss, v.Directions[ZToA].Loss
	if !az.Known || az.Ratio < 0.0099 || az.Ratio > 0.0101 || az.Low < 0.008 || az.High > 0.012 {
		t.Fatalf("1 %% lost: %+v", az)
	}
	if !za.Known || za.Ratio != 0 || za.Low != 0 || za.High > 0.001 {
		t.Fatalf("nothing lost: %+v", za)
	}
}

func TestLossNeedsPackets(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	r.flow(AToZ, 50, 1)
	v := r.poll(pollGap)
	if l := v.Directions[AToZ].Loss; l.Known || l.Reason != ReasonIdle {
		t.Fatalf("50 packets: %+v, want idle", l)
	}
}

func TestLossWithoutBothEndsIsUnknown(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	r.flow(AToZ, 100_000, 0)
	r.silent[EndZ] = true
	if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonMissed {
		t.Fatalf("one end missed: %+v", l)
	}
	// The missed poll pairs with nothing; the next window spans it and is right.
	r.silent[EndZ] = false
	r.flow(AToZ, 100_000, 0)
	if l := r.poll(pollGap).Directions[AToZ].Loss; !l.Known || l.Ratio != 0 {
		t.Fatalf("after a missed poll: %+v", l)
	}
}

func TestLossWindowStartsAnewAfterAReset(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	r.flow(AToZ, 100_000, 0)
	r.poll(pollGap)
	r.ends[EndZ].Counters.Value = [NumCounters]uint64{}
	if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonReset {
		t.Fatalf("at the reset: %+v", l)
	}
	r.flow(AToZ, 100_000, 0)
	r.poll(pollGap)
	r.flow(AToZ, 100_000, 0)
	if l := r.poll(pollGap).Directions[AToZ].Loss; !l.Known || l.High > 0.01 {
		t.Fatalf("after the reset: %+v", l)
	}
}

func TestMoreReceivedThanSentIsNotZeroLoss(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	r.flow(AToZ, 100_000, 0)
	r.add(EndZ, InUcastPkts, 5_000)
	r.add(EndZ, InOctets, 5_000*500)
	if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonInconsistent {
		t.Fatalf("loss %+v, want ends-inconsistent", l)
	}
}

func TestSegmentationOffloadIsNotLoss(t *testing.T) {
	r := newRig(t, live)
	for i := range r.context {
		r.context[i] = &Context{MTU: 1500}
	}
	r.poll(pollGap)
	r.add(EndA, OutUcastPkts, 2_236)
	r.add(EndA, OutOctets, 2_236*44_800)
	r.add(EndZ, InUcastPkts, 69_411)
	r.add(EndZ, InOctets, 69_411*1_500)
	if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonOffload {
		t.Fatalf("loss %+v, want segmentation-offload", l)
	}
}

// The sender's cache is refreshed in the very poll that the far end misses: what it jumped by is
// doubt of the window, not loss.
func TestMissedPollAtARefreshIsNotLoss(t *testing.T) {
	r := newRig(t, func(l *Link) {
		l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 10*time.Second, 10*time.Second
	})
	const step = 2 * time.Second
	for range 20 {
		r.flow(AToZ, 200, 0)
		r.poll(step)
	}
	held := r.ends[EndZ].Counters // z serves these from its cache from now on
	r.flow(AToZ, 10_000, 0)
	live := r.ends[EndZ].Counters
	r.ends[EndZ].Counters = held
	r.silent[EndZ] = true
	r.poll(step)
	r.silent[EndZ] = false
	if l := r.poll(step).Directions[AToZ].Loss; l.Known && l.Low > 0 {
		t.Fatalf("nothing was lost: %+v", l)
	}
	r.ends[EndZ].Counters = live
	if l := r.poll(step).Directions[AToZ].Loss; l.Known && l.Low > 0 {
		t.Fatalf("nothing was lost: %+v", l)
	}
}

// An end that does not count multicast counts something else than the other end.
func TestLossNeedsEveryKindOfPackets(t *testing.T) {
	r := newRig(t, live)
	r.ends[EndZ].Counters.Present &^= InMulticastPkts.Mask()
	r.poll(pollGap)
	for range 3 {
		r.flow(AToZ, 80_000, 0)
		r.add(EndA, OutMulticastPkts, 20_000)
		r.add(EndA, OutOctets, 20_000*500)
		r.add(EndZ, InOctets, 20_000*500)
		if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonNoCounter {
			t.Fatalf("loss %+v, want no-counter", l)
		}
	}
}

// What was lost before a link fell idle is not its loss now.
func TestLossOfAnIdleLinkIsUnknown(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	for range 6 {
		r.flow(AToZ, 100_000, 5_000)
		r.poll(pollGap)
	}
	if l := r.poll(pollGap).Directions[AToZ].Loss; !l.Known {
		t.Fatalf("right after the traffic: %+v", l)
	}
	for range 2 * recentTraffic / pollGap {
		r.poll(pollGap)
	}
	if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonIdle {
		t.Fatalf("long after the traffic: %+v", l)
	}
}

// A column that is missing from one reply was counted at one end only: that is no loss.
func TestColumnMissingOnceIsNoLoss(t *testing.T) {
	columns := [2]Counter{OutMulticastPkts, InMulticastPkts}
	for _, e := range Ends {
		r := newRig(t, live)
		r.poll(pollGap)
		step := func() Loss {
			r.flow(AToZ, 80_000, 0)
			for _, side := range Ends {
				r.add(side, columns[side], 20_000)
				r.add(side, [2]Counter{OutOctets, InOctets}[side], 20_000*500)
			}
			l := r.poll(pollGap).Directions[AToZ].Loss
			if l.Reason == ReasonInconsistent || l.Low > 0 {
				t.Errorf("column missing at %v: loss %+v, nothing was lost", e, l)
			}
			return l
		}
		step()
		r.ends[e].Counters.Present &^= columns[e].Mask()
		if l := step(); l.Reason != ReasonNoCounter {
			t.Errorf("column missing at %v: loss %+v, want no-counter", e, l)
		}
		r.ends[e].Counters.Present |= columns[e].Mask()
		for range 3 {
			step()
		}
		if l := step(); !l.Known {
			t.Errorf("column back at %v: loss %+v, want it known again", e, l)
		}
	}
}
