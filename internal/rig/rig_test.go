//go:build linux

package rig

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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

// small is a rig of 1,000 links at the pace that a busy machine with the race detector keeps up with.
func small(t *testing.T) *Rig {
	t.Helper()
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

// play runs a campaign and fails for all that is red.
func play(t *testing.T, c *Campaign) Progress {
	t.Helper()
	p, err := c.Run(t.Context())
	t.Log(p.Report())
	if err != nil {
		t.Fatal(err)
	}
	for _, red := range p.Red {
		t.Error(red)
	}
	if p.Figures.Proved == 0 || p.Figures.Rates == 0 || p.Figures.Accepted == 0 {
		t.Error("nothing was proved: the test shows nothing")
	}
	return p
}

// TestKills kills the program under the load of 1,000 links (F10).
func TestKills(t *testing.T) { play(t, Kills(small(t), seed, 9, 9, "")) }

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
