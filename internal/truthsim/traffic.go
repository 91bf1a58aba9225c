package main

import (
	"math"
	"math/rand/v2"
)

// traffic is how many packets a sender sends.
type traffic struct {
	name string
	// mean is the mean rate in packets/s.
	mean float64
	// sigma is the standard deviation of the logarithm of the rate, whose time constant is
	// burstTime. 0 is a constant rate.
	sigma float64
	// swing is the amplitude of a slow sine of the rate, 0..1, period its length in seconds.
	swing, period float64
}

const hour = 3600.0 // seconds

var (
	steady = traffic{name: "steady", mean: 1000}
	bursty = traffic{name: "bursty", mean: 1000, sigma: 0.6, swing: 0.5, period: hour}
	// daily falls to a twentieth of its highest rate at night, so that what does not depend on the
	// rate shows.
	daily = traffic{name: "daily", mean: 500, sigma: 0.6, swing: 0.9, period: 24 * hour}
	quiet = traffic{name: "quiet", mean: 2, sigma: 0.6, swing: 0.5, period: hour}
)

const (
	// burstTime is the time constant of bursts, in seconds.
	burstTime = 5
	// step is the time for which a rate is constant, in seconds.
	step = 0.5
	// swingSteps is how many steps the slow swing stands still.
	swingSteps = 16
	// flowSteps is how many steps a flow remembers, a power of two: 4 minutes.
	flowSteps = 512
)

// flow is the packets of one direction: how many were sent until an instant, and how many of those
// were lost. It is computed step by step as time goes on; the last minutes can be asked for.
type flow struct {
	traffic
	rng   *rand.Rand
	phase float64 // of the swing
	// decay and kick are the factors of the autoregressive logarithm of the rate.
	decay, kick float64
	level, slow float64
	steps       int // how many steps are computed
	total       float64
	lost        uint64
	// ratio is the share of packets lost from onset on, next the packet that is lost next.
	ratio, onset, next float64
	sums               [flowSteps]sums
}

// sums is what a flow has done until the end of a step.
type sums struct{ sent, lost float64 }

func newFlow(t traffic, rng *rand.Rand) *flow {
	decay := math.Exp(-step / float64(burstTime))
	return &flow{
		traffic: t, rng: rng, phase: 2 * math.Pi * rng.Float64(),
		decay: decay, kick: t.sigma * math.Sqrt(1-decay*decay), level: t.sigma * rng.NormFloat64(),
		next: math.Inf(1), onset: math.Inf(1),
	}
}

// lose lets every packet be lost with probability ratio from the instant onset on, in seconds.
func (f *flow) lose(ratio, onset float64) { f.ratio, f.onset = ratio, onset }

// heal ends the loss with the latest step.
func (f *flow) heal() { f.onset = math.Inf(1) }

// advance computes the flow until t, in seconds.
func (f *flow) advance(t float64) {
	for float64(f.steps)*step <= t {
		f.total += f.rate() * step
		f.steps++
		f.strike()
		f.sums[f.steps%flowSteps] = sums{f.total, float64(f.lost)}
	}
}

// rate is the rate of the next step, in packets/s.
func (f *flow) rate() float64 {
	if f.steps%swingSteps == 0 {
		// A lognormal rate has its mean half a variance above its median.
		f.slow = f.mean * math.Exp(-f.sigma*f.sigma/2)
		if f.swing > 0 {
			f.slow *= 1 + f.swing*math.Sin(2*math.Pi*float64(f.steps)*step/f.period+f.phase)
		}
	}
	if f.sigma == 0 {
		return f.slow
	}
	f.level = f.decay*f.level + f.kick*f.rng.NormFloat64()
	return f.slow * math.Exp(f.level)
}

// strike loses packets of the latest step: the gaps between lost packets are geometric.
func (f *flow) strike() {
	if f.ratio == 0 || float64(f.steps-1)*step < f.onset {
		return
	}
	if math.IsInf(f.next, 1) {
		f.next = math.Floor(f.sums[(f.steps-1)%flowSteps].sent) + f.gap()
	}
	for f.next <= f.total {
		f.lost++
		f.next += f.gap()
	}
}

// gap is how many packets on from a lost one the next is lost.
func (f *flow) gap() float64 {
	return 1 + math.Floor(math.Log(1-f.rng.Float64())/math.Log1p(-f.ratio))
}

// at returns the sums until t, in seconds, which must be computed and remembered.
func (f *flow) at(t float64) sums {
	whole, part := math.Modf(t / step)
	before, after := &f.sums[int(whole)%flowSteps], &f.sums[(int(whole)+1)%flowSteps]
	return sums{
		sent: before.sent + part*(after.sent-before.sent),
		lost: before.lost + part*(after.lost-before.lost),
	}
}
