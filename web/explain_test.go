package web

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// TestExplainAnswers holds the form of the answers: instants in UTC, lists that are never null, no value
// that JSON cannot say.
func TestExplainAnswers(t *testing.T) {
	v := zSilent()
	s := newServer(t, &fake{views: []*linkmodel.View{v}})
	if w := get(t, s, "/api/v1/links/lon1-par2-1/explain"); w.Code != 404 || !strings.Contains(w.Body.String(), "does not explain links") {
		t.Errorf("without an inventory: %d %s", w.Code, w.Body)
	}
	nan := math.NaN()
	s.deps.Explain = func(v *linkmodel.View) Explanation {
		at := time.Date(2026, 12, 3, 11, 0, 0, 1, time.FixedZone("CET", 3600))
		return Explanation{Link: v.Link.Name, Since: at, Rules: []Rule{{Kind: "down", Value: &nan, Levels: []Level{}, Alarm: &Alarm{Since: at}}}}
	}
	s.deps.Nearest = func(string) string { return "lon1-par2-1" }
	s.deps.Receiver = func(name string) (ReceiverExplanation, bool) {
		return ReceiverExplanation{Receiver: Receiver{Name: name, OK: true}}, name == "noc"
	}
	for path, want := range map[string]string{
		"/api/v1/links/lon1-par2-1/explain": `{"link":"lon1-par2-1","since":"2026-12-03T10:00:00Z","settings":[],"rules":[{"kind":"down","text":"","levels":[],"for_s":0,"why":"",` +
			`"alarm":{"id":"","severity":"","since":"2026-12-03T10:00:00Z"}}],"ways":[]}`,
		"/api/v1/links/lon1-par-1/explain": `{"error":"there is no link lon1-par-1","hint":"did you mean lon1-par2-1?"}`,
		"/api/v1/receivers/noc":            `{"name":"noc","type":"","ok":true,"queued":0,"lost":0,"routes":[]}`,
		"/api/v1/receivers/nok":            `{"error":"there is no receiver nok","hint":"/api/v1/status lists all"}`,
	} {
		if got := strings.TrimSpace(get(t, s, path).Body.String()); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
}
