package linkmodel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// An exact line comes back exactly: its slope, the mean of delta at any rate, and what a frame a
// second makes of it.
func TestLineIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slope := rapid.Float64Range(0, 1).Draw(t, "slope")
		age := rapid.Float64Range(-15, 15).Draw(t, "age")
		frames := rapid.Float64Range(0, 12).Draw(t, "frames")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var plain, control fitSums
		sent := 0.0
		for i := range rapid.IntRange(minFitted, 384).Draw(t, "polls") {
			rate := 500 + 1000*rng.Float64()
			sent += 10 * rate
			p := point{x: sent, r: rate, t: float64(i) * 10}
			p.d = slope*p.x + age*p.r
			plain.add(1, &p)
			p.d += frames * p.t
			control.add(1, &p)
		}
		n := noiseModel{variance: 1e-6, perPrior: 1e-6} // nothing known of the age
		f, ok := plain.line(&n, sent, 1000)
		if !ok || math.Abs(f.slope-slope) > 1e-6 || math.Abs(f.age-age) > 1e-3 {
			t.Fatalf("fitted %+v, want a slope of %v and an age of %v", f, slope, age)
		}
		g, ok := control.line(&n, sent, 1000)
		if !ok || math.Abs(g.slope-f.slope-frames*g.perFrame) > 1e-6 {
			t.Fatalf("with %v frames/s the slope is %v, without %v: %v of a frame does not tell", frames, g.slope, f.slope, g.perFrame)
		}
	})
}

// The standard error is that of the slope: over many windows of noise the two agree.
func TestStandardErrorIsTrue(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, polls := range []int{8, 12, 48, 384} {
		const sigma, rate, windows = 1.2, 1000, 2000
		square, told := 0.0, 0.0
		for range windows {
			var s fitSums
			for i := range polls {
				p := point{x: float64(i) * 10 * rate, r: rate, d: rate * sigma * math.Sqrt(12) * (rng.Float64() - 0.5)}
				s.add(1, &p)
			}
			f, _ := s.line(&noiseModel{variance: sigma * sigma, perPrior: 1}, float64(polls-1)*10*rate, rate)
			square += f.slope * f.slope / windows
			told += f.se * f.se / windows
		}
		if ratio := math.Sqrt(told / square); ratio < 0.95 || ratio > 1.35 {
			t.Errorf("%d polls: standard error is %v of the true one", polls, ratio)
		}
	}
}

// Nothing sent tells no slope.
func TestNoPacketsNoLine(t *testing.T) {
	var s fitSums
	for i := range 20 {
		s.add(1, &point{d: float64(i), t: float64(i)})
	}
	if f, ok := s.line(&noiseModel{variance: 1, perPrior: 1}, 0, 0); ok {
		t.Fatalf("fitted %+v through no packets", f)
	}
}
