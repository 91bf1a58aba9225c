package linkmodel

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// lossyWorld is a link that loses more or less from poll to poll, between two routers without caches
// that restart, are cleared and renumbered, wrap and do not always answer.
type lossyWorld struct {
	rig  *rig
	rng  *rand.Rand
	loss float64
	// sent and lost are those of a to z up to each instant that was polled.
	at         []time.Duration
	sent, lost []uint64
}

func newLossyWorld(t *testing.T, seed uint64, narrow bool) *lossyWorld {
	w := &lossyWorld{rng: rand.New(rand.NewPCG(seed, 11)), rig: newRig(t, live)}
	w.loss = []float64{0, 0, 0.001, 0.01, 0.2}[w.rng.IntN(5)]
	for e := range w.rig.ends {
		r := &w.rig.ends[e]
		r.HighSpeed = 1000
		if !narrow {
			continue
		}
		for _, way := range ways {
			r.Counters.Wide &^= way.octets.Mask() | way.packets
			r.Counters.Value[way.octets] = wordSize - 100_000_000
		}
		r.Counters.Value[OutUcastPkts], r.Counters.Value[InUcastPkts] = wordSize-5_000_000, wordSize-7_000_000
	}
	w.rig.late = [2]time.Duration{}
	w.step(pollGap)
	return w
}

// step passes traffic, has something happen now and then, and polls.
func (w *lossyWorld) step(d time.Duration) (l Loss, truth float64) {
	n := uint64(d.Seconds() * (500 + 5000*w.rng.Float64()))
	lost := min(uint64(float64(n)*w.loss*2*w.rng.Float64()+w.rng.Float64()*math.Ceil(w.loss)), n)
	w.rig.flow(AToZ, n, lost)
	w.rig.flow(ZToA, n/2, 0)
	w.happen()
	v := w.rig.poll(d)
	w.rig.silent = [2]bool{}
	w.record(n, lost)
	if l = v.Directions[AToZ].Loss; !l.Known {
		return l, 0
	}
	last := len(w.at) - 1
	for i := range w.at {
		if w.at[i] == w.at[last]-l.Window {
			return l, float64(w.lost[last]-w.lost[i]) / float64(w.sent[last]-w.sent[i])
		}
	}
	w.rig.t.Fatalf("a window of %v begins at no poll", l.Window)
	return l, 0
}

func (w *lossyWorld) record(n, lost uint64) {
	if last := len(w.at) - 1; last >= 0 {
		n, lost = n+w.sent[last], lost+w.lost[last]
	}
	w.at, w.sent, w.lost = append(w.at, w.rig.now), append(w.sent, n), append(w.lost, lost)
}

// happen upsets one end in every thirtieth poll.
func (w *lossyWorld) happen() {
	r := &w.rig.ends[w.rng.IntN(2)]
	switch w.rng.IntN(150) {
	case 0:
		r.UpTime, r.EngineTime = 0, 0
	case 1:
		r.Counters.Value = [NumCounters]uint64{}
	case 2:
		r.Counters.Value = [NumCounters]uint64{}
		r.Discontinuity++
	case 3:
		r.Index++
	case 4:
		r.HighSpeed = 3000 - r.HighSpeed
	case 5, 6, 7, 8:
		w.rig.silent[w.rng.IntN(2)] = true
	}
}

// Without loss none is ever told, and with it the true one lies in the bar, whatever happens to the
// counters of either end. In the other direction nothing is ever lost.
func TestNothingThatHappensToCountersIsLoss(t *testing.T) {
	const polls = 60
	known := 0
	for seed := range uint64(200) {
		w := newLossyWorld(t, seed, seed%3 == 0)
		every := []time.Duration{2 * time.Second, pollGap, 17 * time.Second}[w.rng.IntN(3)]
		for range polls {
			l, truth := w.step(every)
			back := &w.rig.tracker.View().Directions[ZToA].Loss
			if l.Reason == ReasonInconsistent || back.Reason == ReasonInconsistent || back.Low > 0 || back.Certain > 0 {
				t.Fatalf("seed %d, at %v: %+v, and back %+v", seed, w.rig.now, l, back)
			}
			if w.loss == 0 && (l.Low > 0 || l.Certain > 0) {
				t.Fatalf("seed %d, at %v: nothing is lost: %+v", seed, w.rig.now, l)
			}
			if !l.Known {
				continue
			}
			known++
			if truth < l.Low-1e-9 || truth > l.High+1e-9 {
				t.Errorf("seed %d, every %v, at %v: true loss %v, told %+v", seed, every, w.rig.now, truth, l)
			}
		}
	}
	if known < 200*polls/2 {
		t.Errorf("only %d of %d views tell a loss", known, 200*polls)
	}
}
