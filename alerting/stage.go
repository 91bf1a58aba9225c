package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// subject is what the line of stages looks at: one episode and what it is about.
type subject struct {
	episode *Episode
	// link is nil for a cause, which cause then is, and for an episode of a link that is no longer in the
	// inventory.
	link  *link
	cause *cause
	now   linkmodel.Moment
}

// stage looks at one episode and returns why nothing shall be told about it now, or "". It is asked
// again for as long as something is to be told.
type stage func(t *turn, s *subject) string

// line is the stages in their order. The first that holds an episode back leaves its reason there.
var line = [...]stage{
	(*turn).flapping,
	(*turn).explained,
	(*turn).protected,
	(*turn).maintained,
	(*turn).covered,
	(*turn).acknowledged,
	(*turn).silenced,
}

// holds returns why nothing shall be told about the episode now, or "".
func (t *turn) holds(s *subject) string {
	s.episode.Ack = t.acked(s.episode, s.now.At)
	for _, held := range line {
		if why := held(t, s); why != "" {
			return why
		}
	}
	return ""
}

// waits returns for how long an episode that nothing holds back waits all the same, so that its cause
// can be found: two routers show the same fault some seconds apart, and are asked at other times.
func (t *turn) waits(ep *Episode) time.Duration {
	if ep.raised == never || ep.raised > t.now.Mono {
		ep.raised = t.now.Mono
	}
	return t.plan.cfg.GroupWait - (t.now.Mono - ep.raised)
}

func (t *turn) waitText(left time.Duration) string {
	return "waits for its cause until " + t.now.At.Add(left).UTC().Format(time.TimeOnly) + " UTC"
}
