package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

var update = flag.Bool("update", false, "write testdata instead of comparing with it")

func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, body, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

func TestLinkGolden(t *testing.T) {
	for name, v := range map[string]*linkmodel.View{
		"both_ends.json": bothEnds(), "z_silent.json": zSilent(), "never_polled.json": neverPolled(),
		"disabled.json": disabled(), "saturated.json": saturated(),
	} {
		s := newServer(t, &fake{views: []*linkmodel.View{v}})
		w := get(t, s, "/api/v1"+linkPath(v.Link.Name))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Content-Type"))
		}
		golden(t, name, w.Body.Bytes())
	}
}

// The documented answer for a link whose end z is silent, key by key.
func TestLinkIsAsDocumented(t *testing.T) {
	const documented = `{"link":"lon1-par2-1","state":"unreachable","since":"2026-12-03T10:47:03Z","as_of":"2026-12-03T10:52:07Z","maintenance":false,
 "type":"backbone","circuit":{"carrier":"Colt","id":"COLT/LON-PAR/00123","phone":"+44 20 5550 0100"},
 "capacity_bps":{"a_to_z":1e11,"z_to_a":1e11},
 "ends":{"a":{"device":"cr1.lon1","site":"lon1","interface":"et-0/0/1:0","index":561,"oper":"up","admin":"up","reachable":true,"counter_cache_s":0.2,"counter_cache_source":"declared"},
         "z":{"device":"cr1.par2","site":"par2","interface":"et-0/0/3","reachable":false,"last_reading":"2026-12-03T10:46:59Z"}},
 "directions":{"a_to_z":{"bps":8.6e10,"pps":7.1e6,"utilization":0.86,"errors_per_s":0,"discards_per_s":0,"source":"a"},
               "z_to_a":{"bps":1.2e10,"pps":1.0e6,"utilization":0.12,"errors_per_s":0,"discards_per_s":0,"source":"a"}},
 "reasons":{"directions.a_to_z.loss":"far-end-silent","directions.z_to_a.loss":"far-end-silent"},
 "findings":[{"kind":"unreachable","severity":"critical","end":"z","since":"2026-12-03T10:47:03Z","episode":"7f3a"}]}`
	var want, got any
	if err := json.Unmarshal([]byte(documented), &want); err != nil {
		t.Fatal(err)
	}
	w := get(t, newServer(t, &fake{views: []*linkmodel.View{zSilent()}}), "/api/v1/links/lon1-par2-1")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-documented +got)\n%s", diff)
	}
}

func TestLinkInMaintenance(t *testing.T) {
	v := saturated()
	v.Maintenance = true
	w := get(t, newServer(t, &fake{views: []*linkmodel.View{v}}), "/api/v1/links/"+v.Link.Name)
	if !strings.Contains(w.Body.String(), `"maintenance":true`) {
		t.Errorf("the link is not in maintenance: %s", w.Body)
	}
}

func TestLinksWithNotANumber(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		v := saturated()
		q := linkmodel.Known(bad)
		f := linkmodel.Faults{PerSecond: q, Ratio: q, AtSender: q, AtReceiver: q}
		for d := range v.Directions {
			v.Directions[d] = linkmodel.DirectionView{
				BPS: q, PPS: q, Capacity: q, Utilization: q, Errors: f, Discards: f,
				Loss: linkmodel.Loss{Known: true, Low: bad},
			}
		}
		v.Findings[0].Value, v.Findings[0].Threshold = bad, bad
		src := &fake{views: []*linkmodel.View{v}, alerts: []Alert{{ID: "1", Value: &bad, Threshold: &bad}}}
		src.series = func(SeriesQuery) ([]Point, error) {
			return []Point{{At: now, Count: 1, Min: bad, Mean: bad, Max: bad}}, nil
		}
		s := newServer(t, src)
		for _, path := range []string{
			"/api/v1/links", "/api/v1/alerts", "/", "/links/man4-lon1-1", "/api/v1/links/man4-lon1-1/series?field=state",
		} {
			if w := get(t, s, path); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "NaN b/s") ||
				strings.Contains(w.Body.String(), "Inf b/s") {
				t.Errorf("%v %s: %d %s", bad, path, w.Code, w.Body)
			}
		}
		var link linkJSON
		if err := json.Unmarshal(get(t, s, "/api/v1/links/man4-lon1-1").Body.Bytes(), &link); err != nil {
			t.Fatal(err)
		}
		if link.Directions.AToZ.BPS != nil || link.Reasons["directions.a_to_z.bps"] != "implausible" ||
			link.Directions.AToZ.Loss != nil || link.Findings[0].Value != nil {
			t.Errorf("%v came through: %+v", bad, link)
		}
	}
}

func TestFilters(t *testing.T) {
	src := &fake{views: []*linkmodel.View{disabled(), zSilent(), saturated(), neverPolled()}}
	src.views[1].Link.Ends[1] = linkmodel.LinkEnd{Device: "cr9", Site: "rom1", Interface: "x"}
	s := newServer(t, src)
	all := []string{"ams1-fra3-1", "lon1-par2-1", "man4-lon1-1", "new/link"}
	for query, want := range map[string][]string{
		"":                                 all,
		"?type=backbone":                   all,
		"?site=rom1":                       {"lon1-par2-1"},
		"?site=lon1":                       {"ams1-fra3-1", "lon1-par2-1", "man4-lon1-1"},
		"?device=cr9":                      {"lon1-par2-1"},
		"?carrier=Openreach":               {"man4-lon1-1"},
		"?carrier=openreach":               {"man4-lon1-1"},
		"?group=uk":                        {"man4-lon1-1"},
		"?state=unreachable":               {"lon1-par2-1"},
		"?state=unreachable&state=unknown": {"lon1-par2-1", "new/link"},
		"?state=unreachable&carrier=Colt":  {"lon1-par2-1"},
		"?state=up":                        {},
	} {
		w := get(t, s, "/api/v1/links"+query)
		var links []linkJSON
		if err := json.Unmarshal(w.Body.Bytes(), &links); err != nil || links == nil {
			t.Fatalf("%q: %v in %s", query, err, w.Body)
		}
		names := []string{}
		for i := range links {
			names = append(names, links[i].Link)
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%q (-want +got)\n%s", query, diff)
		}
	}
}

func TestProblems(t *testing.T) {
	v := zSilent()
	s := newServer(t, &fake{views: []*linkmodel.View{v}})
	link := "/api/v1/links/lon1-par2-1"
	for path, want := range map[string]struct {
		code int
		text string
	}{
		"/api/v1/nothing":                      {404, "there is nothing at /api/v1/nothing"},
		"/api":                                 {404, "there is nothing at /api"},
		"/api/v1/links/nope":                   {404, "there is no link nope"},
		"/api/v1/links/a%2Fb%0Ac":              {404, `there is no link a/b\nc`},
		"/api/v1/links/nope/series":            {404, "there is no link nope"},
		"/api/v1/links/nope/events":            {404, "there is no link nope"},
		"/api/v1/links?sit=lon1":               {400, "there is no filter sit"},
		"/api/v1/links?state=dwon":             {400, "there is no state dwon"},
		link + "/series":                       {400, "parameter field is missing or wrong"},
		link + "/series?field=bps":             {400, "parameter direction is missing or wrong"},
		link + "/series?field=state&from=x":    {400, "parameter from is missing or wrong"},
		link + "/series?field=state&to=99":     {400, "parameter to is missing or wrong"},
		link + "/series?field=state&step=0s":   {400, "parameter step is missing or wrong"},
		link + "/series?field=state&step=-1s":  {400, "parameter step is missing or wrong"},
		link + "/series?field=state&step=10ms": {400, "parameter step is missing or wrong"},
		link + "/series?field=state&stp=1s":    {400, "there is no parameter stp"},
		link + "/series?field=state&from=0001-01-01T00:00:00Z&step=99999h":             {400, "parameter from is missing or wrong"},
		link + "/series?field=state&from=2026-12-03T10:00:00Z&to=2026-12-03T10:00:00Z": {400, "parameter from is missing or wrong"},
		link + "/events?limit=0":      {400, "parameter limit is missing or wrong"},
		link + "/events?limit=100000": {400, "parameter limit is missing or wrong"},
		link + "/events?from=now":     {400, "parameter from is missing or wrong"},
		link + "/events?page=2":       {400, "there is no parameter page"},
	} {
		w := get(t, s, path)
		var got struct{ Error, Hint string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Errorf("%s: %v in %s", path, err, w.Body)
		}
		if w.Code != want.code || got.Error != want.text || got.Hint == "" {
			t.Errorf("%s: %d %+v, want %d %s", path, w.Code, got, want.code, want.text)
		}
	}
	for path, want := range map[string]string{
		"/nothing":    "404 there is nothing at /nothing: the page is at /",
		"/links/nope": "404 there is no link nope: ",
		"/?sit=lon1":  "400 there is no filter sit: ",
	} {
		w := get(t, s, path)
		got := http.StatusText(w.Code)
		if text := map[string]string{"Not Found": "404 ", "Bad Request": "400 "}[got] + w.Body.String(); !strings.HasPrefix(text, want) ||
			!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %s", path, text)
		}
	}
}

func TestSeries(t *testing.T) {
	var asked SeriesQuery
	src := &fake{views: []*linkmodel.View{zSilent()}}
	src.series = func(q SeriesQuery) ([]Point, error) {
		asked = q
		return []Point{{At: q.From, Count: 2, Min: 1, Mean: 2.5, Max: 4}, {At: q.From.Add(q.Step)}}, nil
	}
	s := newServer(t, src)
	w := get(t, s, "/api/v1/links/lon1-par2-1/series?field=bps&direction=z_to_a&from=2026-12-03T11:00:00%2B01:00&to=2026-12-03T10:02:00Z&step=1m")
	golden(t, "series.json", w.Body.Bytes())
	from := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	if asked.Direction != linkmodel.ZToA || asked.Field != "bps" || !asked.From.Equal(from) || asked.Step != time.Minute {
		t.Errorf("asked for %+v", asked)
	}
	get(t, s, "/api/v1/links/lon1-par2-1/series?field=state")
	if !asked.To.Equal(now) || asked.To.Sub(asked.From) != time.Hour || asked.Step != 15*time.Second {
		t.Errorf("without span and step: %+v", asked)
	}
	src.views[0].Link.Interval = time.Minute
	if get(t, s, "/api/v1/links/lon1-par2-1/series?field=state"); asked.Step != time.Minute {
		t.Errorf("a step of %v is shorter than the time between polls", asked.Step)
	}
}

func TestEvents(t *testing.T) {
	var asked EventQuery
	src := &fake{views: []*linkmodel.View{neverPolled()}}
	src.events = func(q EventQuery) ([]Event, error) {
		asked = q
		return []Event{
			{
				At: now, Link: q.Link, Kind: "down", ID: "7f3a", Text: "both ends report down", Severity: "critical",
				Status: "firing", Direction: "a_to_z", End: "z", By: "jo", Duration: 90 * time.Second,
			},
			{At: now.Add(-time.Hour), Link: q.Link, Kind: "state", Text: "up"},
		}, nil
	}
	s := newServer(t, src)
	golden(t, "events.json", get(t, s, "/api/v1/links/new%2Flink/events?limit=7&to=2026-12-03T10:00:00Z").Body.Bytes())
	want := EventQuery{Link: "new/link", To: time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC), Limit: 7}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
}

func TestAlertsAndStatus(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	src := &fake{alerts: []Alert{
		{
			ID: "7f3a", Status: "firing", Severity: "warning", Kind: "saturated", Link: "l1", Direction: "a_to_z",
			Summary: "l1 a→z at 86 %", Value: new(0.86), Threshold: new(0.7), Since: now.In(paris),
		},
		{ID: "7f3b", Status: "firing", Severity: "critical", Kind: "unreachable", Link: "l2", End: "z", Since: now},
	}}
	src.status = Status{
		Version: "v0.1.0", Started: now.In(paris), AlertsOpen: 2, Links: map[string]int{"up": 3, "down": 1},
		Inventory: Inventory{Path: "links.yaml", LoadedAt: now, Links: 4, Devices: 3},
		Config: Load{
			LoadedAt: now.In(paris), CheckedAt: now, FailingSince: now, Problem: "links.yaml:52:3: no such device", Problems: 2,
			NeedsRestart: []string{"web"},
		},
		Polling:   Polling{Devices: 3, Answering: 2, Silent: []string{"cr1.par2"}, TicksMissed: 1},
		Outputs:   []Output{{ID: "influxdb", QueuedPoints: 10, QueuedBytes: 900, LastError: "refused", LastSuccess: now, Dropped: 2}},
		Receivers: []Receiver{{Name: "noc", Type: "slack", OK: true, LastSuccess: now}},
	}
	s := newServer(t, src)
	golden(t, "alerts.json", get(t, s, "/api/v1/alerts").Body.Bytes())
	golden(t, "status.json", get(t, s, "/api/v1/status").Body.Bytes())
	src.alerts, src.status = nil, Status{}
	golden(t, "status_empty.json", get(t, s, "/api/v1/status").Body.Bytes())
	if got := get(t, s, "/api/v1/alerts").Body.String(); got != "[]\n" {
		t.Errorf("no alerts: %s", got)
	}
	if got := get(t, s, "/api/v1/links").Body.String(); got != "[]\n" {
		t.Errorf("no links: %s", got)
	}
}

func TestHistoryErrorsStayInside(t *testing.T) {
	broken := errors.New("/var/lib/bothends/state.db is damaged")
	src := &fake{views: []*linkmodel.View{zSilent()}}
	src.events = func(EventQuery) ([]Event, error) { return nil, broken }
	src.series = func(SeriesQuery) ([]Point, error) { return nil, broken }
	s := newServer(t, src)
	for path, code := range map[string]int{
		"/api/v1/links/lon1-par2-1/events":             503,
		"/api/v1/links/lon1-par2-1/series?field=state": 503,
		"/links/lon1-par2-1":                           200,
	} {
		w := get(t, s, path)
		if body := w.Body.String(); w.Code != code || strings.Contains(body, "/var/lib") || !strings.Contains(body, "cannot be read") {
			t.Errorf("%s: %d %s", path, w.Code, body)
		}
	}
}

func TestHealth(t *testing.T) {
	src := &fake{}
	s := newServer(t, src)
	if w := get(t, s, "/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	src.health = errors.New("no router answered for 3 m")
	if w := get(t, s, "/healthz"); w.Code != http.StatusServiceUnavailable || w.Body.String() != "no router answered for 3 m\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestOnlyReading(t *testing.T) {
	s := newServer(t, &fake{views: []*linkmodel.View{zSilent()}})
	methods := []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace}
	for _, method := range methods {
		w := do(s, httptest.NewRequestWithContext(t.Context(), method, "/api/v1/links", http.NoBody))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := do(s, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/api/v1/links", http.NoBody)); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
}

// Every reason and every cause of silence the model knows has a sentence on the page.
func TestEveryReasonHasASentence(t *testing.T) {
	for r := linkmodel.ReasonNone; r.String() != "unknown"; r++ {
		if reasonSentences[r] == "" {
			t.Errorf("no sentence for %s", r)
		}
	}
	for m := linkmodel.MissNone; m.String() != "unknown"; m++ {
		if missSentences[m] == "" {
			t.Errorf("no sentence for %s", m)
		}
	}
	for s := linkmodel.StateUp; s <= linkmodel.StateDisabled; s++ {
		if stateShapes[s] == "" || !slices.Contains(worstFirst, s) {
			t.Errorf("state %s has no shape or no place", s)
		}
	}
}

func TestAlertFilters(t *testing.T) {
	alerts := []Alert{
		{ID: "1", Severity: "critical", Kind: "unreachable", Link: "lon1-par2-1"},
		{ID: "2", Severity: "warning", Kind: "saturated", Link: "man4-lon1-1"},
		{ID: "3", Severity: "critical", Kind: "site"},
	}
	s := newServer(t, &fake{views: []*linkmodel.View{zSilent(), saturated()}, alerts: alerts})
	for query, want := range map[string]string{
		"": "123", "?severity=critical": "13", "?kind=saturated": "2", "?link=LON1-PAR2-1": "1",
		"?carrier=openreach": "2", "?site=lon1": "12", "?site=lon1&severity=warning": "2", "?state=unreachable": "1",
		"?kind=site&kind=saturated": "23", "?group=core": "2", "?device=none": "",
	} {
		var got []Alert
		w := get(t, s, "/api/v1/alerts"+query)
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		var ids strings.Builder
		for i := range got {
			ids.WriteString(got[i].ID)
		}
		if ids.String() != want {
			t.Errorf("%s: got %q, want %q", query, ids.String(), want)
		}
	}
	for query, want := range map[string]string{"?bad=1": "link, kind, severity", "?state=bad": "there is no state"} {
		if w := get(t, s, "/api/v1/alerts"+query); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}
