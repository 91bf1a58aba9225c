package linkmodel

import (
	"math"
	"time"
)

// Between the two edges of a window the errors of all polls in between cancel. With N packets sent
// and D the difference of the two counts,
//
//	|(D_n - D_0)/N - loss| <= rate x (c_A + c_B + u_0 + u_n + |s_n - s_0|) / N
//
// which is a bound as long as "rate" is the highest packet rate near the edges. That rate is not
// known inside an interval; it is taken as half as much again as the highest rate of any interval in
// the window, and of those before it from which the counts at its start may come.
//
// Chance is joined to it by Wilson's interval, so that no packet lost of 500 does not read as no loss
// at all: of k lost in n the ratio lies, at z standard errors, in
//
//	(k + z^2/2 +- z sqrt(k (n-k)/n + z^2/4)) / (n + z^2)

const (
	// burstiness is how much the rate at an edge may exceed that of a whole interval.
	burstiness = 1.5
	// edgeBursts is the same where two edges alone must be certain: traffic comes in bursts far shorter
	// than an interval.
	edgeBursts = 10
	// edgePackets may be on the wire, or counted apart, at the edges of a window.
	edgePackets = 2
)

// lossBar is a ratio of lost packets, what it may be wrong by, and the window it is of.
type lossBar struct {
	ratio, half float64
	window      time.Duration
	sent        float64 // packets
	from        int     // the block with which the window starts
}

// cacheAges are the greatest ages of the counters of a direction's ends.
type cacheAges struct{ sender, receiver time.Duration }

func (a cacheAges) sum() time.Duration { return a.sender + a.receiver }

// edgeDoubt is how many packets of those sent between two samples may be counted at one end only,
// at a rate in packets/s.
func edgeDoubt(first, last *lossSample, rate float64, ages cacheAges) float64 {
	least, most := min(first.lag, last.lag), max(first.lag, last.lag)
	// delta lies between lowest and highest, the doubt of both instants apart.
	lowest, highest := -ages.sender.Seconds()-most, ages.receiver.Seconds()-least
	span := max(highest, 0) - min(lowest, 0) + (first.unsure + last.unsure).Seconds()
	return rate*span + edgePackets
}

// narrow reports whether a bar needs no longer window.
func (b *lossBar) narrow() bool {
	ratio := max(b.ratio, 0)
	half := (min(ratio+b.half, 1) - max(ratio-b.half, 0)) / 2
	return half <= goodEnough || b.window >= longEnough && half <= relativeWidth*ratio
}

// fill publishes the bar.
func (b *lossBar) fill(out *Loss) {
	ratio := min(max(b.ratio, 0), 1)
	low, high := wilson(ratio*b.sent, b.sent)
	*out = Loss{
		Known: true, Window: b.window, Packets: uint64(b.sent), Ratio: ratio,
		Low:   max(min(b.ratio-b.half, low), 0),
		High:  min(max(b.ratio+b.half, high), 1),
		Floor: max(b.half, (high-low)/2),
	}
}

// wilson is the interval in which a ratio lies of which k of n were seen.
func wilson(k, n float64) (low, high float64) {
	const z2 = barSigmas * barSigmas
	middle, half := k+z2/2., barSigmas*math.Sqrt(k*(n-k)/n+z2/4.)
	return min(max((middle-half)/(n+z2), 0), k/n), min(max((middle+half)/(n+z2), k/n), 1)
}

// peakBefore is the highest rate in the time before block i from which its counts may come.
func (w *lossWindow) peakBefore(i int, d Direction, age time.Duration) (peak float64) {
	at := w.sentAt(i, d)
	for j := i; j >= int(w.from[d]) && at-w.sentAt(j, d) <= age; j-- {
		peak = max(peak, w.blocks[j].peak[d].float())
	}
	return peak
}
