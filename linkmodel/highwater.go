package linkmodel

// highWater holds counters that went backwards alone, until the next reading decides. It is nil
// for the many readings without any.
type highWater struct {
	counters Counters
	// sums are those of packets, in the order of ways.
	sums [len(ways)]packetMark
}

// packetMark is a sum of packets that went backwards alone.
type packetMark struct {
	sum uint64
	set bool
}

// markGlitches returns the high-water marks of columns that went backwards alone from base to cur.
// A mark lasts for one reading: a counter that stays below it was reset, and counts from its new
// start.
func markGlitches(base, cur *Reading, iv *Interval) *highWater {
	var decreased [len(ways)]bool
	glitched := iv.Glitched != 0
	for i, way := range ways {
		decreased[i] = packetsDecreased(&base.Counters, &cur.Counters, way.packets)
		glitched = glitched || decreased[i]
	}
	if !glitched {
		return nil
	}
	m := new(highWater)
	for c := range NumCounters {
		if prev, _ := base.Counters.Get(c); iv.Glitched.Has(c) && cur.Counters.Value[c] < prev {
			m.counters.Set(c, prev, true)
		}
	}
	for i, way := range ways {
		sum, _ := base.Counters.Packets(way.packets)
		m.sums[i] = packetMark{sum, decreased[i]}
	}
	return m
}

// returned tells which columns went back up to their high-water mark after they had gone
// backwards alone. The step down gave no value; the step up would be a spike.
func (m *highWater) returned(cur *Reading) (back CounterMask) {
	if m == nil {
		return 0
	}
	for c := range NumCounters {
		mark, marked := m.counters.Get(c)
		if v, has := cur.Counters.Get(c); marked && has && v >= mark {
			back |= c.Mask()
		}
	}
	for i, way := range ways {
		if v, has := cur.Counters.Packets(way.packets); m.sums[i].set && has && v >= m.sums[i].sum {
			back |= way.packets
		}
	}
	return back
}
