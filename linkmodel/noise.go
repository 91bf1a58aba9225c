package linkmodel

import "time"

// A poll's D is wrong by the packets of a few seconds, more or less: delta, which is the age of one
// end's counters less that of the other's, and the time between the two samples. How many seconds
// is learned for each direction, so that an error bar is as wide as this link needs:
//
//	e_k = (D_k - D_k-1) - w (D_k-1 - D_k-2),  w = (x_k - x_k-1)/(x_k-1 - x_k-2)
//
// is free of any constant loss, whatever the rates. If the deltas are independent its variance is
// (1 + (1+w)^2 + w^2) (r sigma_delta)^2; the mean of e^2 by that factor, over about 500 polls, is
// sigma_delta^2. One value counts for at most 25 times the mean, so that an outage is no noise. In
// seconds, because D scales with traffic and agents do not.
//
// It is never taken for less than what the caches make it: agents in step with the poller show no
// noise at all until they slip by a whole period.

const (
	// noisePolls is over how many polls the mean goes.
	noisePolls = 500
	// noiseStart is how many polls the value assumed at the start is worth.
	noiseStart = 10
	// winsorSquares bounds one square, in units of the mean.
	winsorSquares = 25
	// unevenness is how much longer one of two intervals may be than the other.
	unevenness = 3
	// noisePackets is the least number of packets in either.
	noisePackets = 20
	// countNoise is the variance, in packets, of one count taken while packets pass.
	countNoise = 1
	// flight is the least noise: packets on the wire, and the time an agent takes to read two
	// counters, in seconds.
	flight = 0.002
)

// deltaNoise is the noise of one direction's polls.
type deltaNoise struct {
	variance float32 // seconds squared
	polls    uint16
}

// learn takes in the newest three pairs. floor is the least variance there can be.
func (n *deltaNoise) learn(a, b, c *lossSample, floor float64) {
	n.variance = max(n.variance, float32(floor))
	first, second := a.sent-b.sent, b.sent-c.sent
	t1, t2 := (b.sentAt - a.sentAt).Seconds(), (c.sentAt - b.sentAt).Seconds()
	if min(first, second) < noisePackets || unequal(first, second) || unequal(t1, t2) {
		return
	}
	w := second / first
	rate := (first + second) / (t1 + t2)
	e := (b.lost - c.lost) + (c.lag-b.lag)*rate - w*((a.lost-b.lost)+(b.lag-a.lag)*rate)
	square := e * e / ((1 + (1+w)*(1+w) + w*w) * rate * rate)
	n.polls = min(n.polls+1, noisePolls-noiseStart)
	n.variance += (float32(min(square, winsorSquares*float64(n.variance))) - n.variance) / float32(n.polls+noiseStart)
	n.variance = max(n.variance, float32(floor))
}

func unequal(a, b float64) bool { return a > unevenness*b || b > unevenness*a }

// noiseModel is what is assumed of the polls of a direction, in seconds and their squares: the variance
// of one delta and the mean of all. 1/perPrior is how far the mean may be from that.
type noiseModel struct{ variance, mean, perPrior float64 }

// noiseFloor is the variance that independent ages between 0 and those of the caches give, in
// seconds squared, with an instant that is unsure.
func noiseFloor(ages [2]time.Duration, unsure time.Duration) float64 {
	a, z, u := ages[EndA].Seconds(), ages[EndZ].Seconds(), unsure.Seconds()
	return (a*a+z*z)/12 + u*u/3 + flight*flight
}

func (n *deltaNoise) model(ages cacheAges) noiseModel {
	a, z := ages.sender.Seconds(), ages.receiver.Seconds()
	prior := (a*a+z*z)/12 + flight*flight
	return noiseModel{variance: max(float64(n.variance), prior), mean: (z - a) / 2, perPrior: 1 / prior}
}
