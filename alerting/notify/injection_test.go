package notify

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/hostile"
)

// TestInjection puts hostile strings wherever a router or an inventory may put its own, and reads the
// messages as the services do: nobody is called, no link leads where the configuration does not.
func TestInjection(t *testing.T) {
	for kind := range rules {
		s := newService(t, kind)
		r := s.receiver(t)
		for _, text := range hostile.All() {
			n := hostileNotification(text)
			if err := r.Send(t.Context(), &n); err != nil {
				t.Errorf("%s: %.40q: %v", kind, text, err)
				continue
			}
			for _, live := range liveIn(t, kind, s.last(t).body, &n) {
				t.Errorf("%s: %.40q is live: %.200s", kind, text, live)
			}
		}
	}
}

// calls finds what a service may take for a mention or an address in any text.
var calls = regexp.MustCompile(`@(?:[^\x{200d}]|$)|://|(?i:www)\.`)

// liveIn returns what in a message is more than text.
func liveIn(t *testing.T, kind Type, body []byte, n *alerting.Notification) (live []string) {
	t.Helper()
	allowed := []string{n.URLs.Link, n.URLs.Runbook}
	for path, s := range stringsOf(t, body) {
		if strings.ContainsFunc(strings.ReplaceAll(s, joiner, ""), isControl) && kind != TypeTelegram && !strings.Contains(s, "\n") {
			live = append(live, "control character in "+path)
		}
		if kind == TypeAlertmanager && strings.Contains(path, ".labels.") || path == ".attachments.0.content.$schema" {
			continue // names that other programs compare
		}
		if kind == TypeSlack {
			continue // has a test of its own
		}
		bare := s
		for _, a := range allowed {
			bare = strings.ReplaceAll(bare, a, "")
		}
		if calls.MatchString(bare) {
			live = append(live, path+": "+bare)
		}
		live = append(live, markupIn(kind, path, s, allowed)...)
	}
	return live
}

// markupIn returns the markup of the service that is not ours.
func markupIn(kind Type, path, s string, allowed []string) (live []string) {
	switch kind {
	case TypeMattermost, TypeDiscord:
		own := s
		for i, a := range allowed {
			own = strings.ReplaceAll(own, "["+[]string{"Link", "Runbook"}[i]+"]("+a+")", "")
		}
		own = regexp.MustCompile(`\*\*(?:Ends\d+|More)\*\*`).ReplaceAllString(own, "")
		if path == ".props.bothends_id" || strings.HasSuffix(path, ".color") || path == ".embeds.0.footer.text" || path == ".attachments.0.fallback" {
			return nil // not read as Markdown
		}
		if mark := bareMark(own); mark != "" {
			live = append(live, path+" "+mark+": "+own)
		}
	case TypeTelegram:
		if path == ".text" {
			if _, err := telegramText(s, allowed); err != nil {
				live = append(live, err.Error())
			}
		}
	case TypeGoogleChat:
		if path == ".text" && regexp.MustCompile(`<(?:[^\x{200d}]|$)`).MatchString(s) || path != ".text" && strings.Contains(s, "<") {
			live = append(live, path+": "+s)
		}
	case TypeTeams:
		if strings.HasSuffix(path, ".type") && !slices.Contains([]string{"message", "AdaptiveCard", "RichTextBlock", "TextRun", "Action.OpenUrl"}, s) {
			live = append(live, path+": "+s)
		}
	default:
	}
	return live
}

// bareMark returns a character of Markdown that no backslash stands before.
func bareMark(s string) string {
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		switch {
		case rs[i] == '\\':
			i++
		case strings.ContainsRune("[]<>`*_~", rs[i]):
			return string(rs[i])
		}
	}
	return ""
}

// telegramText is what Telegram shows of HTML. Where links are given, all other text must be code, in
// which Telegram looks for nothing, and every link one of them.
func telegramText(s string, links []string) (string, error) {
	var text strings.Builder
	z, open := html.NewTokenizer(strings.NewReader(s)), ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return text.String(), nil
		case html.StartTagToken:
			tok := z.Token()
			open = tok.Data
			if open != "code" && open != "a" {
				return "", fmt.Errorf("tag %s", open)
			}
			if open == "a" && links != nil && !slices.Contains(links, tok.Attr[0].Val) {
				return "", fmt.Errorf("link to %s", tok.Attr[0].Val)
			}
		case html.EndTagToken:
			open = ""
		case html.TextToken:
			tok := z.Token()
			if open == "" && strings.TrimSpace(tok.Data) != "" {
				return "", fmt.Errorf("open text %q", tok.Data)
			}
			text.WriteString(tok.Data)
		default:
			return "", fmt.Errorf("%s", z.Raw())
		}
	}
}

// stringsOf returns every string value of a JSON text by its path.
func stringsOf(t *testing.T, body []byte) map[string]string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case string:
			out[path] = v
		case []any:
			for i := range v {
				walk(fmt.Sprint(path, ".", i), v[i])
			}
		case map[string]any:
			for name := range v {
				walk(path+"."+name, v[name])
			}
		}
	}
	walk("", v)
	return out
}
