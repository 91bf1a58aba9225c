package linkmodel

// endIsSilent reports whether an end missed SilentAfter polls in a row.
func endIsSilent(e *EndView) bool { return e.Misses >= SilentAfter }

// endIsDown reports whether a reachable end's latest ifOperStatus is down.
func endIsDown(e *EndView) bool { return e.Reachable && e.Last.Oper.IsDown() }

// endIsUp reports whether a reachable end's latest ifOperStatus is up.
func endIsUp(e *EndView) bool { return e.Reachable && e.Last.Oper.IsUp() }

// baseState returns the state that the two ends give before findings are judged. shut tells which
// ends an operator has shut, rated which have given two readings, dead that a direction receives
// nothing of what is sent.
func baseState(ends *[2]EndView, shut, rated [2]bool, dead bool) State {
	a, z := &ends[EndA], &ends[EndZ]
	down := endIsDown(a) || endIsDown(z)
	up := endIsUp(a) || endIsUp(z)
	switch {
	case shut[EndA] || shut[EndZ]:
		return StateDisabled
	case down && !up:
		return StateDown
	case down && up:
		return StateHalfDown
	case dead:
		return StateDeadPath
	case endIsSilent(a) || endIsSilent(z):
		return StateUnreachable
	case !up || !rated[EndA] || !rated[EndZ]:
		return StateUnknown
	default:
		return StateUp
	}
}

// withFindings returns the state once it is known which findings are open: anything worth a
// warning makes a link degraded, unless something worse is true of it.
func withFindings(s State, open []Finding) State {
	if s > StateDegraded {
		return s
	}
	for i := range open {
		if open[i].Severity >= SeverityWarning {
			return StateDegraded
		}
	}
	return s
}
