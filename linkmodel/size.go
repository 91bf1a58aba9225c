package linkmodel

// sizeTrust learns whether the packets of each way may be believed. Some agents have packet
// columns that never move, or count something else; their octets are right all the same. After
// three intervals running with impossible packet sizes, or with more packets than the line carries
// in octets that it does carry, the packets of that way count for nothing, until they have fitted
// for a while or the interface starts anew.
type sizeTrust struct {
	running, fitting [len(ways)]uint8
	doubted          CounterMask
}

// observe looks at the packet sizes of an interval from base to cur.
func (s *sizeTrust) observe(iv *Interval, base, cur *Reading) {
	for i, way := range ways {
		if s.doubted&way.packets != 0 {
			s.forgive(i, iv, base, cur)
			continue
		}
		tooMany := iv.Reason == ReasonImplausible && iv.Over&way.packets != 0 && !iv.Over.Has(way.octets)
		if !tooMany && !iv.sizesImpossible(i) {
			s.running[i] = 0
			continue
		}
		if s.running[i]++; s.running[i] == doubtAfter {
			s.doubted |= way.packets
		}
	}
}

// forgive looks at packets that have no increment because they are not believed.
func (s *sizeTrust) forgive(i int, iv *Interval, base, cur *Reading) {
	p, okPrev := base.Counters.Packets(ways[i].packets)
	v, okCur := cur.Counters.Packets(ways[i].packets)
	octets := ways[i].octets
	if !okPrev || !okCur || v <= p || !iv.Present.Has(octets) || impossibleSize(float64(iv.Delta[octets]), float64(v-p)) {
		s.fitting[i] = 0
		return
	}
	if s.fitting[i]++; s.fitting[i] >= forgiveAfter {
		s.fitting[i], s.running[i] = 0, 0
		s.doubted &^= ways[i].packets
	}
}
