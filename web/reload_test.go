package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// askReload sends a request with some headers to a server whose reload gives the answer.
func askReload(method string, answer func() (Reloaded, error), header ...string) *httptest.ResponseRecorder {
	deps := Deps{Log: zap.NewNop(), Gatherer: prometheus.NewRegistry()}
	if answer != nil {
		deps.Reload = func(context.Context) (Reloaded, error) { return answer() }
	}
	s := New(Config{Listen: DefaultListen}, &fake{}, deps)
	r := httptest.NewRequest(method, "http://127.0.0.1:8080/api/v1/reload", http.NoBody)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, r)
	return w
}

func TestReloadAnswers(t *testing.T) {
	f := func(name string, w *httptest.ResponseRecorder, code int, want string) {
		t.Helper()
		if got := strings.TrimSpace(w.Body.String()); w.Code != code || got != want {
			t.Errorf("%s: %d\n%s\nwant %d\n%s", name, w.Code, got, code, want)
		}
	}
	f("changed", askReload("POST", func() (Reloaded, error) {
		return Reloaded{
			Summary: "links: 1 added, 1 renamed", Changes: []string{"links added: l1"}, Added: []string{"l1"},
			Renamed: map[string]string{"new": "old"},
		}, nil
	}), 200, `{"summary":"links: 1 added, 1 renamed","changes":["links added: l1"],"added":["l1"],"removed":[],"changed":[],"renamed":{"new":"old"},"needs_restart":[]}`)
	f("refused", askReload("POST", func() (Reloaded, error) {
		return Reloaded{}, &RefusedError{
			Text: "one error", Report: "error[E001]: …\n", Closing: "1 error",
			Problems: []Problem{{Severity: "error", Code: "E001", Message: "unknown key", File: "links.yaml", Line: 12, Col: 3}},
		}
	}), 422, `{"error":"one error","hint":"the inventory before stays in use","problems":[{"severity":"error","code":"E001","message":"unknown key","file":"links.yaml","line":12,"col":3}],"report":"error[E001]: …\n","closing":"1 error"}`)
	f("not read", askReload("POST", func() (Reloaded, error) { return Reloaded{}, errors.New("it is being written") }),
		503, `{"error":"it is being written","hint":"try again"}`)
	f("nothing to read", askReload("POST", nil), 404, `{"error":"there is no inventory to read again","hint":"bothends demo has none"}`)
}

// Only POST reads the inventory again, and no other site may have a browser do so.
func TestReloadIsGuarded(t *testing.T) {
	for _, c := range []struct {
		name, method string
		header       []string
		code         int
	}{
		{"a program", "POST", nil, 200},
		{"the page", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"the page in an old browser", "POST", []string{"Origin", "http://127.0.0.1:8080"}, 200},
		{"another site", "POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port", "POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another site in an old browser", "POST", []string{"Origin", "https://example.net"}, 403},
		{"a link somebody follows", "GET", nil, 405},
		{"a look", "HEAD", nil, 405},
		{"PUT", "PUT", nil, 405},
	} {
		reloads := 0
		w := askReload(c.method, func() (Reloaded, error) { reloads++; return Reloaded{}, nil }, c.header...)
		if w.Code != c.code || (reloads == 1) != (c.code == 200) {
			t.Errorf("%s: %d with %d reloads, want %d: %s", c.name, w.Code, reloads, c.code, w.Body)
		}
		var answer struct{ Error, Hint string }
		if c.code != 200 && c.method != "HEAD" && (json.Unmarshal(w.Body.Bytes(), &answer) != nil || answer.Error == "" || answer.Hint == "") {
			t.Errorf("%s: %s says neither what nor what to do", c.name, w.Body)
		}
		if c.code == 405 && w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: allowed is %q", c.name, w.Header().Get("Allow"))
		}
	}
}
