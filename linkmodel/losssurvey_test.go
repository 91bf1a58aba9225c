package linkmodel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What the line could not have carried between the two counts of an edge is proven lost; what it
// could have is only likely.
func TestProof(t *testing.T) {
	f := func(name string, want Proof, lost uint64, change func(*rig)) {
		t.Helper()
		r, _ := liveRig(t)
		change(r)
		var l Loss
		for range 150 {
			r.flow(AToZ, 1_000_000, lost)
			l = r.poll(pollGap).Directions[AToZ].Loss
		}
		if l.Proof != want {
			t.Errorf("%s: %v, want %v: %+v", name, l.Proof, want, l)
		}
	}
	f("nothing lost", ProofNone, 0, func(*rig) {})
	f("live counters", ProofHard, 50_000, func(*rig) {})
	f("cached counters of a fast line", ProofStatistical, 50_000, func(r *rig) { r.cache(AToZ.Sender(), 3*time.Second) })
	f("cached counters of a slow line", ProofHard, 50_000, func(r *rig) {
		r.cache(AToZ.Sender(), 3*time.Second)
		r.ends[EndA].HighSpeed = 1_000
	})
	f("speed not known", ProofStatistical, 50_000, func(r *rig) { r.ends[EndA].HighSpeed = 0 })
	f("no more than control traffic", ProofNone, 10, func(*rig) {})
}

// cache declares the age of an end's counters, which are live all the same.
func (r *rig) cache(e End, age time.Duration) {
	r.link.Ends[e].CounterCache = age
	r.tracker = NewTracker(r.link)
}

// A request that had to be repeated reads one end seconds later than the other. Nothing tells what
// the traffic did meanwhile: that pair is left out, and the next is as good as ever.
func TestRepeatedRequestIsLeftOut(t *testing.T) {
	r, _ := liveRig(t)
	for i := range 200 {
		r.flow(AToZ, 10_000, 0)
		repeated := i%50 == 30
		if r.late[EndZ] = 0; repeated {
			r.late[EndZ] = 2 * time.Second
			r.add(EndZ, InUcastPkts, 9_000) // a burst that a was not asked about
			r.add(EndZ, InOctets, 9_000*500)
		}
		l := r.poll(pollGap).Directions[AToZ].Loss
		if repeated {
			r.add(EndA, OutUcastPkts, 9_000)
			r.add(EndA, OutOctets, 9_000*500)
		}
		switch {
		case repeated && (l.Known || l.Reason != ReasonMissed):
			t.Errorf("poll %d, a request repeated: %+v, want missed", i, l)
		case !repeated && i > 4 && (!l.Known || l.Low > 0 || l.Certain > 0 || l.High > 0.01):
			t.Errorf("poll %d: %+v, nothing was lost", i, l)
		}
	}
}

// Ends that are always read one after the other are compared all the same, from the start and when
// that begins.
func TestSkewThatStays(t *testing.T) {
	r, _ := liveRig(t)
	unknown := 0
	for i := range 100 {
		if r.flow(AToZ, 10_000, 0); i >= 50 {
			r.late[EndZ] = 2 * time.Second
		}
		if i == 50 {
			r.flow(AToZ, 2_000, 0)
			r.ends[EndA].Counters.Value[OutUcastPkts] -= 2_000
			r.ends[EndA].Counters.Value[OutOctets] -= 2_000 * 500
		}
		if l := r.poll(pollGap).Directions[AToZ].Loss; l.Reason == ReasonMissed {
			unknown++
		} else if l.Certain > 0 || l.Reason == ReasonInconsistent {
			t.Errorf("poll %d: %+v, nothing was lost", i, l)
		}
	}
	if unknown == 0 || unknown > skewPolls {
		t.Errorf("%d polls left out, want at most %d", unknown, skewPolls)
	}
}

// Agents that are always slow are compared all the same.
func TestSlowAgents(t *testing.T) {
	r, _ := liveRig(t)
	r.ends[EndA].Uncertainty, r.ends[EndZ].Uncertainty = 400*time.Millisecond, 300*time.Millisecond
	for i := range 50 {
		r.flow(AToZ, 10_000, 0)
		if l := r.poll(pollGap).Directions[AToZ].Loss; i > 4 && !l.Known {
			t.Fatalf("poll %d: %+v, want it known", i, l)
		}
	}
}

// Whatever is counted, the figures stay in their order and in their range.
func TestFiguresKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w lossWindow
		p := lossPair{at: time.Hour}
		ages := [2]time.Duration{
			time.Duration(rapid.IntRange(0, 20).Draw(t, "cache a")) * time.Second,
			time.Duration(rapid.IntRange(0, 20).Draw(t, "cache z")) * time.Second,
		}
		most := rapid.SampledFrom([]uint64{10, 1_000, 1_000_000}).Draw(t, "packets")
		for range rapid.IntRange(1, 120).Draw(t, "polls") {
			p.at += time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "gap"))
			p.skew = time.Duration(rapid.Int64Range(-int64(time.Second), int64(time.Second)).Draw(t, "skew"))
			p.sent[AToZ] += rapid.Uint64Range(0, most).Draw(t, "sent")
			p.received[AToZ] += rapid.Uint64Range(0, most).Draw(t, "received")
			p.peak[AToZ] = float64(most)
			w.push(&p)
			w.learn(AToZ, ages)
			l := Loss{Recent: 1}
			w.estimate(&l, AToZ, cacheAges{ages[EndA], ages[EndZ]}, 1e6)
			if !(l.Recent >= 0 && l.Recent <= 1 && l.Certain >= 0 && l.Certain <= 1) {
				t.Fatalf("certain or recent is no ratio: %+v", l)
			}
			if l.Known && !(0 <= l.Low && l.Low <= l.Ratio && l.Ratio <= l.High && l.High <= 1 && l.Floor > 0 && l.Window > 0) {
				t.Fatalf("out of order: %+v", l)
			}
			if l.Known == (l.Reason != ReasonNone) || l.Proof != ProofNone && l.Low <= 0 {
				t.Fatalf("contradiction: %+v", l)
			}
		}
	})
}

// An alarm lasts as long as the loss: while it goes on the long windows, that have hardly seen it, do
// not end the alarm, and once it is over those that still hold it do not raise another.
func TestAlarmLastsAsLongAsTheLoss(t *testing.T) {
	const threshold = 0.005
	r, _ := liveRig(t)
	from, to := 100, 130
	raised, cleared := false, 0
	for i := range 500 {
		lost := uint64(i % 3)
		if i >= from && i < to {
			lost = 400
		}
		r.flow(AToZ, 10_000, lost)
		l := r.poll(pollGap).Directions[AToZ].Loss
		if l.Certain > l.Recent {
			t.Fatalf("poll %d: certain of %v and at most %v", i, l.Certain, l.Recent)
		}
		switch {
		case i < to:
			raised = raised || l.Certain >= threshold
			if raised && l.Recent < threshold {
				t.Errorf("poll %d: at most %v while a twenty-fifth is lost", i, l.Recent)
			}
		case l.Recent < threshold && cleared == 0:
			cleared = i
		case cleared > 0 && (l.Certain >= threshold || l.Recent >= threshold):
			t.Errorf("poll %d: %v to %v, the loss was over at %d", i, l.Certain, l.Recent, to)
		}
	}
	if !raised || cleared == 0 || cleared > to+30 {
		t.Errorf("raised %t, cleared at %d", raised, cleared)
	}
}

// While nothing is lost a longer window says so more exactly; a loss is that of a short one.
func TestNoLossIsSaidMoreAndMoreExactly(t *testing.T) {
	r, _ := liveRig(t)
	floor := 1.0
	for i := range 384 {
		r.flow(AToZ, 10_000, 0)
		l := r.poll(pollGap).Directions[AToZ].Loss
		if i == 15 || i == 60 || i == 350 {
			if !l.Known || l.Floor > floor/2 || !l.BelowSight() {
				t.Errorf("poll %d: %+v, want half of %v at most", i, l, floor)
			}
			floor = l.Floor
		}
	}
	for range 20 {
		r.flow(AToZ, 10_000, 400)
		r.poll(pollGap)
	}
	r.flow(AToZ, 10_000, 400)
	if l := r.poll(pollGap).Directions[AToZ].Loss; l.Low < 0.035 || l.High > 0.045 {
		t.Errorf("%+v, want 4 %%", l)
	}
}
