package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/bothends/bothends/alerting"
)

// Limits of one Discord message: 2,000 characters of content, 4,096 of an embed's description. What
// is escaped takes two.
const (
	maxDiscordTitle = 240
	maxDiscordBody  = 1900
)

// discord posts to a webhook of Discord.
type discord struct{ transport *transport }

func newDiscord(cfg *Config, client *http.Client) *discord {
	return &discord{transport: newTransport(client, cfg.URL)}
}

// Send implements Receiver.
func (d *discord) Send(ctx context.Context, n *alerting.Notification) error {
	answer, err := d.transport.postJSON(ctx, discordMessageOf(n))
	if err == nil {
		return nil
	}
	var problem struct {
		RetryAfter float64 `json:"retry_after"` // seconds, finer than the header
	}
	_ = json.Unmarshal(answer, &problem) // another answer says nothing more
	return askedFor(err, problem.RetryAfter)
}

type discordMessage struct {
	Content  string          `json:"content"`
	Embeds   []discordEmbed  `json:"embeds"`
	Mentions discordMentions `json:"allowed_mentions"`
}

type discordEmbed struct {
	Description string        `json:"description"`
	Color       int           `json:"color"`
	Footer      discordFooter `json:"footer"`
}

type discordFooter struct {
	Text string `json:"text"`
}

// discordMentions with an empty list calls nobody, whatever the text says.
type discordMentions struct {
	Parse []string `json:"parse"`
}

func discordMessageOf(n *alerting.Notification) *discordMessage {
	m := newMessage(n, maxDiscordTitle, maxDiscordBody)
	var text strings.Builder
	for _, l := range m.lines {
		text.WriteString("**" + escapeDiscord(l.Label) + "** " + escapeDiscord(l.Text) + "\n")
	}
	for _, a := range m.links {
		text.WriteString("[" + a.text + "](" + markdownAddress(a.url) + ") ")
	}
	bar, _ := strconv.ParseInt(strings.TrimPrefix(color(n), "#"), 16, 32) // six digits of our own
	return &discordMessage{
		Content:  escapeDiscord(m.title),
		Embeds:   []discordEmbed{{text.String(), int(bar), discordFooter{"#" + m.id}}},
		Mentions: discordMentions{Parse: []string{}},
	}
}

// escapeDiscord writes text so that Discord's Markdown shows it as it is.
func escapeDiscord(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_~|<>[]()", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
