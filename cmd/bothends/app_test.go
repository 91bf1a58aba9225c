package main

import (
	"context"
	"errors"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

const appInventory = `version: 1
defaults: {interval: 10s, credential: {version: 2c, community: "${env:SNMP_COMMUNITY}"}}
devices: {r1: 127.0.0.1, r2: 127.0.0.2}
links: {r1-r2: {a: "r1:x", z: "r2:y"}}
`

func newTestApp(t *testing.T, inventory, state string) *app {
	t.Helper()
	return newLoggedApp(t, inventory, state, zap.NewNop())
}

func newLoggedApp(t *testing.T, inventory, state string, log *zap.Logger) *app {
	t.Helper()
	t.Setenv("SNMP_COMMUNITY", "public")
	inv, problems := configs.Parse([]configs.Source{{Name: "links.yaml", Text: []byte(inventory)}}, configs.OS())
	if inv == nil {
		t.Fatalf("%v", problems)
	}
	inv.StateDir = state
	a, err := newApp(inv, options{inventory: "links.yaml", log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.close() })
	return a
}

// TestTasks is the wiring: what runs, and in which order it stops.
func TestTasks(t *testing.T) {
	names := func(inventory string) (out []string) {
		for _, task := range newTestApp(t, inventory, t.TempDir()).tasks() {
			out = append(out, task.name)
		}
		return out
	}
	want := []string{"state", "history", "memory", "influxdb", "own metrics", "notify", "housekeeping", "alerts", "web", "poller", "supervisor"}
	if diff := cmp.Diff(want, names(appInventory)); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	want[3] = "influxdb west, east"
	got := names(appInventory + `influxdb:
  - {id: west, url: "http://127.0.0.1:1", bucket: a/b}
  - {id: east, url: "http://127.0.0.1:2", bucket: a/b}
`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func TestSecondInstanceIsRefused(t *testing.T) {
	a := newTestApp(t, appInventory, filepath.Join(t.TempDir(), "state"))
	_, err := newApp(a.inv, options{log: zap.NewNop()})
	if err == nil || !strings.Contains(err.Error(), "another bothends (pid ") {
		t.Fatalf("error %v, want it to name the other instance", err)
	}
}

// TestRunsWithoutReceiversAndOutputs is the smallest inventory: nothing to write to, nobody to
// tell.
func TestRunsWithoutReceiversAndOutputs(t *testing.T) {
	a := newTestApp(t, strings.Replace(appInventory, "links:", "web: {listen: 127.0.0.1:0}\nlinks:", 1), t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a.ready = func(string) { time.AfterFunc(500*time.Millisecond, cancel) }
	if err := a.run(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestLogTellsTheStop: the log of a program that was stopped does not just break off.
func TestLogTellsTheStop(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	a := newLoggedApp(t, strings.Replace(appInventory, "links:", "web: {listen: 127.0.0.1:0}\nlinks:", 1), t.TempDir(), zap.New(core))
	ctx, cancel := context.WithCancelCause(t.Context())
	a.ready = func(string) { cancel(errors.New("terminated signal received")) }
	if err := a.run(ctx); err != nil {
		t.Fatal(err)
	}
	stops := logged.FilterMessage("bothends stops").All()
	if len(stops) != 1 || stops[0].ContextMap()["reason"] != "terminated signal received" {
		t.Errorf("logged %v", stops)
	}
	if logged.FilterMessage("bothends has stopped").Len() != 1 {
		t.Error("the end is not in the log")
	}
}

// TestStatusCountsPolledRouters: a router that no link asks for is never polled, so it is not one that
// does not answer.
func TestStatusCountsPolledRouters(t *testing.T) {
	a := newTestApp(t, strings.Replace(appInventory, "r2: 127.0.0.2}", "r2: 127.0.0.2, spare: 127.0.0.3}", 1), t.TempDir())
	st := (&source{app: a}).Status()
	if st.Polling.Devices != 2 || st.Inventory.Devices != 3 {
		t.Errorf("%d polled of %d routers, want 2 of 3", st.Polling.Devices, st.Inventory.Devices)
	}
}

// feed hands over polls in which both ends have the given status and returns what is told.
func feed(p *pipeline, oper linkmodel.Status) (told []alerting.Notification) {
	record := p.record
	p.record = func(e entry) {
		if e.note != nil {
			told = append(told, *e.note)
		}
		record(e)
	}
	start := time.Now()
	for i := range 6 {
		at := time.Duration(i+1) * 10 * time.Second
		poll := &linkmodel.Poll{Link: "r1-r2", Scheduled: start.Add(at), ScheduledMono: at}
		for e := range poll.Ends {
			poll.Ends[e].Reading = linkmodel.Reading{
				At: start.Add(at), Mono: at, UpTime: uint32(at / (10 * time.Millisecond)), Admin: linkmodel.StatusUp, Oper: oper,
			}
		}
		p.handle(poll)
		p.advance(linkmodel.Moment{At: poll.Scheduled, Mono: at})
	}
	return told
}

// TestEpisodesSurviveARestart: what the judge told is what the next run goes on with.
func TestEpisodesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	a := newTestApp(t, appInventory, dir)
	told := feed(a.pipeline, linkmodel.StatusDown)
	if len(told) != 1 || told[0].Status != alerting.StatusFiring {
		t.Fatalf("told %+v, want one firing", told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.recorder.run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}

	b := newTestApp(t, appInventory, dir)
	if again := feed(b.pipeline, linkmodel.StatusDown); len(again) != 0 {
		t.Fatalf("told again after the restart: %+v", again)
	}
	over := feed(b.pipeline, linkmodel.StatusUp)
	if len(over) != 1 || over[0].Status != alerting.StatusResolved || over[0].Episode.ID != told[0].Episode.ID {
		t.Fatalf("told %+v, want the same episode resolved", over)
	}
	events, err := b.state.Events(history.EventQuery{})
	if err != nil || len(events) == 0 || events[0].Kind != string(linkmodel.KindDown) {
		t.Fatalf("events %+v (%v)", events, err)
	}
}

// The program collects garbage early, unless whoever starts it knows better.
func TestCollectorIsLeftToTheEnvironment(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	for _, c := range []struct {
		name, value string
		want        int
	}{{"GOGC", "77", 77}, {"GOMEMLIMIT", "1GiB", 77}, {"GOGC", "", collectAt}} {
		t.Setenv("GOGC", "")
		t.Setenv("GOMEMLIMIT", "")
		t.Setenv(c.name, c.value)
		spareMemory()
		if got := debug.SetGCPercent(77); got != c.want {
			t.Errorf("%s=%s: percentage %d, want %d", c.name, c.value, got, c.want)
		}
	}
}
