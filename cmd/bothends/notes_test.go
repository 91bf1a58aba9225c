package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/web"
)

func TestNotes(t *testing.T) {
	t.Setenv("SNMP_COMMUNITY", "public")
	f := func(text string, want ...string) {
		t.Helper()
		inv, problems := configs.Parse([]configs.Source{{Name: "links.yaml", Text: []byte(text)}}, configs.OS())
		if inv == nil {
			t.Fatal(problems.Text())
		}
		if diff := cmp.Diff(want, notes(inv)); diff != "" {
			t.Error(diff)
		}
	}
	nobody := "notify: no receiver is declared, so nobody is told of alerts; they are on the page and in the log"
	told := "notify: {receivers: {noc: {type: webhook, url: \"http://127.0.0.1:9/\"}}, default: noc}\n"
	f(appInventory, nobody)
	f(appInventory + told)
	f(strings.Replace(appInventory, "r2: 127.0.0.2", "r2: 127.0.0.2, spare: 127.0.0.3", 1)+told, "devices: in no link, so not polled: spare")
}

// TestStatusBeforeTheFirstPoll: what is known from before a restart is not told as what is.
func TestStatusBeforeTheFirstPoll(t *testing.T) {
	now := time.Now()
	f := func(p web.Polling, head, polling string) {
		t.Helper()
		var out bytes.Buffer
		st := &web.Status{Version: "v1", Started: now.Add(-3 * time.Second), Polling: p, Links: map[string]int{"up": 3}, Config: web.Load{OK: true}}
		if err := writeStatus(&out, st, now); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if lines[0] != "bothends v1, up 3s: "+head || !strings.Contains(lines[1], polling) {
			t.Errorf("%+v:\n%s", p, out.String())
		}
		if !strings.Contains(out.String(), "none: nobody is told of alerts") {
			t.Errorf("that there is no receiver is not told:\n%s", out.String())
		}
	}
	f(web.Polling{Devices: 4}, "not polled yet since the start; states are those from before", "no router has been polled since the start")
	f(web.Polling{Devices: 4, Answering: 1}, "all good so far, not all is polled yet", "1 of 4 routers answer, 3 not polled yet")
	f(web.Polling{Devices: 4, Answering: 4}, "all good", "4 of 4 routers answer")
	f(web.Polling{Devices: 4, Answering: 2, Silent: []string{"a", "b"}}, "1 line to look at", "silent: a, b")
}
