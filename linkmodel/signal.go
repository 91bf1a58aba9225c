package linkmodel

// NumSignals is how many signals a view gives: nine kinds per direction and five for the link.
const NumSignals = 2*9 + 5

// AppendSignals appends every signal of a view to dst, always the same in the same order: first those
// of each direction, then those of the link.
func AppendSignals(dst []Signal, v *View) []Signal {
	for _, d := range Directions {
		dst = appendDirection(dst, d, v)
		dst = appendChecks(dst, d, v)
	}
	for _, k := range [...]Kind{KindDown, KindHalfDown, KindUnreachable} {
		dst = append(dst, stateSignal(k, v))
	}
	return append(dst, mismatchSignal(v), frozenSignal(v))
}

func appendDirection(dst []Signal, d Direction, v *View) []Signal {
	dv := &v.Directions[d]
	lossy := Signal{Kind: KindLossy, Direction: d, End: NoEnd, Ratio: Unknown(dv.Loss.Reason)}
	if l := &dv.Loss; l.Known {
		lossy.Ratio = Known(l.Ratio)
		lossy.Low, lossy.High = l.Certain, l.Recent
	}
	return append(
		dst,
		exact(Signal{Kind: KindSaturated, Direction: d, End: NoEnd, Ratio: dv.Utilization, Rate: dv.BPS}),
		faultSignal(KindErrors, d, &dv.Errors),
		faultSignal(KindDiscards, d, &dv.Discards),
		lossy,
	)
}

func faultSignal(k Kind, d Direction, f *Faults) Signal {
	return exact(Signal{Kind: k, Direction: d, End: f.Side(d), Ratio: f.Ratio, Rate: f.PerSecond})
}

// exact gives a signal without an error bar bounds equal to its value.
func exact(s Signal) Signal {
	s.Low, s.High = s.Ratio.Value, s.Ratio.Value
	return s
}

func stateSignal(k Kind, v *View) Signal {
	s := Signal{Kind: k, Direction: NoDirection, End: NoEnd, Ratio: Unknown(ReasonFirst)}
	if v.State != StateUnknown {
		s.Ratio = Known(0)
	}
	switch {
	case k == KindDown && v.State == StateDown:
		s.Ratio = Known(1)
	case k == KindHalfDown && v.State == StateHalfDown:
		s.Ratio, s.End = Known(1), v.onlyEnd(endIsDown)
	case k == KindUnreachable && v.State == StateUnreachable:
		s.Ratio, s.End = Known(1), v.onlyEnd(endIsSilent)
	}
	return exact(s)
}

// onlyEnd returns the single end for which is holds, or NoEnd when both or neither.
func (v *View) onlyEnd(is func(*EndView) bool) End {
	a, z := is(&v.Ends[EndA]), is(&v.Ends[EndZ])
	switch {
	case a && !z:
		return EndA
	case z && !a:
		return EndZ
	default:
		return NoEnd
	}
}
