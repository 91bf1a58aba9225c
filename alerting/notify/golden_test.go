package notify

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// updateKey in the environment has the golden files written anew.
const updateKey = "BOTHENDS_UPDATE"

// TestGolden sends every sample to every service, which takes it, and compares it with its file.
func TestGolden(t *testing.T) {
	for kind := range rules {
		s := newService(t, kind)
		for name, n := range samples() {
			r := s.receiver(t) // one that knows of no other sample
			if kind == TypeAlertmanager && name == "digest" {
				continue // it is told of every alert
			}
			if err := r.Send(t.Context(), &n); err != nil {
				t.Errorf("%s, %s: %v", kind, name, err)
				continue
			}
			var out bytes.Buffer
			body := s.last(t).body
			if kind == TypeAlertmanager {
				body = withoutEnds(t, body)
			}
			if err := json.Indent(&out, body, "", "  "); err != nil {
				t.Fatal(err)
			}
			golden(t, string(kind)+"-"+name+".json", out.String()+"\n")
		}
	}
}

// withoutEnds takes out the instant that depends on the clock.
func withoutEnds(t *testing.T, body []byte) []byte {
	t.Helper()
	var alerts []alertmanagerAlert
	if err := json.Unmarshal(body, &alerts); err != nil {
		t.Fatal(err)
	}
	for i := range alerts {
		end, err := time.Parse(time.RFC3339Nano, alerts[i].Ends)
		if err != nil {
			t.Fatal(err)
		}
		if end.Equal(samples()["resolved"].Episode.Until) {
			continue
		}
		if left := time.Until(end); left > alertmanagerHold || left < alertmanagerHold-time.Minute {
			t.Errorf("ends at %s", alerts[i].Ends)
		}
		alerts[i].Ends = "in half an hour"
	}
	out, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if os.Getenv(updateKey) != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

// Huge digests are cut to what the service takes.
func TestEveryServiceTakesAHugeDigest(t *testing.T) {
	for kind := range rules {
		n := digestSample(5000)
		for i := range n.Details {
			n.Details[i].Text += strings.Repeat("é<&🧨", 100)
		}
		s := newService(t, kind)
		if err := s.receiver(t).Send(t.Context(), n); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestEveryTypeHasAReceiver: a type that nothing is made for would be left out in silence.
func TestEveryTypeHasAReceiver(t *testing.T) {
	for _, kind := range Types {
		cfg := Config{Name: "one", Type: kind}
		if newReceiver(&cfg, http.DefaultClient) == nil || kinds[kind].gap < time.Second {
			t.Errorf("%s has no receiver, or more than one message a second", kind)
		}
	}
	if len(kinds) != len(Types) {
		t.Errorf("%d kinds, %d types", len(kinds), len(Types))
	}
}
