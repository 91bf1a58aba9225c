package linkmodel

import (
	"math/rand/v2"
	"testing"
	"time"
)

// controlled plays hours of traffic at a rate to a rig, with frames/s that end a alone counts as
// sent, and returns the last loss.
func (r *rig) controlled(rng *rand.Rand, hours, rate, loss, frames float64) (l Loss) {
	for range int(hours * 360) {
		n := uint64(rate * 10 * (0.9 + 0.2*rng.Float64()))
		lost := uint64(0)
		for x := loss * float64(n); x > rng.Float64(); x-- {
			lost++
		}
		r.flow(AToZ, n, lost)
		extra := uint64(frames*10 + rng.Float64())
		r.add(EndA, OutUcastPkts, extra)
		r.add(EndA, OutOctets, extra*80)
		l = r.poll(pollGap).Directions[AToZ].Loss
	}
	return l
}

func liveRig(t *testing.T) (*rig, *rand.Rand) {
	r := newRig(t, live)
	r.late = [2]time.Duration{}
	return r, rand.New(rand.NewPCG(1, 2))
}

// One frame a second that is counted at one end looks like a loss that grows as the traffic falls.
// It is none, and once it was seen at two rates it is taken out.
func TestControlTrafficIsNoLoss(t *testing.T) {
	r, rng := liveRig(t)
	if l := r.controlled(rng, 2, 1000, 0, 1); l.Low > 0 || l.Certain > 0 || l.Ratio < 0.0008 {
		t.Fatalf("busy: %+v, want 0.1 %% that may be control traffic", l)
	}
	if l := r.controlled(rng, 2, 60, 0, 1); l.Low > 0 || l.Certain > 0 || l.Ratio > 0.003 {
		t.Fatalf("quiet: %+v, want 1.7 %% told as control traffic", l)
	}
	if l := r.controlled(rng, 2, 1000, 0, 1); l.Low > 0 || l.Certain > 0 || l.Ratio > 0.0003 {
		t.Fatalf("busy again: %+v, want control traffic taken out", l)
	}
	if l := r.controlled(rng, 0.5, 1000, 0.005, 1); l.Certain < 0.004 || l.Ratio < 0.0045 || l.Ratio > 0.0055 || l.Low > 0.005 || l.High < 0.005 {
		t.Fatalf("half a per cent lost beside it: %+v", l)
	}
	if l := r.controlled(rng, 0.5, 5, 0, 1); l.Known || l.Reason != ReasonIdle {
		t.Fatalf("five packets for a frame: %+v, want idle", l)
	}
}

// Loss is not taken for control traffic: not on a link that had none, and not where it stays when
// the traffic falls.
func TestLossIsNoControlTraffic(t *testing.T) {
	r, rng := liveRig(t)
	r.controlled(rng, 1, 1000, 0, 0)
	if l := r.controlled(rng, 0.25, 1000, 0.001, 0); l.Certain < 0.0005 || l.Low < 0.0003 {
		t.Errorf("0.1 %% lost after an hour without: %+v, want it certain", l)
	}
	if l := r.controlled(rng, 0.5, 60, 0.02, 0); l.Certain < 0.01 || l.Ratio < 0.01 {
		t.Errorf("2 %% lost in a quiet time: %+v, want it certain", l)
	}
	r, rng = liveRig(t)
	r.controlled(rng, 1, 1000, 0.02, 0)
	if l := r.controlled(rng, 1, 60, 0.02, 0); l.Ratio < 0.018 || l.High < 0.02 {
		t.Errorf("2 %% lost at any rate: %+v, want none of it taken out", l)
	}
}

// A limit holds for half a day to a day.
func TestControlLimitsAreForgotten(t *testing.T) {
	var c controlTraffic
	if b := c.bound(); b.high != usualControl || b.low != 0 {
		t.Fatalf("nothing seen: %+v, want the usual", b)
	}
	see := func(now time.Duration, b float64) controlBound {
		c.observe(&fitted{slope: b / 1000, se: 1e-6, perFrame: 0.001}, 0.001, now)
		return c.bound()
	}
	if b := see(time.Hour, 0.2); b.high < 0.19 || b.high+b.width > 0.21 {
		t.Fatalf("0.2/s seen: %+v", b)
	}
	for now := time.Hour; now < 13*time.Hour; now += time.Hour {
		if b := see(now, 0.9); b.high > 0.21 {
			t.Fatalf("after %v: %+v, want the least to hold", now, b)
		}
	}
	see(14*time.Hour, 0.9)
	see(27*time.Hour, 0.9)
	if b := see(28*time.Hour, 0.9); b.high < 0.89 || b.high > 0.91 {
		t.Errorf("a day later: %+v, want it forgotten", b)
	}
	c.observe(&fitted{slope: 0, se: 1e-6, perFrame: 0.0001}, 0.001, 28*time.Hour)
	if b := c.bound(); b.high < 0.89 {
		t.Errorf("most packets came in a moment: %+v, want that ignored", b)
	}
}

// Frames that only the receiver counts make no loss, and only many of them mean that the ends do
// not match.
func TestFramesOnlyTheReceiverCounts(t *testing.T) {
	for frames, want := range map[uint64]Reason{10: ReasonNone, 400: ReasonInconsistent} {
		r, _ := liveRig(t)
		var l Loss
		for range 100 {
			r.flow(AToZ, 10_000, 0)
			r.add(EndZ, InUcastPkts, frames)
			r.add(EndZ, InOctets, frames*80)
			l = r.poll(pollGap).Directions[AToZ].Loss
		}
		if l.Reason != want || l.Low > 0 {
			t.Errorf("%d frames in ten seconds that nobody sent: %+v, want %q", frames, l, want)
		}
	}
}
