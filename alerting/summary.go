package alerting

import (
	"cmp"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// summary writes the first line of a message, which must be understood on a locked phone: state
// word, link, direction, number, since when.
func summary(n *Notification) string {
	ep := &n.Episode
	if n.Status == StatusResolved {
		return resolvedSummary(n)
	}
	words := []string{strings.ToUpper(string(ep.Kind)), name(ep.Link)}
	if n.Reminder {
		words[0] = "STILL " + words[0]
	}
	words = append(words, arrow(ep.Direction), headline(ep))
	if n.Status == StatusUpdate && !n.Reminder {
		words = append(words, "now "+ep.Severity.String())
	}
	return join(append(words, "since", clock(ep.Since, n.At), "UTC"))
}

func resolvedSummary(n *Notification) string {
	ep := &n.Episode
	if ep.Kind == linkmodel.KindFlapping && ep.Ending == "" {
		return stableSummary(n)
	}
	line := join([]string{"RESOLVED", name(ep.Link), arrow(ep.Direction), string(ep.Kind)})
	if ep.Ending != "" {
		line += ": " + ep.Ending + ","
	}
	line += spanText(ep, n.At)
	if ep.Kind.Measured() {
		line += ", peak " + amount(ep, ep.Peak)
	}
	if ep.Ack != nil {
		line += ", acked by " + name(ep.Ack.By)
	}
	return line
}

// spanText says how long an episode lasted, and from when to when.
func spanText(ep *Episode, now time.Time) string {
	from, to := clock(ep.Since, now), clock(ep.Until, now)
	long := lasting(ep.Until.Sub(ep.Since))
	if ep.EndedAfter.IsZero() || ep.Ending != "" {
		return " after " + long + " (" + from + " to " + to + " UTC)"
	}
	return " after " + lasting(ep.EndedAfter.Sub(ep.Since)) + " to " + long +
		" (from " + from + ", ended between " + clock(ep.EndedAfter, now) + " and " + to + " UTC)"
}

// join puts spaces between the words that are there.
func join(words []string) string {
	var kept []string
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// arrow writes a direction: "a→z".
func arrow(d linkmodel.Direction) string {
	if d > linkmodel.ZToA {
		return ""
	}
	return d.Sender().String() + "→" + d.Receiver().String()
}

// headline writes what is true of the episode in a few words with its number.
func headline(ep *Episode) string {
	switch ep.Kind {
	case linkmodel.KindSaturated:
		return amount(ep, ep.Value) + ofCapacity(ep)
	case linkmodel.KindLossy:
		return "loses " + cmp.Or(ep.Figure, amount(ep, ep.Value))
	case linkmodel.KindErrors, linkmodel.KindDiscards:
		return faultHeadline(ep)
	case linkmodel.KindHalfDown:
		if ep.End == linkmodel.NoEnd {
			return "one end down"
		}
		return ep.End.Other().String() + " up, " + ep.End.String() + " down"
	case linkmodel.KindUnreachable:
		if ep.End == linkmodel.NoEnd {
			return "both ends silent"
		}
		return ep.End.String() + " silent"
	case linkmodel.KindDown:
		return ""
	case linkmodel.KindFlapping, linkmodel.KindPairDown, linkmodel.KindRedundancyLost:
		return ep.Figure
	default:
		return checkHeadline(ep)
	}
}

// ofCapacity adds what the utilisation is a share of.
func ofCapacity(ep *Episode) string {
	if ep.PerSecond || !ep.Ratio.Known || !ep.Rate.Known || ep.Ratio.Value <= 0 {
		return ""
	}
	return " of " + capacity(ep.Rate.Value/ep.Ratio.Value)
}

func faultHeadline(ep *Episode) string {
	text := amount(ep, ep.Value)
	if !ep.PerSecond {
		text += " of packets"
	}
	if ep.End != linkmodel.NoEnd {
		text += " at " + ep.End.String()
	}
	return text
}

// amount writes a value in the unit of the episode's threshold.
func amount(ep *Episode, v float64) string {
	switch {
	case !ep.PerSecond:
		return percent(v)
	case ep.Kind == linkmodel.KindSaturated:
		return bitrate(v)
	default:
		return events(v)
	}
}
