package linkmodel

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// polled shows a noise polls of a flow, each wrong by what delta returns, in seconds, and returns
// the sigma learned.
func polled(n *deltaNoise, polls int, floor, loss float64, rate, delta func(i int) float64) float64 {
	var three [3]lossSample
	sent := 0.0
	for i := range polls {
		sent += rate(i) * 10
		three[0], three[1] = three[1], three[2]
		three[2] = lossSample{sentAt: time.Duration(i) * 10 * time.Second, sent: -sent, lost: -(loss*sent + rate(i)*delta(i))}
		if i >= 2 {
			n.learn(&three[0], &three[1], &three[2], floor)
		}
	}
	return math.Sqrt(float64(n.variance))
}

// The noise comes out in seconds, at any rate, whatever is lost.
func TestNoiseIsLearned(t *testing.T) {
	for _, sigma := range []float64{0.02, 0.3, 5} {
		for _, rate := range []float64{50, 1e6} {
			for _, loss := range []float64{0, 0.3} {
				rng := rand.New(rand.NewPCG(1, 2))
				var n deltaNoise
				got := polled(&n, 2000, 1e-6, loss, func(int) float64 { return rate * (0.8 + 0.4*rng.Float64()) },
					func(int) float64 { return sigma * rng.NormFloat64() })
				if got < sigma*0.85 || got > sigma*1.15 {
					t.Errorf("%v packets/s, %v lost: learned %v s, want %v s", rate, loss, got, sigma)
				}
			}
		}
	}
}

// An onset of loss is no noise, and neither is traffic too thin or too uneven to tell any.
func TestNoiseIsNotLearnedOfOthers(t *testing.T) {
	quiet := func(rng *rand.Rand) func(int) float64 { return func(int) float64 { return 0.01 * rng.NormFloat64() } }
	for name, f := range map[string]func(n *deltaNoise, rng *rand.Rand) float64{
		"one outlier": func(n *deltaNoise, rng *rand.Rand) float64 {
			polled(n, 600, 1e-6, 0, func(int) float64 { return 1000 }, quiet(rng))
			return polled(n, 3, 1e-6, 0, func(int) float64 { return 1000 }, func(int) float64 { return 5 * rng.NormFloat64() })
		},
		"thin": func(n *deltaNoise, rng *rand.Rand) float64 {
			polled(n, 600, 1e-6, 0, func(int) float64 { return 1000 }, quiet(rng))
			return polled(n, 600, 1e-6, 0, func(int) float64 { return 1 }, func(int) float64 { return 3 * rng.NormFloat64() })
		},
		"uneven": func(n *deltaNoise, rng *rand.Rand) float64 {
			polled(n, 600, 1e-6, 0, func(int) float64 { return 1000 }, quiet(rng))
			return polled(n, 600, 1e-6, 0, func(i int) float64 { return 1000 + 9000*float64(i%2) }, func(int) float64 { return 3 * rng.NormFloat64() })
		},
	} {
		var n deltaNoise
		if got := f(&n, rand.New(rand.NewPCG(3, 4))); got < 0.008 || got > 0.013 {
			t.Errorf("%s: learned %v s, want 0.01 s", name, got)
		}
	}
}

// Agents in step with the poller show no noise; what their caches may do is assumed.
func TestNoiseHasAFloor(t *testing.T) {
	var n deltaNoise
	ages := [2]time.Duration{3 * time.Second, 4 * time.Second}
	polled(&n, 600, noiseFloor(ages, 0), 0, func(int) float64 { return 1000 }, func(int) float64 { return 0 })
	if got, want := float64(n.variance), 25./12; math.Abs(got-want) > 0.001 {
		t.Errorf("variance %v, want %v", got, want)
	}
	if got := n.model(cacheAges{sender: 3 * time.Second, receiver: 4 * time.Second}); got.mean != 0.5 || math.Abs(got.perPrior-12./25) > 0.001 {
		t.Errorf("model %+v, want a mean of half a second", got)
	}
	if got := noiseFloor([2]time.Duration{}, 3*time.Second); got < 3 || got > 3.001 {
		t.Errorf("instant unsure by 3 s: variance %v, want 3", got)
	}
}
