package linkmodel

import (
	"math"
	"time"
)

// A window is most of what the program keeps of a link, so one series of blocks serves both
// directions and holds counts and times in 48 bits: they are only ever subtracted, and no difference
// in a window comes near 2^47.

// lossBlock is the first pair of a block, in 40 bytes. The arrays are by Direction.
type lossBlock struct {
	sent, lost [2]uint48 // of the first pair; lost is sent less received
	at         uint48    // when end a was read for it
	unsure     float16   // how unsure its instants are, in seconds
	peak       [2]float16
	skew       int32 // how much later end z was read, in microseconds
}

// blockMean is what the mean of a block's pairs is above the first one, by Direction.
type blockMean struct{ sent, lost [2]float32 }

// pack makes a block of one pair.
func (p *lossPair) pack() lossBlock {
	const most = math.MaxInt32
	b := lossBlock{
		at:     low48(uint64(p.at)), //nolint:gosec // modulo 2^48 is the point
		unsure: newFloat16(p.unsure.Seconds()),
		skew:   int32(min(max(p.skew.Microseconds(), -most), most)), //nolint:gosec // it is bounded
	}
	for _, d := range Directions {
		b.sent[d], b.lost[d] = low48(p.sent[d]), low48(p.sent[d]-p.received[d])
		b.peak[d] = newFloat16(p.peak[d])
	}
	return b
}

// absorb adds the block of the same size that follows, and returns the mean of both by those of each.
func (b *lossBlock) absorb(next *lossBlock, own, its blockMean) (m blockMean) {
	for _, d := range Directions {
		sent := b.sent[d].since(next.sent[d].value())
		lost := b.lost[d].since(next.lost[d].value())
		m.sent[d] = (own.sent[d] + float32(sent) + its.sent[d]) / 2
		m.lost[d] = (own.lost[d] + float32(lost) + its.lost[d]) / 2
		b.peak[d] = max(b.peak[d], next.peak[d])
	}
	return m
}

func (b *lossBlock) skewed() time.Duration { return time.Duration(b.skew) * time.Microsecond }

// lag is how much later the receiver of d was read than its sender, in seconds.
func (b *lossBlock) lag(d Direction) float64 {
	if d == AToZ {
		return float64(b.skew) / 1e6
	}
	return -float64(b.skew) / 1e6
}

// uint48 is a number modulo 2^48.
type uint48 [3]uint16

func low48(v uint64) uint48 { return uint48{uint16(v), uint16(v >> 16), uint16(v >> 32)} } //nolint:gosec // the point

func (u uint48) value() uint64 { return uint64(u[0]) | uint64(u[1])<<16 | uint64(u[2])<<32 }

// before returns the number that is next below v and equals u modulo 2^48.
func (u uint48) before(v uint64) uint64 { return v - (v-u.value())&(1<<48-1) }

// since returns v less u, between -2^47 and 2^47.
func (u uint48) since(v uint64) float64 { return float64(int64((v-u.value())<<16) >> 16) } //nolint:gosec // sign and all

// float16 is the upper half of a float32 that is not negative, rounded up so that a bar stays a
// bound: at most 0.8 % too much. It orders as its number does.
type float16 uint16

func newFloat16(v float64) float16 {
	bits := math.Float32bits(float32(v))
	if float64(math.Float32frombits(bits)) < v {
		bits++
	}
	return float16((bits + 1<<16 - 1) >> 16) //nolint:gosec // the upper half of 32 bits
}

func (f float16) float() float64 { return float64(math.Float32frombits(uint32(f) << 16)) }

func (f float16) duration() time.Duration { return time.Duration(f.float() * 1e9) }
