package linkmodel

import "slices"

// Difference is one property in which the two ends of a link differ although they should not.
type Difference struct {
	// Property is "speed" (ifHighSpeed, Mbit/s), "MTU" (ifMtu, octets) or "duplex"
	// (dot3StatsDuplexStatus).
	Property string
	Values   [2]uint32 // by end
	// Harmless tells a difference that is explained: MTUs that count another framing, or speeds of
	// two ports that sell less than either.
	Harmless bool
}

// numProperties is in how many properties ends are compared.
const numProperties = 3

// Duplex modes (EtherLike-MIB dot3StatsDuplexStatus).
const (
	DuplexHalf = 2
	DuplexFull = 3
)

// mtuFramings are the octets by which two routers' ifMtu differ for the same payload: with the
// Ethernet header (14), its check sequence (4) or both, and a VLAN tag more.
var mtuFramings = []uint32{4, 14, 18, 22, 26}

// AppendDifferences appends in what the ends differ to dst. Both must be up: a port that is down
// reports a speed of its own.
func AppendDifferences(dst []Difference, v *View) []Difference {
	a, z := &v.Ends[EndA], &v.Ends[EndZ]
	if !endIsUp(a) || !endIsUp(z) {
		return dst
	}
	add := func(property string, x, y uint32, harmless func(low, high uint32) bool) {
		if x != 0 && y != 0 && x != y {
			dst = append(dst, Difference{property, [2]uint32{x, y}, harmless(min(x, y), max(x, y))})
		}
	}
	if !a.SpeedDoubted && !z.SpeedDoubted {
		add("speed", a.Last.HighSpeed, z.Last.HighSpeed, func(low, _ uint32) bool { return v.Link.subRate(low) })
	}
	add("MTU", a.Context.MTU, z.Context.MTU, func(low, high uint32) bool { return slices.Contains(mtuFramings, high-low) })
	add("duplex", duplex(a), duplex(z), func(uint32, uint32) bool { return false })
	return dst
}

// subRate reports whether the link is declared to carry no more than a port of so many Mbit/s: then
// the ports' speeds are not the link's.
func (l *Link) subRate(port uint32) bool {
	most := max(l.Capacity[AToZ], l.Capacity[ZToA])
	return most > 0 && most <= float64(port)*1e6
}

// duplex returns half or full, or 0 where it is not known.
func duplex(e *EndView) uint32 {
	if d := e.Context.Duplex; d == DuplexHalf || d == DuplexFull {
		return uint32(d)
	}
	return 0
}
