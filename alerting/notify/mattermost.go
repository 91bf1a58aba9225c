package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/bothends/bothends/alerting"
)

// Limits of one Mattermost message, below the 16,383 characters of a post.
const (
	maxMattermostTitle = 200
	maxMattermostBody  = 6000
)

// mattermost posts to an incoming webhook of Mattermost.
type mattermost struct{ transport *transport }

func newMattermost(cfg *Config, client *http.Client) *mattermost {
	return &mattermost{transport: newTransport(client, cfg.URL)}
}

// Send implements Receiver.
func (m *mattermost) Send(ctx context.Context, n *alerting.Notification) error {
	answer, err := m.transport.postJSON(ctx, mattermostMessageOf(n))
	if err == nil {
		return nil
	}
	var problem struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(answer, &problem) // another answer says nothing more
	for word, meaning := range mattermostClosed {
		if strings.HasPrefix(problem.ID, "web.incoming_webhook."+word) {
			return &ClosedError{Text: m.transport.host + " answered: " + meaning}
		}
	}
	return err
}

// mattermostClosed are the errors of incoming webhooks that concern every message, by the word after
// "web.incoming_webhook." in their id.
var mattermostClosed = map[string]string{
	"disabled":       "incoming webhooks are switched off",
	"invalid":        "the webhook does not exist any more",
	"channel":        "the channel of the webhook does not exist",
	"channel_locked": "the webhook is locked to another channel",
	"permissions":    "the webhook may not post to its channel",
	"user":           "the user of the webhook does not exist",
	"team":           "the team of the webhook does not exist",
}

type mattermostMessage struct {
	Attachments []mattermostAttachment `json:"attachments"`
	Props       map[string]string      `json:"props"`
}

type mattermostAttachment struct {
	// Fallback is what a locked phone shows: plain text.
	Fallback string `json:"fallback"`
	Color    string `json:"color"`
	Title    string `json:"title"`
	Text     string `json:"text"`
	Footer   string `json:"footer"`
}

// mattermostMessageOf is one attachment: a bar of colour, the lines as a table, the links.
func mattermostMessageOf(n *alerting.Notification) *mattermostMessage {
	m := newMessage(n, maxMattermostTitle, maxMattermostBody)
	title := escapeMattermost(m.title)
	var text strings.Builder
	if len(m.lines) > 0 {
		text.WriteString("| | |\n|:--|:--|\n")
	}
	for _, l := range m.lines {
		text.WriteString("| " + escapeMattermost(l.Label) + " | " + escapeMattermost(l.Text) + " |\n")
	}
	for i, a := range m.links {
		text.WriteString([]string{"\n", " "}[min(i, 1)])
		text.WriteString("[" + a.text + "](" + markdownAddress(a.url) + ")")
	}
	return &mattermostMessage{
		Attachments: []mattermostAttachment{{Fallback: m.title, Color: color(n), Title: title, Text: text.String(), Footer: "#" + m.id}},
		Props:       map[string]string{"bothends_id": m.id},
	}
}

// markdown are the characters that Markdown gives a meaning within a line; a backslash takes it from them.
const markdown = "\\`*_[]()<>#!|~"

// escapeMattermost writes text so that Markdown shows it as it is. A joiner parts the names of
// channels and hashtags from their marks, which a backslash does not everywhere.
func escapeMattermost(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(markdown, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '~' || r == '#' {
			b.WriteString(joiner)
		}
	}
	return b.String()
}

// markdownAddress makes an address fit for [text](address).
func markdownAddress(url string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "|", "%7C", "\\", "%5C").Replace(url)
}
