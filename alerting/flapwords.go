package alerting

import (
	"fmt"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// flapFigure writes how often the line changed, in what time, and how it is now.
func flapFigure(ep *Episode, now linkmodel.State) string {
	word := now.String()
	if now == linkmodel.StateDegraded {
		word = "up"
	}
	return fmt.Sprintf("%d changes in %s (now %s)", ep.Changes, lasting(ep.Changed.Sub(ep.Since)), word)
}

// stableSummary writes that a line that was flapping is not any more.
func stableSummary(n *Notification) string {
	ep := &n.Episode
	return join([]string{
		"STABLE", name(ep.Link), "was flapping:", ep.Figure + ", none since", clock(ep.Changed, n.At), "UTC",
	})
}

// flapEvidence writes what each end says of its latest change.
func flapEvidence(v *linkmodel.View) string {
	var parts []string
	for _, e := range linkmodel.Ends {
		ev := &v.Ends[e]
		if at, ok := ev.Last.Changed(); ok && ev.Answered {
			parts = append(parts, whose(v, e)+" is "+ev.Last.Oper.String()+" since "+at.UTC().Format("15:04:05")+" UTC")
		}
	}
	return strings.Join(parts, "; ")
}

func flapAdvice(n *Notification) string {
	return "No further messages of ups and downs until it has been quiet for a while. " +
		"Look at optics, cables and power first." + callCarrier(&n.Circuit)
}
