package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/bothends/bothends/alerting"
)

// Limits of one Slack message. maxHeader is Slack's own; the others keep a message readable and
// below its 3,000 characters also when every character of the fallback has to be escaped.
const (
	maxHeader = 150
	maxBody   = 1800
	// maxDigest stays below the 12,000 characters that Slack takes in all blocks of a message.
	maxDigest = 9000
)

// slackOK is the whole answer of Slack to a message that it took.
const slackOK = "ok"

// slackErrors are the words Slack answers with when it does not take a message, whatever the
// status, and what they mean. No other part of an answer is ever shown: a peer could put
// anything there.
var slackErrors = map[string]string{
	"invalid_payload": "Slack does not understand the message",
	"no_text":         "Slack found no text in the message",
	"msg_too_long":    "the message is too long",
}

// slackClosed are words that concern every message, and what they mean.
var slackClosed = map[string]string{
	"no_service":          "the webhook was removed or disabled",
	"no_active_hooks":     "the webhook was removed or disabled",
	"no_team":             "the workspace does not exist",
	"team_disabled":       "the workspace is disabled",
	"invalid_token":       "the webhook address is not valid",
	"channel_not_found":   "the channel does not exist",
	"channel_is_archived": "the channel is archived",
	"action_prohibited":   "an administrator forbids posting there",
	"user_not_found":      "the user does not exist",
}

// slack posts to an incoming webhook of Slack.
type slack struct{ transport *transport }

func newSlack(cfg *Config, client *http.Client) *slack {
	return &slack{transport: newTransport(client, cfg.URL)}
}

// Send implements Receiver.
func (s *slack) Send(ctx context.Context, n *alerting.Notification) error {
	body, err := json.Marshal(slackMessageOf(n))
	if err != nil {
		return &PermanentError{Text: "encode the notification: " + err.Error()}
	}
	answer, err := s.transport.post(ctx, body, nil)
	word := strings.TrimSpace(string(answer))
	if meaning, ok := slackErrors[word]; ok {
		return &PermanentError{Text: s.transport.host + " answered " + word + ": " + meaning}
	}
	if meaning, ok := slackClosed[word]; ok {
		return &ClosedError{Text: s.transport.host + " answered " + word + ": " + meaning}
	}
	if err == nil && word != slackOK {
		return &ClosedError{Text: s.transport.host + " did not answer \"ok\": is this a Slack webhook?"}
	}
	return err
}

// slackMessage is the body of an incoming webhook. Everything that comes from routers or from the
// inventory sits in plain_text and rich_text, where Slack interprets nothing, and once in Text,
// escaped: the line that notifications on a phone show.
type slackMessage struct {
	Text        string            `json:"text"`
	Parse       string            `json:"parse"` // "none": no mentions, no links out of plain text
	Markdown    bool              `json:"mrkdwn"`
	LinkNames   bool              `json:"link_names"`
	UnfurlLinks bool              `json:"unfurl_links"`
	UnfurlMedia bool              `json:"unfurl_media"`
	Blocks      []slackBlock      `json:"blocks"`
	Attachments []slackAttachment `json:"attachments"`
}

// slackAttachment draws a coloured bar beside its blocks.
type slackAttachment struct {
	Color    string       `json:"color"`
	Fallback string       `json:"fallback"`
	Blocks   []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string         `json:"type"`
	Text     *slackText     `json:"text,omitempty"`     // header
	Elements []slackSection `json:"elements,omitempty"` // rich_text
}

type slackText struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji bool   `json:"emoji"`
}

type slackSection struct {
	Type     string         `json:"type"`
	Elements []slackElement `json:"elements"`
}

type slackElement struct {
	Type  string      `json:"type"` // text or link
	Text  string      `json:"text"`
	URL   string      `json:"url,omitempty"`
	Style *slackStyle `json:"style,omitempty"`
}

type slackStyle struct {
	Bold bool `json:"bold"`
}

func slackMessageOf(n *alerting.Notification) *slackMessage {
	title := cut(symbol(n)+" "+alerting.Printable(n.Summary), maxHeader)
	fallback := escapeSlack(title)
	return &slackMessage{
		Text: fallback, Parse: "none",
		Blocks: []slackBlock{{
			Type: "header", Text: &slackText{Type: "plain_text", Text: title},
		}},
		Attachments: []slackAttachment{{
			Color: color(n), Fallback: fallback,
			Blocks: []slackBlock{{
				Type:     "rich_text",
				Elements: []slackSection{detailSection(n), linkSection(n)},
			}},
		}},
	}
}

// detailSection writes the labelled lines, as many as the message may hold.
func detailSection(n *alerting.Notification) slackSection {
	s := slackSection{Type: "rich_text_section", Elements: []slackElement{}}
	left := maxBody
	if n.Status == statusDigest {
		left = maxDigest
	}
	for _, d := range n.Details {
		label, text := alerting.Printable(d.Label)+"  ", alerting.Printable(d.Text)
		left -= length(label) + 1
		if left <= 0 {
			break
		}
		text = cut(text, left)
		left -= length(text)
		s.Elements = append(
			s.Elements,
			slackElement{Type: "text", Text: label, Style: &slackStyle{Bold: true}},
			slackElement{Type: "text", Text: text + "\n"},
		)
	}
	return s
}

// linkSection writes the links, which come from the configuration alone, and the id by which all
// messages of the episode can be found.
func linkSection(n *alerting.Notification) slackSection {
	s := slackSection{Type: "rich_text_section"}
	add := func(text, url string) {
		if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
			s.Elements = append(
				s.Elements,
				slackElement{Type: "link", Text: text, URL: url},
				slackElement{Type: "text", Text: "  "},
			)
		}
	}
	add("Link", n.URLs.Link)
	add("Runbook", n.URLs.Runbook)
	s.Elements = append(s.Elements, slackElement{Type: "text", Text: "#" + alerting.Printable(n.Episode.ID)})
	return s
}

// escapeSlack escapes the three characters that Slack interprets in text.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
