package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/bothends/bothends/linkmodel"
)

// text returns what a person without any style sheet reads, one line per row or paragraph.
func text(t *testing.T, body string) string {
	t.Helper()
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			var lines []string
			for line := range strings.SplitSeq(b.String(), "\n") {
				if line = strings.Join(strings.Fields(line), " "); line != "" {
					lines = append(lines, line)
				}
			}
			return strings.Join(lines, "\n")
		case html.TextToken:
			b.WriteString(strings.ReplaceAll(string(z.Text()), "\n", " "))
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "tr", "p", "h1", "h2", "h3", "title":
				b.WriteString("\n")
			case "td", "th":
				b.WriteString(" | ")
			case "div":
				b.WriteString(" ")
			}
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) == "br" {
				b.WriteString(" ")
			}
		default:
		}
	}
}

func TestOverviewReadsWithoutStyle(t *testing.T) {
	src := &fake{views: []*linkmodel.View{disabled(), bothEnds(), saturated(), neverPolled()}}
	silent := zSilent()
	silent.Link.Name = "lon1-par2-2"
	src.views = append(src.views, silent)
	src.status = Status{
		Version: "v0.1.0", Started: now.Add(-time.Hour), Polling: Polling{Devices: 3, Answering: 2, Silent: []string{"cr1.par2"}},
		Inventory: Inventory{Path: "links.yaml", LoadedAt: now.Add(-time.Minute)},
		Config: Load{
			LoadedAt: now.Add(-time.Minute), FailingSince: now.Add(-30 * time.Second),
			Problem: "links.yaml:52:3: no such device", Problems: 1,
		},
		Outputs:   []Output{{ID: "influxdb", QueuedPoints: 10, Cause: "writes have failed for 9s: connection refused", Dropped: 2}},
		Receivers: []Receiver{{Name: "noc", Type: "slack", OK: true}},
	}
	got := text(t, get(t, newServer(t, src), "/").Body.String())
	want := `bothends
bothends
5 links 1 ? unreachable 1 ◆ degraded 1 · unknown 1 ● up 1 ▒ disabled
▲ the inventory on disk has errors since 2026-12-03 10:51:42 UTC: links.yaml:52:3: no such device; the one of 2026-12-03 10:51:12 UTC is in use
Link | State | End a | End z | Traffic a→z | Traffic z→a | Loss | Errors | Carrier | Data age |
lon1-par2-2 backbone | ? unreachable for 5 m 9 s unreachable at end z | cr1.lon1 et-0/0/1:0 ● up | cr1.par2 et-0/0/3 ? silent | 86.0 Gb/s 86 % counted by a alone | 12.0 Gb/s 12 % counted by a alone | a→z the other end is silent z→a the other end is silent | a→z 0 /s z→a 0 /s | Colt COLT/LON-PAR/00123 | 5 s |
man4-lon1-1 backbone | ◆ degraded for 41 d 0 h saturated a→z 86 % | cr1.lon1 et-0/0/1:0 ● up | cr1.par2 et-0/0/3 ● up | 86.0 Gb/s 86 % | 12.0 Gb/s 12 % | a→z 0.01 % (0-0.04 %) z→a 1.0 % (0.8-1.2 %) | a→z 0 /s z→a 0 /s | Openreach COLT/LON-PAR/00123 | 5 s |
new/link backbone | · unknown | cr1.lon1 et-0/0/1:0 · not polled yet | cr1.par2 et-0/0/3 · not polled yet | no value yet no value yet | no value yet no value yet | a→z no value yet z→a no value yet | a→z no value yet z→a no value yet | | no reading yet |
lon1-par2-1 backbone | ● up for 41 d 0 h | cr1.lon1 et-0/0/1:0 ● up | cr1.par2 et-0/0/3 ● up | 86.0 Gb/s 86 % | 12.0 Gb/s 12 % | a→z 0.01 % (0-0.04 %) z→a 0.01 % (0-0.04 %) | a→z 0 /s z→a 0 /s | Colt COLT/LON-PAR/00123 | 5 s |
ams1-fra3-1 backbone | ▒ disabled for 1 h 0 m | cr1.lon1 et-0/0/1:0 ▒ shut | cr1.par2 et-0/0/3 ✖ lowerLayerDown | 0 b/s 0 % | 0 b/s 0 % | a→z too little traffic for a ratio z→a too little traffic for a ratio | a→z 0 /s z→a 0 /s | Colt COLT/LON-PAR/00123 | 5 s |
As of 2026-12-03 10:52:12 UTC, loads itself again every 10 s · routers answering 2 of 3, silent: cr1.par2
Output influxdb: not working, 10 points wait, 2 dropped: writes have failed for 9s: connection refused
Receiver noc (slack): ok
bothends v0.1.0, running for 1 h 0 m, inventory links.yaml`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEmptyPagesSayWhatToDo(t *testing.T) {
	s := newServer(t, &fake{status: Status{Inventory: Inventory{Path: "/etc/bothends"}}})
	if got := text(t, get(t, s, "/").Body.String()); !strings.Contains(got,
		"There are no links yet. Write one into the inventory /etc/bothends, see with bothends check that it is right") {
		t.Error(got)
	}
	if got := text(t, get(t, s, "/?carrier=Colt").Body.String()); !strings.Contains(got, "No link matches this filter. Show all links.") {
		t.Error(got)
	}
}

func TestLinkPageReadsWithoutStyle(t *testing.T) {
	v := zSilent()
	v.Link.Notes, v.Link.Groups = "second path over Dover", []string{"core"}
	v.Ends[linkmodel.EndA].Last.HighSpeed, v.Ends[linkmodel.EndA].Last.Name = 100_000, "et-0/0/1:0"
	v.Ends[linkmodel.EndA].Context = linkmodel.Context{Alias: "to par2 {COLT/123}", MTU: 9192}
	v.Findings = append(v.Findings, saturated().Findings...)
	v.Findings = append(v.Findings, linkmodel.Finding{
		Kind: linkmodel.KindFraming, Severity: linkmodel.SeverityInfo, Direction: linkmodel.ZToA, End: linkmodel.EndZ,
		Since: asOf, Text: "z counts 4 octets more per packet", Episode: "9a01",
	})
	v.Directions[linkmodel.ZToA].Loss = linkmodel.Loss{
		Known: true, Ratio: 0.0095, Low: 0.009, High: 0.01, Packets: 1e6,
		Counted: [linkmodel.NumCauses]uint32{linkmodel.CauseEgressDiscards: 1000, linkmodel.CauseIngressErrors: 9000},
	}
	src := &fake{views: []*linkmodel.View{v}}
	src.events = func(q EventQuery) ([]Event, error) {
		return []Event{{At: now, Link: q.Link, Kind: "silent", End: "z", Text: "no answer to 3 polls", By: "jo"}}, nil
	}
	got := text(t, get(t, newServer(t, src), "/links/lon1-par2-1").Body.String())
	for _, want := range []string{
		"? unreachable for 5 m 9 s, since 2026-12-03 10:47:03 UTC",
		"backbone · carrier Colt · circuit COLT/LON-PAR/00123 · phone +44 20 5550 0100 · group core · data age 5 s",
		"second path over Dover",
		"critical | unreachable at end z | | 5 m 9 s | 7f3a |",
		"warning | saturated a→z 86 % discards 0/min, z→a 12 % | 70 % | 6 m 5 s | 81c0 |",
		"info | framing z→a z counts 4 octets more per packet | | 5 s | 9a01 |",
		"lost where | no loss is certain |",
		"lost where | output discards at z 0.1 %, input errors at a 0.9 %, counted by neither router 0 % to 1.0 % |",
		"a: cr1.lon1 et-0/0/1:0 ● up", "z: cr1.par2 et-0/0/3 ? silent",
		"speed | 100 Gb/s |", "alias | to par2 {COLT/123} |", "MTU | 9192 bytes |", "counters | up to 0.2 s old (declared) |",
		"why silent | no answer: router, path, access list or community |",
		"detail | cr1.par2 did not answer 4 requests in 8 s |", "polls missed in a row | 31 |",
		"a→z (cr1.lon1 to cr1.par2), as counted by end a alone",
		"traffic | 86.0 Gb/s |", "load | 86 % |", "capacity | 100 Gb/s |", "packets | 7.10 Mpackets/s |",
		"loss | the other end is silent |", "errors at receiver z | 0 /s |",
		"2026-12-03 10:52:12 UTC | silent | z | no answer to 3 polls (jo) |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestLongListIsCutIntoPages(t *testing.T) {
	src := &fake{}
	for i := range 2*rowsPerPage + 50 {
		v := bothEnds()
		v.Link.Name = fmt.Sprintf("link-%03d", i)
		src.views = append(src.views, v)
	}
	s := newServer(t, src)
	rows := func(path string) (n int, first, body string) {
		body = get(t, s, path).Body.String()
		_, after, _ := strings.Cut(body, `<th scope="row"><a href="`)
		first, _, _ = strings.Cut(after, `"`)
		return strings.Count(body, `<th scope="row">`), first, body
	}
	for _, c := range []struct {
		path, first string
		n           int
		links       []string
	}{
		{"/", "/links/link-000", 100, []string{`href="/?page=2"`, "links 1 to 100 of 250"}},
		{"/?page=2&state=up", "/links/link-100", 100, []string{`href="/?page=1&amp;state=up"`, `href="/?page=3&amp;state=up"`}},
		{"/?page=3", "/links/link-200", 50, []string{`href="/?page=2"`, "links 201 to 250 of 250"}},
		{"/?page=99", "/links/link-200", 50, nil},
		{"/?page=-1", "/links/link-000", 100, nil},
		{"/?page=x", "/links/link-000", 100, nil},
	} {
		n, first, body := rows(c.path)
		if n != c.n || first != c.first {
			t.Errorf("%s: %d rows from %s", c.path, n, first)
		}
		for _, want := range c.links {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s", c.path, want)
			}
		}
	}
}

// However many clients ask, the list is rendered once in five seconds.
func TestOverviewIsRenderedOnceForMany(t *testing.T) {
	renders := 0
	src := &fake{views: []*linkmodel.View{bothEnds()}, onLinks: func() { renders++ }}
	s := newServer(t, src)
	clock := now
	s.deps.Now = func() time.Time { return clock }
	etag := get(t, s, "/").Header().Get("ETag")
	for range 10 {
		get(t, s, "/")
	}
	if renders != 1 {
		t.Errorf("%d renders", renders)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("If-None-Match", etag)
	if w := do(s, r); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("unchanged page: %d", w.Code)
	}
	clock = clock.Add(overviewLife)
	if w := do(s, r); w.Code != http.StatusOK || renders != 2 {
		t.Errorf("after its life: %d, %d renders", w.Code, renders)
	}
	clock = clock.Add(-time.Hour)
	if get(t, s, "/"); renders != 3 {
		t.Errorf("after the clock was set back: %d renders", renders)
	}
}

func TestWorstFirst(t *testing.T) {
	var views []*linkmodel.View
	add := func(name string, state linkmodel.State, findings ...linkmodel.Severity) {
		v := &linkmodel.View{Link: &linkmodel.Link{Name: name}, State: state}
		for _, s := range findings {
			v.Findings = append(v.Findings, linkmodel.Finding{Severity: s})
		}
		views = append(views, v)
	}
	add("i", linkmodel.StateDisabled)
	add("h", linkmodel.StateUp)
	add("g", linkmodel.StateUnknown)
	add("f", linkmodel.StateDegraded, linkmodel.SeverityWarning)
	add("e", linkmodel.StateDegraded, linkmodel.SeverityWarning)
	add("z", linkmodel.StateDegraded, linkmodel.SeverityWarning, linkmodel.SeverityCritical)
	add("d", linkmodel.StateUnreachable)
	add("c", linkmodel.StateDeadPath)
	add("b", linkmodel.StateHalfDown)
	add("a", linkmodel.StateDown)
	sortWorstFirst(views)
	var got strings.Builder
	for _, v := range views {
		got.WriteString(v.Link.Name)
	}
	if got.String() != "abcdzefghi" {
		t.Error(got.String())
	}
}

func TestAgeOfOldDataStandsOut(t *testing.T) {
	v := bothEnds()
	if c := ageCell(v, asOf.Add(30*time.Second)); c.Class != "" {
		t.Errorf("three intervals: %+v", c)
	}
	if c := ageCell(v, asOf.Add(31*time.Second)); c.Class != "stale" || c.Text != "31 s" {
		t.Errorf("more than three intervals: %+v", c)
	}
}

func TestLossIsToldWithWhatItIsWorth(t *testing.T) {
	f := func(want string, loss linkmodel.Loss) {
		t.Helper()
		loss.Known = true
		if got := lossCell(&loss).Text; got != want {
			t.Errorf("%+v: %q, want %q", loss, got, want)
		}
	}
	f("< 0.04 % (cannot see less yet)", linkmodel.Loss{High: 0.0004})
	f("5 % (0-19 %)", linkmodel.Loss{Ratio: 0.05, High: 0.19})
	f("1.2 % (1.1-1.3 %)", linkmodel.Loss{Ratio: 0.012, Low: 0.011, High: 0.013})
}
