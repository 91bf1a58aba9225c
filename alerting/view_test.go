package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// ends judges views of a link: one word per poll with a letter for each end: u up, d down,
// m missed and last seen up, M missed and last seen down, s silent, x shut.
func (b *bench) ends(t *testing.T, timeline string) []Notification {
	t.Helper()
	var out []Notification
	for word := range strings.FieldsSeq(timeline) {
		v := b.view(word)
		out = append(out, b.look(v)...)
		b.polls++
	}
	return out
}

func (b *bench) view(word string) *linkmodel.View {
	v := &linkmodel.View{Link: &b.decl, At: b.at(), Mono: time.Duration(b.polls) * b.interval}
	for i := range v.Ends {
		v.Ends[i] = endView(word[i])
	}
	switch {
	case strings.Contains(word, "x"):
		v.State = linkmodel.StateDisabled
	case strings.ContainsAny(word, "dM") && strings.ContainsAny(word, "um"):
		v.State = linkmodel.StateHalfDown
	case strings.ContainsAny(word, "dM"):
		v.State = linkmodel.StateDown
	case strings.Contains(word, "s"):
		v.State = linkmodel.StateUnreachable
	}
	return v
}

func endView(letter byte) linkmodel.EndView {
	ev := linkmodel.EndView{Seen: true, Answered: true, Reachable: true}
	ev.Last.Admin, ev.Last.Oper = linkmodel.StatusUp, linkmodel.StatusUp
	switch letter {
	case 'd':
		ev.Last.Oper = linkmodel.StatusDown
	case 'x':
		ev.Last.Admin, ev.Last.Oper = linkmodel.StatusDown, linkmodel.StatusDown
	case 'm':
		ev.Answered, ev.Misses = false, 1
	case 'M':
		ev.Answered, ev.Misses, ev.Last.Oper = false, 1, linkmodel.StatusDown
	case 's':
		ev.Answered, ev.Reachable, ev.Misses = false, false, 3
		ev.Detail = "no answer from 192.0.2.9:161 in 2s, 4 attempts"
	}
	return ev
}

// sequence writes messages without their numbers.
func sequence(messages []Notification) string {
	var out []string
	for i := range messages {
		out = append(out, string(messages[i].Episode.Kind)+" "+string(messages[i].Status))
	}
	return strings.Join(out, ", ")
}

// TestWitnesses: only what was answered in this cycle raises or clears.
func TestWitnesses(t *testing.T) {
	f := func(name, timeline, want string) {
		t.Helper()
		b := newBench(everyRule(0))
		if got := sequence(b.ends(t, timeline)); got != want {
			t.Errorf("%s\n timeline %s\n got  %s\n want %s", name, timeline, got, want)
		}
	}
	f("healthy", "uu uu uu", "")
	f("missed polls", "uu um mu mm uu", "")
	f("a cut that also takes the way to z: one down", "uu dm dm ds ds", "down firing")
	f("a last known status does not keep half-down up or down", "ud ud um um um uM uu uu",
		"half-down firing, half-down resolved")
	f("both silent says nothing about down", "dd dd ss ss ss ss uu uu", "down firing, down resolved")
	f("one end up is enough to end down", "dd us us us", "down firing, down resolved, unreachable firing")
	f("silent, back", "uu us us us uu uu", "unreachable firing, unreachable resolved")
	f("back for one poll, missed, back", "us us uu um uu", "unreachable firing, unreachable resolved")
	f("silent, then down, then still silent: unreachable is told once", "us us ds ds us us uu uu",
		"unreachable firing, down firing, down resolved, unreachable resolved")
}

func TestShutLink(t *testing.T) {
	b := newBench(everyRule(0))
	if got := b.ends(t, "uu ud xd xd xd"); len(got) > 0 {
		t.Errorf("a shut end is told: %s", sequence(got))
	}
	if got := b.ends(t, "uu uu"); len(got) > 0 {
		t.Errorf("its opening is told: %s", sequence(got))
	}
}

func TestOpenEpisodesEndWhenAnEndIsShut(t *testing.T) {
	b := newBench(everyRule(0))
	b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "90"))
	b.ends(t, "dd")
	got := b.ends(t, "dx")
	if want := "down resolved, saturated resolved"; sequence(got) != want {
		t.Fatalf("got %s, want %s", sequence(got), want)
	}
	want := "RESOLVED lon1-par2-1 down: an operator shut z (cr1.par2 et-0/0/3 (par2)), after 60 s (10:01 to 10:02 UTC)"
	if got[0].Summary != want {
		t.Errorf("got  %s\nwant %s", got[0].Summary, want)
	}
	if n := len(b.Episodes()); n != 0 {
		t.Errorf("%d episodes are left", n)
	}
}

func TestShutStartsTheHoldAnew(t *testing.T) {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0, 2*time.Minute)})
	for word := range strings.FieldsSeq("uu uu xu uu uu") {
		v := b.view(word)
		v.Directions[linkmodel.AToZ].Utilization = linkmodel.Known(0.75)
		if got := b.look(v); len(got) > 0 {
			t.Errorf("poll %d: %s", b.polls, got[0].Summary)
		}
		b.polls++
	}
}

func TestShutEndsWhatWasHeldBackSilently(t *testing.T) {
	b := newBench(Rules{Down: downRule(0)})
	s := stateSignals("d")
	s[1].Ratio = linkmodel.Known(1) // half-down behind down, never told
	b.signals(s...)
	b.signals(s...)
	if got := sequence(b.ends(t, "xx")); got != "down resolved" {
		t.Errorf("got %s", got)
	}
}

func TestEvidence(t *testing.T) {
	b := newBench(everyRule(0))
	down := b.ends(t, "dd")
	want := "a (cr1.lon1) reports oper down, admin up; z (cr1.par2) reports oper down, admin up"
	if got := down[0].Episode.Evidence; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	b = newBench(everyRule(0))
	silent := b.ends(t, "us us")
	want = "a (cr1.lon1) reports oper up, admin up; z (cr1.par2) gave no answer: no answer from 192.0.2.9:161 in 2s, 4 attempts"
	if got := silent[0].Episode.Evidence; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := silent[0].Summary; got != "UNREACHABLE lon1-par2-1 z silent since 10:00 UTC" {
		t.Errorf("got %s", got)
	}
}

func TestTrafficEvidence(t *testing.T) {
	b := newBench(Rules{Loss: ratioRule(0.001, 0.01, 0)})
	v := b.view("uu")
	d := &v.Directions[linkmodel.ZToA]
	d.Loss = linkmodel.Loss{
		Known: true, Ratio: 0.013, Low: 0.012, High: 0.014, Certain: 0.012, Recent: 0.014,
		Packets: 4e6, Window: 3 * time.Minute, Proof: linkmodel.ProofHard,
	}
	d.Loss.Counted[linkmodel.CauseIngressErrors] = 36_000
	d.Errors.PerSecond, d.Discards.PerSecond = linkmodel.Known(0), linkmodel.Known(12)
	v.Directions[linkmodel.AToZ].Utilization = linkmodel.Known(0.12)
	got := b.look(v)
	b.polls++
	got = append(got, b.look(v)...)
	if len(got) != 1 {
		t.Fatalf("got %s", sequence(got))
	}
	want := "1.3 % (1.2-1.4 %) of 4 M packets in 3 min, which no timing explains, mostly input errors at a (0.9 %); " +
		"errors 0/min, discards 12/s, a→z 12 %"
	if got[0].Episode.Evidence != want {
		t.Errorf("got %q, want %q", got[0].Episode.Evidence, want)
	}
	if want := "LOSSY lon1-par2-1 z→a loses 1.3 % (1.2-1.4 %) since 10:00 UTC"; got[0].Summary != want {
		t.Errorf("got %q, want %q", got[0].Summary, want)
	}
}

func TestQuietLinkCostsNoAllocation(t *testing.T) {
	b := newBench(everyRule(time.Minute))
	v := b.view("uu")
	if got := testing.AllocsPerRun(100, func() { b.Observe(v) }); got > 0 {
		t.Errorf("%v allocations for a view that tells nothing", got)
	}
}
