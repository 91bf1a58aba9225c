package linkmodel

// Where were the packets of a loss lost? The difference D between what the sender counted as sent
// and the receiver as received holds, by RFC 2863, what the sender then dropped after counting it,
// what the wire lost, and what the receiver took off the wire and did not deliver. But most hardware
// counts frames on the wire, and leaves its queue drops out of what it sent. So
//
//	D - all that was counted  <=  lost on the wire  <=  D
//
// where the counts of which it is learned that they are no part of D widen nothing (egress.go), and
// those that are a part of it lower the upper bound too.

// Breakdown tells where the packets of Loss were lost.
func (d *DirectionView) Breakdown() Breakdown { return breakdown(&d.Loss, d.DropsSent) }

// breakdown splits the loss of a window; inside says whether the sender's discards are part of what
// it counted as sent.
func breakdown(loss *Loss, inside Verdict) Breakdown {
	if !loss.Known || loss.Packets == 0 {
		return Breakdown{}
	}
	b := Breakdown{Known: true, WireLow: loss.Low, WireHigh: loss.High}
	sent := float64(loss.Packets)
	for c := CauseEgressDiscards; c < NumCauses; c++ {
		if c != CauseWire {
			b.Share[c] = min(float64(loss.Counted[c])/sent, 1)
		}
	}
	drops := b.Share[CauseEgressDiscards]
	if drops > loss.High {
		inside = VerdictNo // more than the whole difference cannot be part of it
	}
	if inside != VerdictNo {
		b.WireLow -= drops
	}
	if inside == VerdictYes {
		b.WireHigh -= drops
	}
	for _, c := range [...]Cause{CauseEgressErrors, CauseIngressErrors, CauseIngressDiscards, CauseUnknownProtos} {
		b.WireLow -= b.Share[c]
	}
	b.WireLow, b.WireHigh = max(b.WireLow, 0), max(b.WireHigh, 0)
	b.Share[CauseWire] = (b.WireLow + b.WireHigh) / 2
	if loss.Low > 0 {
		b.First = b.largest(inside)
	}
	return b
}

// largest names the cause of the largest share. Discards that are no part of the difference between
// the ends do not cause it.
func (b *Breakdown) largest(inside Verdict) Cause {
	first := CauseWire
	for c := CauseEgressDiscards; c < NumCauses; c++ {
		if c == CauseEgressDiscards && inside == VerdictNo {
			continue
		}
		if b.Share[c] > b.Share[first] {
			first = c
		}
	}
	return first
}
