package linkmodel

import (
	"slices"
	"time"
)

// The window of a link is an exponential histogram: the newest polls are kept one by one, older
// ones in blocks of 2, 4, 8, 16 and 32, of which the first sample and the mean are kept. When a
// size has no room left its two oldest blocks become one of the next size. So 42 entries reach back
// over 373 to 384 polls, dense where an onset must be seen soon and sparse where only sums matter.
//
// The mean of a block is as good to a line fit as its samples; its first sample is an edge from
// which counts are subtracted exactly.

const (
	// rawSamples is how many of the newest polls are kept one by one, perSize how many blocks of
	// each larger size, blockSizes the number of sizes: 1, 2, 4 ... 32.
	rawSamples = 12
	perSize    = 6
	blockSizes = 6
	// maxBlocks bounds the memory of a window.
	maxBlocks = rawSamples + (blockSizes-1)*perSize
	// maxMeans are those of more than one poll.
	maxMeans = maxBlocks - rawSamples
	// fewBlocks is the room a window begins with.
	fewBlocks = 4
	// maxLossWindow bounds the time a window covers, below the 39 hours that packed times can tell.
	maxLossWindow = 36 * time.Hour
	// maxIncrement is more packets than any interface counts between two polls: 384 of them do not
	// fill the 47 bits of a difference.
	maxIncrement = 1 << 38
)

// lossWindow keeps what both ends of one link counted since the last break of either.
type lossWindow struct {
	blocks []lossBlock // oldest first
	// means are those of the blocks of more than one poll, which are the oldest.
	means  []blockMean
	newest lossPair // the latest pair, in full
	epochs [2]uint64
	// sizes is how many blocks there are of each size, the single polls first.
	sizes [blockSizes]uint8
	// from is the first block that counts for a direction.
	from [2]uint8
	// peak is the highest rate of a direction since its latest sample, of cycles that gave no pair
	// too.
	peak [2]float64
	// skew and unsure are their means of late, late how many pairs running were far from them.
	skew, unsure time.Duration
	late         uint8
	// noise and control are learned for as long as the program runs: a break of the counts does not
	// change them.
	noise   [2]deltaNoise
	control [2]controlTraffic
	// faults is nil unless a router counted packets of the window as not delivered.
	faults *faultCounts
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

// lossSample is one direction of the first pair of a block.
type lossSample struct {
	sentAt, unsure time.Duration
	// lag is how much later the receiver was read than the sender, in seconds.
	lag float64
	// sent and lost are packets until the newest pair.
	sent, lost float64
	// peak is the highest rate in the block and just before it, in packets/s.
	peak float64
}

// restart forgets all pairs.
func (w *lossWindow) restart(epochs [2]uint64) {
	*w = lossWindow{blocks: w.blocks[:0], means: w.means[:0], epochs: epochs, skew: w.skew, noise: w.noise, control: w.control}
}

// clear forgets all pairs but keeps the rest.
func (w *lossWindow) clear() {
	w.blocks, w.means, w.sizes, w.from, w.faults = w.blocks[:0], w.means[:0], [blockSizes]uint8{}, [2]uint8{}, nil
}

// push appends a pair and forgets those too old.
func (w *lossWindow) push(p *lossPair) {
	if p.at-w.newest.at > maxLossWindow || p.leaps(&w.newest) {
		w.clear()
	}
	w.newest = *p
	for len(w.blocks) > 0 && p.at-w.at(0) > maxLossWindow {
		w.dropOldest()
	}
	w.makeRoom(0)
	w.blocks = roomForOne(w.blocks, maxBlocks)
	if w.faults != nil {
		w.faults.mark(len(w.blocks))
	}
	w.blocks = append(w.blocks, p.pack())
	w.sizes[0]++
}

// roomForOne sees to it that something can be appended, with no more room than there will ever be.
func roomForOne[T any](all []T, most int) []T {
	if len(all) < cap(all) {
		return all
	}
	return append(make([]T, 0, min(max(2*cap(all), fewBlocks), most)), all...)
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

// makeRoom sees to it that one more block of a size fits.
func (w *lossWindow) makeRoom(size int) {
	limit := uint8(perSize)
	if size == 0 {
		limit = rawSamples
	}
	switch {
	case w.sizes[size] < limit:
	case size == blockSizes-1:
		w.dropOldest()
	default:
		w.makeRoom(size + 1)
		w.merge(w.oldestOf(size))
		w.sizes[size] -= 2
		w.sizes[size+1]++
	}
}

// oldestOf returns the index of the oldest block of a size.
func (w *lossWindow) oldestOf(size int) int {
	i := 0
	for _, n := range w.sizes[size+1:] {
		i += int(n)
	}
	return i
}

// dropOldest forgets the oldest block, which is of the largest size there is.
func (w *lossWindow) dropOldest() {
	for size := blockSizes - 1; size >= 0; size-- {
		if w.sizes[size] > 0 {
			w.sizes[size]--
			break
		}
	}
	w.remove(0)
}

// merge makes one of blocks i and i+1, which must be of the same size. One that is only half a
// direction's counts for nothing in it.
func (w *lossWindow) merge(i int) {
	mean := w.blocks[i].absorb(&w.blocks[i+1], w.mean(i), w.mean(i+1))
	if i < len(w.means) {
		w.means[i] = mean
	} else { // of two single polls: the first of them follows the larger blocks
		w.means = append(roomForOne(w.means, maxMeans), mean)
	}
	for _, d := range Directions {
		if int(w.from[d]) == i+1 {
			w.from[d]++
		}
	}
	w.remove(i + 1)
}

// mean returns that of block i.
func (w *lossWindow) mean(i int) blockMean {
	if i < len(w.means) {
		return w.means[i]
	}
	return blockMean{} // of a single poll
}

func (w *lossWindow) remove(i int) {
	for _, d := range Directions {
		if int(w.from[d]) > i {
			w.from[d]--
		}
	}
	if w.faults != nil {
		w.faults.remove(i, len(w.blocks))
	}
	w.blocks = slices.Delete(w.blocks, i, i+1)
	if i < len(w.means) {
		w.means = slices.Delete(w.means, i, i+1)
	}
}

// at returns when end a was read for the first pair of block i.
func (w *lossWindow) at(i int) time.Duration {
	return time.Duration(w.blocks[i].at.before(uint64(w.newest.at))) //nolint:gosec // there and back
}

// sentAt returns when the sender of d was read for the first pair of block i.
func (w *lossWindow) sentAt(i int, d Direction) time.Duration {
	if d == AToZ {
		return w.at(i)
	}
	return w.at(i) + w.blocks[i].skewed()
}

// sample returns direction d of the first pair of block i.
func (w *lossWindow) sample(i int, d Direction) lossSample {
	b := &w.blocks[i]
	return lossSample{
		sentAt: w.sentAt(i, d), lag: b.lag(d), unsure: b.unsure.duration(),
		sent: w.sent(i, d), lost: w.lost(i, d), peak: b.peak[d].float(),
	}
}

// sent returns how many packets were sent since the first pair of block i.
func (w *lossWindow) sent(i int, d Direction) float64 {
	return w.blocks[i].sent[d].since(w.newest.sent[d])
}

// lost returns how many of those sent since the first pair of block i did not arrive.
func (w *lossWindow) lost(i int, d Direction) float64 {
	return w.blocks[i].lost[d].since(w.newest.sent[d] - w.newest.received[d])
}
