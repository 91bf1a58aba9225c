//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/examples/lab/lab"
)

// start gives a test a lab of its own. Without root or snmpd the test skips, or fails where
// BOTHENDS_REQUIRE says that everything must run.
func start(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Config{})
	if errors.Is(err, lab.ErrUnavailable) && os.Getenv("BOTHENDS_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// says runs one line and demands that the answer holds want.
func says(t *testing.T, c *console, line, want string) {
	t.Helper()
	out := c.out.(*bytes.Buffer)
	out.Reset()
	if err := c.obey(line); err != nil {
		c.printf("%v", err)
	}
	if got := out.String(); !strings.Contains(got, want) {
		t.Errorf("%q answered %q, want %q in it", line, got, want)
	}
}

// counters reads the kernel's counters of one router.
func counters(t *testing.T, r *lab.Router) lab.Counters {
	t.Helper()
	k, err := r.KernelCounters()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestConsoleDoesAsTold(t *testing.T) {
	l := start(t)
	c := newConsole(l, &bytes.Buffer{})
	one, two := l.Router(1), l.Router(2)

	says(t, c, "help", "traffic ROUTER PPS SIZE DURATION")
	says(t, c, "", "")
	says(t, c, "shut 2", "done")
	if counters(t, two).AdminUp {
		t.Error("r2 is not shut")
	}
	says(t, c, "noshut 2", "done")
	if !counters(t, two).AdminUp {
		t.Error("r2 is still shut")
	}
	says(t, c, "cut", "cut")
	if counters(t, one).Carrier || counters(t, two).Carrier {
		t.Error("a cut fibre still has a carrier")
	}
	says(t, c, "restore", "restored")
	if !counters(t, one).Carrier || !counters(t, two).Carrier {
		t.Error("the restored fibre has no carrier")
	}
	says(t, c, "dark 1", "done")
	if counters(t, one).Carrier || !counters(t, two).Carrier {
		t.Error("only r1 should be dark")
	}
	says(t, c, "light 1", "done")
	if !counters(t, one).Carrier {
		t.Error("r1 is still dark")
	}
	says(t, c, "rename 1 uplink", "done")
	if one.Interface() != "uplink" {
		t.Errorf("the interface is %s", one.Interface())
	}
	index := counters(t, two).IfIndex
	says(t, c, "renumber 2", "done")
	if counters(t, two).IfIndex == index {
		t.Error("the index is as it was")
	}
	for _, line := range []string{"freeze 1", "thaw 1", "isolate 1", "rejoin 1", "kill 1", "start 1"} {
		says(t, c, line, "done")
	}
	says(t, c, "start 1", "already runs")
}

func TestConsoleTellsTheWire(t *testing.T) {
	l := start(t)
	c := newConsole(l, &bytes.Buffer{})
	says(t, c, "lose a_to_z 5of10", "a_to_z loses 5of10")
	says(t, c, "delay a_to_z 1h", "a_to_z takes 1h0m0s")
	if _, err := l.Traffic(1, 1000, 100, 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for l.Wire().Counts(lab.AToZ).Frames < 10 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := l.Wire().Counts(lab.AToZ); n.LostFrames != 5 || n.CarriedFrames != 0 {
		t.Errorf("5 of 10 frames lost and the rest an hour away: %+v", n)
	}
	says(t, c, "counts", "a_to_z      10    1000         0       5        0          5\n")
	says(t, c, "blackhole", "carrier up")
	if !counters(t, l.Router(1)).Carrier {
		t.Error("a black hole took the carrier")
	}
}

func TestConsoleSaysWhatIsWrong(t *testing.T) {
	c := newConsole(nil, &bytes.Buffer{})
	says(t, c, "fly", `no command "fly"`)
	says(t, c, "shut", "usage: shut ROUTER")
	says(t, c, "counts now", "usage: counts")
	says(t, c, "shut 3", `no router "3"`)
	says(t, c, "lose in 1x", `no direction "in"`)
	says(t, c, "lose in 1x", `"1x" is no loss`)
	says(t, c, "traffic 1 fast big long", `"big" is no size`)
}

func TestServeEnds(t *testing.T) {
	c := newConsole(nil, &bytes.Buffer{})
	for what, in := range map[string]string{"quit": "help\nquit\nfly\n", "end of input": "help\n"} {
		if err := c.serve(t.Context(), strings.NewReader(in)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if strings.Contains(c.out.(*bytes.Buffer).String(), "fly") {
		t.Error("a line after quit was obeyed")
	}
	silent, hold := io.Pipe()
	defer func() { _ = hold.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.serve(ctx, silent); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// The inventory must be one that bothends takes without a complaint, and the welcome must name it.
func TestInventoryIsAccepted(t *testing.T) {
	l := start(t)
	path, err := writeInventory(l)
	if err != nil {
		t.Fatal(err)
	}
	result := configs.Check(path, configs.OS())
	for _, p := range result.Problems {
		t.Errorf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
	}
	if result.Inventory == nil {
		t.Fatal("the inventory was refused")
	}
	c := newConsole(l, &bytes.Buffer{})
	c.welcome(path)
	for _, want := range []string{"bothends run " + path, l.Router(1).Address().String(), l.Router(2).Namespace()} {
		if out := c.out.(*bytes.Buffer).String(); !strings.Contains(out, want) {
			t.Errorf("the welcome lacks %q:\n%s", want, out)
		}
	}
}
