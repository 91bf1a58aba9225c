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
// and a line over a window in which a packet takes the time tau has the slope p + b tau. (tau is the
// slope of t over x by the same fit, 1/r at a constant rate.) Loss never makes D smaller: from every
// window of ten minutes and more follows an upper limit of b, slope/tau and some standard errors, and
// the least of a day holds. Nothing known, b is taken for anything up to what the protocols send that
// run on most links. That widens a bar downwards only, by b tau.
//
// Of the many windows of a day some show less than there is by chance. While nothing suggests control
// traffic, the limit is three standard errors above what a window shows, and is joined to the error of
// a line like any other. Where the slope grows as the traffic falls, or the best window shows a rise
// of D beyond doubt, it is five, and added: there it decides between loss and none.
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
	// controlSigmas is the certainty of a limit of b. That of a bar is enough while nothing suggests
	// any, in a window that shows less than someSigmas of it. Where even the best window shows
	// clearSigmas there is some, or loss.
	controlSigmas, someSigmas, clearSigmas = 5, 2, 8
	// controlWindow is the least window that tells a limit of b.
	controlWindow = 10 * time.Minute
	// controlMemory is how long a limit holds, give or take a half.
	controlMemory = 12 * time.Hour
	// quietFactor is how much larger the slope of a quiet window must be than the least to prove
	// control traffic, suspectFactor to make it likely.
	quietFactor, suspectFactor = 5, 2
	// packetsPerFrame is how many packets make a ratio besides one frame of control traffic.
	packetsPerFrame = 20
)

// controlLimit is what b cannot exceed by one window, in frames/s, and its standard error.
type controlLimit struct{ b, se float32 }

// width is the doubt of the limit while nothing suggests control traffic.
func (l controlLimit) width() float64 {
	if l.b < someSigmas*l.se {
		return barSigmas * float64(l.se)
	}
	return l.sureWidth()
}

func (l controlLimit) sureWidth() float64 { return controlSigmas * float64(l.se) }

func (l controlLimit) most() float64 { return max(float64(l.b), 0) + l.width() }

func (l controlLimit) surelyMost() float64 { return max(float64(l.b), 0) + l.sureWidth() }

// controlLimits is what the windows of half a day tell of b.
type controlLimits struct {
	known bool
	// best and sure are the lowest limits, by most and by surelyMost.
	best, sure controlLimit
	// least is the least upper limit of the slope.
	least float32
	// quietSlope is the lower limit of the slope of the window that tells most of b, quietRate the
	// rate of that window in packets/s.
	quietSlope, quietRate float32
}

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
	k, l := &c.now, controlLimit{float32(f.slope / f.perFrame), float32(f.se / f.perFrame)}
	width := controlSigmas * f.se
	low, high := float32(f.slope-width), float32(f.slope+width)
	if !k.known {
		*k = controlLimits{known: true, best: l, sure: l, least: high}
	}
	if l.most() < k.best.most() {
		k.best = l
	}
	if l.surelyMost() < k.sure.surelyMost() {
		k.sure = l
	}
	k.least = min(k.least, high)
	if rate := float32(1 / f.perFrame); (low-k.least)*rate > (k.quietSlope-k.least)*k.quietRate {
		k.quietSlope, k.quietRate = low, rate
	}
}

// controlBound is what is known of b, in frames/s: it is between low and high, give or take width.
type controlBound struct {
	low, high, width float64
	// suspect tells that there seems to be some.
	suspect bool
}

// bound returns what is known of b.
func (c *controlTraffic) bound() controlBound {
	if !c.now.known {
		return controlBound{high: usualControl, suspect: true}
	}
	best, sure := c.now.best, c.now.sure
	if k := &c.before; k.known && k.best.most() < best.most() {
		best = k.best
	}
	if k := &c.before; k.known && k.sure.surelyMost() < sure.surelyMost() {
		sure = k.sure
	}
	b := controlBound{high: float64(best.b), width: best.width()}
	b.suspect = c.least(suspectFactor) > 0 || sure.b > clearSigmas*sure.se
	if b.suspect {
		b.high, b.width = float64(sure.b), sure.sureWidth()
	}
	b.low = min(c.least(quietFactor), max(float64(sure.b)-sure.sureWidth(), 0))
	switch most := max(b.high, 0) + b.width; {
	case most > mostControl, b.high < -mostControl, b.low <= 0 && most > usualControl:
		return controlBound{high: usualControl, suspect: true}
	}
	return b
}

// most is how many frames a second may be counted by the sender alone.
func (c *controlTraffic) most() float64 {
	most := float64(mostControl)
	for _, k := range [...]*controlLimits{&c.now, &c.before} {
		if k.known {
			most = min(most, k.sure.surelyMost())
		}
	}
	return most
}

// least is the least b that explains why the slope of a quiet time is so many times the least.
func (c *controlTraffic) least(factor float32) (b float64) {
	slope := max(c.now.least, 0)
	if c.before.known {
		slope = min(slope, max(c.before.least, 0))
	}
	for _, k := range [...]*controlLimits{&c.now, &c.before} {
		if k.quietSlope >= factor*slope {
			b = max(b, float64((k.quietSlope-slope)*k.quietRate))
		}
	}
	return b
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
	ratio -= b.above() * perFrame
	if width := b.width * perFrame; b.suspect {
		half += width
	} else {
		half = math.Sqrt(half*half + width*width)
	}
	return ratio - half
}

// correct takes b out of a bar.
func (b *controlBound) correct(l *Loss, perFrame float64) {
	l.Low = max(l.Low-(b.above()+b.width)*perFrame, 0)
	switch {
	case b.low > 0:
		l.Ratio = max(l.Ratio-(b.low+b.high)/2*perFrame, 0)
		l.High = max(l.High-b.low*perFrame, l.Ratio)
	case b.high+b.width < 0:
		l.High = min(l.High-(b.high-b.width)*perFrame, 1)
	}
	l.Low = min(l.Low, l.Ratio)
}
