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
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"steady": steady, "record-night": recordNight},
	})
}

// changing is what differs from run to run: how long it took, and who built it.
var changing = []struct {
	pattern *regexp.Regexp
	stand   string
}{
	{regexp.MustCompile(`checked in [^)]*\)`), "checked in T)"},
	{regexp.MustCompile(`go1\.[0-9.]+[^,]*, [a-z0-9]+/[a-z0-9]+`), "GO, PLATFORM"},
}

// steady writes the output of the last command (stdout or stderr) to a file with what differs from
// run to run replaced: `steady stdout got.txt`.
func steady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: steady stdout|stderr FILE")
	}
	text := ts.ReadFile(args[0])
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.stand)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
