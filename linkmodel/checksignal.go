package linkmodel

import "math"

// appendChecks appends the signals of what both ends say about direction d beyond rates and loss.
func appendChecks(dst []Signal, d Direction, v *View) []Signal {
	c := &v.Directions[d].Checks
	sure := func(k Kind, answer Verdict) Signal {
		return exact(Signal{Kind: k, Direction: d, End: NoEnd, Ratio: answer.ratio()})
	}
	dead, match := sure(KindDeadPath, c.Dead), sure(KindNotMatching, c.NotMatching)
	if c.Fit != nil {
		match.Rate = Known(1)
	}
	framing := sure(KindFraming, c.Framing)
	if c.Framing == VerdictYes {
		framing.Rate, framing.End = Known(math.Abs(float64(c.Octets))), d.Sender()
		if c.Octets < 0 {
			framing.End = d.Receiver()
		}
	}
	policed := sure(KindPoliced, c.Policed)
	if c.Policed == VerdictYes {
		policed.Rate = Known(c.Limit)
	}
	return append(dst, dead, match, untrusted(d, v), framing, policed)
}

// overCapacity is how much of the capacity rates may reach that are a little off.
const overCapacity = 1.02

// untrusted tells a capacity that cannot be right: what flows exceeds it, or it is not known
// because a router reports a speed that it exceeds.
func untrusted(d Direction, v *View) Signal {
	s := Signal{Kind: KindCapacityUntrusted, Direction: d, End: NoEnd, Ratio: Known(0), Rate: v.Directions[d].BPS}
	if use := v.Directions[d].Utilization; use.Known {
		s.Ratio = verdict(use.Value > overCapacity).ratio()
	} else if !s.Rate.Known {
		s.Ratio = Unknown(s.Rate.Reason)
	}
	if doubted := (v.Ends[EndA].SpeedDoubted || v.Ends[EndZ].SpeedDoubted) && v.Link.Capacity[d] == 0; doubted {
		s.Ratio = Known(1)
		s.End = v.onlyEnd(func(e *EndView) bool { return e.SpeedDoubted })
	}
	return exact(s)
}

// harmless is the ratio of a mismatch that is explained; one that is not has 1.
const harmless = 0.5

func mismatchSignal(v *View) Signal {
	s := Signal{Kind: KindMismatch, Direction: NoDirection, End: NoEnd, Ratio: Unknown(ReasonMissed)}
	if !v.Ends[EndA].Answered || !v.Ends[EndZ].Answered {
		return s
	}
	s.Ratio = Known(0)
	var buf [numProperties]Difference
	differences := AppendDifferences(buf[:0], v)
	for i := range differences {
		worth := 1.0
		if differences[i].Harmless {
			worth = harmless
		}
		s.Ratio.Value = max(s.Ratio.Value, worth)
	}
	return exact(s)
}

func frozenSignal(v *View) Signal {
	a, z := v.Ends[EndA].Frozen, v.Ends[EndZ].Frozen
	s := Signal{Kind: KindCountersFrozen, Direction: NoDirection, End: NoEnd, Ratio: Unknown(ReasonMissed)}
	switch {
	case a == VerdictYes || z == VerdictYes:
		s.Ratio = Known(1)
		s.End = v.onlyEnd(func(e *EndView) bool { return e.Frozen == VerdictYes })
	case a == VerdictNo && z == VerdictNo:
		s.Ratio = Known(0)
	}
	return exact(s)
}

// ratio is 1 for yes, 0 for no and unknown else.
func (v Verdict) ratio() Quantity {
	switch v {
	case VerdictYes:
		return Known(1)
	case VerdictNo:
		return Known(0)
	default:
		return Unknown(ReasonWindow)
	}
}
