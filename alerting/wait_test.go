package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// patient is a bench that is polled every two seconds and waits for causes.
func patient(wait time.Duration) *bench {
	b := newBench(Rules{Down: downRule(0)})
	b.Engine = New(Config{
		Rules: map[string]Rules{b.decl.Name: {Down: downRule(0)}}, Default: []string{"noc"}, GroupWait: wait,
	}, []linkmodel.Link{b.decl})
	b.interval = 2 * time.Second
	return b
}

// What was found to be true waits for its cause, says so, and is told when the time is over.
func TestWait(t *testing.T) {
	b := patient(20 * time.Second)
	if got := b.states("u d d d"); got != "" {
		t.Errorf("told without a wait: %s", got)
	}
	if got, want := b.Episodes()[0].HeldBack, "waits for its cause until 10:00:22 UTC"; got != want {
		t.Errorf("held back: got %q, want %q", got, want)
	}
	if got := b.Advance(later(21 * time.Second)).Told; len(got) > 0 {
		t.Errorf("told too early: %s", got[0].Summary)
	}
	got := b.Advance(later(22 * time.Second)).Told
	if len(got) != 1 || got[0].Status != StatusFiring || got[0].Episode.HeldBack != "" {
		t.Fatalf("told %+v", got)
	}
	if again := b.Advance(later(23 * time.Second)); len(again.Told)+len(again.Noted) > 0 {
		t.Errorf("told again: %+v", again)
	}
}

// What was over before it was told is in the event log with its reason, once.
func TestOverBeforeItWasTold(t *testing.T) {
	b := patient(20 * time.Second)
	if got := b.states("d d u u u u u u u u u u u u"); got != "" {
		t.Errorf("told: %s", got)
	}
	want := "RESOLVED lon1-par2-1 down after 4 s (10:00 to 10:00 UTC): it was over before it was told"
	if len(b.noted) != 1 || b.noted[0] != want {
		t.Errorf("got %q, want %q", b.noted, want)
	}
}

// The wall clock may be set while something waits.
func TestWaitGoesByTheClockOfReadings(t *testing.T) {
	b := patient(20 * time.Second)
	b.states("d")
	for _, off := range []time.Duration{-time.Hour, 24 * time.Hour} {
		if got := b.Advance(linkmodel.Moment{At: start.Add(off), Mono: 10 * time.Second}).Told; len(got) > 0 {
			t.Errorf("told early: %s", got[0].Summary)
		}
	}
	if got := b.Advance(linkmodel.Moment{At: start.Add(-time.Hour), Mono: 20 * time.Second}).Told; len(got) != 1 {
		t.Errorf("told %v", got)
	}
}

// A wait goes on over a restart, where it was.
func TestWaitGoesOnAfterARestart(t *testing.T) {
	b := patient(20 * time.Second)
	b.states("d")
	moved := b.Moved()
	if len(moved) != 1 {
		t.Fatalf("a restart forgets what waits: %v", moved)
	}
	at := func(s int) linkmodel.Moment {
		d := time.Duration(s) * time.Second
		return linkmodel.Moment{At: start.Add(d), Mono: d, Boot: 7, Uptime: time.Hour + d}
	}
	doc, err := b.Document(b.decl.Name, at(5))
	if err != nil {
		t.Fatal(err)
	}
	next := patient(20 * time.Second)
	now := at(9)
	now.Mono = 1000 * time.Hour // another process
	next.Resume([]Document{{b.decl.Name, doc}}, now, func([]string) map[string]bool { return nil })
	tell := func(s int) int {
		m := at(s)
		m.Mono = now.Mono + time.Duration(s-9)*time.Second
		return len(next.Advance(m).Told)
	}
	if n := tell(19); n != 0 {
		t.Error("told before its time")
	}
	if n := tell(20); n != 1 {
		t.Error("not told when it is time")
	}
	if !strings.HasPrefix(b.Episodes()[0].ID, next.Episodes()[0].ID) {
		t.Error("another id")
	}
}
