package notify

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

var since = time.Date(2026, 12, 3, 10, 47, 3, 0, time.FixedZone("CET", 3600))

// saturated returns a notification as the engine gives it.
func saturated() alerting.Notification {
	return alerting.Notification{
		Episode: alerting.Episode{
			ID: "7f3a00c0ffee", Link: "lon1-par2-1", Kind: linkmodel.KindSaturated,
			Direction: linkmodel.AToZ, End: linkmodel.NoEnd, Severity: linkmodel.SeverityCritical,
			Since: since, Value: 0.86, Threshold: 0.85, N: 1,
		},
		Status:  alerting.StatusFiring,
		Summary: "SATURATED lon1-par2-1 a→z 86 % of 100G since 09:47 UTC",
		Details: []alerting.Detail{
			{Label: "Ends", Text: "a cr1.lon1 et-0/0/1:0 ↔ z cr1.par2 et-0/0/3"},
			{Label: "Circuit", Text: "Colt COLT/LON-PAR/00123"},
		},
		Ends: [2]linkmodel.LinkEnd{
			{Device: "cr1.lon1", Site: "lon1", Interface: "et-0/0/1:0"},
			{Device: "cr1.par2", Interface: "et-0/0/3"},
		},
		Circuit: linkmodel.Circuit{Carrier: "Colt", ID: "COLT/LON-PAR/00123"},
		URLs:    alerting.URLs{Link: "https://noc.example.net/links/lon1-par2-1", Runbook: "https://wiki.example.net/rb/saturated"},
		To:      []string{"one"},
	}
}

// fakeReceiver answers with what answer returns and remembers when it was asked.
type fakeReceiver struct {
	mu     sync.Mutex
	calls  []call
	answer func(ctx context.Context, n int) error
}

type call struct {
	at   time.Time
	key  string
	note alerting.Notification
}

func (f *fakeReceiver) Send(ctx context.Context, n *alerting.Notification) error {
	f.mu.Lock()
	f.calls = append(f.calls, call{at: time.Now(), key: Key(n), note: *n})
	count := len(f.calls)
	f.mu.Unlock()
	if f.answer == nil {
		return nil
	}
	return f.answer(ctx, count)
}

func (f *fakeReceiver) seen() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]call(nil), f.calls...)
}

// rig is a dispatcher with what it logged and counted.
type rig struct {
	*Dispatcher
	logs *observer.ObservedLogs
	reg  *prometheus.Registry
	mu   sync.Mutex
	gone []string // receivers and keys that need not be kept
}

func newRig(cfgs ...Config) *rig {
	core, logs := observer.New(zapcore.DebugLevel)
	reg := prometheus.NewRegistry()
	r := &rig{logs: logs, reg: reg}
	r.Dispatcher = New(cfgs, Deps{Log: zap.New(core), Metrics: reg, PageURL: "https://noc.example.net", Settled: r.settle})
	return r
}

func (r *rig) settle(receiver, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = append(r.gone, receiver+" "+key)
}

// chat adds a fake that humans read.
func (r *rig) chat(name string, f *fakeReceiver) {
	r.kind(name, f, traits{gap: time.Second, chat: true})
}

func (r *rig) kind(name string, f *fakeReceiver, tr traits) {
	r.Add(name, f)
	w := r.find(name)
	w.traits, w.pacer.gap = tr, tr.gap
}

// counted returns bothends_notifications_total of one receiver by result.
func (r *rig) counted(t *testing.T, receiver string) map[string]int {
	t.Helper()
	families, err := r.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if f.GetName() == "bothends_notifications_total" && labels["receiver"] == receiver {
				out[labels["result"]] = int(m.GetCounter().GetValue())
			}
		}
	}
	return out
}

// server is a fake peer that keeps what it was sent.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
}

type request struct {
	method string
	header http.Header
	body   []byte
	path   string
}

// newServer answers every request with respond.
func newServer(t *testing.T, respond http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.requests = append(s.requests, request{method: r.Method, header: r.Header, body: body})
		s.mu.Unlock()
		respond(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// one returns the only request so far.
func (s *server) one(t *testing.T) request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("got %d requests, want 1", len(s.requests))
	}
	return s.requests[0]
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// config returns a receiver at an address that carries a secret in its path.
func config(kind Type, address string) Config {
	return Config{Name: "one", Type: kind, URL: secret.New(address)}
}

func receiverFor(t *testing.T, cfg Config) Receiver {
	t.Helper()
	client := newClient(nil)
	client.Timeout = time.Minute // a busy machine is not what is tested
	t.Cleanup(client.CloseIdleConnections)
	r := newReceiver(&cfg, client)
	if r == nil {
		t.Fatalf("no receiver of type %q", cfg.Type)
	}
	return r
}

// forgotten returns what need not be kept.
func (r *rig) forgotten() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.gone...)
}
