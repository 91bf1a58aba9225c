package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// subject is what the line of stages looks at: one episode and what it is about.
type subject struct {
	episode *Episode
	// link is nil for an episode of a link that is no longer in the inventory.
	link *link
	now  linkmodel.Moment
}

// stage looks at one episode and returns why nothing shall be told about it now, or "". It is asked
// again for as long as something is to be told.
type stage func(e *Engine, s *subject) string

// line is the stages in their order. The first that holds an episode back leaves its reason there.
var line = [...]stage{
	(*Engine).flapping,
	(*Engine).explained,
	(*Engine).protected,
	(*Engine).maintained,
	(*Engine).acknowledged,
	(*Engine).silenced,
}

// holds returns why nothing shall be told about the episode now, or "".
func (e *Engine) holds(s *subject) string {
	s.episode.Ack = e.acked(s.episode, s.now.At)
	for _, held := range line {
		if why := held(e, s); why != "" {
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
