package linkmodel

import (
	"math"
	"time"
)

// Loss of a direction is what the sender sent less what the receiver received. Both ends are asked
// at the same instant, but each serves counters that may be up to its cache age old, and each
// sample's instant is known to half a round trip. With N_A(t) packets sent and N_B(t) received until
// t, poll k reads
//
//	out_k = N_A(t_k - a_k)        0 <= a_k <= c_A
//	in_k  = N_B(t_k + s_k - b_k)  0 <= b_k <= c_B,  s_k the skew, known to u_A + u_B
//
// so D_k = out_k - in_k is the packets lost until t_k, plus the packets of delta_k = b_k - a_k - s_k
// seconds that one end counted and the other did not yet. Loss accumulates in D, delta does not: what
// is wrong in one poll comes back in the next. That gives two estimates over the polls of a window:
// the difference of its two edges, with a bound (lossedge.go), and the slope of a line through all
// of them, with a standard error (fit.go). Frames that only one end counts are told from loss in
// control.go.
//
// A window that is too short says nothing (its bar is wider than what it measures), one that is too
// long hides when loss began. The one published is the shortest whose bar is narrow enough, or a
// longer one that says no loss as well and more exactly. An alarm does not wait for that: it goes by
// what any window proves of the loss there is now (Certain), and ends by what the windows still allow
// (Recent).

const (
	// goodEnough is the half-width of a bar that needs no longer window: 0.05 % of packets.
	goodEnough = 0.0005
	// relativeWidth is the half-width, as a share of the ratio itself, that is enough too in a window
	// that is longEnough.
	relativeWidth = 0.2
	longEnough    = 5 * time.Minute
	// minLossPackets is the least number of packets of which a ratio is stated.
	minLossPackets = 100
	// recentTraffic is the time in which so many packets must have come; what was lost before a
	// link fell idle is not its loss now.
	recentTraffic = 5 * time.Minute
	// A pair whose skew, or doubt of it, is further from the mean of skewPolls than usualSkew and
	// skewSigmas times the noise is left out, unless that many follow each other.
	usualSkew  = 50 * time.Millisecond
	skewSigmas = 1
	skewPolls  = 8
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
		dirs[d].Loss = Loss{Reason: pairReason(sent, received), Recent: 1}
		w.peak[d] = max(w.peak[d], peakRate(sent))
		paired = paired || dirs[d].Loss.Reason == ReasonNone
	}
	ages := [2]time.Duration{tracks[EndA].maxAge(), tracks[EndZ].maxAge()}
	w.count(ends)
	if paired {
		p := w.pair(dirs, ends, tracks)
		if w.unusual(&p) {
			w.leaveOut(&p, dirs)
		} else {
			w.push(&p)
			w.forgetFaults()
		}
	}
	for _, d := range Directions {
		switch out := &dirs[d].Loss; out.Reason { //nolint:exhaustive // the others leave the window as it is
		case ReasonNone:
			w.learn(d, ages)
			w.estimate(out, d, cacheAges{sender: ages[d.Sender()], receiver: ages[d.Receiver()]}, lineRate(&ends[d.Sender()]))
		case ReasonOffload, ReasonNoCounter:
			w.from[d] = uint8(len(w.blocks)) //nolint:gosec // at most maxBlocks
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

// unusual reports a pair that came too late to compare, of ends that are read at the same instant
// else: a request had to be repeated. Nothing corrects what the traffic did meanwhile.
func (w *lossWindow) unusual(p *lossPair) bool {
	if len(w.blocks) == 0 || w.late >= skewPolls {
		w.skew, w.unsure, w.late = p.skew, p.unsure, 0
	}
	noise := math.Sqrt(float64(min(w.noise[AToZ].variance, w.noise[ZToA].variance)))
	limit := usualSkew + time.Duration(skewSigmas*noise*1e9)
	off, more := p.skew-w.skew, p.unsure-w.unsure
	w.skew += min(max(off, -limit), limit) / skewPolls
	w.unsure += min(more, limit) / skewPolls
	if off.Abs() <= limit && more <= limit {
		w.late = 0
		return false
	}
	w.late++
	return true
}

// leaveOut keeps of a pair what is true of the next one too.
func (w *lossWindow) leaveOut(p *lossPair, dirs *[2]DirectionView) {
	for _, d := range Directions {
		w.peak[d] = max(w.peak[d], p.peak[d])
		if dirs[d].Loss.Reason == ReasonNone {
			dirs[d].Loss.Reason = ReasonMissed
		}
	}
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

func peakRate(sent *EndView) float64 {
	if !sent.Interval.Valid() {
		return 0
	}
	return float64(sent.Interval.OutPackets) / sent.Interval.Elapsed.Seconds()
}

// lineRate is how many packets/s of the least size the sender's line carries, 0 when its speed is
// not known.
func lineRate(sent *EndView) float64 {
	if sent.SpeedDoubted {
		return 0
	}
	return float64(sent.Last.HighSpeed) * 1e6 / minFrameBits
}

// learn shows the newest three pairs of a direction to its noise.
func (w *lossWindow) learn(d Direction, ages [2]time.Duration) {
	last := len(w.blocks) - 1
	if last-2 < int(w.from[d]) || w.sizes[0] < 3 {
		return
	}
	a, b, c := w.sample(last-2, d), w.sample(last-1, d), w.sample(last, d)
	w.noise[d].learn(&a, &b, &c, noiseFloor(ages, w.newest.unsure))
}

// estimate looks at all windows that end now, from the shortest to the longest.
func (w *lossWindow) estimate(out *Loss, d Direction, ages cacheAges, lineRate float64) {
	newest, oldest := len(w.blocks)-1, int(w.from[d])
	switch {
	case newest <= oldest:
		out.Reason = ReasonWindow
		return
	case w.sentLately(d, ages.sum()) < minLossPackets:
		out.Reason = ReasonIdle
		return
	}
	s := survey{
		w: w, d: d, ages: ages, noise: w.noise[d].model(ages), control: w.control[d].bound(), learn: &w.control[d],
		lineRate: lineRate, oldest: oldest, start: w.sentAt(oldest, d), last: w.sample(newest, d), recent: 1, ceiling: 1,
	}
	s.run(newest)
	s.publish(out)
}

// sentLately is how many packets were sent in recentTraffic.
func (w *lossWindow) sentLately(d Direction, age time.Duration) float64 {
	i := len(w.blocks) - 1
	for t := w.sentAt(i, d) - recentTraffic - age; i > int(w.from[d]) && w.sentAt(i, d) > t; {
		i--
	}
	return w.sent(i, d)
}
