package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

const (
	// pagerDutyURL is the service's address; accounts in the EU have events.eu.pagerduty.com.
	pagerDutyURL = "https://events.pagerduty.com"
	// maxPagerDutySummary is the service's own limit.
	maxPagerDutySummary = 1024
	maxPagerDutyBody    = 50_000
)

// pagerDuty sends events of the Events API, version 2. The episode's id is the dedup_key, so that all
// messages of an episode are one alert. A digest is a change event: it calls nobody.
type pagerDuty struct {
	events, changes *transport
	key             secret.Secret
}

func newPagerDuty(cfg *Config, client *http.Client) *pagerDuty {
	base := strings.TrimRight(cmp.Or(cfg.URL.Reveal(), pagerDutyURL), "/")
	return &pagerDuty{
		events:  newTransport(client, secret.New(base+"/v2/enqueue")),
		changes: newTransport(client, secret.New(base+"/v2/change/enqueue")), key: cfg.Key,
	}
}

// Send implements Receiver.
func (p *pagerDuty) Send(ctx context.Context, n *alerting.Notification) error {
	to, event := p.events, pagerDutyEventOf(n)
	if n.Status == statusDigest {
		to = p.changes
	}
	event.RoutingKey = p.key.Reveal()
	answer, err := to.postJSON(ctx, event)
	if err == nil {
		return nil
	}
	var problem struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	_ = json.Unmarshal(answer, &problem) // another answer says nothing more
	for _, text := range append(problem.Errors, problem.Message) {
		if text = strings.ToLower(text); strings.Contains(text, "routing_key") || strings.Contains(text, "routing key") {
			return &ClosedError{Text: to.host + " does not know the integration key"}
		}
	}
	return err
}

type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key"`
	Action     string            `json:"event_action,omitempty"`
	DedupKey   string            `json:"dedup_key,omitempty"`
	Client     string            `json:"client,omitempty"`
	ClientURL  string            `json:"client_url,omitempty"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"`
	Links      []pagerDutyLink   `json:"links,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity,omitempty"`
	Timestamp string            `json:"timestamp,omitempty"`
	Component string            `json:"component,omitempty"`
	Class     string            `json:"class,omitempty"`
	Details   map[string]string `json:"custom_details,omitempty"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

func pagerDutyEventOf(n *alerting.Notification) *pagerDutyEvent {
	m := newMessage(n, maxPagerDutySummary, maxPagerDutyBody)
	e := &pagerDutyEvent{
		Payload: &pagerDutyPayload{
			Summary: m.title, Source: cmp.Or(harmless(n.Episode.Link), "bothends"),
			Timestamp: n.Episode.Since.UTC().Format(time.RFC3339), Details: map[string]string{},
		},
	}
	for _, l := range m.lines {
		text := l.Text
		if before := e.Payload.Details[l.Label]; before != "" {
			text = before + "\n" + text
		}
		e.Payload.Details[l.Label] = text
	}
	for _, a := range m.links {
		e.Links = append(e.Links, pagerDutyLink{a.url, a.text})
	}
	if n.Status == statusDigest {
		return e // a change event knows no more
	}
	e.DedupKey, e.Action, e.Client, e.ClientURL = n.Episode.ID, "trigger", "bothends", n.URLs.Link
	if n.Status == alerting.StatusResolved {
		e.Action = "resolve"
	}
	e.Payload.Severity, e.Payload.Class = pagerDutySeverity(n.Episode.Severity), string(n.Episode.Kind)
	e.Payload.Component = harmless(n.Circuit.ID)
	return e
}

func pagerDutySeverity(s linkmodel.Severity) string {
	switch s {
	case linkmodel.SeverityCritical:
		return "critical"
	case linkmodel.SeverityWarning:
		return "warning"
	default:
		return "info"
	}
}
