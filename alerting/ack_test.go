package alerting

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// reminding has one link with a warning at 70 % and more at 85 %, reminders every hour.
func reminding() *bench {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 0), Down: downRule(0)})
	b.Engine = New(Config{
		Rules:   map[string]Rules{b.decl.Name: {Utilization: ratioRule(0.7, 0.85, 0), Down: downRule(0)}},
		Default: []string{"noc"}, RemindEvery: time.Hour,
	}, []linkmodel.Link{b.decl})
	b.interval = 30 * time.Minute
	return b
}

// ack has jo acknowledge the only open episode at the present poll.
func (b *bench) ack(lasting time.Duration, sticky bool) {
	ep := b.Episodes()[0]
	b.Acknowledge(Ack{
		Episode: ep.ID, Link: ep.Link, Kind: ep.Kind, By: "jo", Text: "ams1 power", At: b.at(), Until: b.at().Add(lasting),
		Severity: ep.Severity, Sticky: sticky,
	})
}

// One poll every half an hour, one reminder an hour; jo acknowledges after the first word.
func TestAcknowledge(t *testing.T) {
	f := func(name string, lasting time.Duration, sticky bool, timeline, want string) {
		t.Helper()
		b := reminding()
		first, rest, _ := strings.Cut(timeline, " ")
		got := b.run(t, linkmodel.KindSaturated, first)
		b.ack(lasting, sticky)
		got = append(got, b.run(t, linkmodel.KindSaturated, rest)...)
		if text := strings.ReplaceAll(strings.Join(got, ", "), "saturated ", ""); text != want {
			t.Errorf("%s\n got  %s\n want %s", name, text, want)
		}
	}
	f("no reminder, and the end is told", 4*time.Hour, false, "75 75 75 75 75 10 10", "0:firing warning, 6:resolved warning")
	f("reminders go on when it expires", 2*time.Hour, false, "75 75 75 75 75 75 75",
		"0:firing warning, 5:update warning")
	f("a worse state ends it", 9*time.Hour, false, "75 75 90 90 90 90", "0:firing warning, 2:update critical, 4:update critical")
	f("but not one that is sticky", 9*time.Hour, true, "75 75 90 90 90 90 10 10", "0:firing warning, 7:resolved critical")
	f("what a sticky one held back is told at its end", 2*time.Hour, true, "75 90 90 90 90 90", "0:firing warning, 5:update critical")
}

func TestAckLeavesItsReason(t *testing.T) {
	b := reminding()
	b.run(t, linkmodel.KindSaturated, "75")
	b.ack(4*time.Hour, false)
	b.run(t, linkmodel.KindSaturated, "75")
	ep := b.Episodes()[0]
	if got, want := ep.HeldBack, "acked by jo until 2026-12-03 14:30 UTC: ams1 power"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if ep.Ack == nil || ep.Ack.By != "jo" {
		t.Errorf("who works on it: %+v", ep.Ack)
	}
	b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "10"))
	over := b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "10"))
	if len(over) != 1 || !strings.HasSuffix(over[0].Summary, ", acked by jo") {
		t.Errorf("told %+v", over)
	}
}

func TestUnacknowledge(t *testing.T) {
	b := reminding()
	b.run(t, linkmodel.KindSaturated, "75")
	b.ack(9*time.Hour, false)
	b.run(t, linkmodel.KindSaturated, "75")
	b.Unacknowledge(b.Episodes()[0].ID)
	if got := strings.Join(b.run(t, linkmodel.KindSaturated, "75"), ", "); got != "2:saturated update warning" {
		t.Errorf("got %s", got)
	}
	if ep := b.Episodes()[0]; ep.HeldBack != "" || ep.Ack != nil {
		t.Errorf("held back: %s by %+v", ep.HeldBack, ep.Ack)
	}
}

// An acknowledgement ends by the wall clock, to the second, also when that is set.
func TestAckEndsByTheClockOnTheWall(t *testing.T) {
	b := reminding()
	b.run(t, linkmodel.KindSaturated, "75")
	b.ack(2*time.Hour, false)
	ends := b.at().Add(2 * time.Hour)
	held := func(at time.Time, mono time.Duration) bool {
		b.Advance(linkmodel.Moment{At: at, Mono: mono})
		return b.Episodes()[0].HeldBack != ""
	}
	for i, c := range []struct {
		at   time.Time
		held bool
	}{
		{ends.Add(-time.Second), true},
		{ends, false},
		{ends.Add(-time.Second), true},
		{ends.Add(24 * time.Hour), false},
		{ends.Add(-time.Hour), true},
	} {
		// A millisecond passes: no round is due by the clock of readings.
		if got := held(c.at, 10*time.Hour+time.Duration(i)*time.Millisecond); got != c.held {
			t.Errorf("step %d at %s: held back %v", i, c.at, got)
		}
	}
}

func TestFind(t *testing.T) {
	b := reminding()
	b.run(t, linkmodel.KindSaturated, "75")
	id := b.Episodes()[0].ID
	for _, prefix := range []string{id, id[:4], "#" + id[:4], strings.ToUpper(id[:5])} {
		if ep, err := b.Find(prefix); err != nil || ep.ID != id {
			t.Errorf("%q: %v, %v", prefix, ep.ID, err)
		}
	}
	for _, prefix := range []string{"", "#", "zz", id + "0"} {
		if _, err := b.Find(prefix); !errors.Is(err, ErrNoEpisode) {
			t.Errorf("%q: %v", prefix, err)
		}
	}
	b.orphans = append(b.orphans, &Episode{ID: id[:6] + "x"})
	ambiguous, ok := errors.AsType[*AmbiguousError](func() error { _, err := b.Find(id[:4]); return err }())
	if !ok || len(ambiguous.IDs) != 2 || !strings.Contains(ambiguous.Error(), id) {
		t.Errorf("ambiguous: %v", ambiguous)
	}
	if ep, err := b.Find(id); err != nil || ep.ID != id {
		t.Errorf("a whole id is no prefix: %v", err)
	}
}
