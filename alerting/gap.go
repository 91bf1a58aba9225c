package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// An episode that ended while nobody looked, because bothends did not run or the routers were
// silent, ended between its last reading and the first quiet one; unless the routers say when.

// unwatchedPolls is how many intervals between the two are a gap.
const unwatchedPolls = 2

// watch notes when the finding was last seen to hold, and at the first quiet reading, what is known
// of its end.
func (j *judge) watch(s *linkmodel.Signal, o *observation) {
	ep := j.episode
	switch c := j.quiet(s); {
	case c == no:
		ep.Held, j.holding, j.unwatched = o.at, o.mono, false
		ep.Recovered, ep.EndedAfter = time.Time{}, time.Time{}
	case c == yes && ep.Quiet.Runs == 1 && !ep.Held.IsZero():
		ep.Recovered, ep.EndedAfter = time.Time{}, time.Time{}
		if !j.unwatched && o.mono-j.holding <= unwatchedPolls*o.interval || !o.at.After(ep.Held) {
			return
		}
		if ep.Recovered = recovered(ep, o); ep.Recovered.IsZero() {
			ep.EndedAfter = ep.Held
		}
	}
}

// ended returns when the episode was over.
func (ep *Episode) ended() time.Time {
	if !ep.Recovered.IsZero() {
		return ep.Recovered
	}
	return ep.Quiet.Since
}

// recovered is when the line came back by the routers' own stamps (ifLastChange), zero where they do
// not tell.
func recovered(ep *Episode, o *observation) (at time.Time) {
	if o.view == nil {
		return at
	}
	for _, e := range linkmodel.Ends {
		end := &o.view.Ends[e]
		up, ok := end.Last.Changed()
		if !end.Answered || !ok || !end.Last.Oper.IsUp() || !up.After(ep.Held) || up.After(o.at) {
			continue
		}
		switch ep.Kind { //nolint:exhaustive // of the others ifLastChange says nothing
		case linkmodel.KindDown: // one end that is up is enough
			if at.IsZero() || up.Before(at) {
				at = up
			}
		case linkmodel.KindHalfDown: // both must be
			if up.After(at) {
				at = up
			}
		}
	}
	return at
}
