package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// routed returns an engine for the test link with these routes and the default "default".
func routed(routes ...Route) *Engine {
	decl := testLink()
	return New(Config{
		Rules:   map[string]Rules{decl.Name: everyRule(0)},
		Routes:  routes,
		Default: []string{"default"},
	}, []linkmodel.Link{decl})
}

func TestRoute(t *testing.T) {
	f := func(want string, routes ...Route) {
		t.Helper()
		e := routed(routes...)
		ep := &Episode{Kind: linkmodel.KindSaturated, Severity: linkmodel.SeverityCritical}
		if got := strings.Join(e.route(e.link("lon1-par2-1"), ep, time.Time{}), " "); got != want {
			t.Errorf("got %q, want %q for %+v", got, want, routes)
		}
	}
	yes, no := []string{"yes"}, []string{"never"}

	f("default")
	f("yes", Route{To: yes})
	f("yes", Route{Severity: []linkmodel.Severity{linkmodel.SeverityCritical}, To: yes})
	f("default", Route{Severity: []linkmodel.Severity{linkmodel.SeverityWarning}, To: no})
	f("yes", Route{Kind: []linkmodel.Kind{linkmodel.KindDown, linkmodel.KindSaturated}, To: yes})
	f("default", Route{Kind: []linkmodel.Kind{linkmodel.KindDown}, To: no})
	f("yes", Route{Link: []string{"lon1-par2-1"}, To: yes})
	f("default", Route{Link: []string{"lon1-par2-2"}, To: no})
	f("yes", Route{Type: []string{"backbone"}, To: yes})
	f("default", Route{Type: []string{"fiber"}, To: no})
	f("yes", Route{Group: []string{"apac", "emea"}, To: yes})
	f("default", Route{Group: []string{"apac"}, To: no})
	f("yes", Route{Carrier: []string{"Colt"}, To: yes})
	f("default", Route{Carrier: []string{"Zayo"}, To: no})
	f("yes", Route{Circuit: []string{"COLT/LON-PAR/00123"}, To: yes})
	f("default", Route{Circuit: []string{"00123"}, To: no})
	f("yes", Route{Site: []string{"par2"}, To: yes})
	f("default", Route{Site: []string{"ams1"}, To: no})
	f("yes", Route{Device: []string{"cr1.lon1"}, To: yes})
	f("default", Route{Device: []string{"cr1.ams1"}, To: no})
	f("default", Route{Site: []string{"par2"}, Carrier: []string{"Zayo"}, To: no})
	f("yes", Route{Site: []string{"ams1"}, To: no}, Route{Site: []string{"par2"}, To: yes}, Route{To: no})
	f("", Route{}, Route{To: no}) // matches and tells nobody
}

func TestEveryoneWhoWasToldIsToldOfTheEnd(t *testing.T) {
	e := routed(
		Route{Severity: []linkmodel.Severity{linkmodel.SeverityCritical}, To: []string{"on-call", "noc"}},
		Route{Severity: []linkmodel.Severity{linkmodel.SeverityWarning}, To: []string{"day", "noc"}},
	)
	decl := testLink()
	b := &bench{Engine: e, decl: decl, interval: decl.Interval}
	var got [][]string
	for word := range strings.FieldsSeq("75 90 10 10") {
		for _, n := range b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, word)) {
			got = append(got, n.To)
		}
	}
	want := [][]string{{"day", "noc"}, {"day", "noc", "on-call"}, {"day", "noc", "on-call"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestURLs(t *testing.T) {
	decl := testLink()
	decl.Name, decl.Type = "a/../b?x=1&c#y z", "mpls"
	e := New(Config{
		Rules:   map[string]Rules{decl.Name: everyRule(0)},
		Runbook: map[string]string{decl.Name: "https://wiki.example.net/rb/{{.Alert}}?link={{.Link}}&type={{.Type}}"},
		PageURL: "https://noc.example.net",
	}, []linkmodel.Link{decl})
	got := e.urls(e.link(decl.Name), &Episode{Kind: linkmodel.KindHalfDown})
	want := URLs{
		Link:    "https://noc.example.net/links/a%2F..%2Fb%3Fx%3D1%26c%23y%20z",
		Runbook: "https://wiki.example.net/rb/half-down?link=a%2F..%2Fb%3Fx%3D1%26c%23y%20z&type=mpls",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	e = routed()
	if got := e.urls(e.link("lon1-par2-1"), &Episode{}); got != (URLs{}) {
		t.Errorf("addresses out of nothing: %+v", got)
	}
}
