package linkmodel

// sizeTrust learns whether the packets of each way may be believed. Some agents have packet
// columns that never move, or count something else; their octets are right all the same. After
// three intervals running with impossible packet sizes, or with more packets than the line carries
// in octets that it does carry, the packets of that way count for nothing, until the interface starts
// anew.
type sizeTrust struct {
	running [len(ways)]int
	doubted CounterMask
}

// observe looks at the packet sizes of an interval.
func (s *sizeTrust) observe(iv *Interval) {
	for i, way := range ways {
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
