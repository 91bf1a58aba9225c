package linkmodel

import "slices"

// Difference is one property in which the two ends of a link differ although they should not.
type Difference struct {
	// Property is "speed" (ifHighSpeed, Mbit/s), "MTU" (ifMtu, octets) or "duplex"
	// (dot3StatsDuplexStatus).
	Property string
	Values   [2]uint32 // by end
	// Harmless tells a difference that is explained: MTUs that count another framing, speeds of two
	// ports that sell less than either, or of radios and tunnels, which are not of the same thing.
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
		x, y := rounded(a.Last.HighSpeed, z.Last.HighSpeed)
		add("speed", x, y, func(low, _ uint32) bool { return v.Link.subRate(low) || v.Link.speedsApart() })
	}
	add("MTU", limited(a.Context.MTU), limited(z.Context.MTU), func(low, high uint32) bool { return slices.Contains(mtuFramings, high-low) })
	add("duplex", duplex(a), duplex(z), func(uint32, uint32) bool { return false })
	return dst
}

// leastRounded is the speed in Mbit/s from which a difference of one is a rounding: ifHighSpeed is
// give or take 0.5 Mbit/s, and OC-192 is 9953 or 9954.
const leastRounded = 100

// rounded makes two speeds in Mbit/s equal that only rounding tells apart.
func rounded(x, y uint32) (uint32, uint32) {
	if min(x, y) >= leastRounded && max(x, y)-min(x, y) <= 1 {
		return x, x
	}
	return x, y
}

// mostMTU is the largest IP packet. An ifMtu above it says that there is no limit, as tunnels do.
const mostMTU = 65535

// limited returns an MTU in octets, or 0 where it is none.
func limited(mtu uint32) uint32 {
	if mtu > mostMTU {
		return 0
	}
	return mtu
}

// speedsApart reports whether the two ends' speeds are not of one thing: each radio adapts what it
// sends to its own weather, and a tunnel's speed is whatever its router's vendor made it.
func (l *Link) speedsApart() bool { return l.Type == "microwave" || l.Type == "tunnel" }

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
