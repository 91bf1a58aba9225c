package alerting

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bothends/bothends/linkmodel"
)

// restarted returns a bench with the episodes of b as they come back from a file, at the same
// wall-clock time and with another origin of the monotonic clock.
func (b *bench) restarted(t *testing.T, rules Rules) *bench {
	t.Helper()
	text, err := json.Marshal(b.Episodes())
	if err != nil {
		t.Fatal(err)
	}
	var stored []Episode
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.Episodes(), stored, cmpopts.IgnoreTypes(Hold{}), cmpopts.IgnoreUnexported(Episode{})); diff != "" {
		t.Fatalf("an episode does not survive its file: %s", diff)
	}
	next := newBench(rules)
	next.polls = b.polls
	next.Restore(stored)
	return next
}

func TestRestoreContinues(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0.85, time.Minute), Down: downRule(0)}
	b := newBench(rules)
	first := b.run(t, linkmodel.KindSaturated, "75 75 75")
	if len(first) != 1 {
		t.Fatalf("got %v", first)
	}
	id := b.Episodes()[0].ID

	b = b.restarted(t, rules)
	if got := b.run(t, linkmodel.KindSaturated, "? 75 75"); len(got) > 0 {
		t.Errorf("a restart fires again: %v", got)
	}
	if got := b.Episodes()[0].ID; got != id {
		t.Errorf("id %s, want %s", got, id)
	}
	b.run(t, linkmodel.KindSaturated, "10 10")
	b = b.restarted(t, rules)
	got := b.run(t, linkmodel.KindSaturated, "10 10 10")
	if diff := cmp.Diff([]string{"10:saturated resolved warning"}, got); diff != "" {
		t.Errorf("the way to clear starts anew: %s", diff)
	}
}

func TestRestoreKeepsWhatIsHeldBack(t *testing.T) {
	rules := Rules{Down: downRule(0)}
	b := newBench(rules)
	if got := b.states("h h d d d"); got != "1:half-down firing, 2:down firing" {
		t.Fatal(got)
	}
	b = b.restarted(t, rules)
	if got, want := b.states("d u u"), "7:half-down resolved, 7:down resolved"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEndGoesToThoseWhoWereTold(t *testing.T) {
	rules := Rules{Down: downRule(0)}
	b := newBench(rules)
	b.states("d")
	stored := b.Episodes()
	stored[0].To = []string{"former"}
	next := newBench(rules) // its routes lead to noc
	next.polls = b.polls
	next.Restore(stored)
	got := next.ends(t, "uu uu")
	if len(got) != 1 {
		t.Fatalf("got %s", sequence(got))
	}
	if diff := cmp.Diff([]string{"former"}, got[0].To); diff != "" {
		t.Error(diff)
	}
}

func TestRestoreOfWhatIsNoLongerJudged(t *testing.T) {
	b := newBench(everyRule(0))
	b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "90"))
	gone := b.Episodes()[0]
	gone.Link, gone.ID = "removed", "000000000000"
	untold := gone
	untold.ID, untold.N = "111111111111", 0

	next := newBench(Rules{Down: downRule(0)}) // no threshold on utilisation any more
	next.Restore([]Episode{b.Episodes()[0], gone, untold})
	if n := len(next.Episodes()); n != 3 {
		t.Errorf("%d episodes before the first reminder, want 3", n)
	}
	now := later(time.Hour)
	got := next.Advance(now).Told
	if len(got) != 2 {
		t.Fatalf("got %d messages, want one for each that was told", len(got))
	}
	for _, n := range got {
		if n.Status != StatusResolved || !n.Episode.Until.Equal(now.At) || n.Episode.N != 2 {
			t.Errorf("got %+v", n)
		}
		why := map[string]string{"removed": "removed from inventory", b.decl.Name: "it has no threshold any more"}[n.Episode.Link]
		if !strings.Contains(n.Summary, ": "+why+", after 60 min") {
			t.Errorf("got %s", n.Summary)
		}
		if diff := cmp.Diff([]string{"noc"}, n.To); diff != "" {
			t.Errorf("who was told of it is told of its end: %s", diff)
		}
	}
	if again := next.Advance(now).Told; len(again) > 0 || len(next.Episodes()) > 0 {
		t.Error("they end more than once")
	}
}

func TestReminders(t *testing.T) {
	decl := testLink()
	e := New(Config{
		Rules:       map[string]Rules{decl.Name: {Down: downRule(0)}},
		Default:     []string{"noc"},
		RemindEvery: 4 * time.Hour,
	}, []linkmodel.Link{decl})
	b := &bench{Engine: e, decl: decl, interval: time.Minute}
	b.states("h h d")

	if got := e.Advance(later(4 * time.Hour)).Told; len(got) > 0 {
		t.Errorf("a reminder before its time: %s", got[0].Summary)
	}
	due := 4*time.Hour + 2*time.Minute
	got := e.Advance(later(due)).Told
	if len(got) != 1 || !got[0].Reminder || got[0].Status != StatusUpdate || got[0].Episode.N != 2 {
		t.Fatalf("want one reminder, of down alone: %+v", got)
	}
	if want := "STILL DOWN lon1-par2-1 since 10:02 UTC"; got[0].Summary != want {
		t.Errorf("got %q, want %q", got[0].Summary, want)
	}
	if again := e.Advance(later(due + time.Hour)).Told; len(again) > 0 {
		t.Error("reminded again too early")
	}
	if again := e.Advance(later(due + 4*time.Hour)).Told; len(again) != 1 {
		t.Error("not reminded again")
	}
	b.states("u u")
	if after := e.Advance(later(due + 100*time.Hour)).Told; len(after) > 0 {
		t.Error("reminded of what is over")
	}
}

func TestNoReminders(t *testing.T) {
	b := newBench(Rules{Down: downRule(0)})
	b.states("d")
	if got := b.Advance(later(1000 * time.Hour)).Told; len(got) > 0 {
		t.Errorf("reminded although nothing asks for it: %s", got[0].Summary)
	}
}
