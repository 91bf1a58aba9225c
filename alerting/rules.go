package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// surely is the threshold of a kind that is either true or false.
var surely = Threshold{Value: 1, Unit: UnitTrue}

// possibly is where a mismatch lies that is explained.
var possibly = Threshold{Value: 0.5, Unit: UnitTrue}

// untrustedFor is how long a capacity must be exceeded: for a moment, old counters exceed any.
const untrustedFor = 5 * time.Minute

// rule returns the thresholds that judge k.
func (r *Rules) rule(k linkmodel.Kind) Rule {
	own, ok := r.Own[k]
	if !ok {
		own = r.BuiltIn(k)
	}
	return own.atMost(r.AtMost)
}

// atMost lowers what is louder than limit, where there is one. Of two thresholds that become equally
// loud the lower one stays: it is passed first.
func (r Rule) atMost(limit linkmodel.Severity) Rule {
	if limit < linkmodel.SeverityCritical && limit != linkmodel.SeverityNone {
		r.Warn, r.Crit = lower(r.Warn, r.Crit), Threshold{}
	}
	if limit == linkmodel.SeverityInfo {
		r.Info, r.Warn = lower(r.Info, r.Warn), Threshold{}
	}
	return r
}

// lower returns the first of two thresholds that is set.
func lower(a, b Threshold) Threshold {
	if a.Unit == UnitNone {
		return b
	}
	return a
}

// BuiltIn is the rule for k where the link has none of its own. Kinds that the inventory has no
// threshold for carry theirs: a warning where somebody has to mend something, else information.
func (r *Rules) BuiltIn(k linkmodel.Kind) Rule {
	switch k {
	case linkmodel.KindSaturated:
		return r.Utilization
	case linkmodel.KindErrors:
		return r.Errors
	case linkmodel.KindDiscards:
		return r.Discards
	case linkmodel.KindLossy:
		return r.Loss
	case linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindUnreachable, linkmodel.KindDeadPath:
		return r.Down
	case linkmodel.KindNotMatching, linkmodel.KindCountersFrozen, linkmodel.KindPoliced:
		return Rule{Warn: surely}
	case linkmodel.KindFlapping:
		return r.Flapping
	case linkmodel.KindPairDown:
		return Rule{Crit: surely}
	case linkmodel.KindRedundancyLost:
		return Rule{Warn: surely}
	case linkmodel.KindMismatch:
		return Rule{Info: possibly, Warn: surely}
	case linkmodel.KindCapacityUntrusted:
		return Rule{Info: surely, For: untrustedFor}
	case linkmodel.KindFraming:
		return Rule{Info: surely}
	default:
		return Rule{}
	}
}
