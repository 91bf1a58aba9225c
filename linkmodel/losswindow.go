package linkmodel

import (
	"math"
	"time"
)

// A window of a link is most of what the program keeps in memory, so one series of samples serves
// both directions, grows as it fills, and holds each number in 48 bits: counts and times are only
// ever subtracted, and no difference in a window comes near 2^48.

const (
	// lossSamples bounds the memory of a window; old samples thin out geometrically.
	lossSamples = 48
	// fewSamples is the room a window begins with.
	fewSamples = 4
	// maxIncrement is more packets than any interface counts between two samples: 64 of them, all
	// in one hour, would fill 48 bits.
	maxIncrement = 1 << 42
)

// lossWindow keeps the samples of one link since the last break of either end.
type lossWindow struct {
	samples []packedPair // oldest first
	newest  lossPair     // the latest one, in full
	epochs  [2]uint64
	// from is the first sample that counts for a direction.
	from [2]int
	// peak is the highest rate of a direction since its latest sample, of cycles that gave no pair
	// too.
	peak [2]float64
}

// lossPair is what both ends counted until one poll; the arrays are by Direction.
type lossPair struct {
	at             time.Duration // when end a was read
	skew           time.Duration // how much later end z was
	unsure         time.Duration // the uncertainty of both instants together
	sent, received [2]uint64
	// peak is the highest packet rate since the pair before, per second.
	peak [2]float64
}

// lossSample is one direction of a lossPair.
type lossSample struct {
	sentAt, skew, unsure time.Duration
	sent, received       uint64
	peak                 float64
}

// packedPair is a lossPair in 54 bytes.
type packedPair struct {
	at, skew, unsure uint48
	sent, received   [2]uint48
	peak             [2]peak48
}

// uint48 is a number modulo 2^48.
type uint48 [3]uint16

func low48(v uint64) uint48 { return uint48{uint16(v), uint16(v >> 16), uint16(v >> 32)} } //nolint:gosec // the point

func (u uint48) value() uint64 { return uint64(u[0]) | uint64(u[1])<<16 | uint64(u[2])<<32 }

// before returns the number that is next below v and equals u modulo 2^48.
func (u uint48) before(v uint64) uint64 { return v - (v-u.value())&(1<<48-1) }

// duration returns the time between -39 and 39 hours that equals u modulo 2^48 nanoseconds.
func (u uint48) duration() time.Duration { return time.Duration(u.value()<<16) >> 16 } //nolint:gosec // sign and all

// peak48 is a rate without the last 16 bits of its mantissa, rounded up so that a bar stays a bound.
type peak48 uint48

func newPeak48(v float64) peak48 { return peak48(low48((math.Float64bits(v) + 1<<16 - 1) >> 16)) }

func (p peak48) float() float64 { return math.Float64frombits(uint48(p).value() << 16) }

func (p *lossPair) pack() packedPair {
	//nolint:gosec // modulo 2^48 is the point
	packed := packedPair{at: low48(uint64(p.at)), skew: low48(uint64(p.skew)), unsure: low48(uint64(p.unsure))}
	for _, d := range Directions {
		packed.sent[d], packed.received[d] = low48(p.sent[d]), low48(p.received[d])
		packed.peak[d] = newPeak48(p.peak[d])
	}
	return packed
}

// at returns when end a was read for sample i.
func (w *lossWindow) at(i int) time.Duration {
	return time.Duration(w.samples[i].at.before(uint64(w.newest.at))) //nolint:gosec // there and back
}

// sentAt returns when the sender of d was read for sample i.
func (w *lossWindow) sentAt(i int, d Direction) time.Duration {
	if d == AToZ {
		return w.at(i)
	}
	return w.at(i) + w.samples[i].skew.duration()
}

// sample returns direction d of sample i.
func (w *lossWindow) sample(i int, d Direction) lossSample {
	s := &w.samples[i]
	return lossSample{
		sentAt: w.sentAt(i, d), skew: s.skew.duration(), unsure: s.unsure.duration(),
		sent: s.sent[d].before(w.newest.sent[d]), received: s.received[d].before(w.newest.received[d]),
		peak: s.peak[d].float(),
	}
}

// restart forgets all samples.
func (w *lossWindow) restart(epochs [2]uint64) {
	*w = lossWindow{samples: w.samples[:0], epochs: epochs}
}

// push appends a pair, forgets those too old, and thins the rest when the window is full.
func (w *lossWindow) push(p *lossPair) {
	if p.at-w.newest.at > maxLossWindow || p.leaps(&w.newest) {
		w.remove(0, len(w.samples))
	}
	w.newest = *p
	drop := 0
	for drop < len(w.samples) && p.at-w.at(drop) > maxLossWindow {
		drop++
	}
	w.remove(0, drop)
	if len(w.samples) == lossSamples {
		w.thin()
	}
	if len(w.samples) == cap(w.samples) {
		grown := make([]packedPair, len(w.samples), min(max(2*cap(w.samples), fewSamples), lossSamples))
		copy(grown, w.samples)
		w.samples = grown
	}
	w.samples = append(w.samples, p.pack())
}

// leaps reports counts that no interface reaches.
func (p *lossPair) leaps(before *lossPair) bool {
	for _, d := range Directions {
		if p.sent[d]-before.sent[d] > maxIncrement || p.received[d]-before.received[d] > maxIncrement {
			return true
		}
	}
	return false
}

// remove deletes n samples from i on; the peaks of what lies between stay with the next one.
func (w *lossWindow) remove(i, n int) {
	if n == 0 {
		return
	}
	next := i + n
	for _, d := range Directions {
		if i > w.from[d] && next < len(w.samples) {
			for k := i; k < next; k++ {
				w.samples[next].peak[d] = newPeak48(max(w.samples[next].peak[d].float(), w.samples[k].peak[d].float()))
			}
		}
		w.from[d] -= min(max(w.from[d]-i, 0), n)
	}
	w.samples = append(w.samples[:i], w.samples[next:]...)
}

// thin removes the sample whose absence widens the gaps least, as a share of their age: recent
// edges stay dense, old ones spread out.
func (w *lossWindow) thin() {
	best, leastGap, leastAge := 1, 1.0, 0.0
	before, at := w.at(0), w.at(1)
	for i := 1; i < len(w.samples)-1; i++ {
		after := w.at(i + 1)
		gap, age := float64(after-before), float64(w.newest.at-before)
		if gap*leastAge < leastGap*age {
			best, leastGap, leastAge = i, gap, age
		}
		before, at = at, after
	}
	w.remove(best, 1)
}
