package linkmodel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A window never outgrows its memory, never lets go of the newest pair, and thins evenly enough to
// reach back an hour.
func TestLossWindowThins(t *testing.T) {
	var w lossWindow
	for i := range 7200 {
		w.push(pairAt(time.Duration(i)*time.Second, uint64(i)*100))
	}
	if len(w.samples) > lossSamples || cap(w.samples) > lossSamples {
		t.Fatalf("%d samples, room for %d, want at most %d", len(w.samples), cap(w.samples), lossSamples)
	}
	last := len(w.samples) - 1
	newest := w.at(last)
	if age := newest - w.at(0); newest != 7199*time.Second || age < 50*time.Minute || age > maxLossWindow {
		t.Fatalf("reaches back %v from %v, want about an hour", age, newest)
	}
	if gap := newest - w.at(last-1); gap != time.Second {
		t.Fatalf("newest gap %v, want 1s", gap)
	}
	for i := 1; i < len(w.samples); i++ {
		if w.at(i) <= w.at(i-1) {
			t.Fatal("samples out of order")
		}
	}
}

// pairAt is the pair of two ends that were read at once, of 100 packets a second that all arrive.
func pairAt(at time.Duration, packets uint64) *lossPair {
	n, peak := [2]uint64{packets, packets}, [2]float64{100, 100}
	return &lossPair{at: at, sent: n, received: n, peak: peak}
}

// The highest rate outlives the sample it came with: thinning never narrows a bar.
func TestThinningKeepsPeaks(t *testing.T) {
	var w lossWindow
	for i := range 2000 {
		p := pairAt(time.Duration(i)*time.Second, uint64(i)*100)
		if i == 1000 {
			p.peak[ZToA] = 90_000
		}
		w.push(p)
		if i < 1000 {
			continue
		}
		highest, from := 0.0, time.Duration(0)
		for j := 1; j < len(w.samples); j++ {
			if p := w.sample(j, ZToA).peak; p > highest {
				highest, from = p, w.at(j-1)
			}
		}
		if highest != 90_000 || from >= 1000*time.Second {
			t.Fatalf("after %d samples: peak %v after %v, want 90,000 before the burst's end", i, highest, from)
		}
	}
}

// Samples are kept in fewer bits than they have: what comes out is what went in, however large the
// numbers are, and a rate is never below what it was.
func TestSamplesComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w lossWindow
		count := func(name string) uint64 { return rapid.Uint64Range(0, 1<<63).Draw(t, name) }
		step := func(name string) uint64 { return rapid.Uint64Range(0, maxIncrement).Draw(t, name) }
		at := time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "at"))
		p := lossPair{at: at, sent: [2]uint64{count("sent"), count("sent")}, received: [2]uint64{count("received"), count("received")}}
		var want []lossPair
		for range rapid.IntRange(1, lossSamples).Draw(t, "samples") {
			p.at += time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "gap"))
			p.skew = time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "skew"))
			p.unsure = time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "unsure"))
			for _, d := range Directions {
				p.sent[d] += step("sent more")
				p.received[d] += step("received more")
				p.peak[d] = rapid.Float64Range(0, 1e12).Draw(t, "peak")
			}
			w.push(&p)
			want = append(want, p)
		}
		for i := range want {
			for _, d := range Directions {
				got, in := w.sample(i, d), &want[i]
				sentAt := in.at
				if d == ZToA {
					sentAt += in.skew
				}
				if got.peak < in.peak[d] || got.peak > in.peak[d]*(1+1e-10)+1e-300 {
					t.Fatalf("peak %v, went in as %v", got.peak, in.peak[d])
				}
				got.peak = 0
				if whole := (lossSample{sentAt, in.skew, in.unsure, in.sent[d], in.received[d], 0}); got != whole {
					t.Fatalf("sample %d, %v: %+v, want %+v", i, d, got, whole)
				}
			}
		}
	})
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
		if len(w.samples) != 1 || w.at(0) != next.at {
			t.Errorf("%s: %d samples, want the newest alone", name, len(w.samples))
		}
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
	if !l.Known || l.Window > 2*time.Minute || (l.High-l.Low)/2 > relativeWidth*l.Ratio {
		t.Fatalf("a tenth lost: %+v, want a window below two minutes", l)
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
