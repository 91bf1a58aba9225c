package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// clearRuns is how many readings in a row must be quiet before an episode ends.
const clearRuns = 2

// kinds lists what is judged, the worst first.
var kinds = [...]linkmodel.Kind{
	linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindUnreachable, linkmodel.KindLossy,
	linkmodel.KindErrors, linkmodel.KindDiscards, linkmodel.KindSaturated,
}

// rank returns the place of k in kinds, or len(kinds) for a kind that is not judged.
func rank(k linkmodel.Kind) int {
	for i := range kinds {
		if kinds[i] == k {
			return i
		}
	}
	return len(kinds)
}

// isStateKind reports whether k is either true or false.
func isStateKind(k linkmodel.Kind) bool { return rank(k) <= rank(linkmodel.KindUnreachable) }

// rule returns the thresholds that judge k.
func (r *Rules) rule(k linkmodel.Kind) Rule {
	switch k {
	case linkmodel.KindSaturated:
		return r.Utilization
	case linkmodel.KindErrors:
		return r.Errors
	case linkmodel.KindDiscards:
		return r.Discards
	case linkmodel.KindLossy:
		return r.Loss
	case linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindUnreachable:
		return r.Down
	default:
		return Rule{}
	}
}

// judge holds one kind in one direction of one link against its ruling. Of a link without faults
// it is nothing but that.
type judge struct {
	*ruling
	// seen is how far each level has come; nil while none is passed.
	seen    *[maxLevels]progress
	episode *Episode // nil while nothing is open
}

// observe judges one signal and returns the episode that ended with it, or nil.
func (j *judge) observe(s *linkmodel.Signal, o *observation) *Episode {
	j.look(s, o)
	if top := j.reached(); top != nil {
		j.raise(top, s, o)
	}
	if j.episode == nil {
		return nil
	}
	j.follow(s)
	j.episode.Quiet.observe(j.quiet(s), o.at, o.mono)
	if !j.episode.Quiet.lasted(clearRuns, j.clearAfter) {
		return nil
	}
	return j.end(j.episode.Quiet.Since, "")
}

// look takes the signal into the progress of every level, and forgets the progress when no level
// is passed any more.
func (j *judge) look(s *linkmodel.Signal, o *observation) {
	passed := false
	for i := range j.levels {
		l := &j.levels[i]
		if j.seen == nil {
			if l.passes(s) != yes {
				continue
			}
			j.seen = new([maxLevels]progress)
		}
		p := &j.seen[i]
		p.observe(l, s, o)
		passed = passed || p.passed.Runs > 0
	}
	if !passed {
		j.seen = nil
	}
}

// reached returns the highest level that has been passed for long enough, or nil.
func (j *judge) reached() *level {
	if j.seen == nil {
		return nil
	}
	for i := len(j.levels) - 1; i >= 0; i-- {
		if j.seen[i].passed.lasted(j.raiseRuns, j.raiseAfter) {
			return &j.levels[i]
		}
	}
	return nil
}

// raise opens the episode, or lifts the open one to a higher severity. It never lowers one: a
// message that says "now only a warning" asks for nothing.
func (j *judge) raise(top *level, s *linkmodel.Signal, o *observation) {
	if j.episode == nil {
		j.episode = newEpisode(o.link, j.kind, j.direction, j.since())
	}
	ep := j.episode
	if top.severity <= ep.Severity {
		return
	}
	ep.Severity, ep.For = top.severity, j.hold
	ep.measureBy(top)
	ep.Peak = max(ep.Peak, j.peak(top))
	ep.Evidence = evidence(o.view, s)
}

// peak returns the greatest value since the level l was passed.
func (j *judge) peak(l *level) float64 {
	for i := range j.levels {
		if &j.levels[i] == l {
			return j.seen[i].peak
		}
	}
	return 0
}

// since returns when the first of the levels was passed that is passed still.
func (j *judge) since() time.Time {
	var first time.Time
	for i := range j.seen {
		h := &j.seen[i].passed
		if h.Runs > 0 && (first.IsZero() || h.Since.Before(first)) {
			first = h.Since
		}
	}
	return first
}

// follow keeps the numbers of the open episode up to date.
func (j *judge) follow(s *linkmodel.Signal) {
	ep := j.episode
	ep.Ratio, ep.Rate = s.Ratio, s.Rate
	for i := range j.levels {
		l := &j.levels[i]
		if l.severity != ep.Severity {
			continue
		}
		ep.measureBy(l)
		if q := l.quantity(s); q.Known {
			ep.Value, ep.Peak = q.Value, max(ep.Peak, q.Value)
		}
		if l.passes(s) == yes {
			ep.End = s.End
		}
	}
}

// quiet says whether the signal lets the episode end: it must be quiet at every level, since
// what is quiet for the critical one may still deserve the warning.
func (j *judge) quiet(s *linkmodel.Signal) condition {
	worst := yes
	for i := range j.levels {
		switch j.levels[i].quiet(s) {
		case no:
			return no
		case unknown:
			worst = unknown
		case yes:
		}
	}
	return worst
}

// end closes the open episode. why is empty when the fault went away by itself.
func (j *judge) end(at time.Time, why string) *Episode {
	ep := j.episode
	ep.Until, ep.Ending = at, why
	j.reset()
	return ep
}

// reset forgets what was seen so far.
func (j *judge) reset() { j.episode, j.seen = nil, nil }
