package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// maxLevels is how many thresholds a rule has: one to warn and one that is critical.
const maxLevels = 2

// ruling is how one kind is judged in one direction. Links with the same rule share it: a hundred
// thousand links have a handful.
type ruling struct {
	kind      linkmodel.Kind
	direction linkmodel.Direction
	levels    []level // the lower severity first, at most maxLevels
	hold      time.Duration

	// raiseRuns and raiseAfter must both be reached to raise, clearRuns and clearAfter to clear.
	raiseRuns              int
	raiseAfter, clearAfter time.Duration
}

// rulings are those made so far.
type rulings map[rulingKey]*ruling

type rulingKey struct {
	kind      linkmodel.Kind
	direction linkmodel.Direction
	rule      Rule
	// age is that of the older counters of the two ends, where it matters.
	age time.Duration
}

// get returns nil when the rule has no threshold.
func (r rulings) get(k linkmodel.Kind, d linkmodel.Direction, rule Rule, link *linkmodel.Link) *ruling {
	if rule.Warn.Unit == UnitNone && rule.Crit.Unit == UnitNone {
		return nil
	}
	key := rulingKey{kind: k, direction: d, rule: rule}
	if k == linkmodel.KindHalfDown {
		key.age = max(link.Ends[0].MaxCounterAge(), link.Ends[1].MaxCounterAge())
	}
	known, ok := r[key]
	if !ok {
		known = newRuling(&key)
		r[key] = known
	}
	return known
}

func newRuling(key *rulingKey) *ruling {
	r := &ruling{
		kind: key.kind, direction: key.direction, hold: key.rule.For,
		raiseRuns: 1, raiseAfter: key.rule.For, clearAfter: 2 * key.rule.For,
	}
	if isStateKind(r.kind) {
		r.clearAfter = 0
	}
	switch r.kind { //nolint:exhaustive // the others may be raised by one reading
	case linkmodel.KindHalfDown, linkmodel.KindUnreachable, linkmodel.KindLossy:
		r.raiseRuns = 2
	}
	if r.kind == linkmodel.KindHalfDown {
		// Two routers show the same cut up to the age of their counters apart. Until then half a
		// cut may be a whole one.
		r.raiseAfter = max(r.hold, key.age)
	}
	if key.rule.Warn.Unit != UnitNone {
		r.levels = append(r.levels, level{severity: linkmodel.SeverityWarning, threshold: key.rule.Warn})
	}
	if key.rule.Crit.Unit != UnitNone {
		r.levels = append(r.levels, level{severity: linkmodel.SeverityCritical, threshold: key.rule.Crit})
	}
	return r
}
