package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// observation is when and of what signals were taken.
type observation struct {
	link string
	at   time.Time
	mono time.Duration
	// interval is the time between polls.
	interval time.Duration
	view     *linkmodel.View // for evidence in texts; nil when only signals are judged
	flaps    *flaps          // nil where no status changed lately
	group    *diverse        // where links that protect each other are judged
}

// numSignals is how many signals a view gives, and those that only time and other links tell: flapping,
// and two of links that protect each other.
const numSignals = linkmodel.NumSignals + 3

// witnessed makes the signals about the link's state unknown where this cycle's answers do not
// carry them. A view keeps the last status of an end that missed a poll; that is good for the
// page and too weak to raise or clear anything: a cut that also takes the way to one router away
// would look like half a cut first.
func witnessed(signals []linkmodel.Signal, v *linkmodel.View) {
	answers := 0
	for i := range v.Ends {
		if v.Ends[i].Answered {
			answers++
		}
	}
	for i := range signals {
		s := &signals[i]
		if s.Ratio.Known && answers < witnesses(s) {
			s.Ratio = linkmodel.Unknown(linkmodel.ReasonMissed)
		}
	}
}

// witnesses returns how many ends must have answered for the signal to be believed. Silence is
// its own witness.
func witnesses(s *linkmodel.Signal) int {
	switch s.Kind {
	case linkmodel.KindDown:
		return 1
	case linkmodel.KindHalfDown, linkmodel.KindDeadPath, linkmodel.KindNotMatching, linkmodel.KindMismatch,
		linkmodel.KindCountersFrozen:
		return 2
	case linkmodel.KindUnreachable:
		if s.Ratio.Value >= 1 {
			return 0
		}
		return 2
	case linkmodel.KindSaturated, linkmodel.KindErrors, linkmodel.KindDiscards, linkmodel.KindLossy,
		linkmodel.KindCapacityUntrusted, linkmodel.KindFraming, linkmodel.KindPoliced, linkmodel.KindFlapping,
		linkmodel.KindRedundancyLost, linkmodel.KindPairDown:
		return 0
	default:
		return 0
	}
}
