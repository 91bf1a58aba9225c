package linkmodel

import "time"

// A counter may only be subtracted when nothing happened in between that makes the difference
// meaningless. The order of the checks is the order of their proof:
//
//  1. another ifIndex, a restart, another ifCounterDiscontinuityTime, another speed: the agent
//     itself says so, the interval is a gap;
//  2. counters that decreased: two or more at once are a reset; one Counter64 alone is a glitch;
//     a Counter32 is a wrap when the line could carry it and the gap is short enough to be sure;
//  3. what the line cannot carry, or packets of impossible size, is refused whatever the cause.
//
// A gap is never a spike, never a zero, and never a clamped value.

// wordSize is the range of a Counter32 and of each half of a Counter64.
const wordSize = 1 << 32

// minPacketOctets is the least a packet can have: an Ethernet header without its frame check
// sequence. Tunnels count 20 and more.
const minPacketOctets = 14

// minFrameBits is the least time on an Ethernet wire: 64 octets, preamble and gap.
const minFrameBits = 84 * 8

// overspeed is how much above its reported speed an interface may count before it is refused.
const overspeed = 1.05

// limits is what is known of an interface's line for plausibility.
type limits struct {
	// bps is the speed the interface cannot exceed; 0 when unknown or not believed.
	bps float64
	// age is the greatest age of the counters served: so much older traffic may appear in an
	// interval.
	age time.Duration
	// returned are columns that came back from a glitch, doubted those not believed at all. Neither
	// has an increment in this interval.
	returned, doubted CounterMask
	// disbelieved are the marks that are not taken for a break.
	disbelieved markSet
}

// identityReason returns why two readings are not of one uninterrupted interface, or ReasonNone.
func identityReason(prev, cur *Reading, elapsed time.Duration, disbelieved markSet) Reason {
	if cur.Index != prev.Index {
		return ReasonRenumbered
	}
	believed := marksSet(prev, cur, elapsed).minus(disbelieved &^ markUpTime.set())
	switch {
	case believed == 0:
		return ReasonNone
	case believed.has(markUpTime) && restarted(prev, cur, elapsed) &&
		(!disbelieved.has(markUpTime) || startedSince(prev, cur, elapsed)):
		return ReasonRestart
	case believed.has(markDiscontinuity):
		return ReasonDiscontinuity
	case believed.has(markSpeed):
		return ReasonReplaced
	default:
		return ReasonNone
	}
}

// subtract fills iv with the increments from prev to cur.
func subtract(iv *Interval, prev, cur *Reading, lim limits) {
	*iv = Interval{Elapsed: cur.Mono - prev.Mono}
	if iv.Elapsed <= 0 {
		iv.Reason = ReasonFirst
		return
	}
	if iv.Reason = identityReason(prev, cur, iv.Elapsed, lim.disbelieved); iv.Reason != ReasonNone {
		return
	}
	if isReset(&prev.Counters, &cur.Counters) {
		iv.Reason = ReasonReset
		return
	}
	iv.Reason = difference(iv, prev, cur, lim)
	if iv.Reason == ReasonNone {
		iv.Reason = implausible(iv, lim, prev.Uncertainty+cur.Uncertainty)
	}
}

// difference fills the increments column by column. It returns a reason when the whole interval
// must be given up.
func difference(iv *Interval, prev, cur *Reading, lim limits) Reason {
	both := prev.Counters.Present & cur.Counters.Present &^ (prev.Counters.Wide ^ cur.Counters.Wide)
	for c := range NumCounters {
		if !both.Has(c) || lim.doubted.Has(c) {
			continue
		}
		if lim.returned.Has(c) {
			iv.Glitched |= c.Mask()
			continue
		}
		p, v := prev.Counters.Value[c], cur.Counters.Value[c]
		switch {
		case cur.Counters.Wide.Has(c):
			if v < p && !isPacketColumn(c) {
				iv.Glitched |= c.Mask() // the tracker keeps the high-water mark
				continue
			}
			iv.Delta[c] = v - p
		case ambiguousWrap(c, p, v, iv.Elapsed, lim):
			if c == InOctets || c == OutOctets {
				return ReasonAmbiguous
			}
			continue
		default:
			iv.Delta[c] = uint64(uint32(v) - uint32(p)) //nolint:gosec // modulo 2^32 is the point
		}
		iv.Present |= c.Mask()
	}
	either := prev.Counters.Present | cur.Counters.Present
	iv.InPackets, iv.HasInPackets = packetDelta(iv, either, PacketsIn)
	iv.OutPackets, iv.HasOutPackets = packetDelta(iv, either, PacketsOut)
	return ReasonNone
}

func isPacketColumn(c Counter) bool { return (PacketsIn | PacketsOut).Has(c) }

// packetDelta sums the increments of one way. Modulo 2^64 the sum of differences equals the
// difference of sums, so a column that underflowed is undone by the one it was derived from. A sum
// that decreased is no packet count, nor is one without a column that either reading has.
func packetDelta(iv *Interval, either, way CounterMask) (uint64, bool) {
	unicast := way & (InUcastPkts.Mask() | OutUcastPkts.Mask())
	if iv.Present&unicast == 0 || iv.Present&way != either&way {
		return 0, false
	}
	var sum uint64
	for c := InUcastPkts; c <= OutBroadcastPkts; c++ {
		if way.Has(c) && iv.Present.Has(c) {
			sum += iv.Delta[c]
		}
	}
	if sum >= 1<<63 {
		iv.Glitched |= way
		return 0, false
	}
	return sum, true
}

// ambiguousWrap reports whether the increment of a Counter32 cannot be told. Octets and packets: the
// gap must be below half the time the line needs to wrap the counter. Errors and discards are slower
// by far; only a step that the line could not carry is doubted.
func ambiguousWrap(c Counter, prev, cur uint64, elapsed time.Duration, lim limits) bool {
	delta := float64(uint32(cur) - uint32(prev)) //nolint:gosec // modulo 2^32 is the point
	octets := c == InOctets || c == OutOctets
	if lim.bps == 0 {
		// Without a speed only a decrease is in doubt: more than half a turn is no wrap.
		return cur < prev && delta > wordSize/2
	}
	perSecond := lim.bps / minFrameBits
	if octets {
		perSecond = lim.bps / 8
	}
	if perSecond*elapsed.Seconds() > wordSize/2 {
		return octets || isPacketColumn(c) || delta > wordSize/2
	}
	return delta > overspeed*perSecond*(elapsed+lim.age).Seconds()+1
}
