package alerting

import "github.com/bothends/bothends/linkmodel"

// stage looks at one episode of a link and returns why nothing shall be told about it now, or "".
type stage func(l *link, ep *Episode) string

// hold asks the stages about every episode; the first that holds it back leaves its reason.
func (l *link) hold(stages ...stage) {
	for ep := range l.episodes {
		ep.HeldBack = ""
		for _, held := range stages {
			if ep.HeldBack = held(l, ep); ep.HeldBack != "" {
				break
			}
		}
	}
}

// explained holds back what a worse fault explains, when it begins and when it ends: that one end of
// a link that is down is down or silent is no news, nor that all is lost on a dead path or between
// counters that stand still.
func explained(l *link, ep *Episode) string {
	switch ep.Kind { //nolint:exhaustive // nothing explains the others
	case linkmodel.KindHalfDown, linkmodel.KindUnreachable:
		return l.explains(linkmodel.KindDown, linkmodel.NoDirection)
	case linkmodel.KindLossy:
		if why := l.explains(linkmodel.KindDeadPath, ep.Direction); why != "" {
			return why
		}
		return l.explains(linkmodel.KindCountersFrozen, linkmodel.NoDirection)
	}
	return ""
}

// explains returns the reason to hold something back while an episode is open, or "".
func (l *link) explains(k linkmodel.Kind, d linkmodel.Direction) string {
	if ep := l.episode(k, d); ep != nil {
		return "explained by " + string(k) + " #" + ep.ID
	}
	return ""
}
