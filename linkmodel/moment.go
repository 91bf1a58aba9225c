package linkmodel

import "time"

// Moment is one instant on every clock there is, so that another process can find it again on its
// own.
type Moment struct {
	// At is the wall clock, which may be set at any time.
	At time.Time
	// Mono is the clock of Reading.Mono, which begins anew with every process.
	Mono time.Duration
	// Boot names the run of the machine, 0 where it is not known. Uptime is the time since that run
	// began, also while the machine slept: it goes on from one process to the next, and nobody sets
	// it.
	Boot   uint64
	Uptime time.Duration
}

// Until returns how long the time from m to a later moment was. It is exact within one run of the
// machine; else only the wall clock tells, and that may have been set meanwhile.
func (m *Moment) Until(now *Moment) (gap time.Duration, exact bool) {
	if m.Boot != 0 && m.Boot == now.Boot && now.Uptime >= m.Uptime {
		return now.Uptime - m.Uptime, true
	}
	return max(now.At.Sub(m.At), 0), false
}
