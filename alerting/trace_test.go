package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

func TestTraceSaysWhichFieldDoesNotFit(t *testing.T) {
	decl := testLink()
	monday := time.Date(2026, time.January, 12, 12, 0, 0, 0, time.UTC)
	f := func(want string, at time.Time, severity linkmodel.Severity, routes ...Route) {
		t.Helper()
		cfg := Config{Routes: routes, Default: []string{"default"}}
		way := cfg.Trace(&decl, Letter{linkmodel.KindLossy, severity, at})
		var parts []string
		for _, tried := range way.Tried {
			if !tried.Matches {
				parts = append(parts, tried.Field+" "+strings.Join(tried.Want, ",")+" not "+strings.Join(tried.Have, ","))
			}
		}
		parts = append(parts, strings.Join(way.To, ","))
		if diff := cmp.Diff(want, strings.Join(parts, "; ")); diff != "" {
			t.Error(diff)
		}
	}
	warning, critical, info := linkmodel.SeverityWarning, linkmodel.SeverityCritical, linkmodel.SeverityInfo
	to := []string{"noc"}

	f("default", monday, critical)
	f("noc", monday, critical, Route{To: to})
	f("severity critical not warning; default", monday, warning, Route{Severity: []linkmodel.Severity{critical}, To: to})
	f("kind down not lossy; noc", monday, warning, Route{Kind: []linkmodel.Kind{linkmodel.KindDown}}, Route{To: to})
	f("group apac not core,emea; default", monday, warning, Route{Group: []string{"apac"}, To: to})
	f("site ams1,fra3 not lon1,par2; default", monday, warning, Route{Site: []string{"ams1", "fra3"}, To: to})
	f("severity warning,critical not info; ", monday, info, Route{To: to})
	f("noc", monday, info, Route{Severity: []linkmodel.Severity{info}, To: to})

	day := Route{Hours: office(time.UTC), To: to}
	f("noc", monday, warning, day)
	f("hours mon-fri 08:00-18:00 UTC not Mon 22:00 UTC; default", monday.Add(10*time.Hour), warning, day)
	f("hours mon-fri 08:00-18:00 UTC not Sun 12:00 UTC; night", monday.AddDate(0, 0, -1), warning, day, Route{To: []string{"night"}})
}

// TestWhoWasToldByDayIsToldOfTheEndByNight plays an episode from a Thursday's morning into its night.
func TestWhoWasToldByDayIsToldOfTheEndByNight(t *testing.T) {
	e := routed(Route{Hours: office(time.UTC), To: []string{"day"}})
	decl := testLink()
	b := &bench{Engine: e, decl: decl, interval: 7 * time.Hour}
	var got []string
	for word := range strings.FieldsSeq("90 10 10 90") {
		for _, n := range b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, word)) {
			got = append(got, string(n.Status)+" "+n.At.Format("Mon 15:04")+" "+strings.Join(n.To, ","))
		}
	}
	want := []string{"firing Thu 10:00 day", "resolved Fri 00:00 day", "firing Fri 07:00 default"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
