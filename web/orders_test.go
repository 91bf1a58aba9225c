package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// deskFake writes down what it is asked.
type deskFake struct {
	asked []string
	err   error
}

func (d *deskFake) note(format string, args ...any) {
	d.asked = append(d.asked, fmt.Sprintf(format, args...))
}

func (d *deskFake) Acknowledge(id string, o AckOrder) (Alert, error) {
	d.note("ack %s by %s@%s for %s sticky %v: %s", id, o.By, o.From, o.For, o.Sticky, o.Text)
	return Alert{ID: id, Since: now, Ack: &Ack{By: o.By, Text: o.Text, At: now, Until: now.Add(time.Hour)}}, d.err
}

func (d *deskFake) EndAck(id string, by Giver) (Alert, error) {
	d.note("end ack %s by %s@%s", id, by.By, by.From)
	return Alert{ID: id}, d.err
}

func (d *deskFake) Silence(o SilenceOrder) (Silence, error) {
	d.note("silence %v by %s until %s", o.Match, o.By, o.Until.Format(time.RFC3339))
	return Silence{ID: "5b20", By: o.By, Match: o.Match, Until: o.Until}, d.err
}

func (d *deskFake) EndSilence(id string, by Giver) (Silence, error) {
	d.note("end silence %s by %s", id, by.By)
	return Silence{ID: id}, d.err
}

func (d *deskFake) Silences() []Silence { return nil }

func (d *deskFake) Work(o WorkOrder) (Work, error) {
	d.note("work %s %s", o.Name, o.From.Format(time.RFC3339))
	return Work{ID: "77aa", Name: o.Name}, d.err
}

func (d *deskFake) EndWork(id string, by Giver) (Work, error) {
	d.note("end work %s by %s", id, by.By)
	return Work{ID: id}, d.err
}

func (d *deskFake) Works() []Work { return []Work{{ID: "77aa", Name: "x", From: now}} }

// order asks a server with a desk.
func order(d *deskFake, method, path, body string, header ...string) *httptest.ResponseRecorder {
	s := New(Config{Listen: DefaultListen}, &fake{}, Deps{
		Log: zap.NewNop(), Gatherer: prometheus.NewRegistry(), Now: func() time.Time { return now }, Orders: d,
	})
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, r)
	return w
}

func TestOrdersAreUnderstood(t *testing.T) {
	f := func(method, path, body, asked, answer string) {
		t.Helper()
		d := &deskFake{}
		w := order(d, method, path, body)
		if got := strings.Join(d.asked, "; "); w.Code != http.StatusOK || got != asked {
			t.Errorf("%s %s: %d, asked %q, want %q: %s", method, path, w.Code, got, asked, w.Body)
		}
		if got := strings.TrimSpace(w.Body.String()); got != answer {
			t.Errorf("%s %s: got\n%s\nwant\n%s", method, path, got, answer)
		}
	}
	f("POST", "/api/v1/alerts/7f3a/ack", `{"by":"jo","text":"on it","for":"2h","sticky":true}`,
		"ack 7f3a by jo@192.0.2.1 for 2h sticky true: on it",
		`{"id":"7f3a","status":"","severity":"","kind":"","link":"","since":"2026-12-03T10:52:12Z","told":0,`+
			`"ack":{"by":"jo","text":"on it","at":"2026-12-03T10:52:12Z","until":"2026-12-03T11:52:12Z","sticky":false}}`)
	f("DELETE", "/api/v1/alerts/7f3a/ack?by=jo", "", "end ack 7f3a by jo@192.0.2.1",
		`{"id":"7f3a","status":"","severity":"","kind":"","link":"","told":0}`)
	f("POST", "/api/v1/silences", `{"by":"jo","text":"x","match":{"site":"lon1","kind":["lossy","down"]},"until":"2026-12-03T12:00:00+01:00"}`,
		"silence {false [] [] [] [] [] [lon1] [] [lossy down]} by jo until 2026-12-03T12:00:00+01:00",
		`{"id":"5b20","by":"jo","text":"","match":{"site":["lon1"],"kind":["lossy","down"]},"until":"2026-12-03T11:00:00Z","links":0}`)
	f("GET", "/api/v1/silences", "", "", "[]")
	f("DELETE", "/api/v1/silences/5b?by=jo", "", "end silence 5b by jo", `{"id":"5b","by":"","text":"","match":{},"links":0}`)
	f("POST", "/api/v1/maintenance", `{"by":"jo","name":"card","match":{"all":true},"from":"2026-12-03T12:00:00Z","for":"1h"}`,
		"work card 2026-12-03T12:00:00Z", `{"id":"77aa","name":"card","match":{},"again":false,"active":false,"links":0}`)
	f("GET", "/api/v1/maintenance", "", "",
		`[{"id":"77aa","name":"x","match":{},"from":"2026-12-03T10:52:12Z","again":false,"active":false,"links":0}]`)
	f("DELETE", "/api/v1/maintenance/77?by=jo", "", "end work 77 by jo", `{"id":"77","name":"","match":{},"again":false,"active":false,"links":0}`)
}

func TestOrdersThatAreRefused(t *testing.T) {
	f := func(name, method, path, body string, err error, code int, text string) {
		t.Helper()
		w := order(&deskFake{err: err}, method, path, body)
		var answer struct{ Error, Hint string }
		if json.Unmarshal(w.Body.Bytes(), &answer) != nil || w.Code != code || !strings.Contains(answer.Error, text) || answer.Hint == "" {
			t.Errorf("%s: %d %s, want %d %q", name, w.Code, w.Body, code, text)
		}
	}
	const good = `{"by":"jo","text":"x"}`
	ack, silences := "/api/v1/alerts/7f3a/ack", "/api/v1/silences"
	f("a misspelt key", "POST", ack, `{"bye":"jo"}`, nil, 400, `unknown field "bye"`)
	f("no body", "POST", ack, "", nil, 400, "it is empty")
	f("no JSON", "POST", ack, "by=jo", nil, 400, "not understood")
	f("half of it", "POST", ack, `{"by":"jo"`, nil, 400, "not understood")
	f("two", "POST", ack, good+good, nil, 400, "more than one value")
	f("another kind", "POST", silences, `{"match":{"site":7}}`, nil, 400, "a text or a list of them")
	f("too much", "POST", ack, `{"text":"`+strings.Repeat("x", maxOrder)+`"}`, nil, 400, "too large")
	f("another parameter", "DELETE", silences+"/5b?who=jo", "", nil, 400, "there is no parameter who")
	f("what the judge refuses", "POST", ack, good, &OrderError{Text: "no text", Hint: "write one"}, 400, "no text")
	f("what is not there", "POST", ack, good, &OrderError{Text: "no alert", Hint: "look", Missing: true}, 404, "no alert")
	f("the disk", "POST", ack, good, errors.New("write /var/lib/bothends/state.db: disk full"), 503, "could not be written")
	if w := order(&deskFake{err: errors.New("/var/lib/secret")}, "POST", ack, good); strings.Contains(w.Body.String(), "/var") {
		t.Errorf("a path is told: %s", w.Body)
	}
}

// Nothing changes because somebody follows a link, or because another site has a browser ask.
func TestOrdersAreGuarded(t *testing.T) {
	const body = `{"by":"jo"}`
	for _, c := range []struct{ method, path, allow string }{
		{"POST", "/api/v1/alerts/7f3a/ack", "POST, DELETE"},
		{"DELETE", "/api/v1/alerts/7f3a/ack?by=jo", "POST, DELETE"},
		{"POST", "/api/v1/silences", "GET, HEAD, POST"},
		{"DELETE", "/api/v1/silences/5b?by=jo", "DELETE"},
		{"POST", "/api/v1/maintenance", "GET, HEAD, POST"},
		{"DELETE", "/api/v1/maintenance/5b?by=jo", "DELETE"},
	} {
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://example.net"},
		} {
			d := &deskFake{}
			if w := order(d, c.method, c.path, body, header...); w.Code != http.StatusForbidden || len(d.asked) > 0 {
				t.Errorf("%s %s with %v: %d, asked %v", c.method, c.path, header, w.Code, d.asked)
			}
		}
		d := &deskFake{}
		if w := order(d, c.method, c.path, body, "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusOK || len(d.asked) != 1 {
			t.Errorf("%s %s from the page: %d", c.method, c.path, w.Code)
		}
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH"} {
			if strings.Contains(c.allow, method) {
				continue
			}
			w := order(d, method, c.path, body)
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != c.allow || len(d.asked) != 1 {
				t.Errorf("%s %s: %d, allowed %q, want %q", method, c.path, w.Code, w.Header().Get("Allow"), c.allow)
			}
		}
	}
}
