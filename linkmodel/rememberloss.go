package linkmodel

import (
	"math"
	"time"
)

// What the tracker keeps of the counts of both ends, field by field. A block and its mean are kept as
// they lie in memory: their numbers use all of their bits. A block of one poll is written with a mean as
// well, of which all is 0.

// mostLost bounds differences of counts over a whole window.
const mostLost = maxIncrement * (rawSamples + perSize*(1<<blockSizes))

func (w *lossWindow) code(c *codec) {
	n := len(w.blocks)
	c.count(&n, maxBlocks)
	if c.reading && n > 0 {
		w.blocks = make([]lossBlock, n, min(max(n, fewBlocks), maxBlocks))
	}
	var means [maxBlocks]blockMean
	for i := range w.blocks {
		means[i] = w.mean(i)
		w.blocks[i].code(c, &means[i])
	}
	w.newest.code(c)
	for d := range w.from {
		unsigned(c, &w.epochs[d])
		unsigned(c, &w.from[d])
		c.float(&w.peak[d], 0)
		w.noise[d].code(c)
		w.control[d].code(c)
	}
	for i := range w.sizes {
		unsigned(c, &w.sizes[i])
	}
	c.offset(&w.skew)
	c.duration(&w.unsure, longestDoubt)
	unsigned(c, &w.late)
	optional(c, &w.faults, func(f *faultCounts) { f.code(c, n) })
	if c.reading && !c.bad {
		w.rebase(c.shift)
		c.want(w.inOrder())
	}
	if c.reading && !c.bad {
		if n -= int(w.sizes[0]); n > 0 {
			w.means = append(make([]blockMean, 0, min(max(n, fewBlocks), maxMeans)), means[:n]...)
		}
	}
}

// rebase moves the blocks to another clock; the newest pair was moved already.
func (w *lossWindow) rebase(shift time.Duration) {
	for i := range w.blocks {
		at := &w.blocks[i].at
		*at = low48(at.value() + uint64(shift)) //nolint:gosec // modulo 2^48 is the point
	}
}

// inOrder reports whether the blocks are what push makes of pairs: one after the other, with counts
// that never fall, and as many of each size as there is room for.
func (w *lossWindow) inOrder() bool {
	blocks := 0
	for size, n := range w.sizes {
		if size == 0 && n > rawSamples || size > 0 && n > perSize {
			return false
		}
		blocks += int(n)
	}
	if blocks != len(w.blocks) || int(w.from[AToZ]) > blocks || int(w.from[ZToA]) > blocks {
		return false
	}
	for i := range w.blocks {
		if !w.follows(i) {
			return false
		}
	}
	return w.skew.Abs() <= longestDoubt && w.newest.skew.Abs() <= longestDoubt
}

// follows reports whether block i may come after the one before, and before the newest pair.
func (w *lossWindow) follows(i int) bool {
	if at := w.at(i); w.newest.at-at > maxLossWindow || i > 0 && at <= w.at(i-1) {
		return false
	}
	for _, d := range Directions {
		b := &w.blocks[i]
		if b.peak[d] >= infinite16 || b.unsure >= infinite16 {
			return false
		}
		sent, lost := w.sent(i, d), w.lost(i, d)
		if sent < 0 || sent > mostLost || math.Abs(lost) > mostLost || i > 0 && sent > w.sent(i-1, d) {
			return false
		}
	}
	return true
}

func (b *lossBlock) code(c *codec, mean *blockMean) {
	for d := range b.sent {
		b.sent[d].code(c)
		b.lost[d].code(c)
		b.peak[d].code(c)
		c.float32(&mean.sent[d], 0)
		c.float32(&mean.lost[d], -math.MaxFloat32)
		c.want(mean.sent[d] <= mostLost && math.Abs(float64(mean.lost[d])) <= mostLost)
	}
	b.at.code(c)
	b.unsure.code(c)
	if n := c.signed(int64(b.skew)); c.reading {
		b.skew = int32(n) //nolint:gosec // what does not fit was not written
	}
}

func (u *uint48) code(c *codec) {
	if !c.reading {
		for _, part := range u {
			c.buf = append(c.buf, byte(part), byte(part>>8))
		}
		return
	}
	*u = low48(c.fixed(6))
}

// infinite16 is the first float16 that is no number, and after it are those below 0.
const infinite16 float16 = 0x7f80

func (f *float16) code(c *codec) {
	if !c.reading {
		c.buf = append(c.buf, byte(*f), byte(*f>>8))
		return
	}
	*f = float16(c.fixed(2)) //nolint:gosec // 2 bytes
}

func (p *lossPair) code(c *codec) {
	c.instant(&p.at)
	c.offset(&p.skew)
	c.duration(&p.unsure, 2*longestDoubt)
	for d := range p.sent {
		unsigned(c, &p.sent[d])
		unsigned(c, &p.received[d])
		c.float(&p.peak[d], 0)
	}
}

// code keeps the sums at the n blocks there are.
func (f *faultCounts) code(c *codec, n int) {
	sums := func(of *[2]faults) {
		for d := range of {
			for k := range of[d] {
				unsigned(c, &of[d][k])
			}
		}
	}
	sums(&f.now)
	for i := range n {
		sums(&f.at[i])
	}
}

// mostVariance in seconds squared bounds what is read of a noise: that of the oldest caches there are.
const mostVariance = 1e14

func (n *deltaNoise) code(c *codec) {
	c.float32(&n.variance, 0)
	unsigned(c, &n.polls)
	c.want(n.variance <= mostVariance && n.polls <= noisePolls-noiseStart)
}

func (t *controlTraffic) code(c *codec) {
	t.now.code(c)
	t.before.code(c)
	c.instant(&t.since)
}

func (l *controlLimits) code(c *codec) {
	c.flag(&l.known)
	for _, limit := range [...]*controlLimit{&l.best, &l.sure} {
		c.float32(&limit.b, -math.MaxFloat32)
		c.float32(&limit.se, 0)
	}
	c.float32(&l.least, -math.MaxFloat32)
	c.float32(&l.quietSlope, -math.MaxFloat32)
	c.float32(&l.quietRate, 0)
}
