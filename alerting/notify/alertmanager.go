package notify

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
)

const (
	// alertmanagerRepeat is how often open alerts are sent again, because an Alertmanager that restarts
	// has forgotten them.
	alertmanagerRepeat = time.Minute
	// alertmanagerHold is how long an alert stays when bothends does not repeat it.
	alertmanagerHold = 30 * time.Minute
	// alertmanagerBatch bounds the alerts of one request.
	alertmanagerBatch = 200
	maxAnnotation     = 10_000
)

// alertmanager posts to the API of an external Alertmanager (POST /api/v2/alerts).
type alertmanager struct {
	transport *transport

	mu sync.Mutex
	// known are the labels under which Alertmanager knows an episode.
	known map[string]map[string]string
}

func newAlertmanager(cfg *Config, client *http.Client) *alertmanager {
	address := strings.TrimRight(cfg.URL.Reveal(), "/") + "/api/v2/alerts"
	return &alertmanager{transport: newTransport(client, secret.New(address)), known: map[string]map[string]string{}}
}

// Send implements Receiver.
func (a *alertmanager) Send(ctx context.Context, n *alerting.Notification) error {
	return a.post(ctx, time.Now(), n)
}

// Repeat implements repeater.
func (a *alertmanager) Repeat(ctx context.Context, open []*alerting.Notification) error {
	for len(open) > 0 {
		part := open[:min(len(open), alertmanagerBatch)]
		if err := a.post(ctx, time.Now(), part...); err != nil {
			return err
		}
		open = open[len(part):]
	}
	return nil
}

func (a *alertmanager) post(ctx context.Context, now time.Time, notes ...*alerting.Notification) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var alerts []alertmanagerAlert
	for _, n := range notes {
		alert := alertmanagerAlertOf(n, now)
		if before := a.known[n.Episode.ID]; before != nil && before["severity"] != alert.Labels["severity"] {
			// Another severity is another alert there; the one of before is over.
			over := alert
			over.Labels, over.Ends = before, now.UTC().Format(time.RFC3339Nano)
			alerts = append(alerts, over)
		}
		alerts = append(alerts, alert)
	}
	if _, err := a.transport.postJSON(ctx, alerts); err != nil {
		return err
	}
	for _, n := range notes {
		if n.Status == alerting.StatusResolved {
			delete(a.known, n.Episode.ID)
		} else {
			a.known[n.Episode.ID] = alertmanagerLabels(n)
		}
	}
	return nil
}

// alertmanagerAlert is a postableAlert of the API, version 2.
type alertmanagerAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Starts      string            `json:"startsAt"`
	Ends        string            `json:"endsAt"`
	Generator   string            `json:"generatorURL,omitempty"`
}

func alertmanagerAlertOf(n *alerting.Notification, now time.Time) alertmanagerAlert {
	m := newMessage(n, maxAnnotation, maxAnnotation)
	alert := alertmanagerAlert{
		Labels: alertmanagerLabels(n), Annotations: map[string]string{"summary": m.title},
		Starts: n.Episode.Since.UTC().Format(time.RFC3339Nano),
		Ends:   now.Add(alertmanagerHold).UTC().Format(time.RFC3339Nano), Generator: n.URLs.Link,
	}
	if n.Status == alerting.StatusResolved {
		alert.Ends = n.Episode.Until.UTC().Format(time.RFC3339Nano)
	}
	var text strings.Builder
	for _, l := range m.lines {
		text.WriteString(l.Label + ": " + l.Text + "\n")
	}
	if text.Len() > 0 {
		alert.Annotations["description"] = text.String()
	}
	if n.URLs.Runbook != "" {
		alert.Annotations["runbook_url"] = n.URLs.Runbook
	}
	return alert
}

// alertmanagerLabels name the alert. Alertmanager takes two with the same labels for one.
func alertmanagerLabels(n *alerting.Notification) map[string]string {
	ep := &n.Episode
	labels := map[string]string{
		"alertname": string(ep.Kind), "episode": ep.ID, "severity": ep.Severity.String(), "job": "bothends",
	}
	for name, value := range map[string]string{
		"link":      ep.Link,
		"direction": ep.Direction.String(), "carrier": n.Circuit.Carrier, "circuit": n.Circuit.ID,
		"a_site": n.Ends[0].Site, "z_site": n.Ends[1].Site,
	} {
		if value != "" {
			labels[name] = alerting.Printable(value)
		}
	}
	return labels
}
