package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

const wantWebhookBody = `{
  "version": 1,
  "id": "7f3a00c0ffee",
  "status": "firing",
  "severity": "critical",
  "kind": "saturated",
  "link": "lon1-par2-1",
  "direction": "a_to_z",
  "summary": "SATURATED lon1-par2-1 a→z 86 % of 100G since 09:47 UTC",
  "value": 0.86,
  "threshold": 0.85,
  "since": "2026-12-03T09:47:03Z",
  "ends": {
    "a": {"device": "cr1.lon1", "site": "lon1", "interface": "et-0/0/1:0"},
    "z": {"device": "cr1.par2", "interface": "et-0/0/3"}
  },
  "circuit": {"carrier": "Colt", "id": "COLT/LON-PAR/00123"},
  "urls": {
    "link": "https://noc.example.net/links/lon1-par2-1",
    "runbook": "https://wiki.example.net/rb/saturated"
  },
  "explains": []
}`

// decoded turns JSON into what can be compared.
func decoded(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

func TestWebhookBody(t *testing.T) {
	s := newServer(t, ok)
	n := saturated()
	if err := receiverFor(t, config(TypeWebhook, s.URL)).Send(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	r := s.one(t)
	if diff := cmp.Diff(decoded(t, []byte(wantWebhookBody)), decoded(t, r.body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if r.method != http.MethodPost || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s of %s", r.method, r.header.Get("Content-Type"))
	}
	if got := r.header.Get("Idempotency-Key"); got != "7f3a00c0ffee/firing/1" {
		t.Errorf("Idempotency-Key %q", got)
	}
	if _, signed := r.header["X-Bothends-Signature"]; signed {
		t.Error("signed without a secret")
	}
}

func TestWebhookResolvedWithoutDirection(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	n := saturated()
	n.Status, n.Episode.N = alerting.StatusResolved, 3
	n.Episode.Direction, n.Episode.Until = linkmodel.NoDirection, since.Add(90e9)
	if err := receiverFor(t, config(TypeWebhook, s.URL)).Send(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	r := s.one(t)
	got := decoded(t, r.body)
	if _, has := got["direction"]; has {
		t.Error("direction is there although the finding has none")
	}
	if got["until"] != "2026-12-03T09:48:33Z" {
		t.Errorf("until %v", got["until"])
	}
	if key := r.header.Get("Idempotency-Key"); key != "7f3a00c0ffee/resolved/3" {
		t.Errorf("Idempotency-Key %q", key)
	}
}

func TestWebhookSignature(t *testing.T) {
	s := newServer(t, ok)
	cfg := config(TypeWebhook, s.URL)
	cfg.Secret = secret.New("shared")
	n := saturated()
	if err := receiverFor(t, cfg).Send(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	r := s.one(t)
	mac := hmac.New(sha256.New, []byte("shared"))
	mac.Write(r.body)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); r.header.Get("X-Bothends-Signature") != want {
		t.Errorf("signature %q, want %q", r.header.Get("X-Bothends-Signature"), want)
	}
}
