package main

import (
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bothends": main, "simulate-load": simulateLoad})
}

// TestScripts plays whole sessions: each file holds the inventory, the commands, and every word
// they print.
func TestScripts(t *testing.T) { play(t, "testdata/script") }

// TestCheckScripts checks one broken inventory each, with the exact output.
func TestCheckScripts(t *testing.T) { play(t, "testdata/check") }

func play(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SNMP_COMMUNITY", "c0mmunity")
			place := &slot{}
			env.Values[pretending] = place
			env.Defer(func() {
				if place.stop != nil {
					place.stop()
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"steady": steady, "record-night": recordNight, "code": wantCode, "tomorrow": tomorrow,
			"serve": serve, "poll": pollPretended, "events": eventTexts,
			"id": alertID, "silence-id": silenceID, "work-id": workID,
		},
	})
}

// changing is what differs from run to run: how long it took, and who built it.
var changing = []struct {
	pattern *regexp.Regexp
	stand   string
}{
	{regexp.MustCompile(`checked in [^)]*\)`), "checked in T)"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "ID0000000000"},
	{regexp.MustCompile(`\b[0-9a-f]{8}\b`), "ID000000"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})? UTC`), "DAY TIME UTC"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9.]+Z`), "DAYTTIMEZ"},
	{regexp.MustCompile(`go1\.[0-9.]+[^,]*, [a-z0-9]+/[a-z0-9]+`), "GO, PLATFORM"},
}

// steady writes the output of the last command (stdout or stderr) to a file with what differs from
// run to run replaced: `steady stdout got.txt`.
func steady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: steady stdout|stderr FILE")
	}
	writeSteady(ts, ts.ReadFile(args[0]), args[1])
}

func writeSteady(ts *testscript.TestScript, text, name string) {
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.stand)
	}
	ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
}
