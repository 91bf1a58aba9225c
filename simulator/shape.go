package simulator

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// A load is a mean rate times a shape that swings around 1: a sum of waves, a daily one and a few
// short ones whose periods have no common multiple, so that graphs look alive. Waves are steps of
// integers with a mean of exactly 0, hence their integral has a closed form: counters at any
// instant cost the same, and are exact whether asked once or a million times.
const (
	waveSteps = 64
	// waveScale is the height of a wave, ampScale the amplitude that means 1.
	waveScale = 1 << 15
	ampScale  = 1 << 8
	// effortScale is the integral's unit: one microsecond at the mean rate.
	effortScale = 1 << 16
	numWaves    = 5
	// maxSwing keeps every rate above 0 when all waves are at their lowest.
	maxSwing = 0.9
)

// waveTable is one period of a sine, waveSum its running sum. The second half is the negative of
// the first, so the sum over a period is 0 in integers.
var waveTable, waveSum = func() (table, sum [waveSteps]int64) {
	for i := range waveSteps / 2 {
		v := int64(math.Round(waveScale * math.Sin(2*math.Pi*(float64(i)+0.5)/waveSteps)))
		table[i], table[i+waveSteps/2] = v, -v
	}
	for i := 1; i < waveSteps; i++ {
		sum[i] = sum[i-1] + table[i-1]
	}
	return table, sum
}()

// wave is a periodic swing; times are in microseconds.
type wave struct{ step, phase int64 }

// integral returns the integral of the wave from its phase to t, in waveScale microseconds.
func (w wave) integral(t int64) int64 {
	// A division costs more than all the rest, so there is one: a period is waveSteps steps.
	t += w.phase
	steps := t / w.step
	i := steps % waveSteps
	return waveSum[i]*w.step + waveTable[i]*(t-steps*w.step)
}

// shape is the waves of one direction of one link.
type shape [numWaves]wave

// Periods of the waves: the day, the quarter of an hour, and bursts.
var wavePeriods = [numWaves]time.Duration{
	24 * time.Hour, 17 * time.Minute, 97 * time.Second, 31 * time.Second, 11 * time.Second,
}

func newShape(r *rand.Rand) (s shape) {
	for i, period := range wavePeriods {
		p := period.Microseconds()
		if i > 0 {
			p += r.Int64N(p/4) - p/8
		}
		s[i].step = p / waveSteps
		s[i].phase = r.Int64N(s[i].step * waveSteps)
	}
	return s
}

// amplitudes is how much each wave swings, in 1/ampScale of the mean.
type amplitudes [numWaves]int64

// newAmplitudes shares daily and burst (each 0..1) among the waves and shrinks all so that the
// peak stays below limit, a multiple of the mean of at least 1.
func newAmplitudes(daily, burst, limit float64) (a amplitudes) {
	parts := [numWaves]float64{daily * 0.8, daily * 0.2, burst * 0.45, burst * 0.35, burst * 0.2}
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	factor := 1.0
	if room := max(min(maxSwing, limit-1), 0); sum > room {
		factor = room / sum
	}
	for i, p := range parts {
		a[i] = int64(p * factor * ampScale)
	}
	return a
}

// effort is the integral of the shape from 0 to t (microseconds), in 1/effortScale microseconds at
// the mean rate. It grows strictly with t. It serves 4 years.
func (s *shape) effort(t int64, a *amplitudes) uint64 {
	var swing int64
	for i := range s {
		if a[i] != 0 {
			swing += s[i].integral(t) * a[i]
		}
	}
	return uint64(t*effortScale + swing>>7) // waveScale * ampScale / effortScale is 2^7
}

// mulDiv returns a*b/c, rounded down, without overflow in between. The result must fit.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}
