package alerting

import "github.com/bothends/bothends/linkmodel"

// explained holds back what a worse fault of the same link explains, when it begins and when it ends:
// that one end of a link that is down is down or silent is no news, nor that all is lost on a dead path
// or between counters that stand still.
func (*turn) explained(s *subject) string {
	l, ep := s.link, s.episode
	if l == nil {
		return ""
	}
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
