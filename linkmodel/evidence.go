package linkmodel

import (
	"fmt"
	"strings"
)

// columnNames are the columns of ifTable without "if"; the 64-bit ones of ifXTable have "HC" too.
var columnNames = [NumCounters]string{
	"InOctets", "OutOctets", "InUcastPkts", "InMulticastPkts", "InBroadcastPkts",
	"OutUcastPkts", "OutMulticastPkts", "OutBroadcastPkts",
	"InErrors", "OutErrors", "InDiscards", "OutDiscards", "InUnknownProtos",
}

// wayNames are the packets of ways in the words of an event.
var wayNames = [len(ways)]string{"packets in", "packets out"}

// column returns the IF-MIB name under which c was read.
func (s *Counters) column(c Counter) string {
	if s.Wide.Has(c) {
		return "ifHC" + columnNames[c]
	}
	return "if" + columnNames[c]
}

// step tells the value of c before and after.
func step(prev, cur *Counters, c Counter) string {
	return fmt.Sprintf("%s went from %d to %d", cur.column(c), prev.Value[c], cur.Value[c])
}

// packetStep tells the sum of the packets of ways[i] before and after.
func packetStep(prev, cur *Counters, i int) string {
	p, _ := prev.Packets(ways[i].packets)
	v, _ := cur.Packets(ways[i].packets)
	return fmt.Sprintf("%s went from %d to %d", wayNames[i], p, v)
}

// resetText tells what isReset saw.
func resetText(prev, cur *Counters) string {
	for i, way := range ways {
		if falseCarry(prev, cur, way.octets, way.packets) {
			return step(prev, cur, way.octets) + ", " + packetStep(prev, cur, i) +
				": both stepped by 2^32 at once, the router's own counters started anew"
		}
	}
	var steps []string
	for i, way := range ways {
		if counterDecreased(prev, cur, way.octets) {
			steps = append(steps, step(prev, cur, way.octets))
		}
		if packetsDecreased(prev, cur, way.packets) {
			steps = append(steps, packetStep(prev, cur, i))
		}
	}
	for c := InErrors; c < NumCounters; c++ {
		if counterDecreased(prev, cur, c) {
			steps = append(steps, step(prev, cur, c))
		}
	}
	return "counters started anew without a mark from the router: " + strings.Join(steps, ", ")
}

// glitchText tells which counters went backwards alone in a valid interval, "" when none did.
func glitchText(prev, cur *Counters, iv *Interval) string {
	var steps []string
	for i, way := range ways {
		if iv.Glitched.Has(way.octets) && counterDecreased(prev, cur, way.octets) {
			steps = append(steps, step(prev, cur, way.octets))
		}
		if packetsDecreased(prev, cur, way.packets) {
			steps = append(steps, packetStep(prev, cur, i))
		}
	}
	if steps == nil {
		return ""
	}
	return strings.Join(steps, ", ") + " while the others went on: not counted"
}

// wrapped returns the columns of 32 bits that an interval counted past 2^32.
func wrapped(prev, cur *Counters, iv *Interval) (out CounterMask) {
	if narrow := iv.Present &^ cur.Wide; narrow == 0 {
		return 0
	}
	for c := range NumCounters {
		if iv.Present.Has(c) && !cur.Wide.Has(c) && cur.Value[c] < prev.Value[c] {
			out |= c.Mask()
		}
	}
	return out
}

// steps tells all columns of a set.
func steps(prev, cur *Counters, set CounterMask) string {
	var out []string
	for c := range NumCounters {
		if set.Has(c) {
			out = append(out, step(prev, cur, c))
		}
	}
	return strings.Join(out, ", ")
}

// refusedText tells the increments of an interval that no line carries or no packets make.
func refusedText(iv *Interval, cur *Reading) string {
	var grew []string
	for i, way := range ways {
		grew = append(grew, fmt.Sprintf("%s by %d", cur.Counters.column(way.octets), iv.Delta[way.octets]))
		if packets, has := iv.packets(i); has {
			grew = append(grew, fmt.Sprintf("%s by %d", wayNames[i], packets))
		}
	}
	return fmt.Sprintf("%s in %v: more than %s, or no possible packet sizes",
		strings.Join(grew, ", "), iv.Elapsed.Round(elapsedRounding), line(cur.HighSpeed))
}

// line tells what a line of so many Mbit/s bounds.
func line(mbps uint32) string {
	if mbps == 0 {
		return "any line carries"
	}
	return fmt.Sprintf("its ifHighSpeed of %d Mbit/s allows", mbps)
}
