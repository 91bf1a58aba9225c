package notify

import (
	"fmt"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// samples are the messages that every receiver has a golden file of.
func samples() map[string]alerting.Notification {
	firing := saturated()
	firing.At = since.Add(5 * time.Minute)
	firing.Circuit.Phone = "+44 20 5550 0100"
	firing.Details = append(firing.Details, alerting.Detail{Label: "Why", Text: "86.1 Gb/s; critical from 85 % for 5 min"},
		alerting.Detail{Label: "Do", Text: "Look for traffic that moved here or is new."})
	update := firing
	update.Status, update.Episode.N = alerting.StatusUpdate, 2
	update.Summary = "SATURATED lon1-par2-1 a→z 86 % of 100G now critical since 09:47 UTC"
	resolved := firing
	resolved.Status, resolved.Episode.N, resolved.Episode.Until = alerting.StatusResolved, 3, since.Add(41*time.Minute)
	resolved.At = resolved.Episode.Until
	resolved.Summary = "RESOLVED lon1-par2-1 a→z saturated after 41 min (09:47 to 10:28 UTC), peak 91 %"
	resolved.Details = resolved.Details[:2]
	return map[string]alerting.Notification{
		"firing": firing, "update": update, "resolved": resolved, "storm": storm(), "digest": *digestSample(14),
	}
}

// storm is one message for many links.
func storm() alerting.Notification {
	n := saturated()
	n.Episode.ID, n.Episode.Kind, n.Episode.Link, n.Episode.Direction = "7f31aabbccdd", linkmodel.KindUnreachable, "ams1", linkmodel.NoDirection
	n.Summary = "SITE ams1 UNREACHABLE 3 routers, 212 links since 09:47 UTC"
	n.At, n.Ends, n.Circuit = since.Add(30*time.Second), [2]linkmodel.LinkEnd{}, linkmodel.Circuit{}
	n.Details = []alerting.Detail{{Label: "Far ends", Text: "198 of 212 links down. First: cr1.ams1 09:47:03"}}
	for i := range 10 {
		n.Details = append(n.Details, alerting.Detail{Label: "Link", Text: fmt.Sprintf("lon1-ams1-%d down", i+1)})
	}
	n.Details = append(n.Details, alerting.Detail{Label: "More", Text: "202 more on the page"})
	n.URLs = alerting.URLs{Link: "https://noc.example.net/sites/ams1"}
	return n
}

// digestSample is what a chat is told that was away for a night.
func digestSample(episodes int) *alerting.Notification {
	away, now := since.Add(-8*time.Hour), since.Add(-3*time.Hour-35*time.Minute)
	var batch []*item
	for i := range episodes {
		n := saturated()
		n.Episode.ID, n.Episode.Link = fmt.Sprintf("7f3a000000%02x", i), fmt.Sprint("lon1-par2-", i)
		n.Summary = fmt.Sprintf("SATURATED lon1-par2-%d a→z 86 %% of 100G since 01:%02d UTC", i, i%60)
		if i >= 3 {
			n.Status, n.Episode.N = alerting.StatusResolved, 2
			n.Summary = fmt.Sprintf("RESOLVED lon1-par2-%d a→z saturated after 41 min, peak 91 %%", i)
		}
		batch = append(batch, &item{note: n, receiver: "one", key: Key(&n), at: away.Add(time.Duration(i) * time.Minute)})
	}
	return digestOf(batch, away, now, "https://noc.example.net")
}
