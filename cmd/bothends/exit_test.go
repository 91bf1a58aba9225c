package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func TestExitCodes(t *testing.T) {
	f := func(err error, code int, silent bool) {
		t.Helper()
		if c, s := exitCode(err); c != code || s != silent {
			t.Errorf("exitCode(%v) = %d, %v; want %d, %v", err, c, s, code, silent)
		}
	}
	f(nil, exitGood, true)
	f(errors.New("x"), exitFailed, false)
	f(exitWith(exitConfig, nil), exitConfig, true)
	f(fmt.Errorf("ask: %w", exitWith(exitNoService, errors.New("x"))), exitNoService, false)
}

func TestExecuteReturnsTheCode(t *testing.T) {
	t.Setenv("BOTHENDS_SERVER", "http://127.0.0.1:1")
	f := func(want int, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := execute(t.Context(), args, &out, &errs); got != want {
			t.Errorf("%v: exit %d, want %d\n%s", args, got, want, errs.String())
		}
	}
	f(exitGood, "version")
	f(exitUsage, "nope")
	f(exitUsage, "version", "extra")
	f(exitUsage, "poll")
	f(exitNoService, "links")
	f(exitConfig, "check", t.TempDir()+"/absent.yaml")
	f(exitConfig, "run", t.TempDir()+"/absent.yaml")
}
