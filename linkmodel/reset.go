package linkmodel

// isReset reports whether counters started anew between two readings although nothing says so.
//
// Two independent counters that decrease in one interval are a reset whatever their width: two
// true wraps at once would be a coincidence. "Independent" means octets and packets, or in and
// out.
//
// A reset can also look like a step upwards. An agent that builds Counter64 from 32-bit kernel
// counters takes a restarted kernel counter for a 32-bit wrap and adds 2^32: octets and packets of
// one way cross into the next high word together. A true carry moves one counter.
func isReset(prev, cur *Counters) bool {
	octets, packets, others := 0, 0, 0
	for _, way := range ways {
		if counterDecreased(prev, cur, way.octets) {
			octets++
		}
		if packetsDecreased(prev, cur, way.packets) {
			packets++
		}
		if falseCarry(prev, cur, way.octets, way.packets) {
			return true
		}
	}
	for c := InErrors; c < NumCounters; c++ {
		if counterDecreased(prev, cur, c) {
			others++
		}
	}
	if octets == len(ways) && packets+others == 0 && wrapsOften(prev, cur) {
		return false
	}
	return octets+packets+others >= 2
}

// ways pairs the octets and the packets of what an interface received and what it sent.
var ways = [...]struct {
	octets  Counter
	packets CounterMask
}{{InOctets, PacketsIn}, {OutOctets, PacketsOut}}

// wrapsOften tells the one case in which two decreases are no reset: 32-bit octets of a busy line
// wrap every few polls, both ways, while the packets of both ways went on counting.
func wrapsOften(prev, cur *Counters) bool {
	for _, way := range ways {
		p, okPrev := prev.Packets(way.packets)
		v, okCur := cur.Packets(way.packets)
		if prev.Wide.Has(way.octets) || !okPrev || !okCur || v <= p {
			return false
		}
	}
	return true
}

func counterDecreased(prev, cur *Counters, c Counter) bool {
	return prev.Present.Has(c) && cur.Present.Has(c) && cur.Value[c] < prev.Value[c]
}

// packetsDecreased compares the sums of a way. An underflowed column makes single columns jump,
// the sum modulo 2^64 stays true.
func packetsDecreased(prev, cur *Counters, way CounterMask) bool {
	if (prev.Present^cur.Present)&way != 0 {
		return false
	}
	p, okPrev := prev.Packets(way)
	v, okCur := cur.Packets(way)
	return okPrev && okCur && v < p && p-v < 1<<63
}

// legalCarryShare bounds the packets a true carry may come with, as a share of 2^32. A restarted
// counter steps by 2^32 less its old value, which is nearly always far above.
const legalCarryShare = 0.05

func falseCarry(prev, cur *Counters, octets Counter, packets CounterMask) bool {
	if !prev.Wide.Has(octets) || !cur.Wide.Has(octets) || (prev.Present^cur.Present)&packets != 0 {
		return false
	}
	p, okPrev := prev.Packets(packets)
	v, okCur := cur.Packets(packets)
	if !okPrev || !okCur || !carried(p, v) || !carried(prev.Value[octets], cur.Value[octets]) {
		return false
	}
	steps, size := float64(v-p), float64(cur.Value[octets]-prev.Value[octets])
	return steps > legalCarryShare*wordSize || size < steps*minPacketOctets
}

// carried reports whether a Counter64 moved into the next high word with a lower low word.
func carried(prev, cur uint64) bool {
	return cur>>32 == prev>>32+1 && uint32(cur) < uint32(prev) //nolint:gosec // low word
}
