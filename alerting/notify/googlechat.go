package notify

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
)

// Limits of one Google Chat message, below its 4,096 characters of text and 32,000 bytes.
const (
	maxGoogle      = 31_000
	maxGoogleTitle = 200
	maxGoogleBody  = 6000
	// maxGoogleWidgets is how many lines a section takes, less the one with the links.
	maxGoogleWidgets = 90
)

// googleChat posts to an incoming webhook of a space. All messages of an episode are one thread.
type googleChat struct{ transport *transport }

func newGoogleChat(cfg *Config, client *http.Client) *googleChat {
	address := cfg.URL
	if u, err := url.Parse(address.Reveal()); err == nil {
		q := u.Query()
		q.Set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD")
		u.RawQuery = q.Encode()
		address = secret.New(u.String())
	}
	return &googleChat{transport: newTransport(client, address)}
}

// Send implements Receiver.
func (g *googleChat) Send(ctx context.Context, n *alerting.Notification) error {
	_, err := g.transport.postJSON(ctx, fitted(maxGoogle, maxGoogleBody, func(body int) *googleMessage { return googleMessageOf(n, body) }))
	return err
}

type googleMessage struct {
	Text   string       `json:"text"`
	Cards  []googleCard `json:"cardsV2"`
	Thread googleThread `json:"thread"`
}

type googleThread struct {
	Key string `json:"threadKey"`
}

type googleCard struct {
	ID   string `json:"cardId"`
	Card struct {
		Sections []googleSection `json:"sections"`
	} `json:"card"`
}

type googleSection struct {
	Widgets []googleWidget `json:"widgets"`
}

type googleWidget struct {
	Line    *googleLine    `json:"decoratedText,omitempty"`
	Buttons *googleButtons `json:"buttonList,omitempty"`
}

type googleLine struct {
	Label string `json:"topLabel"`
	Text  string `json:"text"`
	Wrap  bool   `json:"wrapText"`
}

type googleButtons struct {
	Buttons []googleButton `json:"buttons"`
}

type googleButton struct {
	Text  string      `json:"text"`
	Click googleClick `json:"onClick"`
}

type googleClick struct {
	Open struct {
		URL string `json:"url"`
	} `json:"openLink"`
}

func googleMessageOf(n *alerting.Notification, body int) *googleMessage {
	m := newMessage(n, maxGoogleTitle, body)
	g := &googleMessage{Text: plainGoogle(m.title), Thread: googleThread{m.id}, Cards: []googleCard{{ID: m.id}}}
	s := googleSection{Widgets: []googleWidget{}}
	lines := m.lines
	if len(lines) > maxGoogleWidgets {
		lines = lines[:maxGoogleWidgets]
	}
	for _, l := range lines {
		s.Widgets = append(s.Widgets, googleWidget{Line: &googleLine{html.EscapeString(l.Label), html.EscapeString(l.Text), true}})
	}
	s.Widgets = append(s.Widgets, googleWidget{Line: &googleLine{"Id", html.EscapeString("#" + m.id), true}})
	var buttons googleButtons
	for _, a := range m.links {
		b := googleButton{Text: a.text}
		b.Click.Open.URL = a.url
		buttons.Buttons = append(buttons.Buttons, b)
	}
	if len(buttons.Buttons) > 0 {
		s.Widgets = append(s.Widgets, googleWidget{Buttons: &buttons})
	}
	g.Cards[0].Card.Sections = []googleSection{s}
	return g
}

// plainGoogle writes text in which Google Chat finds no <users/all> and no <address|text>; there is no
// escape for its marks.
func plainGoogle(s string) string {
	return strings.NewReplacer("<", "<"+joiner, "|", "|"+joiner).Replace(s)
}
