package linkmodel

import (
	"math"
	"time"
)

// Some frames are counted at one end only: LLDP, CDP, LACP, keepalives that one router sends and the
// other consumes before its counter, or counts on another interface. There are b of them a second,
// whatever the traffic, so that
//
//	D = p x + b t
//
// and a line over a window of rate r has the slope p + b/r. Loss never makes D smaller: from every
// window of ten minutes and more follows an upper limit of b, the rise of D and 5 standard errors per
// second, and the least of a day holds. Nothing known, b is taken for anything up to what the protocols send that run on most
// links. That widens a bar downwards only, by b/r.
//
// A lower limit of b takes a quiet time and a busy one: p is no more than the least slope of the day,
// and what a quiet window has on top of that, five times as much at least, is not loss. b is then
// subtracted. Nothing is said of a ratio while there are not 20 packets for every such frame.
//
// b below 0, frames that only the receiver counts, hides loss and makes none: it widens a bar
// upwards and explains that more packets were received than sent.

const (
	// usualControl is the highest b in frames/s taken for possible without evidence: LACP at its
	// fast rate, LLDP and CDP. No control traffic has more than mostControl.
	usualControl, mostControl = 1.2, 12
	// controlSigmas is the certainty of a limit of b.
	controlSigmas = 5
	// controlWindow is the least window that tells a limit of b.
	controlWindow = 10 * time.Minute
	// controlMemory is how long a limit holds, give or take a half.
	controlMemory = 12 * time.Hour
	// quietFactor is how much larger the slope of a quiet window must be than the least.
	quietFactor = 5
	// packetsPerFrame is how many packets make a ratio besides one frame of control traffic.
	packetsPerFrame = 20
)

// controlLimits is what the windows of half a day tell of b.
type controlLimits struct {
	known bool
	// high is what b cannot exceed in the window that tells it best, in frames/s, and se the standard
	// error of that.
	high, se float32
	// least is the least upper limit of the slope.
	least float32
	// quietSlope is the lower limit of the slope of the window that tells most of b, quietRate the
	// rate of that window in packets/s.
	quietSlope, quietRate float32
}

// limit is the upper limit of b.
func (k *controlLimits) limit() float64 { return max(float64(k.high), 0) + controlSigmas*float64(k.se) }

// controlTraffic learns b for one direction.
type controlTraffic struct {
	now, before controlLimits
	since       time.Duration
}

// observe takes in the line over a window that ends now, with the mean time of a packet in it.
func (c *controlTraffic) observe(f *fitted, packetTime float64, now time.Duration) {
	if f.perFrame < packetTime/2 {
		return // most packets came in a short time of it: the line tells little of the rest
	}
	if now-c.since > controlMemory {
		c.before, c.now, c.since = c.now, controlLimits{}, now
	}
	k := &c.now
	se := f.se / f.perFrame
	if high := f.slope / f.perFrame; !k.known || max(high, 0)+controlSigmas*se < k.limit() {
		k.high, k.se = float32(high), float32(se)
	}
	width := controlSigmas * f.se
	if least := f.slope + width; !k.known || least < float64(k.least) {
		k.least = float32(least)
	}
	if slope := f.slope - width; (slope-float64(k.least))/f.perFrame > float64((k.quietSlope-k.least)*k.quietRate) {
		k.quietSlope, k.quietRate = float32(slope), float32(1/f.perFrame)
	}
	k.known = true
}

// controlBound is what is known of b, in frames/s: it is between low and high, where high has the
// standard error se.
type controlBound struct{ low, high, se float64 }

// bound returns what is known of b.
func (c *controlTraffic) bound() controlBound {
	k := &c.now
	if !k.known || c.before.known && c.before.limit() < k.limit() {
		k = &c.before
	}
	b := controlBound{high: float64(k.high), se: float64(k.se)}
	if !k.known || k.limit() > mostControl || b.high < -mostControl {
		return controlBound{high: usualControl}
	}
	b.low = max(b.high-controlSigmas*b.se, 0)
	b.low = min(max(c.least(&c.now), c.least(&c.before)), b.low)
	if b.low <= 0 && k.limit() > usualControl {
		return controlBound{high: usualControl}
	}
	return b
}

// least is the least b that explains the quietest time of k.
func (c *controlTraffic) least(k *controlLimits) float64 {
	slope := math.Inf(1)
	for _, l := range [...]*controlLimits{&c.now, &c.before} {
		if l.known {
			slope = min(slope, max(float64(l.least), 0))
		}
	}
	if !k.known || float64(k.quietSlope) < quietFactor*slope {
		return 0
	}
	return (float64(k.quietSlope) - slope) * float64(k.quietRate)
}

// above is the upper limit of b where it makes loss.
func (b *controlBound) above() float64 { return max(b.high, 0) }

// unexplained is how many frames/s may be received that were not sent without the ends being at
// odds.
func (b *controlBound) unexplained() float64 { return usualControl + max(-b.high, 0) }

// idle reports that there is too little traffic besides b to tell a ratio.
func (b *controlBound) idle(sent float64, window time.Duration) bool {
	return sent < packetsPerFrame*b.low*window.Seconds()
}

// certain lowers a ratio that is certain but for half by what b may explain of it. perFrame is the
// ratio that one frame a second makes.
func (b *controlBound) certain(ratio, half, perFrame float64) float64 {
	return ratio - b.above()*perFrame - math.Hypot(half, barSigmas*b.se*perFrame)
}

// correct takes b out of a bar.
func (b *controlBound) correct(l *Loss, perFrame float64) {
	width := barSigmas * b.se
	l.Low = max(l.Low-(b.above()+width)*perFrame, 0)
	switch {
	case b.low > 0:
		l.Ratio = max(l.Ratio-(b.low+b.high)/2*perFrame, 0)
		l.High = max(l.High-b.low*perFrame, l.Ratio)
	case b.high+width < 0:
		l.High = min(l.High-(b.high-width)*perFrame, 1)
	}
	l.Low = min(l.Low, l.Ratio)
}
