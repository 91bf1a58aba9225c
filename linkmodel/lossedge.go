package linkmodel

import (
	"math"
	"time"
)

// Between the two edges of a window the errors of all polls in between cancel. With N packets sent
// and D the difference of the two counts,
//
//	|(D_n - D_0)/N - loss| <= (rate_n delta_n - rate_0 delta_0) / N
//	                       <= rate x (highest delta or 0 - lowest delta or 0 + u_0 + u_n) / N
//
// where delta lies between -c_A - s and c_B - s: rate x (c_A + c_B + ...) as long as neither end is
// asked later than the other's counters are old, and the whole skew otherwise, because the two rates
// need not be the same. It is a bound as long as "rate" is the highest packet rate near the edges.
//
// That rate is not known inside an interval. For a bar it is taken as half as much again as the
// highest rate of any interval in the window, and of those before it from which the counts at its
// start may come. Traffic comes in shorter bursts, so an alarm takes ten times that, and six standard
// errors of the two polls; and proof takes what the line carries.

const (
	// burstiness is how much the rate at an edge may exceed that of a whole interval.
	burstiness = 1.5
	// edgeBursts is the same where two edges alone must be certain: traffic comes in bursts far shorter
	// than an interval.
	edgeBursts = 10
	// edgePackets may be on the wire, or counted apart, at the edges of a window.
	edgePackets = 2
)

// cacheAges are the greatest ages of the counters of a direction's ends.
type cacheAges struct{ sender, receiver time.Duration }

func (a cacheAges) sum() time.Duration { return a.sender + a.receiver }

// edgeDoubt is how many packets of those sent between two samples may be counted at one end only,
// at a rate in packets/s.
func edgeDoubt(first, last *lossSample, rate float64, ages cacheAges) float64 {
	least, most := min(first.lag, last.lag), max(first.lag, last.lag)
	// delta lies between lowest and highest, the doubt of both instants apart.
	lowest, highest := -seconds(ages.sender)-most, seconds(ages.receiver)-least
	span := max(highest, 0) - min(lowest, 0) + seconds(first.unsure+last.unsure)
	return rate*span + edgePackets
}

// edges offers the bar of the two edges of the window that starts with block i.
func (s *survey) edges(i, polls int, first *lossSample) {
	short := polls < minFitted
	if !short && s.picked || first.sent < 1 || first.sentAt-s.start < s.ages.sum() {
		return // or nobody saw how fast the packets came that its counts may still lack
	}
	bar := lossBar{
		ratio: first.lost / first.sent, half: s.doubt(first, s.peak) / first.sent,
		window: s.last.sentAt - first.sentAt, sent: first.sent, from: i,
	}
	if !short && s.best.sent > 0 && bar.ratio >= -bar.half && bar.half >= s.best.half && !bar.narrow() {
		return // whatever the rate was before the first
	}
	peak := max(s.peak, s.w.peakBefore(i, s.d, s.ages.sum()))
	doubt := s.doubt(first, peak)
	sure := max(edgeDoubt(first, &s.last, edgeBursts*peak, s.ages), certainSigmas*math.Sqrt(2*s.noise.variance)*peak)
	if short {
		perFrame := seconds(bar.window) / first.sent
		s.certain = max(s.certain, s.control.certain(bar.ratio, max(sure, minLost)/first.sent, perFrame))
	}
	switch bar.half = doubt / first.sent; {
	case s.picked || first.sent < minLossPackets:
	case -first.lost > sure+s.control.unexplained()*seconds(bar.window):
		s.impossible, s.picked = true, true
	case first.lost >= -doubt:
		s.offer(&bar)
	}
}

// doubt is how many packets may be counted at one end only at the edges of a window with a peak.
func (s *survey) doubt(first *lossSample, peak float64) float64 {
	return edgeDoubt(first, &s.last, burstiness*peak, s.ages)
}

// hard reports that nothing the line can carry explains what is missing since block i.
func (s *survey) hard(i int) bool {
	if s.lineRate == 0 {
		return false
	}
	first := s.w.sample(i, s.d)
	frames := (s.control.above() + s.control.width) * (s.last.sentAt - first.sentAt).Seconds()
	return first.lost > edgeDoubt(&first, &s.last, s.lineRate, s.ages)+frames
}

// peakBefore is the highest rate in the time before block i from which its counts may come.
func (w *lossWindow) peakBefore(i int, d Direction, age time.Duration) (peak float64) {
	at := w.sentAt(i, d)
	for j := i; j >= int(w.from[d]) && at-w.sentAt(j, d) <= age; j-- {
		peak = max(peak, w.blocks[j].peak[d].float())
	}
	return peak
}
