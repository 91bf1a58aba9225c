package notify

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

const (
	maxTeamsTitle = 200
	maxTeamsBody  = 9000
	// maxTeams is the size of a message that Teams takes, 28 KB, less a little.
	maxTeams = 27_000
)

// teams posts to a Workflows address, "when a Teams webhook request is received".
type teams struct{ transport *transport }

func newTeams(cfg *Config, client *http.Client) *teams {
	return &teams{transport: newTransport(client, cfg.URL)}
}

// Send implements Receiver.
func (t *teams) Send(ctx context.Context, n *alerting.Notification) error {
	message := fitted(maxTeams, maxTeamsBody, func(body int) *teamsMessage { return teamsMessageOf(n, body) })
	answer, err := t.transport.postJSON(ctx, message)
	if err == nil {
		return nil
	}
	var problem struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(answer, &problem) // another answer says nothing more
	if meaning, ok := teamsClosed[problem.Error.Code]; ok {
		return &ClosedError{Text: t.transport.host + " answered " + problem.Error.Code + ": " + meaning}
	}
	return err
}

// teamsClosed are the codes of Workflows that concern every message.
var teamsClosed = map[string]string{
	"WorkflowTriggerIsNotEnabled":    "the workflow is switched off",
	"WorkflowNotFound":               "the workflow does not exist any more",
	"WorkflowVersionNotFound":        "the workflow does not exist any more",
	"DirectApiAuthorizationRequired": "the address lacks its signature, copy the whole of it",
	"DirectApiInvalidAuthorization":  "the signature of the address is not valid",
	"AuthorizationFailed":            "the workflow does not take anybody's messages",
}

type teamsMessage struct {
	Type        string            `json:"type"`
	Summary     string            `json:"summary"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	Content     teamsCard `json:"content"`
}

// teamsCard is an Adaptive Card, version 1.4.
type teamsCard struct {
	Schema  string            `json:"$schema"`
	Type    string            `json:"type"`
	Version string            `json:"version"`
	MSTeams map[string]string `json:"msteams"`
	Body    []teamsBlock      `json:"body"`
	Actions []teamsAction     `json:"actions,omitempty"`
}

// teamsBlock is a RichTextBlock: a TextBlock and a FactSet would read Markdown.
type teamsBlock struct {
	Type    string     `json:"type"`
	Inlines []teamsRun `json:"inlines"`
	Spacing string     `json:"spacing,omitempty"`
}

type teamsRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Weight string `json:"weight,omitempty"`
	Size   string `json:"size,omitempty"`
	Color  string `json:"color,omitempty"`
	Subtle bool   `json:"isSubtle,omitempty"`
}

type teamsAction struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

func teamsMessageOf(n *alerting.Notification, body int) *teamsMessage {
	m := newMessage(n, maxTeamsTitle, body)
	card := teamsCard{
		Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
		MSTeams: map[string]string{"width": "Full"},
		Body:    []teamsBlock{teamsLine("", teamsRun{Text: m.title, Weight: "Bolder", Size: "Medium", Color: teamsColor(n)})},
	}
	for _, l := range m.lines {
		card.Body = append(card.Body, teamsLine("Small", teamsRun{Text: l.Label + "  ", Weight: "Bolder"}, teamsRun{Text: l.Text}))
	}
	card.Body = append(card.Body, teamsLine("Small", teamsRun{Text: "#" + m.id, Subtle: true}))
	for _, a := range m.links {
		card.Actions = append(card.Actions, teamsAction{"Action.OpenUrl", a.text, a.url})
	}
	return &teamsMessage{
		Type: "message", Summary: m.title,
		Attachments: []teamsAttachment{{"application/vnd.microsoft.card.adaptive", card}},
	}
}

func teamsLine(spacing string, runs ...teamsRun) teamsBlock {
	for i := range runs {
		runs[i].Type = "TextRun"
	}
	return teamsBlock{Type: "RichTextBlock", Inlines: runs, Spacing: spacing}
}

func teamsColor(n *alerting.Notification) string {
	switch {
	case n.Status == alerting.StatusResolved:
		return "Good"
	case n.Episode.Severity == linkmodel.SeverityCritical:
		return "Attention"
	case n.Episode.Severity == linkmodel.SeverityWarning:
		return "Warning"
	default:
		return "Default"
	}
}
