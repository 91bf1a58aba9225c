package linkmodel

import "time"

// implausible checks the increments of both ways together: what the line can carry, and packets
// that have a possible size. unsure is the doubt about the instants. It fills iv.Over: of a valid
// interval with what exceeds the line in that time, of a refused one with what exceeds it even if
// counters were as old as they may be.
func implausible(iv *Interval, lim limits, unsure time.Duration) Reason {
	if iv.Over = overLine(iv, lim, lim.age+unsure); iv.Over != 0 {
		return ReasonImplausible
	}
	for i := range ways {
		if iv.sizesImpossible(i) {
			return ReasonImplausible
		}
	}
	iv.Over = overLine(iv, lim, unsure)
	return ReasonNone
}

// fastestLine in bit/s bounds interfaces whose speed is not known or not believed: a bundle of 64
// of the fastest ports there are carries it.
const fastestLine = 1e14

// overLine returns the columns that counted more than the line carries in the interval and extra.
func overLine(iv *Interval, lim limits, extra time.Duration) (over CounterMask) {
	bps := lim.bps
	if bps <= 0 {
		bps = fastestLine
	}
	most := overspeed * bps * (iv.Elapsed + extra).Seconds()
	for i, way := range ways {
		if float64(iv.Delta[way.octets])*8 > most+8*maxFrameOctets {
			over |= way.octets.Mask()
		}
		if packets, has := iv.packets(i); has && float64(packets) > most/minFrameBits+1 {
			over |= way.packets
		}
	}
	return over & iv.Present
}

// packets returns the increment of the packets of ways[i].
func (i *Interval) packets(way int) (uint64, bool) {
	if way == 0 {
		return i.InPackets, i.HasInPackets
	}
	return i.OutPackets, i.HasOutPackets
}

// sizesImpossible reports whether the octets of ways[i] cannot be those of its packets.
func (i *Interval) sizesImpossible(way int) bool {
	packets, has := i.packets(way)
	octets := ways[way].octets
	return has && i.Present.Has(octets) && impossibleSize(float64(i.Delta[octets]), float64(packets))
}

const (
	// maxFrameOctets is a jumbo frame: one may be counted at once at the edge of an interval.
	maxFrameOctets = 9216
	// maxPacketOctets is the largest packet a kernel counts before it is cut up for the wire.
	maxPacketOctets = 512 << 10
	// sizeTolerance is how many packets or their octets may be counted on different sides of a
	// reading before their sizes are doubted.
	sizeTolerance = 16
)

func impossibleSize(octets, packets float64) bool {
	switch {
	case packets == 0:
		return octets > sizeTolerance*maxFrameOctets
	case packets > sizeTolerance && octets < packets*minPacketOctets:
		return true
	default:
		return octets > (packets+sizeTolerance)*maxPacketOctets
	}
}
