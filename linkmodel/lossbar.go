package linkmodel

import (
	"math"
	"time"
)

// Chance is joined to what may be wrong with the counts by Wilson's interval, so that no packet lost
// of 500 does not read as no loss at all: of k lost in n the ratio lies, at z standard errors, in
//
//	(k + z^2/2 +- z sqrt(k (n-k)/n + z^2/4)) / (n + z^2)

// lossBar is a ratio of lost packets, what it may be wrong by, and the window it is of.
type lossBar struct {
	ratio, half float64
	window      time.Duration
	sent        float64 // packets
	from        int     // the block with which the window starts
}

// inside reports whether a bar says the same as another, more exactly.
func (b *lossBar) inside(wide *lossBar) bool {
	return b.half < wide.half && max(b.ratio-b.half, 0) >= max(wide.ratio-wide.half, 0) && b.ratio+b.half <= wide.ratio+wide.half
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
