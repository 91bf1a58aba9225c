package linkmodel

// Counter names one column of the counters read from an interface (IF-MIB, RFC 2863).
type Counter uint8

// The counters of one interface. Octets and packets have 64-bit forms (ifXTable, ifHC…); errors,
// discards and unknown protocols exist only as Counter32 (ifTable).
const (
	InOctets Counter = iota
	OutOctets
	InUcastPkts
	InMulticastPkts
	InBroadcastPkts
	OutUcastPkts
	OutMulticastPkts
	OutBroadcastPkts
	InErrors
	OutErrors
	InDiscards
	OutDiscards
	InUnknownProtos
	NumCounters
)

// CounterMask is a set of counters, one bit each.
type CounterMask uint16

// Mask returns the set that holds only c.
func (c Counter) Mask() CounterMask { return 1 << c }

// Has reports whether c is in the set.
func (m CounterMask) Has(c Counter) bool { return m&c.Mask() != 0 }

// PacketsIn and PacketsOut are the three columns whose sum counts all packets of one way.
const (
	PacketsIn  = CounterMask(1<<InUcastPkts | 1<<InMulticastPkts | 1<<InBroadcastPkts)
	PacketsOut = CounterMask(1<<OutUcastPkts | 1<<OutMulticastPkts | 1<<OutBroadcastPkts)
)

// Counters are the raw values of one reading. A column the agent does not have is not in
// Present; its value is then meaningless.
type Counters struct {
	Value   [NumCounters]uint64
	Present CounterMask
	// Wide marks the columns read as Counter64; the others wrap at 2^32.
	Wide CounterMask
}

// Get returns the value of c and whether the agent has it.
func (s *Counters) Get(c Counter) (uint64, bool) {
	return s.Value[c], s.Present.Has(c)
}

// Set stores a value read from the agent; wide tells a Counter64 from a Counter32.
func (s *Counters) Set(c Counter, v uint64, wide bool) {
	s.Value[c] = v
	s.Present |= c.Mask()
	if wide {
		s.Wide |= c.Mask()
	} else {
		s.Wide &^= c.Mask()
	}
}

// Packets returns the sum modulo 2^64 of the unicast, multicast and broadcast columns of one
// way (PacketsIn or PacketsOut) and whether at least the unicast column is there. Summing before
// differencing undoes agents that derive one column from another and let it underflow.
func (s *Counters) Packets(way CounterMask) (uint64, bool) {
	var sum uint64
	for c := InUcastPkts; c <= OutBroadcastPkts; c++ {
		if way.Has(c) && s.Present.Has(c) {
			sum += s.Value[c]
		}
	}
	unicast := way & (InUcastPkts.Mask() | OutUcastPkts.Mask())
	return sum, s.Present&unicast != 0
}
