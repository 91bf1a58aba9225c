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

// explained holds back what a link that is down explains: that one end is down or silent is no
// news then, neither when it begins nor when it ends.
func explained(l *link, ep *Episode) string {
	if ep.Kind != linkmodel.KindHalfDown && ep.Kind != linkmodel.KindUnreachable {
		return ""
	}
	down := l.find(linkmodel.KindDown, linkmodel.NoDirection)
	if down == nil || down.episode == nil {
		return ""
	}
	return "explained by down #" + down.episode.ID
}
