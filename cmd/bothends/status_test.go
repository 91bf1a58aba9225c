package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/web"
)

// TestStatusScreen: what needs a look is marked, and each cause is in words.
func TestStatusScreen(t *testing.T) {
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.Local)
	zone := now.Format("MST")
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	good := web.Status{
		Version: "v1.0.0", Started: ago(12*24*time.Hour + 4*time.Hour + time.Minute),
		Inventory: web.Inventory{Path: "links.yaml", LoadedAt: ago(time.Hour), Links: 1, Devices: 2},
		Config:    web.Load{OK: true},
		Polling:   web.Polling{Devices: 2, Answering: 2}, Links: map[string]int{"up": 1},
		Outputs:   []web.Output{{ID: "influxdb", OK: true, QueuedPoints: 1}},
		Receivers: []web.Receiver{{Name: "noc", Type: "slack", OK: true, LastSuccess: ago(time.Hour)}},
	}
	bad := web.Status{
		Version: "v1.0.0", Started: ago(90 * time.Second),
		Inventory: web.Inventory{Path: "links.yaml", LoadedAt: ago(time.Hour), Links: 9, Devices: 8},
		Config: web.Load{
			LoadedAt: ago(time.Hour), FailingSince: ago(time.Minute), Problem: "links.yaml:12:3: unknown key", Problems: 1,
			NeedsRestart: []string{"web.listen"},
		},
		Polling: web.Polling{
			Devices: 8, Answering: 1, Silent: []string{"a", "b", "c", "d", "e", "f", "g"}, TicksMissed: 3,
			Problem: "no poll of the links with interval 10s has finished for 31s",
		},
		Links: map[string]int{"up": 1, "down": 2, "disabled": 1, "unreachable": 5}, AlertsOpen: 2,
		Outputs: []web.Output{{
			ID: "west\x1b[2J", QueuedPoints: 1234, OldestQueued: ago(2 * time.Hour), Dropped: 5, DeadLetters: 6, Damaged: 1,
			Cause: "writes have failed for 2h0m0s: InfluxDB refuses the token (HTTP 401, token at links.yaml:9:10)",
		}},
		Receivers: []web.Receiver{{Name: "noc", LastError: "HTTP 404: no_service"}, {Name: "on-call", OK: true}},
	}
	for name, c := range map[string]struct {
		status *web.Status
		want   string
	}{
		"good": {&good, `bothends v1.0.0, up 12d 4h: all good
  polling          2 of 2 routers answer
  links            1 link: 1 up
  alerts           none open
  output influxdb  ok, 1 point waiting
  receiver noc     ok, last 2026-12-03 09:00:00 ZONE
  inventory        links.yaml, 1 link, 2 routers, loaded 2026-12-03 09:00:00 ZONE
`},
		"bad": {&bad, `bothends v1.0.0, up 1m: 5 lines to look at
! polling           no poll of the links with interval 10s has finished for 31s; 1 of 8 routers answer, silent: a, b, c, d, e and 2 more, 3 polls came too late
  links             9 links: 2 down, 5 unreachable, 1 up, 1 disabled
! alerts            2 open
! output west�[2J   writes have failed for 2h0m0s: InfluxDB refuses the token (HTTP 401, token at links.yaml:9:10), 1234 points waiting since 2026-12-03 08:00:00 ZONE, 5 lost since the start, 6 refused since the start, 1 place on disk cannot be read
! receiver noc      HTTP 404: no_service
  receiver on-call  ok, never used
! inventory         the inventory on disk has errors since 2026-12-03 09:59:00 ZONE: links.yaml:12:3: unknown key; the one of 2026-12-03 09:00:00 ZONE is in use; a restart is needed for web.listen
`},
	} {
		var out bytes.Buffer
		if err := writeStatus(&out, c.status, now); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.ReplaceAll(c.want, "ZONE", zone), out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", name, diff, out.String())
		}
	}
}
