package linkmodel

import (
	"math"
	"time"
)

// agreement tells whether what one end sends is what the other receives.
//
// Two ends of one link may lose packets between them, but the receiver never gets more than was
// sent, and when one rate rises the other does. Ends that were paired by mistake break the one or
// the other: the loss window says that more arrived than was sent, again and again, or the steps of
// the rates from poll to poll are uncorrelated although both vary. It is steps, as a share of the
// rates they lie between: loss that begins or ends makes one of them only, but shifts all rates
// after it. The moments fade over some 64 polls. Rates of cached counters step by themselves, by
// c/(T sqrt 8) of twice the rate; only what steps by twice that counts as varying, and would then be
// correlated by 0.75 at least.
type agreement struct {
	drift uint16 // polls running with more received than sent, up to driftLimit
	polls uint8
	apart bool
	// lastS and lastR are the latest rates, meanS and meanR their means, in packets/s.
	lastS, lastR, meanS, meanR float32
	// stepsS and stepsR are the mean squares of the steps, stepsBoth is the mean product.
	stepsS, stepsR, stepsBoth float32
}

const (
	// driftPolls and driftTime are for how many polls running, and for how long, more packets must be
	// received than sent. Frames that only the receiver counts look the same until it is learned how
	// many they are, which takes controlWindow.
	driftPolls = 10
	driftTime  = 3 * controlWindow / 2
	// agreementPolls is how many polls the rates are compared before they may disagree.
	agreementPolls = 90
	agreementFade  = 64
	// leastVariation is the standard deviation, as a share of the rate, that is no noise; steps as
	// a share of twice the rate have it divided by sqrt 2.
	leastVariation = 0.1
	// uncorrelated is the correlation below which rates have nothing to do with each other, related
	// the one above which they do again.
	uncorrelated, related = 0.3, 0.5
	// mostApart is the share of the time between polls by which the counts of the two ends, and the
	// times that the two rates cover, may be apart: 1/4. Rates that are x apart of that time have
	// steps correlated by 1 - 3x/2.
	mostApart = 4
	// leastRate in packets/s: below, single packets make the rate.
	leastRate = 5
)

func (a *agreement) observe(s *sides, dv *DirectionView) {
	out := &dv.Checks
	switch {
	case dv.Loss.Reason == ReasonInconsistent:
		a.drift = min(a.drift+1, driftLimit(s.interval))
	case dv.Loss.Known:
		a.drift = 0
	}
	if out.Dead == VerdictYes || s.sender.Frozen == VerdictYes || s.receiver.Frozen == VerdictYes {
		*a = agreement{drift: a.drift} // a rate of 0 that is explained
	} else {
		a.compare(s)
	}
	out.Drift = a.drift >= driftLimit(s.interval)
	switch {
	case out.Drift || a.apart:
		out.NotMatching = VerdictYes
	case a.drift > 0 || !dv.Loss.Known && a.polls < agreementPolls:
		out.NotMatching = VerdictOpen
	default:
		out.NotMatching = VerdictNo
	}
	if out.NotMatching == VerdictNo {
		out.Fit = nil
	}
}

// driftLimit is driftTime in polls.
func driftLimit(interval time.Duration) uint16 {
	return uint16(max(driftPolls, min(driftTime/max(interval, time.Second), math.MaxUint16))) //nolint:gosec // bounded
}

// compare takes the rates of one poll in.
func (a *agreement) compare(s *sides) {
	sent, received := packetRate(&s.sender.Interval, PacketsOut), packetRate(&s.receiver.Interval, PacketsIn)
	apart := max(
		max(s.sending.maxAge(), s.receiving.maxAge())+s.slack(),
		(s.sender.Interval.Elapsed - s.receiver.Interval.Elapsed).Abs(),
	)
	if !sent.Known || !received.Known || apart > s.interval/mostApart {
		return // unknown, or of different times
	}
	rateS, rateR := float32(sent.Value), float32(received.Value)
	stepS, stepR := relativeStep(a.lastS, rateS), relativeStep(a.lastR, rateR)
	a.lastS, a.lastR = rateS, rateR
	if a.polls == 0 {
		stepS, stepR = 0, 0
	}
	a.polls = min(a.polls+1, agreementPolls)
	weight := float32(1) / min(float32(a.polls), agreementFade)
	a.meanS += weight * (rateS - a.meanS)
	a.meanR += weight * (rateR - a.meanR)
	a.stepsS += weight * (stepS*stepS - a.stepsS)
	a.stepsR += weight * (stepR*stepR - a.stepsR)
	a.stepsBoth += weight * (stepS*stepR - a.stepsBoth)
	a.judge(s)
}

func (a *agreement) judge(s *sides) {
	if a.polls < agreementPolls || !varies(a.meanS, a.stepsS, s.sending, s) || !varies(a.meanR, a.stepsR, s.receiving, s) {
		a.apart = false
		return
	}
	switch r := float64(a.stepsBoth) / math.Sqrt(float64(a.stepsS)*float64(a.stepsR)); {
	case r < uncorrelated:
		a.apart = true
	case r > related:
		a.apart = false
	}
}

// relativeStep is the step between two rates as a share of both, -1..1; that between the few packets
// of an idle link is next to nothing.
func relativeStep(from, to float32) float32 { return (to - from) / (from + to + leastRate) }

// varies reports whether a rate steps by more than its counter's cache explains; steps is the mean
// square.
func varies(mean, steps float32, t *endTracker, s *sides) bool {
	if mean < leastRate || s.interval <= 0 {
		return false
	}
	least := max(leastVariation, t.maxAge().Seconds()/s.interval.Seconds()) / math.Sqrt2
	return float64(steps) > least*least
}
