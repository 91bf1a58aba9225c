package web

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

func TestPercentile(t *testing.T) {
	var asked PercentileQuery
	answer := Percentile{Value: 8.1e10, Count: 8640}
	src := &fake{views: []*linkmodel.View{zSilent()}}
	src.percentile = func(q PercentileQuery) (Percentile, error) {
		asked = q
		return answer, nil
	}
	s := newServer(t, src)
	read := func(query string) (got percentileJSON) {
		t.Helper()
		w := get(t, s, "/api/v1/links/lon1-par2-1/percentile?"+query)
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return got
	}
	got := read("direction=z_to_a")
	if asked.Direction != linkmodel.ZToA || asked.Percent != 95 || !asked.To.Equal(now) || asked.To.Sub(asked.From) != 30*24*time.Hour {
		t.Errorf("asked for %+v", asked)
	}
	if got.BPS == nil || *got.BPS != 8.1e10 || got.Averages != 8640 || got.Step != 300 || got.Percent != 95 || got.Direction != "z_to_a" {
		t.Errorf("answered %+v", got)
	}
	answer = Percentile{}
	got = read("direction=a_to_z&percent=99.5&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z")
	if asked.Percent != 99.5 || asked.From.Day() != 1 || asked.To.Month() != time.December || got.BPS != nil {
		t.Errorf("asked for %+v, answered %+v", asked, got)
	}
	for _, query := range []string{"", "direction=a_to_z&percent=0", "direction=a_to_z&percent=101", "direction=a_to_z&percent=NaN", "direction=up"} {
		if w := get(t, s, "/api/v1/links/lon1-par2-1/percentile?"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", query, w.Code)
		}
	}
}
