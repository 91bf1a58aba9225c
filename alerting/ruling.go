package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// maxLevels is how many thresholds a rule has at most.
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
	// changes within within are flapping.
	changes int
	within  time.Duration
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
	if rule.Info.Unit == UnitNone && rule.Warn.Unit == UnitNone && rule.Crit.Unit == UnitNone {
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
	if isStateKind(r.kind) || r.kind == linkmodel.KindDeadPath {
		r.clearAfter = 0
	}
	if r.kind == linkmodel.KindFlapping {
		r.changes, r.within, r.clearAfter = key.rule.Changes, key.rule.Within, key.rule.Quiet
	}
	switch r.kind { //nolint:exhaustive // the others may be raised by one reading
	case linkmodel.KindHalfDown, linkmodel.KindUnreachable, linkmodel.KindLossy, linkmodel.KindMismatch:
		r.raiseRuns = 2
	}
	if r.kind == linkmodel.KindHalfDown {
		// Two routers show the same cut up to the age of their counters apart. Until then half a
		// cut may be a whole one.
		r.raiseAfter = max(r.hold, key.age)
	}
	for i, t := range [...]Threshold{key.rule.Info, key.rule.Warn, key.rule.Crit} {
		if t.Unit != UnitNone {
			r.levels = append(r.levels, level{severity: linkmodel.SeverityInfo + linkmodel.Severity(i), threshold: t})
		}
	}
	return r
}

// passes reports whether a signal passes any level.
func (r *ruling) passes(s *linkmodel.Signal) bool {
	for i := range r.levels {
		if r.levels[i].passes(s) == yes {
			return true
		}
	}
	return false
}

// ruleset is the rulings of a link: kinds in their order, of one kind the directions in theirs; nil
// where there is no threshold.
type ruleset [numSignals]*ruling

// rulesets are those made so far.
type rulesets struct {
	rulings rulings
	sets    map[ruleset]*ruleset
}

func newRulesets() rulesets { return rulesets{rulings{}, map[ruleset]*ruleset{}} }

// of returns the ruleset of a link.
func (r *rulesets) of(link *linkmodel.Link, rules *Rules) *ruleset {
	var set ruleset
	for i := range set {
		set[i] = r.rulings.get(places[i].kind, places[i].direction, rules.rule(places[i].kind), link)
	}
	shared, ok := r.sets[set]
	if !ok {
		shared = &set
		r.sets[set] = shared
	}
	return shared
}

// place is a kind in one direction.
type place struct {
	kind      linkmodel.Kind
	direction linkmodel.Direction
}

// places are where rulesets have their rulings, placeOf tells the first one of a kind.
var places, placeOf = func() (all []place, of map[linkmodel.Kind]int) {
	of = make(map[linkmodel.Kind]int, len(kinds))
	for _, k := range kinds {
		of[k] = len(all)
		for _, d := range directionsOf(k) {
			all = append(all, place{k, d})
		}
	}
	return all, of
}()

// find returns the ruling of a kind and direction, or nil.
func (r *ruleset) find(k linkmodel.Kind, d linkmodel.Direction) *ruling {
	i, ok := placeOf[k]
	if !ok || hasDirection(k) != (d <= linkmodel.ZToA) {
		return nil
	}
	if hasDirection(k) {
		i += int(d)
	}
	return r[i]
}
