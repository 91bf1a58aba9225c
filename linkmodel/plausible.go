package linkmodel

import "time"

// implausible checks the increments of both ways together: what the line can carry, and packets
// that have a possible size. extra is the time by which the traffic may exceed the interval.
func implausible(iv *Interval, lim limits, extra time.Duration) Reason {
	if overLine(iv, lim, extra) != 0 {
		return ReasonImplausible
	}
	for i := range ways {
		if iv.sizesImpossible(i) {
			return ReasonImplausible
		}
	}
	return ReasonNone
}

// overLine returns the columns that counted more than the line carries in the interval and extra.
func overLine(iv *Interval, lim limits, extra time.Duration) (over CounterMask) {
	if lim.bps <= 0 {
		return 0
	}
	most := overspeed * lim.bps * (iv.Elapsed + extra).Seconds()
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
