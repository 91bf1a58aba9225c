package alerting

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

func flapRules() Rules {
	return Rules{
		Down:     downRule(0),
		Flapping: Rule{Warn: surely, Changes: 5, Within: 10 * time.Minute, Quiet: 30 * time.Minute},
	}
}

// flaps judges polls of a link. A word is the state and how many changes each end saw: "u", "d2",
// "u1/0" where the ends differ; "u*3" are three polls.
func (b *bench) flaps(t *testing.T, timeline string) []Notification {
	t.Helper()
	var out []Notification
	for word := range strings.FieldsSeq(timeline) {
		times, err := 1, error(nil)
		if one, n, ok := strings.Cut(word, "*"); ok {
			word = one
			if times, err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
		}
		for range times {
			out = append(out, b.look(b.flapView(word))...)
			b.polls++
		}
	}
	return out
}

func (b *bench) flapView(word string) *linkmodel.View {
	v := b.view(word[:1] + word[:1])
	v.Mono += b.origin
	if len(word) > 1 {
		v.Ends[0].Changes = int(word[1] - '0')
		v.Ends[1].Changes = int(word[len(word)-1] - '0')
	}
	v.Changes = v.Ends[0].Changes + v.Ends[1].Changes
	return v
}

func flapBench() *bench { return newBench(flapRules()) }

func TestFlapping(t *testing.T) {
	f := func(name, timeline, want string) {
		t.Helper()
		if got := sequence(flapBench().flaps(t, timeline)); got != want {
			t.Errorf("%s\n timeline %s\n got  %s\n want %s", name, timeline, got, want)
		}
	}
	const both = "flapping firing, flapping resolved"
	f("four changes are not flapping", "u u2 u2 u*40", "")
	f("five are", "u u2 u2 u1", "flapping firing")
	f("both ends see the same change", "u u2 u2 u*9 u*40", "")
	f("one end alone is enough", "u u2/0 u2/0 u2/0 u*31", both)
	f("one end in this poll, the other in the next is one change", "u u1/0 u0/1 u1/0 u0/1 u1/0 u0/1 u1/0 u0/1 u*40", "")
	f("five within eleven minutes are not", "u u2 u2 u*9 u1 u*40", "")
	f("six within an hour are", "u u2 u*11 u2 u*11 u1 u*11 u1", "flapping firing")
	f("six within more than an hour are not", "u u1 u*11 u1 u*11 u1 u*11 u1 u*11 u1 u*12 u1", "")
	f("30 minutes without a change end it", "u2 u2 u2 u*31", both)
	f("29 do not", "u2 u2 u2 u*30", "flapping firing")
	f("any change starts them anew", "u2 u2 u2 u*29 u1 u*29", "flapping firing")
	f("silence is not quiet", "u2 u2 u2 u*10 s s u*19", "flapping firing, unreachable firing, unreachable resolved")
	f("one message for all that comes", "u2 u2 u2 u2 u2 u2 u2", "flapping firing")
}

// While it is flapping ups and downs are noted with the reason and told to nobody.
func TestFlappingHoldsBackStates(t *testing.T) {
	b := flapBench()
	got := b.flaps(t, "u d1 u1 d1 u1 d1")
	if s := sequence(got); s != "down firing, flapping firing" {
		t.Fatalf("one down until it is known to be flapping: got %s", s)
	}
	id := got[1].Episode.ID
	if got := b.flaps(t, "u1 u d1 u1 u d1 u1 u"); len(got) > 0 {
		t.Fatalf("told while flapping: %s", got[0].Summary)
	}
	found := false
	for _, ep := range b.Episodes() {
		found = found || ep.HeldBack == "flapping #"+id
	}
	for _, line := range b.noted {
		found = found || strings.HasSuffix(line, ": flapping #"+id)
	}
	if !found {
		t.Errorf("no episode says that it is held back: %v", b.noted)
	}
	last := b.flaps(t, "u*30")
	if s := sequence(last); s != "down resolved, flapping resolved" && s != "flapping resolved, down resolved" {
		t.Errorf("when it is stable: got %s", s)
	}
}

// A line that dies while it is flapping is down: that is told after ten minutes, not at the end.
func TestDownWhileFlapping(t *testing.T) {
	b := flapBench()
	b.flaps(t, "u2 u2 u2")
	if got := b.flaps(t, "d1 d*9"); len(got) > 0 {
		t.Fatalf("told at once: %s", got[0].Summary)
	}
	if got := sequence(b.flaps(t, "d")); got != "down firing" {
		t.Errorf("after ten minutes: got %s", got)
	}
	if got := sequence(b.flaps(t, "d*21")); got != "flapping resolved" {
		t.Errorf("after thirty: got %s", got)
	}
}

func TestFlapTexts(t *testing.T) {
	b := flapBench()
	got := b.flaps(t, "u u2 u*3 u2 u1")
	want := "FLAPPING lon1-par2-1 5 changes in 5 min (now up) since 10:01 UTC"
	if len(got) != 1 || got[0].Summary != want {
		t.Fatalf("got %+v, want %s", got, want)
	}
	if ep := got[0].Episode; ep.Changes != 5 || !ep.Since.Equal(start.Add(time.Minute)) {
		t.Errorf("counted %d since %v", ep.Changes, ep.Since)
	}
	b.flaps(t, "d1 u1 u2")
	if ep := b.Episodes()[0]; ep.Changes != 9 || ep.Figure != "9 changes in 8 min (now up)" {
		t.Errorf("the visible count goes on: got %d, %q", ep.Changes, ep.Figure)
	}
	got = b.flaps(t, "u*31")
	want = "STABLE lon1-par2-1 was flapping: 9 changes in 8 min (now up), none since 10:09 UTC"
	if len(got) != 1 || got[0].Summary != want {
		t.Fatalf("got %+v, want %s", got, want)
	}
	if ep := got[0].Episode; !ep.Until.Equal(start.Add(10 * time.Minute)) {
		t.Errorf("it ended at %v, want the first poll without a change", ep.Until)
	}
}

// A shut line is not flapping, and what went before does not count afterwards.
func TestShutEndsFlapping(t *testing.T) {
	b := flapBench()
	got := b.flaps(t, "u2 u2 u2")
	got = append(got, b.look(b.view("xx"))...)
	b.polls++
	got = append(got, b.flaps(t, "u2 u2")...)
	if s := sequence(got); s != "flapping firing, flapping resolved" {
		t.Errorf("got %s", s)
	}
}

// A restart forgets neither what led to flapping, nor the count, nor how long it has been quiet.
func TestFlappingSurvivesARestart(t *testing.T) {
	restart := func(b *bench) *bench {
		t.Helper()
		now := linkmodel.Moment{At: b.at(), Mono: b.mono(), Boot: 1, Uptime: time.Hour + time.Duration(b.polls)*b.interval}
		doc, err := b.Document(b.decl.Name, now)
		if err != nil || !json.Valid(doc) {
			t.Fatalf("%s: %v", doc, err)
		}
		next := newBench(flapRules())
		next.polls, next.origin = b.polls, b.origin-time.Hour
		next.Restore(b.Episodes())
		now.Mono -= time.Hour
		bad := next.Resume([]Document{{Link: b.decl.Name, Body: doc}}, now, func([]string) map[string]bool { return nil })
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		return next
	}
	b := flapBench()
	b.flaps(t, "u u2 u2")
	b = restart(b)
	got := b.flaps(t, "u1")
	if s := sequence(got); s != "flapping firing" {
		t.Fatalf("two changes before and three after: got %s", s)
	}
	b = restart(b)
	if got := b.flaps(t, "d1 u1 u*14"); len(got) > 0 {
		t.Fatalf("told again: %s", got[0].Summary)
	}
	b = restart(b)
	if got := b.flaps(t, "u*16"); len(got) > 0 {
		t.Fatalf("stable too early: %s", got[0].Summary)
	}
	got = b.flaps(t, "u")
	if s := sequence(got); s != "flapping resolved" || got[0].Episode.Changes != 7 {
		t.Fatalf("got %s of %+v", s, got)
	}
}
