package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/hostile"
	"github.com/bothends/bothends/linkmodel"
)

// sentToSlack returns the message as Slack gets it.
func sentToSlack(t *testing.T, n *alerting.Notification) *slackMessage {
	t.Helper()
	s := newServer(t, ok)
	if err := receiverFor(t, config(TypeSlack, s.URL)).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var m slackMessage
	if err := json.Unmarshal(s.one(t).body, &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

// elements returns every element of every rich_text block.
func (m *slackMessage) elements() []slackElement {
	var out []slackElement
	for _, b := range m.blocks() {
		for _, s := range b.Elements {
			out = append(out, s.Elements...)
		}
	}
	return out
}

func (m *slackMessage) blocks() []slackBlock {
	out := slices.Clone(m.Blocks)
	for _, a := range m.Attachments {
		out = append(out, a.Blocks...)
	}
	return out
}

func TestSlackMessage(t *testing.T) {
	n := saturated()
	m := sentToSlack(t, &n)
	title := "◆ SATURATED lon1-par2-1 a→z 86 % of 100G since 09:47 UTC"
	if m.Text != title || m.Attachments[0].Fallback != title {
		t.Errorf("fallbacks %q and %q", m.Text, m.Attachments[0].Fallback)
	}
	if h := m.Blocks[0]; h.Type != "header" || h.Text.Type != "plain_text" || h.Text.Text != title {
		t.Errorf("header %+v", h)
	}
	var text strings.Builder
	var links []string
	for _, e := range m.elements() {
		text.WriteString(e.Text)
		if e.Type == "link" {
			links = append(links, e.URL)
		}
	}
	want := "Ends  a cr1.lon1 et-0/0/1:0 ↔ z cr1.par2 et-0/0/3\n" +
		"Circuit  Colt COLT/LON-PAR/00123\n" +
		"Link  Runbook  #7f3a00c0ffee"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{n.URLs.Link, n.URLs.Runbook}, links); diff != "" {
		t.Error(diff)
	}
}

func TestSlackColor(t *testing.T) {
	f := func(status alerting.Status, severity linkmodel.Severity, want string) {
		t.Helper()
		n := saturated()
		n.Status, n.Episode.Severity = status, severity
		if got := sentToSlack(t, &n).Attachments[0].Color; got != want {
			t.Errorf("%s %s: %s, want %s", status, severity, got, want)
		}
	}
	f(alerting.StatusFiring, linkmodel.SeverityCritical, "#d6452b")
	f(alerting.StatusUpdate, linkmodel.SeverityWarning, "#e0a030")
	f(alerting.StatusFiring, linkmodel.SeverityInfo, "#8a8f98")
	f(alerting.StatusResolved, linkmodel.SeverityCritical, "#2e9e6b")
}

func hostileNotification(text string) alerting.Notification {
	n := saturated()
	n.Episode.Link = text
	n.Summary = "SATURATED " + text + " a→z 86 %"
	n.Details = nil
	for i := range 20 {
		n.Details = append(n.Details, alerting.Detail{Label: fmt.Sprint("Ends", i), Text: text})
	}
	n.Ends[0].Interface, n.Circuit.Carrier = text, text
	return n
}

// TestSlackInjection sends hostile names everywhere and reads the message as Slack would: nothing
// mentions anybody, no link leads anywhere but where the configuration says, and the limits hold.
func TestSlackInjection(t *testing.T) {
	for _, text := range hostile.All() {
		n := hostileNotification(text)
		checkSlack(t, text, sentToSlack(t, &n), &n)
	}
}

func checkSlack(t *testing.T, text string, m *slackMessage, n *alerting.Notification) {
	t.Helper()
	if m.Parse != "none" || m.Markdown || m.LinkNames || m.UnfurlLinks || m.UnfurlMedia {
		t.Errorf("%q: Slack is asked to interpret text: %+v", text, m)
	}
	for _, fallback := range []string{m.Text, m.Attachments[0].Fallback} {
		if strings.ContainsAny(fallback, "<>") || strings.ContainsFunc(fallback, isControl) {
			t.Errorf("%q: live markup in the fallback %q", text, fallback)
		}
	}
	total, blocks := utf8.RuneCountInString(m.Text), m.blocks()
	if h := blocks[0].Text; h.Type != "plain_text" || h.Emoji || length(h.Text) > 150 {
		t.Errorf("%q: header %+v", text, h)
	}
	if len(blocks) > 12 {
		t.Errorf("%q: %d blocks", text, len(blocks))
	}
	for _, b := range blocks {
		if b.Type != "header" && b.Type != "rich_text" {
			t.Errorf("%q: block of type %s", text, b.Type)
		}
	}
	total += length(blocks[0].Text.Text)
	for _, e := range m.elements() {
		total += length(e.Text)
		checkElement(t, text, e, n)
	}
	if total > 3000 {
		t.Errorf("%q: %d characters", text, total)
	}
}

func checkElement(t *testing.T, text string, e slackElement, n *alerting.Notification) {
	t.Helper()
	switch e.Type {
	case "text":
		if e.URL != "" || strings.ContainsFunc(strings.TrimSuffix(e.Text, "\n"), isControl) {
			t.Errorf("%q: text element %+v", text, e)
		}
	case "link":
		if e.URL != n.URLs.Link && e.URL != n.URLs.Runbook {
			t.Errorf("%q: link to %q", text, e.URL)
		}
	default:
		t.Errorf("%q: element of type %s", text, e.Type)
	}
}

// isControl lists what must never reach a screen, without using the code under test.
func isControl(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
		return true
	}
	return false
}

func TestSlackLinksAreWebLinks(t *testing.T) {
	n := saturated()
	n.URLs = alerting.URLs{Link: "javascript:alert(1)", Runbook: "see the wiki"}
	for _, e := range sentToSlack(t, &n).elements() {
		if e.Type == "link" {
			t.Errorf("link to %q", e.URL)
		}
	}
}

func TestCut(t *testing.T) {
	f := func(s string, n int, want string) {
		t.Helper()
		if got := cut(s, n); got != want || length(got) > n {
			t.Errorf("cut(%q, %d) = %q, want %q", s, n, got, want)
		}
	}
	f("abc", 3, "abc")
	f("abcd", 3, "ab…")
	f("→→→→", 3, "→→…")
	f("🧨🧨", 4, "🧨🧨")
	f("🧨🧨", 3, "🧨…")
	f("🧨🧨", 2, "…")
}
