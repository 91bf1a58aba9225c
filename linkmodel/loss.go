package linkmodel

import "time"

// Loss of a direction is what the sender sent less what the receiver received. Both ends are
// asked at the same instant, but each serves counters that may be up to its cache age old, and
// each sample's instant is known to half a round trip. With N_A(t) packets sent and N_B(t)
// received until t, poll k reads
//
//	out_k = N_A(t_k - a_k)        0 <= a_k <= c_A
//	in_k  = N_B(t_k + s_k - b_k)  0 <= b_k <= c_B,  s_k the skew, known to u_A + u_B
//
// so D_k = out_k - in_k is the packets lost until t_k, plus at most rate x (c_A + c_B + ...)
// packets that one end counted and the other did not yet. Over a window of several polls the
// errors in between cancel: only those at its two edges remain, while loss accumulates. With
// N = out_n - out_0 over the window,
//
//	|(D_n - D_0)/N - loss| <= rate x (c_A + c_B + u_0 + u_n + |s_n - s_0|) / N
//
// which is a hard bound as long as "rate" is the highest packet rate near the edges. That rate is
// not known inside an interval; it is taken as half as much again as the highest rate of any
// interval in the window, and of those before it from which the counts at its start may come.
//
// A window that is too short says nothing (its bar is wider than what it measures), one that is
// too long hides when loss began. The one published is the shortest whose bar is narrow enough.

const (
	// maxLossWindow bounds the time one figure covers.
	maxLossWindow = time.Hour
	// burstiness is how much the rate at an edge may exceed that of a whole interval.
	burstiness = 1.5
	// goodEnough is the half-width of a bar that needs no longer window: 0.05 % of packets.
	goodEnough = 0.0005
	// relativeWidth is the half-width, as a share of the ratio itself, that is enough too.
	relativeWidth = 0.2
	// minLossPackets is the least number of packets of which a ratio is stated.
	minLossPackets = 100
	// recentTraffic is the time in which so many packets must have come; what was lost before a
	// link fell idle is not its loss now.
	recentTraffic = 5 * time.Minute
	// edgePackets may be on the wire, or counted apart, at the edges of a window.
	edgePackets = 2
)

// observe takes the counts of this cycle in, when both ends gave some, and fills the loss of both
// directions.
func (w *lossWindow) observe(dirs *[2]DirectionView, ends *[2]EndView, tracks *[2]endTracker) {
	if epochs := [2]uint64{tracks[EndA].epoch, tracks[EndZ].epoch}; epochs != w.epochs {
		w.restart(epochs)
	}
	paired := false
	for _, d := range Directions {
		sent, received := &ends[d.Sender()], &ends[d.Receiver()]
		dirs[d].Loss = Loss{Reason: pairReason(sent, received)}
		w.peak[d] = max(w.peak[d], peakRate(sent))
		paired = paired || dirs[d].Loss.Reason == ReasonNone
	}
	if paired {
		p := w.pair(dirs, ends, tracks)
		w.push(&p)
	}
	age := tracks[EndA].maxAge() + tracks[EndZ].maxAge()
	for _, d := range Directions {
		switch out := &dirs[d].Loss; out.Reason { //nolint:exhaustive // the others leave the window as it is
		case ReasonNone:
			w.estimate(out, d, age)
			out.judge()
		case ReasonOffload, ReasonNoCounter:
			w.from[d] = len(w.samples)
		}
	}
}

// pair gathers the counts of both ends, and the highest rates where they may be compared.
func (w *lossWindow) pair(dirs *[2]DirectionView, ends *[2]EndView, tracks *[2]endTracker) lossPair {
	a, z := &ends[EndA].Last, &ends[EndZ].Last
	p := lossPair{at: a.Mono, skew: z.Mono - a.Mono, unsure: a.Uncertainty + z.Uncertainty}
	for _, d := range Directions {
		p.sent[d], p.received[d] = tracks[d.Sender()].outPackets, tracks[d.Receiver()].inPackets
		if dirs[d].Loss.Reason == ReasonNone {
			p.peak[d], w.peak[d] = w.peak[d], 0
		}
	}
	return p
}

// pairReason tells why this cycle gives no pair of counts.
func pairReason(sent, received *EndView) Reason {
	switch {
	case !sent.Answered || !received.Answered:
		if endIsSilent(sent) || endIsSilent(received) {
			return ReasonFarEndSilent
		}
		return ReasonMissed
	case isBreak(sent.Interval.Reason):
		return sent.Interval.Reason
	case isBreak(received.Interval.Reason):
		return received.Interval.Reason
	case offloaded(sent, OutOctets, sent.Interval.OutPackets),
		offloaded(received, InOctets, received.Interval.InPackets):
		return ReasonOffload
	case sent.Last.Counters.Present&PacketsOut != PacketsOut, received.Last.Counters.Present&PacketsIn != PacketsIn:
		return ReasonNoCounter // all kinds of packets must be counted at both ends
	}
	return ReasonNone
}

// isBreak reports whether an interval's reason breaks the series of counts. A first reading
// starts one, and a cached one repeats it.
func isBreak(r Reason) bool { return r != ReasonNone && r != ReasonStale && r != ReasonFirst }

// offloaded reports packets larger than the interface may send: the kernel counts what it handed
// to segmentation offload, and such counts cannot be compared with packets on a wire.
func offloaded(e *EndView, octets Counter, packets uint64) bool {
	if e.Context.MTU == 0 || packets == 0 || !e.Interval.Valid() {
		return false
	}
	return float64(e.Interval.Delta[octets])/float64(packets) > float64(e.Context.MTU)+100
}

func peakRate(sent *EndView) float64 {
	if !sent.Interval.Valid() {
		return 0
	}
	return float64(sent.Interval.OutPackets) / sent.Interval.Elapsed.Seconds()
}

// estimate publishes the shortest window whose bar is narrow enough, else the longest.
func (w *lossWindow) estimate(out *Loss, d Direction, age time.Duration) {
	newest, oldest := len(w.samples)-1, w.from[d]
	if newest <= oldest {
		*out = Loss{Reason: ReasonWindow}
		return
	}
	*out = Loss{Reason: ReasonIdle}
	last, start := w.sample(newest, d), w.sample(oldest, d)
	if last.sent-w.sentBefore(d, last.sentAt-recentTraffic-age) < minLossPackets {
		return
	}
	longest, peak, after := -1, 0.0, last.peak
	var widest float64 // the peak that goes with longest
	for i := newest - 1; i >= oldest; i-- {
		first := w.sample(i, d)
		peak, after = max(peak, after), first.peak
		if first.sentAt-start.sentAt < age {
			// Nobody saw how fast the packets came that its counts may still lack.
			if longest < 0 {
				out.Reason = ReasonWindow
			}
			break
		}
		if last.sent-first.sent < minLossPackets {
			continue
		}
		if longest, widest = i, peak; tooWide(&first, &last, peak, age) {
			continue
		}
		*out = bound(&first, &last, max(peak, w.peakBefore(i, d, age)), age)
		if !out.Known || narrow(out) {
			return
		}
	}
	if longest < 0 {
		return
	}
	first := w.sample(longest, d)
	*out = bound(&first, &last, max(widest, w.peakBefore(longest, d, age)), age)
	if out.Known && out.High-out.Low >= 1 {
		*out = Loss{Reason: ReasonWindow}
	}
}

// judge takes the published window for what an alarm goes by.
func (l *Loss) judge() {
	const minLost = 20 // below that, chance alone explains the ratio
	if l.Recent = l.High; l.Low*float64(l.Packets) >= minLost {
		l.Certain = l.Low
	}
}

// narrow reports whether a bar needs no longer window.
func narrow(l *Loss) bool { return (l.High-l.Low)/2 <= max(goodEnough, relativeWidth*l.Ratio) }

// sentBefore is how many packets had been sent in the newest sample at or before t, or in the
// oldest.
func (w *lossWindow) sentBefore(d Direction, t time.Duration) uint64 {
	i := len(w.samples) - 1
	for i > w.from[d] && w.sentAt(i, d) > t {
		i--
	}
	return w.sample(i, d).sent
}

// peakBefore is the highest rate in the time before sample i from which its counts may come.
func (w *lossWindow) peakBefore(i int, d Direction, age time.Duration) (peak float64) {
	at := w.sentAt(i, d)
	for j := i; j >= w.from[d] && at-w.sentAt(j, d) <= age; j-- {
		peak = max(peak, w.samples[j].peak[d].float())
	}
	return peak
}

// tooWide reports that the bar between two samples is neither narrow nor impossible, whatever the
// rate was before the first. Most of a long window is passed by with this cheaper question.
func tooWide(first, last *lossSample, peak float64, age time.Duration) bool {
	sent, lost, doubt := balance(first, last, peak, age)
	half := (min(lost+doubt, sent) - max(lost-doubt, 0)) / 2
	const rounding = 1 + 1e-9
	return lost >= -doubt && half > rounding*max(goodEnough*sent, relativeWidth*lost)
}

// bound computes the ratio between two samples and its hard error bar.
func bound(first, last *lossSample, peak float64, age time.Duration) Loss {
	sent, lost, doubt := balance(first, last, peak, age)
	if lost < -doubt {
		return Loss{Reason: ReasonInconsistent}
	}
	return Loss{
		Known: true, Window: last.sentAt - first.sentAt, Packets: last.sent - first.sent,
		Ratio: max(lost, 0) / sent,
		Low:   max(lost-doubt, 0) / sent,
		High:  min((lost+doubt)/sent, 1),
	}
}

// balance returns how many packets were sent between two samples, how many of them did not arrive,
// and how many may be counted in one of the two numbers only.
func balance(first, last *lossSample, peak float64, age time.Duration) (sent, lost, doubt float64) {
	sent = float64(last.sent - first.sent)
	lost = sent - float64(last.received-first.received)
	edges := age + first.unsure + last.unsure + (last.skew - first.skew).Abs()
	return sent, lost, burstiness*peak*edges.Seconds() + edgePackets
}
