package linkmodel

import "math"

// agreement tells whether what one end sends is what the other receives.
//
// Two ends of one link may lose packets between them, but the receiver never gets more than was
// sent, and when one rate rises the other does. Ends that were paired by mistake break the one or
// the other: the loss window says that more arrived than was sent, again and again, or the rates of
// the polls are uncorrelated although both vary. The moments fade over some 64 polls. Rates of
// cached counters vary by themselves, by c/(T sqrt 6) of the rate; only what varies by twice that
// counts as varying, and would then be correlated by 0.75 at least.
type agreement struct {
	polls, drift                   uint8
	apart                          bool
	meanS, meanR, varS, varR, both float32
}

const (
	// driftPolls is how many polls running must find more packets received than sent.
	driftPolls = 10
	// agreementPolls is how many polls the rates are compared before they may disagree.
	agreementPolls = 90
	agreementFade  = 64
	// leastVariation is the standard deviation, as a share of the rate, that is no noise.
	leastVariation = 0.1
	// uncorrelated is the correlation below which rates have nothing to do with each other, related
	// the one above which they do again.
	uncorrelated, related = 0.3, 0.5
	// mostSkew is the share of the time between polls by which the two samples may be apart.
	mostSkew = 4
	// leastRate in packets/s: below, single packets make the rate.
	leastRate = 5
)

func (a *agreement) observe(s *sides, dv *DirectionView) {
	out := &dv.Checks
	switch {
	case dv.Loss.Reason == ReasonInconsistent:
		a.drift = min(a.drift+1, driftPolls)
	case dv.Loss.Known:
		a.drift = 0
	}
	a.compare(s)
	out.Drift = a.drift >= driftPolls
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

// compare takes the rates of one poll in.
func (a *agreement) compare(s *sides) {
	sent, received := packetRate(&s.sender.Interval, PacketsOut), packetRate(&s.receiver.Interval, PacketsIn)
	if !sent.Known || !received.Known || s.slack() > s.interval/mostSkew {
		return // unknown, or of different times
	}
	a.polls = min(a.polls+1, agreementPolls)
	weight := float32(1) / min(float32(a.polls), agreementFade)
	dS, dR := float32(sent.Value)-a.meanS, float32(received.Value)-a.meanR
	a.meanS += weight * dS
	a.meanR += weight * dR
	keep := 1 - weight
	a.varS = keep * (a.varS + weight*dS*dS)
	a.varR = keep * (a.varR + weight*dR*dR)
	a.both = keep * (a.both + weight*dS*dR)
	a.judge(s)
}

func (a *agreement) judge(s *sides) {
	if a.polls < agreementPolls || !varies(a.meanS, a.varS, s.sending, s) || !varies(a.meanR, a.varR, s.receiving, s) {
		a.apart = false
		return
	}
	switch r := float64(a.both) / math.Sqrt(float64(a.varS)*float64(a.varR)); {
	case r < uncorrelated:
		a.apart = true
	case r > related:
		a.apart = false
	}
}

// varies reports whether a rate varies by more than its counter's cache explains.
func varies(mean, variance float32, t *endTracker, s *sides) bool {
	if mean < leastRate || s.interval <= 0 {
		return false
	}
	noise := t.maxAge().Seconds() / (s.interval.Seconds() * math.Sqrt(6))
	least := float64(mean) * max(leastVariation, 2*noise)
	return float64(variance) > least*least
}
