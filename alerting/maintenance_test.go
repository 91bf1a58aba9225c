package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// worked is a bench, polled every two seconds, on whose link somebody works between two instants.
func worked(from, until time.Duration) *bench {
	b := newBench(Rules{Down: downRule(0)})
	b.Engine = New(Config{
		Rules: map[string]Rules{b.decl.Name: {Down: downRule(0)}}, Default: []string{"noc"},
		Maintenance: []Window{
			{Name: "Elsewhere", Scope: Scope{Site: []string{"ams1"}}, From: start, Until: start.Add(24 * time.Hour)},
			{Name: "Colt planned work", Ticket: "CHG0012345", From: start.Add(from), Until: start.Add(until)},
		},
	}, []linkmodel.Link{b.decl})
	b.interval = 2 * time.Second
	return b
}

// What begins and ends within a window is noted with the window's name, and nobody is told.
func TestMaintenanceMutes(t *testing.T) {
	b := worked(0, time.Hour)
	if got := b.states("u d d u u u"); got != "" {
		t.Errorf("told: %s", got)
	}
	if len(b.noted) != 2 {
		t.Fatalf("noted %q", b.noted)
	}
	for _, n := range b.noted {
		if !strings.Contains(n, "maintenance Colt planned work (CHG0012345) until 2026-") {
			t.Errorf("noted without the reason: %s", n)
		}
	}
}

// What is still true at the end of a window is told then, once.
func TestStillTrueAfterMaintenance(t *testing.T) {
	b := worked(0, time.Minute)
	if got := b.states("u d d"); got != "" {
		t.Errorf("told within the window: %s", got)
	}
	if got := b.Advance(later(59 * time.Second)).Told; len(got) > 0 {
		t.Errorf("told within the window: %s", got[0].Summary)
	}
	got := b.Advance(later(time.Minute)).Told
	if len(got) != 1 || got[0].Status != StatusFiring || !got[0].Episode.Since.Equal(start.Add(2*time.Second)) {
		t.Fatalf("told %+v", got)
	}
	if again := b.Advance(later(2 * time.Minute)).Told; len(again) > 0 {
		t.Errorf("told again: %s", again[0].Summary)
	}
}

// What was told before the window is told to be over within it, and not repeated.
func TestEndOfWhatWasToldBeforeMaintenance(t *testing.T) {
	b := worked(6*time.Second, time.Hour)
	if got := b.states("u d d d d d u u"); got != "1:down firing, 7:down resolved" {
		t.Errorf("told: %s", got)
	}
}

func TestMaintained(t *testing.T) {
	b := worked(time.Minute, time.Hour)
	for after, want := range map[time.Duration]bool{
		0: false, time.Minute: true, 59 * time.Minute: true, time.Hour: false,
	} {
		if got := b.Maintained(b.decl.Name, start.Add(after)); got != want {
			t.Errorf("after %v: %v", after, got)
		}
	}
	if b.Maintained("no-such-link", start) {
		t.Error("a link that is not there is worked on")
	}
}

// A reload brings windows and takes them away.
func TestReloadChangesMaintenance(t *testing.T) {
	b := worked(0, time.Hour)
	b.states("u d d")
	b.Reload(&Reload{
		Config: Config{Rules: map[string]Rules{b.decl.Name: {Down: downRule(0)}}, Default: []string{"noc"}},
		Links:  []*linkmodel.Link{&b.decl},
	}, later(10*time.Second))
	if b.Maintained(b.decl.Name, start.Add(11*time.Second)) {
		t.Error("the window is still there")
	}
	if got := b.Advance(later(11 * time.Second)).Told; len(got) != 1 {
		t.Errorf("told %+v", got)
	}
}
