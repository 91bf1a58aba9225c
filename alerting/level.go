package alerting

import (
	"math"

	"github.com/bothends/bothends/linkmodel"
)

// clearFactor times the threshold is where a value must stay below for its episode to end, so
// that a value that hovers at the threshold is one episode.
const clearFactor = 0.9

// level is one threshold of a ruling.
type level struct {
	severity  linkmodel.Severity
	threshold Threshold
}

// progress is how long a level has been passed, and by how much.
type progress struct {
	passed Hold
	peak   float64
}

func (p *progress) observe(l *level, s *linkmodel.Signal, o *observation) {
	p.passed.observe(l.passes(s), o.at, o.mono)
	switch q := l.quantity(s); {
	case p.passed.Runs == 0:
		p.peak = 0
	case q.Known:
		p.peak = max(p.peak, q.Value)
	}
}

// quantity returns the part of the signal that the threshold's unit speaks of. A rate of nothing
// is a ratio of nothing, also where an idle link leaves the ratio undefined: without that, an
// episode would stay open for as long as no packet comes by.
func (l *level) quantity(s *linkmodel.Signal) linkmodel.Quantity {
	q := s.Ratio
	if l.threshold.Unit == UnitPerSecond {
		q = s.Rate
	}
	if l.threshold.Unit == UnitRatio && !q.Known && s.Rate.Known && s.Rate.Value == 0 {
		q = linkmodel.Known(0)
	}
	if math.IsNaN(q.Value) || math.IsInf(q.Value, 0) {
		q.Known = false
	}
	return q
}

// passes says whether the signal is at or above the threshold. Loss passes by its lower limit:
// only what is lost for certain counts.
func (l *level) passes(s *linkmodel.Signal) condition {
	q := l.quantity(s)
	if !q.Known {
		return unknown
	}
	if s.Kind == linkmodel.KindLossy {
		return known(s.Low >= l.threshold.Value)
	}
	return known(q.Value >= l.limit())
}

// quiet says whether the signal is so far below the threshold that the episode may end. Loss ends
// by its upper limit.
func (l *level) quiet(s *linkmodel.Signal) condition {
	q := l.quantity(s)
	if !q.Known {
		return unknown
	}
	if s.Kind == linkmodel.KindLossy {
		return known(s.High < l.threshold.Value)
	}
	return known(q.Value < clearFactor*l.limit())
}

// limit returns the threshold in the unit of quantity: a kind that is either true or false has
// the ratio 1 or 0.
func (l *level) limit() float64 {
	if l.threshold.Unit == UnitTrue && l.threshold.Value == 0 {
		return 1
	}
	return l.threshold.Value
}
