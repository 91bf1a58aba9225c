package linkmodel

// speedTrust learns whether an interface's reported speed may be believed. Tunnels, taps and
// sub-rate ports report fixed or wrong speeds. One that counts more than its speed allows in three
// intervals running is not believed from then on; nor is one that does so now and then by more than
// the age of its counters explains.
type speedTrust struct {
	running, refused, clean int
	doubted                 bool
	speed                   uint32 // the ifHighSpeed the verdict is about
}

const (
	// doubtAfter is how many intervals must exceed the reported speed.
	doubtAfter = 3
	// forgiveAfter is how many believable intervals make up for one that was refused.
	forgiveAfter = 20
)

// observe looks at the rates of an interval that has octets. A changed speed starts anew.
func (s *speedTrust) observe(iv *Interval, cur *Reading) {
	if cur.HighSpeed != s.speed {
		*s = speedTrust{speed: cur.HighSpeed}
	}
	if cur.HighSpeed == 0 || iv.Elapsed <= 0 {
		return
	}
	octets := max(iv.Delta[InOctets], iv.Delta[OutOctets])
	if float64(octets)*8/iv.Elapsed.Seconds() > overspeed*float64(cur.HighSpeed)*1e6 {
		s.exceeded(iv.Reason == ReasonImplausible)
		return
	}
	s.running = 0
	if s.clean++; s.clean >= forgiveAfter {
		s.clean, s.refused = 0, max(s.refused-1, 0)
	}
}

func (s *speedTrust) exceeded(refused bool) {
	s.running++
	if refused {
		s.refused++
	}
	s.doubted = s.doubted || s.running >= doubtAfter || s.refused >= doubtAfter
}

// capacity returns the capacity of a direction: the least of what is declared and of the believable
// speeds of the two ends. A circuit carries no more than was bought, nor more than its ports.
func capacity(declared float64, ends *[2]EndView, tracks *[2]endTracker) Quantity {
	lowest := declared
	for _, e := range Ends {
		speed := float64(ends[e].Last.HighSpeed) * 1e6
		if speed == 0 || tracks[e].speed.doubted {
			continue
		}
		if lowest == 0 || speed < lowest {
			lowest = speed
		}
	}
	if lowest == 0 {
		return Unknown(ReasonNoCapacity)
	}
	return Known(lowest)
}
