package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/linkmodel"
)

// policy is written out here once more, so that a change of the header is a decision.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"

var everyRoute = []string{
	"/", "/?state=up", "/links/lon1-par2-1", "/links/nope", "/nothing", "/style.css", "/icon.svg", "/healthz", "/metrics",
	"/api/v1/links", "/api/v1/links/lon1-par2-1", "/api/v1/links/lon1-par2-1/series?field=state",
	"/api/v1/links/lon1-par2-1/events", "/api/v1/links/nope", "/api/v1/alerts", "/api/v1/status", "/api/v1/nothing",
	"//", "/links/../x", "/api/v1/links?bad=1",
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := newServer(t, &fake{views: []*linkmodel.View{zSilent()}})
	check := func(what string, w *httptest.ResponseRecorder) {
		t.Helper()
		for header, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q", what, header, got)
			}
		}
	}
	for _, path := range everyRoute {
		check(path, get(t, s, path))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, http.NoBody)
		check("POST "+path, do(s, r))
		r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		r.Host = "evil.example"
		check("foreign host "+path, do(s, r))
	}
}

// Nothing on a page may need what the policy forbids.
func TestPagesObeyTheirPolicy(t *testing.T) {
	s := newServer(t, &fake{views: []*linkmodel.View{zSilent(), saturated()}})
	for _, path := range []string{"/", "/links/lon1-par2-1", "/links/man4-lon1-1"} {
		body := get(t, s, path).Body.String()
		for _, forbidden := range []string{
			"<script", "<style", " style=", " onclick", " onload", "data:", "http://", "https://",
		} {
			if strings.Contains(body, forbidden) {
				t.Errorf("%s contains %s", path, forbidden)
			}
		}
	}
}

func TestHostGuard(t *testing.T) {
	s := newServer(t, &fake{})
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:9090": 200, "127.0.0.1": 200, "127.0.0.1:8080": 200, "127.8.9.10:1": 200, "[::1]": 200,
		"[::1]:8080": 200, "[::ffff:127.0.0.1]:8080": 200,
		"evil.example": 400, "evil.example:8080": 400, "localhost.evil.example": 400, "127.0.0.1.evil.example": 400,
		"10.0.0.1:8080": 400, "0.0.0.0:8080": 400, "[::]:8080": 400, "": 400, "127.1": 400, "2130706433": 400, "localhost:80:80": 400,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/status", http.NoBody)
		r.Host = host
		if w := do(s, r); w.Code != want {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
}

func TestPanicTellsOnlyAnID(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	s := newServerWith(zap.New(core), &fake{onLinks: func() { panic("secret inside") }})
	for path, kind := range map[string]string{"/": "text/plain", "/api/v1/links": "application/json"} {
		w := get(t, s, path)
		body := w.Body.String()
		if w.Code != http.StatusInternalServerError || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) ||
			strings.Contains(body, "secret") || strings.Contains(body, ".go") || strings.Contains(body, "goroutine") {
			t.Errorf("%s: %d %s", path, w.Code, body)
		}
		entry := logs.TakeAll()
		if len(entry) != 1 {
			t.Fatalf("%s: %d log entries", path, len(entry))
		}
		fields := entry[0].ContextMap()
		id, _ := fields["request"].(string)
		if id == "" || !strings.Contains(body, id) || fields["cause"] != "secret inside" || fields["stack"] == "" {
			t.Errorf("%s: id %q in %s, logged %v", path, id, body, fields)
		}
		if w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s: no policy", path)
		}
	}
}

func TestAbortedRequestStaysAborted(t *testing.T) {
	s := newServer(t, &fake{onLinks: func() { panic(http.ErrAbortHandler) }})
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint // the very value
			t.Errorf("recovered %v", cause)
		}
	}()
	get(t, s, "/api/v1/links")
	t.Error("answered")
}

func TestMetricsAreThoseOfTheGatherer(t *testing.T) {
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "bothends_example_total", Help: "An example."})
	registry.MustRegister(counter)
	counter.Add(3)
	s := newServer(t, &fake{})
	s = New(s.cfg, s.source, Deps{Log: s.deps.Log, Gatherer: registry, Now: s.deps.Now})
	w := get(t, s, "/metrics")
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "bothends_example_total 3") ||
		strings.Contains(body, "go_goroutines") {
		t.Errorf("%d %s", w.Code, body)
	}
}

func TestStaticFiles(t *testing.T) {
	s := newServer(t, &fake{})
	for path, kind := range map[string]string{"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml"} {
		if w := get(t, s, path); w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || w.Body.Len() == 0 {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}
