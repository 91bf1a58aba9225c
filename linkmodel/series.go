package linkmodel

import (
	"math"
	"time"
)

// seriesSamples is how many instants a series keeps: one more than the steps compared.
const seriesSamples = 31

// series is what one end counted at instants that are the same for all series of one step, so that
// ends polled at different instants can be compared. Between two readings the counts are taken to
// grow evenly.
type series struct {
	last    time.Duration // of the latest reading that counted; 0 before the first
	counted flow
	// counts holds the counts at the instants from first to next-1, by index modulo its length.
	counts      [seriesSamples]flow
	first, next int64
}

// flow is the packets one end received and sent.
type flow struct{ in, out float64 }

// add takes one cycle of the end in.
func (s *series) add(step time.Duration, ev *EndView) {
	iv := &ev.Interval
	switch {
	case !ev.Answered || iv.Reason == ReasonStale:
		return
	case s.last == 0 || !iv.Valid() || !iv.HasInPackets || !iv.HasOutPackets:
		*s = series{last: ev.Last.Mono, first: int64(ev.Last.Mono/step) + 1}
		s.next = s.first
		return
	}
	now := ev.Last.Mono
	before := s.counted
	s.counted.in += float64(iv.InPackets)
	s.counted.out += float64(iv.OutPackets)
	for ; time.Duration(s.next)*step <= now; s.next++ {
		share := float64(time.Duration(s.next)*step-s.last) / float64(now-s.last)
		s.counts[s.next%seriesSamples] = flow{
			in:  before.in + share*(s.counted.in-before.in),
			out: before.out + share*(s.counted.out-before.out),
		}
	}
	s.first = max(s.first, s.next-seriesSamples)
	s.last = now
}

const (
	// leastSteps is how many steps two series must have in common to be compared.
	leastSteps = 20
	// sameMean is how far apart the means of one flow may be at two places, as a share.
	sameMean = 0.05
)

// likeness is the correlation of what x sent with what y received, -1..1; 0 where they have too
// little in common, vary too little, or are not the same amount.
func likeness(x, y *series, step time.Duration) float64 {
	first, next := max(x.first, y.first), min(x.next, y.next)
	n := float64(next - first - 1)
	if n < leastSteps {
		return 0
	}
	var sumX, sumY, sumXX, sumYY, sumXY float64
	for i := first + 1; i < next; i++ {
		a := x.counts[i%seriesSamples].out - x.counts[(i-1)%seriesSamples].out
		b := y.counts[i%seriesSamples].in - y.counts[(i-1)%seriesSamples].in
		sumX, sumY = sumX+a, sumY+b
		sumXX, sumYY, sumXY = sumXX+a*a, sumYY+b*b, sumXY+a*b
	}
	meanX, meanY := sumX/n, sumY/n
	varX, varY := sumXX/n-meanX*meanX, sumYY/n-meanY*meanY
	least := min(meanX, meanY)
	switch {
	case least < leastRate*step.Seconds(), math.Abs(meanX-meanY) > sameMean*max(meanX, meanY):
		return 0
	case min(varX, varY) < leastVariation*leastVariation*least*least:
		return 0
	}
	return (sumXY/n - meanX*meanY) / math.Sqrt(varX*varY)
}
