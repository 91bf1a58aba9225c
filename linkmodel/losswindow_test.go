package linkmodel

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

// pairAt is the pair of two ends that were read at once, of 100 packets a second that all arrive.
func pairAt(at time.Duration, packets uint64) *lossPair {
	n, peak := [2]uint64{packets, packets}, [2]float64{100, 100}
	return &lossPair{at: at, sent: n, received: n, peak: peak}
}

// A window never outgrows its memory, keeps the newest polls one by one, and reaches back 384 of
// them.
func TestWindowIsAHistogramOfBlocks(t *testing.T) {
	var w lossWindow
	for i := range 2000 {
		w.push(pairAt(time.Duration(i)*time.Second, uint64(i)*100))
		if len(w.blocks) > maxBlocks || cap(w.blocks) > maxBlocks {
			t.Fatalf("%d blocks, room for %d, want at most %d", len(w.blocks), cap(w.blocks), maxBlocks)
		}
		if want := len(w.blocks) - int(w.sizes[0]); len(w.means) != want || cap(w.means) > maxMeans {
			t.Fatalf("%d means, room for %d, want %d of at most %d", len(w.means), cap(w.means), want, maxMeans)
		}
		polls := 0
		for size, n := range w.sizes {
			polls += int(n) << size
		}
		if want := i + 1; want <= 373 && polls != want || want > 373 && (polls < 353 || polls > 384) {
			t.Fatalf("after %d polls: window of %d, sizes %v", want, polls, w.sizes)
		}
		if oldest := time.Duration(i+1-polls) * time.Second; w.at(0) != oldest {
			t.Fatalf("after %d polls: reaches back to %v, want %v", i+1, w.at(0), oldest)
		}
		for k := range min(i+1, rawSamples-1) {
			if at := time.Duration(i-k) * time.Second; w.at(len(w.blocks)-1-k) != at {
				t.Fatalf("poll %d before the newest is not kept", k)
			}
		}
	}
	if unsafe.Sizeof(lossBlock{}) != 40 || unsafe.Sizeof(blockMean{}) != 16 {
		t.Errorf("a block takes %d bytes and its mean %d, want 40 and 16", unsafe.Sizeof(lossBlock{}), unsafe.Sizeof(blockMean{}))
	}
}

// model is what a window stands for: every pair since its start.
type model []lossPair

// mean returns the mean of n pairs from i on, relative to the newest.
func (m model) mean(i, n int, d Direction) (sent, lost float64) {
	last := &m[len(m)-1]
	for _, p := range m[i : i+n] {
		sent -= float64(last.sent[d]-p.sent[d]) / float64(n)
		lost -= float64(int64(last.sent[d]-p.sent[d])-int64(last.received[d]-p.received[d])) / float64(n)
	}
	return sent, lost
}

// Blocks are kept in fewer bits than there are, merged, and dropped: each is what its polls are,
// however large the numbers, and a rate is never below what it was.
func TestBlocksAreTheMeanOfTheirPolls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w lossWindow
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		largest := rapid.SampledFrom([]uint64{10, 1e6, maxIncrement}).Draw(t, "increment")
		p := lossPair{at: time.Duration(rng.Int64N(1 << 62))}
		for _, d := range Directions {
			p.sent[d], p.received[d] = rng.Uint64N(1<<63), rng.Uint64N(1<<63)
		}
		var all model
		for range rapid.IntRange(1, 800).Draw(t, "polls") {
			p.at += time.Duration(rng.Int64N(int64(time.Minute))) + 1
			p.skew, p.unsure = time.Duration(rng.Int64N(int64(time.Second)))-time.Second/2, time.Duration(rng.Int64N(int64(time.Second)))
			for _, d := range Directions {
				p.sent[d] += rng.Uint64N(largest)
				p.received[d] += rng.Uint64N(largest)
				p.peak[d] = 1e12 * rng.Float64()
			}
			w.push(&p)
			all = append(all, p)
		}
		i, block := len(all), len(w.blocks)
		for size, n := range w.sizes {
			for range n {
				block--
				i -= 1 << size
				checkBlock(t, &w, block, all, i, 1<<size)
			}
		}
	})
}

func checkBlock(t *rapid.T, w *lossWindow, block int, all model, i, n int) {
	first, last := &all[i], &all[len(all)-1]
	if w.at(block) != first.at {
		t.Fatalf("block %d of %d begins at %v, want %v", block, n, w.at(block), first.at)
	}
	for _, d := range Directions {
		got := w.sample(block, d)
		if sent := float64(last.sent[d] - first.sent[d]); got.sent != sent {
			t.Fatalf("%v packets sent, want %v", got.sent, sent)
		}
		sent, lost := all.mean(i, n, d)
		mean := w.mean(block)
		if off := math.Abs(float64(mean.sent[d]) - got.sent - sent); off > 1e-6*got.sent+1e-6*float64(mean.sent[d])+1e-6 {
			t.Fatalf("mean of %d polls is off by %v packets sent of %v", n, off, sent)
		}
		if off := math.Abs(float64(mean.lost[d]) - got.lost - lost); off > 1e-6*got.sent+1e-6*maxIncrement*float64(n)*1e-3+1 {
			t.Fatalf("mean of %d polls is off by %v packets lost of %v", n, off, lost)
		}
		highest, unsure := 0.0, first.unsure
		for _, p := range all[i : i+n] {
			highest = max(highest, p.peak[d])
		}
		if got.peak < highest || got.peak > highest*1.01 {
			t.Fatalf("peak %v, want %v or little more", got.peak, highest)
		}
		if got.unsure < unsure || got.unsure > unsure+unsure/100+1 {
			t.Fatalf("unsure by %v, want %v or little more", got.unsure, unsure)
		}
		if off := math.Abs(math.Abs(got.lag) - math.Abs(first.skew.Seconds())); off > 1e-6 || (got.lag*first.skew.Seconds() < 0) != (d == ZToA) && got.lag != 0 {
			t.Fatalf("%v: receiver %v s later, z read %v later", d, got.lag, first.skew)
		}
	}
}

// A direction that starts anew in the middle of the window takes no block in that is only half its
// own.
func TestDirectionStartsAnewWithinTheWindow(t *testing.T) {
	for begin := range 40 {
		var w lossWindow
		for i := range 500 {
			if i == begin {
				w.from[ZToA] = uint8(len(w.blocks))
			}
			w.push(pairAt(time.Duration(i)*time.Second, uint64(i)*100))
			if i < begin {
				continue
			}
			own := i == begin || int(w.from[ZToA]) < len(w.blocks)
			if !own || w.from[AToZ] != 0 || int(w.from[ZToA]) < len(w.blocks) && w.at(int(w.from[ZToA])) < time.Duration(begin)*time.Second {
				t.Fatalf("began at %d, poll %d: first blocks %v", begin, i, w.from)
			}
			if lost := w.at(int(w.from[ZToA])) - max(w.at(0), time.Duration(begin)*time.Second); lost > 32*time.Second {
				t.Fatalf("began at %d, poll %d: %v of its own are lost", begin, i, lost)
			}
		}
	}
}

// What cannot be told apart in fewer bits is not kept: a silence longer than the bits of a time, or
// more packets than those of a count.
func TestWindowStartsAnewWhereItsBitsEnd(t *testing.T) {
	const turn = 1 << 48
	for name, next := range map[string]*lossPair{
		"time":     pairAt(turn+time.Minute, 2000),
		"sent":     {at: time.Minute, sent: [2]uint64{1000, turn + 2000}, received: [2]uint64{1000, 1000}},
		"received": {at: time.Minute, sent: [2]uint64{1000, 1000}, received: [2]uint64{turn + 2000, 1000}},
	} {
		var w lossWindow
		w.push(pairAt(0, 1000))
		w.push(next)
		if len(w.blocks) != 1 || w.at(0) != next.at {
			t.Errorf("%s: %d blocks, want the newest alone", name, len(w.blocks))
		}
	}
	var w lossWindow
	for i := range 300 {
		w.push(pairAt(time.Duration(i)*20*time.Minute, uint64(i)*100))
	}
	if reach := w.newest.at - w.at(0); reach > maxLossWindow || reach < maxLossWindow/2 {
		t.Errorf("window reaches back %v, want at most %v", reach, maxLossWindow)
	}
}

// A figure that is sure enough for its size covers no more time than it needs: an outage that ends
// leaves the window.
func TestWindowIsAsShortAsItsLossAllows(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = time.Second, 0 })
	var l Loss
	for range 60 {
		r.flow(AToZ, 10_000, 1_000)
		l = r.poll(pollGap).Directions[AToZ].Loss
	}
	if !l.Known || l.Window > 6*time.Minute || (l.High-l.Low)/2 > relativeWidth*l.Ratio {
		t.Fatalf("a tenth lost: %+v, want a window of five minutes", l)
	}
	for range 60 {
		r.flow(AToZ, 10_000, 0)
		l = r.poll(pollGap).Directions[AToZ].Loss
	}
	if !l.Known || l.Window < 5*time.Minute {
		t.Fatalf("nothing lost: %+v, want a window as long as the bar needs", l)
	}
}

// A bar from nothing to everything says nothing, and is not shown.
func TestBarOfEverythingIsUnknown(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = -1, -1 })
	useless := 0
	for range 30 {
		r.flow(AToZ, 1_000, 0)
		l := r.poll(pollGap).Directions[AToZ].Loss
		if l.Known && l.High-l.Low >= 1 {
			t.Fatalf("published %+v", l)
		}
		if !l.Known {
			if useless++; l.Reason != ReasonWindow {
				t.Fatalf("loss %+v, want window-too-short", l)
			}
		}
	}
	if useless == 0 || useless == 30 {
		t.Fatalf("%d of 30 unknown, want the first few", useless)
	}
}

// A burst that ended just before the window, or before the first poll, may still be counted in it.
func TestBurstBeforeTheWindowIsNoLoss(t *testing.T) {
	const burst, slow = 1_000_000, 10_000 // in one interval
	const held = burst / 10               // what a's cache of one second hides of it
	f := func(name string, polls ...[2]uint64) {
		t.Helper()
		r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = time.Second, 0 })
		for i, n := range polls {
			r.add(EndA, OutUcastPkts, n[0])
			r.add(EndA, OutOctets, n[0]*500)
			r.add(EndZ, InUcastPkts, n[1])
			r.add(EndZ, InOctets, n[1]*500)
			if l := r.poll(pollGap).Directions[AToZ].Loss; l.Low > 0 {
				t.Errorf("%s, poll %d: nothing was lost: %+v", name, i, l)
			}
		}
	}
	late := [2]uint64{slow + held, slow}
	f("seen", [2]uint64{}, [2]uint64{burst, burst}, [2]uint64{burst - held, burst}, late, [2]uint64{slow, slow})
	f("unseen", [2]uint64{}, late, [2]uint64{slow, slow})
}

// What an end's counters did not show of a gap must not look lost: the window starts anew at a
// break of either end.
func TestBreakAtEitherEndIsNoLoss(t *testing.T) {
	for _, broken := range Ends {
		r := newRig(t, live)
		r.poll(pollGap)
		for range 5 {
			r.flow(AToZ, 100_000, 0)
			r.poll(pollGap)
		}
		r.flow(AToZ, 100_000, 0)
		r.ends[broken].Counters.Value = [NumCounters]uint64{}
		r.poll(pollGap)
		r.flow(AToZ, 100_000, 0)
		if l := r.poll(pollGap).Directions[AToZ].Loss; l.Known || l.Reason != ReasonWindow {
			t.Errorf("first pair after a reset of %v: %+v", broken, l)
		}
		r.flow(AToZ, 100_000, 0)
		if l := r.poll(pollGap).Directions[AToZ].Loss; !l.Known || l.Low > 0 || l.Window != pollGap {
			t.Errorf("second pair after a reset of %v: %+v", broken, l)
		}
	}
}

// Super-packets of one interval spoil every window across it, at whichever end they are counted.
func TestWindowStartsAnewAfterOffload(t *testing.T) {
	octets, packets := [2]Counter{OutOctets, InOctets}, [2]Counter{OutUcastPkts, InUcastPkts}
	for _, e := range Ends {
		r := newRig(t, live)
		for i := range r.context {
			r.context[i] = &Context{MTU: 1500}
		}
		step := func() Loss {
			r.flow(AToZ, 10_000, 0)
			return r.poll(pollGap).Directions[AToZ].Loss
		}
		step()
		step()
		for _, side := range Ends {
			r.add(side, octets[side], 100_000_000)
			r.add(side, packets[side], 70_000)
		}
		r.ends[e].Counters.Value[packets[e]] -= 68_000
		if l := r.poll(pollGap).Directions[AToZ].Loss; l.Reason != ReasonOffload {
			t.Fatalf("offload at %v: %+v", e, l)
		}
		if l := step(); l.Reason != ReasonWindow {
			t.Errorf("first pair after offload at %v: %+v", e, l)
		}
		if l := step(); !l.Known || l.Low > 0 || l.Window != pollGap {
			t.Errorf("second pair after offload at %v: %+v", e, l)
		}
	}
}
