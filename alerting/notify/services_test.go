package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/bothends/bothends/internal/secret"
)

// service plays one kind of receiver by its public documentation: it refuses what the real one would,
// in the real one's words. body is what it took last.
type service struct {
	*server
	kind Type
}

// rule checks a message and returns the status and the answer of the service.
type rule func(r *http.Request, body []byte) (status int, answer string)

// rules are the services.
var rules = map[Type]rule{
	TypeSlack: slackRule, TypeMattermost: mattermostRule, TypeTeams: teamsRule, TypePagerDuty: pagerDutyRule,
	TypeDiscord: discordRule, TypeTelegram: telegramRule, TypeGoogleChat: googleRule, TypeAlertmanager: alertmanagerRule,
}

const (
	pagerDutyKey  = "0123456789abcdef0123456789abcdef"
	telegramToken = "123456:AAcanary"
)

func newService(t *testing.T, kind Type) *service {
	t.Helper()
	s := &service{kind: kind}
	s.server = newServer(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		status, answer := rules[kind](r, body)
		s.mu.Lock()
		s.requests = append(s.requests, request{method: r.Method, header: r.Header, body: body, path: r.URL.RequestURI()})
		s.mu.Unlock()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	})
	return s
}

// receiver returns one that speaks to the service.
func (s *service) receiver(t *testing.T) Receiver {
	t.Helper()
	return receiverFor(t, Config{
		Name: "one", Type: s.kind, URL: secret.New(s.URL + s.path()), Key: secret.New(pagerDutyKey),
		Token: secret.New(telegramToken), Chat: "-1001",
	})
}

// path is that of a webhook, as the service gives it out.
func (s *service) path() string {
	switch s.kind {
	case TypeTelegram, TypePagerDuty, TypeAlertmanager:
		return ""
	case TypeGoogleChat:
		return "/v1/spaces/AAA/messages?key=canary&token=canary"
	default:
		return "/hooks/canary"
	}
}

// last returns what came last.
func (s *service) last(t *testing.T) request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == 0 {
		t.Fatal("nothing came")
	}
	return s.requests[len(s.requests)-1]
}

// strict decodes and refuses fields that the service does not know.
func strict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// slackRule: docs.slack.dev "Incoming webhooks", "Blocks": 50 blocks, 150 characters of header, 3,000 of a
// text, some 12,000 in all.
func slackRule(_ *http.Request, body []byte) (int, string) {
	var m slackMessage
	if strict(body, &m) != nil {
		return 400, "invalid_payload"
	}
	if m.Text == "" {
		return 400, "no_text"
	}
	all := 0
	for _, e := range m.elements() {
		all += len(utf16.Encode([]rune(e.Text)))
	}
	if len(m.blocks()) > 50 || runes(m.Blocks[0].Text.Text) > 150 || runes(m.Text) > 3000 || all > 12_000 {
		return 400, "invalid_blocks"
	}
	return 200, "ok"
}

// mattermostRule: developers.mattermost.com "Incoming webhooks": a post has 16,383 characters.
func mattermostRule(_ *http.Request, body []byte) (int, string) {
	var m mattermostMessage
	if strict(body, &m) != nil || len(m.Attachments) == 0 {
		return 400, `{"id":"web.incoming_webhook.parse.app_error","message":"Unable to parse incoming data.","status_code":400}`
	}
	if a := m.Attachments[0]; a.Fallback == "" || runes(a.Text)+runes(a.Title)+runes(a.Fallback) > 16_383 {
		return 400, `{"id":"api.post.create_post.props_too_long","message":"too long","status_code":400}`
	}
	return 200, "ok"
}

// teamsRule: learn.microsoft.com "Create incoming webhooks with Workflows": 28 KB, Adaptive Cards.
func teamsRule(_ *http.Request, body []byte) (int, string) {
	var m teamsMessage
	if strict(body, &m) != nil || m.Type != "message" || len(m.Attachments) != 1 {
		return 400, `{"error":{"code":"TriggerInputSchemaMismatch","message":"The input body for trigger 'manual' is not valid"}}`
	}
	c := m.Attachments[0].Content
	if len(body) > 28<<10 || c.Type != "AdaptiveCard" || c.Version != "1.4" || len(c.Body) == 0 {
		return 413, `{"error":{"code":"RequestEntityTooLarge","message":"too large"}}`
	}
	return 202, ""
}

// pagerDutyRule: developer.pagerduty.com "Send an alert event", "Send a change event": 512 KB, 1,024
// characters of summary, 255 of the dedup_key, a key of 32.
func pagerDutyRule(r *http.Request, body []byte) (int, string) {
	refuse := func(why string) (int, string) {
		return 400, `{"status":"invalid event","message":"Event object is invalid","errors":["` + why + `"]}`
	}
	var e pagerDutyEvent
	if strict(body, &e) != nil || len(body) > 512<<10 {
		return refuse("JSON is invalid")
	}
	if e.RoutingKey != pagerDutyKey {
		return refuse("Length of 'routing_key' is incorrect (should be 32 characters)")
	}
	if e.Payload == nil || e.Payload.Summary == "" || runes(e.Payload.Summary) > 1024 || e.Payload.Source == "" {
		return refuse("'payload.summary' is missing or blank")
	}
	if r.URL.Path == "/v2/change/enqueue" {
		if e.Action != "" || e.DedupKey != "" || e.Payload.Severity != "" {
			return refuse("not a change event")
		}
		return 202, `{"status":"success","message":"Change event processed"}`
	}
	known := map[string]bool{"critical": true, "error": true, "warning": true, "info": true}
	if e.Action != "trigger" && e.Action != "resolve" && e.Action != "acknowledge" ||
		e.DedupKey == "" || len(e.DedupKey) > 255 || !known[e.Payload.Severity] || r.URL.Path != "/v2/enqueue" {
		return refuse("'event_action' is invalid")
	}
	return 202, `{"status":"success","message":"Event processed","dedup_key":"` + e.DedupKey + `"}`
}

// discordRule: discord.com/developers "Execute webhook", "Embed limits".
func discordRule(_ *http.Request, body []byte) (int, string) {
	var m discordMessage
	if strict(body, &m) != nil || m.Mentions.Parse == nil {
		return 400, `{"code":50109,"message":"The request body contains invalid JSON."}`
	}
	if runes(m.Content) > 2000 || len(m.Embeds) > 10 || runes(m.Embeds[0].Description) > 4096 ||
		runes(m.Embeds[0].Footer.Text) > 2048 || runes(m.Embeds[0].Description)+runes(m.Embeds[0].Footer.Text) > 6000 {
		return 400, `{"code":50035,"message":"Invalid Form Body"}`
	}
	return 204, ""
}

// telegramRule: core.telegram.org/bots/api "sendMessage": 4,096 characters after the markup is read.
func telegramRule(r *http.Request, body []byte) (int, string) {
	refuse := func(code int, why string) (int, string) {
		return code, fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, code, why)
	}
	var m telegramMessage
	switch {
	case r.URL.Path != "/bot"+telegramToken+"/sendMessage":
		return refuse(404, "Not Found")
	case strict(body, &m) != nil:
		return refuse(400, "Bad Request: can't parse JSON")
	case m.Chat != "-1001":
		return refuse(400, "Bad Request: chat not found")
	}
	text, err := telegramText(m.Text, nil)
	if err != nil {
		return refuse(400, "Bad Request: can't parse entities")
	}
	if len(utf16.Encode([]rune(text))) > 4096 {
		return refuse(400, "Bad Request: message is too long")
	}
	return 200, `{"ok":true,"result":{"message_id":77}}`
}

// googleRule: developers.google.com/chat "Send a message", "Cards": 4,096 characters of text, 32,000 bytes, 100
// widgets in a section.
func googleRule(r *http.Request, body []byte) (int, string) {
	var m googleMessage
	if strict(body, &m) != nil || r.URL.Query().Get("key") == "" || r.URL.Query().Get("messageReplyOption") == "" {
		return 400, `{"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}}`
	}
	if runes(m.Text) > 4096 || len(body) > 32_000 || len(m.Cards[0].Card.Sections[0].Widgets) > 100 || m.Thread.Key == "" {
		return 400, `{"error":{"code":400,"message":"Message too long","status":"INVALID_ARGUMENT"}}`
	}
	return 200, `{"name":"spaces/AAA/messages/BBB"}`
}

// alertmanagerRule: the OpenAPI description of Alertmanager's API, version 2.
func alertmanagerRule(r *http.Request, body []byte) (int, string) {
	var alerts []alertmanagerAlert
	if strict(body, &alerts) != nil || r.URL.Path != "/api/v2/alerts" {
		return 400, `"bad request"`
	}
	for _, a := range alerts {
		if a.Labels["alertname"] == "" || a.Starts == "" || a.Ends == "" {
			return 400, `"start time missing"`
		}
		for name, value := range a.Labels {
			if value == "" || !utf8.ValidString(value) || strings.ContainsAny(name, "- ") {
				return 400, `"invalid label set"`
			}
		}
	}
	return 200, ""
}
