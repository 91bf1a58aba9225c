package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

// webhookVersion is the version of the body; it grows when a field changes its meaning.
const webhookVersion = 1

// webhook posts the generic JSON body that other programs rely on.
type webhook struct {
	transport *transport
	secret    secret.Secret
}

func newWebhook(cfg *Config, client *http.Client) *webhook {
	return &webhook{transport: newTransport(client, cfg.URL), secret: cfg.Secret}
}

// Send implements Receiver. Any 2xx is success; the answer's body is not looked at.
func (w *webhook) Send(ctx context.Context, n *alerting.Notification) error {
	body, err := json.Marshal(webhookBodyOf(n))
	if err != nil {
		return &PermanentError{Text: "encode the notification: " + err.Error()}
	}
	header := http.Header{"Idempotency-Key": {Key(n)}}
	if !w.secret.IsZero() {
		header.Set("X-Bothends-Signature", signature(w.secret, body))
	}
	_, err = w.transport.post(ctx, body, header)
	return err
}

// Key names a message: it is the same for every attempt at it and differs between messages.
func Key(n *alerting.Notification) string {
	return fmt.Sprintf("%s/%s/%d", n.Episode.ID, n.Status, n.Episode.N)
}

// signature lets the receiver tell our bodies from anybody's: HMAC-SHA256 (RFC 2104).
func signature(key secret.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// webhookBody is the body, version 1. Ratios are 0..1, rates per second, times RFC 3339 in UTC.
type webhookBody struct {
	Version  int    `json:"version"`
	ID       string `json:"id"`
	Status   string `json:"status"`
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	// Link is empty for a cause, which Subject names: a site, a router, two routers.
	Link      string         `json:"link"`
	Subject   string         `json:"subject,omitempty"`
	Direction string         `json:"direction,omitempty"`
	Summary   string         `json:"summary"`
	Value     float64        `json:"value"`
	Threshold float64        `json:"threshold"`
	Since     string         `json:"since"`
	Until     string         `json:"until,omitempty"`
	Ends      webhookEnds    `json:"ends"`
	Circuit   webhookCircuit `json:"circuit"`
	URLs      webhookURLs    `json:"urls"`
	// Explains holds the ids of the open episodes that this one is the cause of. Links are the names of at
	// most ten of LinksTotal links that a cause is about.
	Explains   []string `json:"explains"`
	Links      []string `json:"links,omitempty"`
	LinksTotal int      `json:"links_total,omitempty"`
}

type webhookEnds struct {
	A webhookEnd `json:"a"`
	Z webhookEnd `json:"z"`
}

type webhookEnd struct {
	Device    string `json:"device,omitempty"`
	Site      string `json:"site,omitempty"`
	Interface string `json:"interface,omitempty"`
}

type webhookCircuit struct {
	Carrier string `json:"carrier,omitempty"`
	ID      string `json:"id,omitempty"`
	Phone   string `json:"phone,omitempty"`
}

type webhookURLs struct {
	Link    string `json:"link,omitempty"`
	Runbook string `json:"runbook,omitempty"`
}

func webhookBodyOf(n *alerting.Notification) *webhookBody {
	ep := &n.Episode
	return &webhookBody{
		Version: webhookVersion, ID: ep.ID, Status: string(n.Status),
		Severity: ep.Severity.String(), Kind: string(ep.Kind), Link: ep.Link,
		Direction: ep.Direction.String(), Summary: n.Summary,
		Value: ep.Value, Threshold: ep.Threshold,
		Since: timestamp(ep.Since), Until: timestamp(ep.Until),
		Ends: webhookEnds{
			A: webhookEndOf(&n.Ends[linkmodel.EndA]), Z: webhookEndOf(&n.Ends[linkmodel.EndZ]),
		},
		Circuit:  webhookCircuit(n.Circuit),
		URLs:     webhookURLs(n.URLs),
		Explains: append([]string{}, n.Group.Explains...),
		Links:    n.Group.Links, LinksTotal: n.Group.Total,
		Subject: subject(ep),
	}
}

// subject is what a cause is about. A storm is about nothing that has a name.
func subject(ep *alerting.Episode) string {
	if ep.Kind == alerting.KindStorm {
		return ""
	}
	return ep.Subject
}

func webhookEndOf(e *linkmodel.LinkEnd) webhookEnd {
	return webhookEnd{Device: e.Device, Site: e.Site, Interface: e.Interface}
}

// timestamp writes an instant, "" for none.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
