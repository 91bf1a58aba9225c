package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"sync"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
)

const (
	telegramURL = "https://api.telegram.org"
	// Limits of one message, together below Telegram's 4,096 characters.
	maxTelegramTitle = 250
	maxTelegramBody  = 3200
	// maxThreads is how many episodes have their first message remembered.
	maxThreads = 1000
)

// telegram sends messages of a bot to one chat. Later messages of an episode answer the first, as
// long as the program runs.
type telegram struct {
	transport *transport
	chat      string

	mu    sync.Mutex
	first map[string]int64 // message by episode
}

func newTelegram(cfg *Config, client *http.Client) *telegram {
	base := strings.TrimRight(cmp.Or(cfg.URL.Reveal(), telegramURL), "/")
	return &telegram{
		transport: newTransport(client, secret.New(base+"/bot"+cfg.Token.Reveal()+"/sendMessage")),
		chat:      cfg.Chat, first: map[string]int64{},
	}
}

// Send implements Receiver.
func (t *telegram) Send(ctx context.Context, n *alerting.Notification) error {
	message := telegramMessageOf(n)
	message.Chat = t.chat
	if first := t.thread(n.Episode.ID); first != 0 {
		message.Reply = &telegramReply{first, true}
	}
	answer, err := t.transport.postJSON(ctx, message)
	var said struct {
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter float64 `json:"retry_after"` // seconds
		} `json:"parameters"`
		Result struct {
			ID int64 `json:"message_id"`
		} `json:"result"`
	}
	_ = json.Unmarshal(answer, &said) // another answer says nothing more
	if err == nil {
		t.began(n, said.Result.ID)
		return nil
	}
	for _, known := range []string{"chat not found", "bot was kicked", "not enough rights", "group chat was upgraded"} {
		if strings.Contains(strings.ToLower(said.Description), known) {
			return &ClosedError{Text: t.transport.host + " answered: " + known}
		}
	}
	return askedFor(err, said.Parameters.RetryAfter)
}

func (t *telegram) thread(id string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first[id]
}

// began remembers the first message of an episode until its end.
func (t *telegram) began(n *alerting.Notification, message int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch _, known := t.first[n.Episode.ID]; {
	case n.Status == alerting.StatusResolved:
		delete(t.first, n.Episode.ID)
	case !known && len(t.first) < maxThreads && n.Status != statusDigest:
		t.first[n.Episode.ID] = message
	}
}

type telegramMessage struct {
	Chat    string          `json:"chat_id"`
	Text    string          `json:"text"`
	Mode    string          `json:"parse_mode"`
	Preview telegramPreview `json:"link_preview_options"`
	Reply   *telegramReply  `json:"reply_parameters,omitempty"`
}

type telegramPreview struct {
	Disabled bool `json:"is_disabled"`
}

type telegramReply struct {
	Message int64 `json:"message_id"`
	// Anyway sends the message also where the first was deleted.
	Anyway bool `json:"allow_sending_without_reply"`
}

// telegramMessageOf writes everything that is not our own as code: Telegram looks for names, commands
// and addresses in all other text.
func telegramMessageOf(n *alerting.Notification) *telegramMessage {
	m := newMessage(n, maxTelegramTitle, maxTelegramBody)
	var text strings.Builder
	text.WriteString("<code>" + html.EscapeString(m.title) + "</code>\n")
	for _, l := range m.lines {
		text.WriteString("<code>" + html.EscapeString(l.Label+"  "+l.Text) + "</code>\n")
	}
	for _, a := range m.links {
		text.WriteString(`<a href="` + html.EscapeString(a.url) + `">` + a.text + "</a>  ")
	}
	text.WriteString("<code>#" + html.EscapeString(m.id) + "</code>")
	return &telegramMessage{Text: text.String(), Mode: "HTML", Preview: telegramPreview{true}}
}
