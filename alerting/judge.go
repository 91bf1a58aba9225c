package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// clearRuns is how many readings in a row must be quiet before an episode ends.
const clearRuns = 2

// kinds lists what is judged, the worst first.
var kinds = [...]linkmodel.Kind{
	linkmodel.KindPairDown, linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindDeadPath, linkmodel.KindUnreachable,
	linkmodel.KindRedundancyLost, linkmodel.KindFlapping,
	linkmodel.KindCountersFrozen, linkmodel.KindNotMatching, linkmodel.KindLossy, linkmodel.KindErrors,
	linkmodel.KindDiscards, linkmodel.KindSaturated, linkmodel.KindPoliced, linkmodel.KindMismatch,
	linkmodel.KindCapacityUntrusted, linkmodel.KindFraming,
}

// isStateKind reports whether k is about the line as a whole: it has no direction, and what the
// routers report is all there is to say.
func isStateKind(k linkmodel.Kind) bool {
	switch k { //nolint:exhaustive // the others are not
	case linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindUnreachable:
		return true
	}
	return false
}

// hasDirection reports whether k is judged per direction.
func hasDirection(k linkmodel.Kind) bool {
	return !isStateKind(k) && k != linkmodel.KindMismatch && k != linkmodel.KindCountersFrozen &&
		k != linkmodel.KindFlapping && !isPairKind(k)
}

// judge holds one kind in one direction of one link against its ruling. There is one while a level
// is passed or an episode is open.
type judge struct {
	*ruling
	// seen is how far each level has come; nil while none is passed.
	seen    *[maxLevels]progress
	episode *Episode // nil while nothing is open
	// holding is the instant at which the finding was last seen to hold. unwatched tells that it is
	// not known, because it was before a restart.
	holding   time.Duration
	unwatched bool
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
	j.follow(s, o)
	j.episode.Quiet.observe(j.quiet(s), o.at, o.mono)
	j.watch(s, o)
	if !j.episode.Quiet.lasted(clearRuns, j.clearAfter) {
		return nil
	}
	return j.end(j.episode.ended(), "")
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
		j.episode = newEpisode(o.link, j.kind, j.direction, j.began(o))
		j.episode.raised = o.mono
	}
	ep := j.episode
	if top.severity <= ep.Severity {
		return
	}
	ep.Severity, ep.For = top.severity, j.hold
	ep.measureBy(top)
	ep.Peak = max(ep.Peak, j.peak(top))
	ep.Evidence = evidence(o.view, s)
	if o.group != nil {
		ep.Evidence = o.group.evidence()
	}
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

// began returns when what is raised now began.
func (j *judge) began(o *observation) time.Time {
	if j.kind == linkmodel.KindFlapping && o.flaps != nil && !o.flaps.began.IsZero() {
		return o.flaps.began
	}
	return j.since()
}

// follow keeps the numbers of the open episode up to date.
func (j *judge) follow(s *linkmodel.Signal, o *observation) {
	ep := j.episode
	if ep.Kind == linkmodel.KindFlapping {
		ep.flap(o)
	}
	if o.group != nil {
		ep.Figure = o.group.figure(ep.Kind)
	}
	if ep.Kind == linkmodel.KindNotMatching && s.Rate.Known && !ep.Rate.Known {
		ep.Evidence = evidence(o.view, s) // another interface fits, which took a while to see
	}
	if ep.Kind == linkmodel.KindLossy && s.Ratio.Known && o.view != nil {
		ep.Figure = o.view.Directions[s.Direction].Loss.Text()
	}
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
		if j.levels[i].severity == linkmodel.SeverityInfo && j.episode.Severity > linkmodel.SeverityInfo {
			continue // what is left is worth no more than an episode of its own
		}
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

// idle reports whether the judge holds nothing.
func (j *judge) idle() bool { return j.episode == nil && j.seen == nil }
