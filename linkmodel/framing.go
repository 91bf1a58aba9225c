package linkmodel

import (
	"math"
	"time"
)

// Two routers may count another number of octets for the same packet: one with the frame check
// sequence (4), one without the Ethernet header (14), a VLAN tag (4 more). Octets of the two ends
// can then not be compared, and loss is never computed from them. The difference per packet,
//
//	k = octets_S/packets_S - octets_R/packets_R,
//
// is itself worth telling, once. Each end's octets and packets are of one sample, so the two mean
// sizes are exact but for the packets that one end counted in the window and the other did not:
// those of the edges, a share of (c_S + c_R + slack)/W, and those lost. Their mean size differs from
// that of all by less than a full packet's, which bounds the error of k.
type framing struct {
	since            time.Duration // 0: not begun
	octets, received float64
	packets, arrived float64
}

const (
	// fullPacket is the size of a common full packet in octets.
	fullPacket = 1500
	// framingError is the greatest error of k in octets that still tells one framing from another.
	framingError = 0.4
	// leastFraming is the least difference that is one: an octet or two is a rounding of sizes.
	leastFraming = 2
	// mostFraming bounds k: more is no framing, but counters of different things.
	mostFraming = 64
	// framingMemory is the time after which what was counted begins to be forgotten.
	framingMemory = 24 * time.Hour
)

// observe adds one cycle and says what is known.
func (f *framing) observe(s *sides, out *Checks) {
	if !s.answered() {
		return
	}
	if f.since == 0 || isBreak(s.sender.Interval.Reason) || isBreak(s.receiver.Interval.Reason) {
		*f = framing{since: s.sender.Last.Mono}
		out.Framing = VerdictOpen
		return
	}
	f.add(s)
	k, ok := f.difference(s.sender.Last.Mono-f.since, s.ages())
	if !ok {
		return
	}
	out.Framing = VerdictNo
	if math.Abs(k) >= leastFraming && math.Abs(k) <= mostFraming {
		out.Framing, out.Octets = VerdictYes, float32(math.Round(k))
	}
}

func (f *framing) add(s *sides) {
	if iv := &s.sender.Interval; iv.Valid() && iv.HasOutPackets && iv.Present.Has(OutOctets) {
		f.octets += float64(iv.Delta[OutOctets])
		f.packets += float64(iv.OutPackets)
	}
	if iv := &s.receiver.Interval; iv.Valid() && iv.HasInPackets && iv.Present.Has(InOctets) {
		f.received += float64(iv.Delta[InOctets])
		f.arrived += float64(iv.InPackets)
	}
	if window := s.sender.Last.Mono - f.since; window > framingMemory {
		f.since += window / 2
		f.octets, f.received, f.packets, f.arrived = f.octets/2, f.received/2, f.packets/2, f.arrived/2
	}
}

// difference returns k, and whether it is known well enough.
func (f *framing) difference(window, edges time.Duration) (k float64, ok bool) {
	const leastPackets = 2000
	if f.packets < leastPackets || f.arrived < leastPackets {
		return 0, false
	}
	stray := edges.Seconds()/window.Seconds() + math.Abs(1-f.arrived/f.packets)
	if stray*fullPacket > framingError {
		return 0, false
	}
	return f.octets/f.packets - f.received/f.arrived, true
}
