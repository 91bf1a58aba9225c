package main

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/zap"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/web"
)

// pretended is a bothends that commands of a script can talk to. It polls nobody: the script says what
// its routers answer.
type pretended struct {
	app   *app
	began time.Time
	polls int
}

// pretending holds the pretended bothends of a script, by its folder.
const pretending = "pretended"

// serve starts one with an inventory: `serve links.yaml`. Its page is $BOTHENDS_SERVER. It ends with the
// script, or when another starts, which goes on with what it left on the disk.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve INVENTORY")
	}
	was, _ := ts.Value(pretending).(*slot)
	if was.stop != nil {
		was.stop()
	}
	inv, problems := configs.Parse([]configs.Source{{Name: args[0], Text: []byte(ts.ReadFile(args[0]))}}, configs.OS())
	if inv == nil {
		ts.Fatalf("%s", problems.Text())
	}
	inv.StateDir = ts.MkAbs("state")
	a, err := newApp(inv, options{inventory: args[0], log: zap.NewNop()})
	ts.Check(err)
	ts.Check(a.server.Listen())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- a.server.Run(ctx) }()
	go func() { done <- a.recorder.run(ctx) }()
	stop := func() {
		cancel()
		<-done
		<-done
		_ = a.close()
	}
	was.pretended, was.stop = &pretended{app: a, began: time.Now()}, stop
	a.pipeline.advance(a.world.present())
	ts.Setenv("BOTHENDS_SERVER", "http://"+a.server.Addr())
}

// slot is a place for a pretended bothends.
type slot struct {
	*pretended
	stop func()
}

// pollPretended has the routers answer some polls: `poll r1-r2 down`.
func pollPretended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: poll LINK up|down")
	}
	p := ts.Value(pretending).(*slot).pretended //nolint:errcheck,forcetypeassert // set by play
	oper := linkmodel.StatusUp
	if args[1] == "down" {
		oper = linkmodel.StatusDown
	}
	for range 4 {
		p.polls++
		at := time.Duration(p.polls) * 10 * time.Second
		poll := &linkmodel.Poll{Link: args[0], Scheduled: p.began.Add(at), ScheduledMono: at}
		for e := range poll.Ends {
			poll.Ends[e].Reading = linkmodel.Reading{
				At: p.began.Add(at), Mono: at, UpTime: uint32(at / (10 * time.Millisecond)), //nolint:gosec // small
				Admin: linkmodel.StatusUp, Oper: oper,
			}
		}
		p.app.pipeline.handle(poll)
		p.app.pipeline.advance(linkmodel.Moment{At: time.Now(), Mono: at})
	}
}

// alertID puts the id of the open alert of a link into a variable: `id r1-r2 ID`.
func alertID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: id LINK VARIABLE")
	}
	var alerts []web.Alert
	ts.Check(json.Unmarshal([]byte(get(ts.Getenv("BOTHENDS_SERVER")+"/api/v1/alerts?link="+args[0])), &alerts))
	if len(alerts) != 1 {
		ts.Fatalf("%d alerts on %s", len(alerts), args[0])
	}
	ts.Setenv(args[1], alerts[0].ID)
}

// eventTexts lists what the event log says, oldest first.
func eventTexts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: events FILE")
	}
	p := ts.Value(pretending).(*slot).pretended //nolint:errcheck,forcetypeassert // set by play
	events, err := p.app.state.Events(history.EventQuery{})
	ts.Check(err)
	var lines []string
	for i := len(events) - 1; i >= 0; i-- {
		if e := &events[i]; e.By != "" {
			lines = append(lines, e.Kind+" by "+e.By+": "+e.Text)
		}
	}
	writeSteady(ts, strings.Join(lines, "\n")+"\n", args[0])
}

// silenceID puts the id of somebody's silence into a variable: `silence-id jo ID`.
func silenceID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: silence-id NAME VARIABLE")
	}
	var silences []web.Silence
	ts.Check(json.Unmarshal([]byte(get(ts.Getenv("BOTHENDS_SERVER")+"/api/v1/silences")), &silences))
	for i := range silences {
		if silences[i].By == args[0] {
			ts.Setenv(args[1], silences[i].ID)
			return
		}
	}
	ts.Fatalf("%s has no silence", args[0])
}

// workID puts the id of somebody's maintenance into a variable: `work-id jo ID`.
func workID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: work-id NAME VARIABLE")
	}
	var works []web.Work
	ts.Check(json.Unmarshal([]byte(get(ts.Getenv("BOTHENDS_SERVER")+"/api/v1/maintenance")), &works))
	for i := range works {
		if works[i].By == args[0] {
			ts.Setenv(args[1], works[i].ID)
			return
		}
	}
	ts.Fatalf("%s has no maintenance", args[0])
}

// tomorrow puts a day that is to come into a variable: `tomorrow DAY`.
func tomorrow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tomorrow VARIABLE")
	}
	ts.Setenv(args[0], time.Now().AddDate(0, 0, 2).Format(time.DateOnly))
}

// wantCode runs bothends and wants an exit code: `code 2 problems --exit-code`.
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N ARGUMENTS...")
	}
	err := ts.Exec("bothends", args[1:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}
