package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/web"
)

// TestDiffLinkAndHistoryOfTheRunningProgram changes the inventory of the real program by one link of each
// kind and asks before it is taken up; then it asks for all that is known of one link, in every format.
func TestDiffLinkAndHistoryOfTheRunningProgram(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 3, func(d *watcher) string {
		return d.inventory("l00002") + "link_types:\n  ethernet:\n    utilization: {warn: 0.000001%, crit: none, for: 0s}\n"
	})
	await(t, "both alarms are told", &d.log, func() bool { return len(d.messages("l00000")) > 0 && len(d.messages("l00001")) > 0 })
	if code, out, says := d.run("diff"); code != exitGood || out != "nothing would change\n" {
		t.Errorf("exit %d, %s%s", code, out, says)
	}
	now := strings.Replace(d.inventory("l00001"), "  l00000:\n", "  l00000:\n    thresholds: {loss: {crit: 5%}}\n", 1) + "log: {level: debug}\n" +
		"link_types:\n  ethernet:\n    utilization: {warn: 0.000001%, crit: none, for: 0s}\n"
	d.write("new.yaml", now)
	code, out, says := d.run("diff", d.path("new.yaml"))
	lines := strings.Split(out, "\n")
	if code != exitGood || !strings.HasPrefix(lines[0], "+1 link, ~1 link, -1 link (") || !strings.Contains(out, "  links changed: l00000 (thresholds)\n") ||
		!strings.Contains(out, "  links removed: l00001\n") || !strings.Contains(out, "  needs a restart: log\n") || !strings.Contains(out, "alert that ends: l00001 saturated #") {
		t.Errorf("exit %d, %s%s", code, out, says)
	}
	d.write("links.yaml", now)
	code, same, _ := d.run("diff") // before or after it is taken up
	if code != exitGood || same != out && same != "nothing would change\n" && !strings.HasPrefix(same, "no link changes") {
		t.Errorf("the running program says %d %s, and of the file %s", code, same, out)
	}
	d.looksAtALink()
}

// looksAtALink asks for one link in every way.
func (d *watcher) looksAtALink() {
	t := d.t
	await(t, "loss is measured", &d.log, func() bool { return strings.Contains(get(d.page+"/api/v1/links/l00000"), `"loss":`) })
	f := func(args string, wants ...string) {
		t.Helper()
		code, out, says := d.run(strings.Fields(args)...)
		for _, want := range wants {
			if code != exitGood || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d %s, no %q in\n%s", args, code, says, want, out)
			}
		}
	}
	f("link l00000", "l00000  degraded since ", "  end a", "oper up, admin up", "  a→z", " of ", "! saturated a→z", "warning since", "  as of")
	f("link l00000 -o json", `{"link":"l00000","state":"degraded"`)
	f("link l00000 -o yaml", "link: l00000\nstate: degraded\n", "\nends:\n  a:\n    device: r00000\n")
	f("history l00000", "TIME ", "saturated", "firing", "SATURATED l00000 a→z")
	f("history l00000 -o wide", "SEVERITY", "warning")
	f("history l00000 --since 10m -o csv", "at,link,kind,status,severity,direction,end,duration_s,by,id,text\n", ",l00000,saturated,firing,warning,a_to_z,")
	f("history l00000 -o json", `"kind":"saturated"`)
	f("history l00000 -o yaml", "- at: ", "  kind: saturated\n")
	f("history l00000 --since 2001-01-01 --until 2001-01-02", "nothing happened to l00000 since 2001-01-01")
	f("links -o csv", "link,state,since,carrier,circuit,a,z,a_to_z_bps,", "\nl00000,degraded,")
	f("links -o yaml", "- link: l00000\n")
	f("status -o yaml", "version: ", "links:\n")
	for args, want := range map[string]string{
		"link l0000x":                 "there is no link l0000x (did you mean l00000?)",
		"history l0000x":              "there is no link l0000x (did you mean l00000?)",
		"history l00000 --since noon": "--since: write how long ago",
		"history l00000 --until noon": "--until: write how long ago",
		"history l00000 --since 2026-01-02 --until 2026-01-01": "is not before --until",
	} {
		if code, _, says := d.run(strings.Fields(args)...); code == exitGood || !strings.Contains(says, want) {
			t.Errorf("%s: exit %d, %s", args, code, says)
		}
	}
}

// TestHistoryOfManyEvents pages through more events than one answer holds, many of them in one instant.
func TestHistoryOfManyEvents(t *testing.T) {
	const events = 2500
	start := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	at := func(i int) time.Time { return start.Add(time.Duration(i/7) * time.Millisecond) } // seven at a time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := time.Parse(time.RFC3339, r.FormValue("to"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		if err != nil || limit < 1 || limit > 1000 {
			t.Errorf("asked for %s", r.URL.RawQuery)
		}
		page := []eventRow{}
		for i := events - 1; i >= 0 && len(page) < limit; i-- {
			if at(i).Before(to) {
				page = append(page, eventRow{web.EventRow{At: at(i), Link: "x", Kind: "reset", Text: strconv.Itoa(i)}})
			}
		}
		_ = json.NewEncoder(w).Encode(page)
	}))
	defer server.Close()
	cmd := &cobra.Command{}
	serverFlag(cmd)
	cmd.SetContext(t.Context())
	if err := cmd.Flags().Set("server", server.URL); err != nil {
		t.Fatal(err)
	}
	got, more, err := askHistory(cmd, "x", [2]time.Time{start, start.Add(time.Hour)})
	if err != nil || more || len(got) != events {
		t.Fatalf("%d events, more %t, %v", len(got), more, err)
	}
	for i := range got {
		if got[i].Text != strconv.Itoa(events-1-i) {
			t.Fatalf("event %d is %s", i, got[i].Text)
		}
	}
}

// TestSignsOfADifference holds the line that tells a change.
func TestSignsOfADifference(t *testing.T) {
	c := &change{renamed: map[string]string{"new": "old"}}
	c.links = difference{added: []string{"a", "b"}, removed: []string{"x"}, changed: map[string][]string{"m": {"thresholds"}}}
	c.routers = difference{added: []string{"r"}}
	for want, ending := range map[string][]web.Ending{
		"+2 links, ~1 link, -1 link, 1 link renamed, +1 router":                     nil,
		"+2 links, ~1 link, -1 link (1 open alert ends), 1 link renamed, +1 router": {{Link: "x"}},
		"+2 links, ~1 link, -1 link (2 open alerts end), 1 link renamed, +1 router": {{Link: "x"}, {Link: "x"}},
	} {
		if got := c.signs(ending); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := fmt.Sprint((&change{}).signs(nil), (&change{routes: true}).signs(nil)); got != "nothing would changeno link changes, but something else does" {
		t.Error(got)
	}
}
