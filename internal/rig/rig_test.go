//go:build linux

package rig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	InTrap()
	os.Exit(run(m))
}

// binary is the program, built once.
var binary string

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bothends-rig-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = os.Getenv("BOTHENDS_RIG_BINARY")
	if binary == "" {
		binary = filepath.Join(dir, "bothends")
		if err := Build(context.Background(), "", binary); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

const seed = 1

// lookAtSources lets the go command see what the result depends on: the program is built, not imported, and
// a result would be taken from the cache after a change of it.
func lookAtSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != "../.." && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// small is a rig of 1,000 links at the pace that a busy machine with the race detector keeps up with.
func small(t *testing.T) *Rig {
	t.Helper()
	lookAtSources(t)
	r, err := New(Options{
		Seed: seed, Links: 1000, Routers: 400, Interval: 2 * time.Second, Binary: binary, Dir: t.TempDir(), Log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// played runs a campaign, fails for all that is red, and reports whether it proved anything.
func played(t *testing.T, c *Campaign) bool {
	t.Helper()
	p, err := c.Run(t.Context())
	t.Log(p.Report())
	if err != nil {
		t.Fatal(err)
	}
	for _, red := range p.Red {
		t.Error(red)
	}
	return p.Figures.Proved > 0 && p.Figures.Rates > 0 && p.Figures.Accepted > 0
}

// play is played for what must prove something.
func play(t *testing.T, c *Campaign) {
	t.Helper()
	if !played(t, c) {
		t.Error("nothing was proved: the test shows nothing")
	}
}

// TestKills kills the program under the load of 1,000 links (F10). On a machine that is too busy nothing is accepted
// in the seconds of a life, so there are more of them then.
func TestKills(t *testing.T) {
	r := small(t)
	for more := range uint64(5) {
		if played(t, Kills(r, seed+more, 6, 6, "")) || t.Failed() {
			return
		}
	}
	t.Error("nothing was proved: the test shows nothing")
}

// TestQueueOutlivesKills kills the program twice while the database is down, and then gives that another
// url: the queue goes along.
func TestQueueOutlivesKills(t *testing.T) {
	r := small(t)
	r.Database.Down()
	for range 2 {
		if err := r.Begin(nil); err != nil {
			t.Fatal(err)
		}
		for accepted := 0.0; accepted < 7000; { // more than a poll of 1,000 links
			if err := (&kills{r}).wait(t.Context(), scrapeEvery); err != nil {
				t.Fatal(err)
			}
			m, _ := r.program.scrape(t.Context()) // it may not listen yet
			accepted = m[metricAccepted]
		}
		r.finish("killed, database down", r.program.kill)
	}
	if err := errors.Join(r.Database.Relocate(), r.Move(r.state), r.Settle(t.Context())); err != nil {
		t.Fatal(err)
	}
	v, _, err := r.Judge()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Failures {
		t.Error(f)
	}
	if v.Proved == 0 {
		t.Error("nothing was proved: the test shows nothing")
	}
}

// root skips a test that mounts, unless it must run.
func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("BOTHENDS_REQUIRE") != "" {
		t.Fatal("needs root")
	}
	t.Skip("needs root")
}

// TestPowerCuts copies the disk below the running program (F11).
func TestPowerCuts(t *testing.T) {
	root(t)
	play(t, PowerCuts(small(t), seed, 3, 3, ""))
}

// TestMixedFaults breaks everything once around a program that goes on (F01-F08, F15, F16).
func TestMixedFaults(t *testing.T) {
	play(t, Mixed(small(t), seed, len(faults), len(faults), "", os.Geteuid() == 0))
}

// TestJudgeKnowsWhatWasPutAside: while the program goes on running, what follows from a sample that the database
// refused is no more false than at the end.
func TestJudgeKnowsWhatWasPutAside(t *testing.T) {
	r := small(t)
	m, k := &mixed{faulty: faulty{Rig: r}}, kills{r}
	if err := errors.Join(m.begin(t.Context()), k.accepts(t.Context())); err != nil {
		t.Fatal(err)
	}
	heal, err := m.refusedLines(nil)
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); len(r.letters) < 10 && time.Since(began) < patience; {
		if err := errors.Join(k.wait(t.Context(), r.Interval), r.readLetters()); err != nil {
			t.Fatal(err)
		}
	}
	if err := heal(); err != nil {
		t.Fatal(err)
	}
	put := len(r.letters)
	clear(r.letters)
	var rates int
	for began := time.Now(); rates == 0 && time.Since(began) < patience; { // the latest seconds are not judged yet
		if err := k.wait(t.Context(), 6*r.Interval); err != nil {
			t.Fatal(err)
		}
		v, err := r.JudgeSoFar(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v.Failures {
			t.Error(f)
		}
		rates += v.Rates
	}
	if rates == 0 || put == 0 {
		t.Errorf("%d rates and %d refused points: the test shows nothing", rates, put)
	}
}
