package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// reloaded gives the bench's engine other rules, and its link another declaration where change is
// set. It returns what is told, and the links whose thresholds changed.
func (b *bench) reloaded(rules Rules, change func(*linkmodel.Link, *Reload)) (told, changed []string) {
	decl, was := b.decl, b.decl.Name
	r := &Reload{Was: map[string]string{}, Anew: map[string]bool{}, Links: []*linkmodel.Link{&decl}}
	if change != nil {
		change(&decl, r)
	}
	if decl.Name != was {
		r.Was[decl.Name] = was
	}
	r.Config = Config{Rules: map[string]Rules{decl.Name: rules}, Default: []string{"noc"}}
	b.decl = decl
	report, changed := b.Reload(r, linkmodel.Moment{At: b.at(), Mono: b.mono()})
	notes := report.Told
	for i := range notes {
		told = append(told, notes[i].Summary+" -> "+strings.Join(notes[i].To, ","))
	}
	return told, changed
}

// What a reload does not change is judged as if there had been none: the way to a raise and to an end
// goes on.
func TestReloadKeepsTheWay(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0.85, 2*time.Minute), Down: downRule(0)}
	b := newBench(rules)
	other := rules
	other.Errors = ratioRule(0.01, 0, 0)
	for _, c := range []struct {
		timeline, want string
		rules          Rules
		changed        int
	}{
		{"75 75", "", rules, 0},
		{"75", "2:saturated firing warning", other, 1},
		{"10 10 10", "", other, 0},
		{"10 10", "7:saturated resolved warning", rules, 1},
		{"10 10", "", rules, 0},
	} {
		if got := strings.Join(b.run(t, linkmodel.KindSaturated, c.timeline), ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.timeline, got, c.want)
		}
		told, changed := b.reloaded(c.rules, nil)
		if len(told) > 0 || len(changed) != c.changed {
			t.Errorf("%s: told %v, changed %v", c.timeline, told, changed)
		}
	}
}

// Other thresholds hold from the next reading on, for an open episode too.
func TestReloadChangesThresholds(t *testing.T) {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, time.Minute)})
	b.run(t, linkmodel.KindSaturated, "75 75")
	id := b.Episodes()[0].ID
	if told, changed := b.reloaded(Rules{Utilization: ratioRule(0.6, 0.72, time.Minute)}, nil); len(told) > 0 || len(changed) != 1 {
		t.Errorf("told %v, changed %v", told, changed)
	}
	got := strings.Join(b.run(t, linkmodel.KindSaturated, "75 75"), ", ")
	if want := "3:saturated update critical"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if ep := b.Episodes()[0]; ep.ID != id || ep.Threshold != 0.72 {
		t.Errorf("episode %s with threshold %v, want %s with 0.72", ep.ID, ep.Threshold, id)
	}
}

// A new name is the same episode.
func TestReloadRenames(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0, time.Minute)}
	b := newBench(rules)
	b.run(t, linkmodel.KindSaturated, "75 75")
	before := b.Episodes()[0]
	told, _ := b.reloaded(rules, func(l *linkmodel.Link, _ *Reload) { l.Name = "new name" })
	if len(told) > 0 {
		t.Errorf("told %v", told)
	}
	if after := b.Episodes()[0]; after.ID != before.ID || after.Link != "new name" || after.N != 1 {
		t.Errorf("%+v", after)
	}
	if f := b.Open("new name", nil); len(f) != 1 || len(b.Open(before.Link, nil)) != 0 {
		t.Errorf("findings %v", f)
	}
	got := strings.Join(b.run(t, linkmodel.KindSaturated, "10 10 10"), ", ")
	if want := "4:saturated resolved warning"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What cannot go on ends, says why, and tells those who were told of it.
func TestReloadEndsEpisodes(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0, time.Minute)}
	for _, c := range []struct {
		name, want string
		rules      Rules
		change     func(*linkmodel.Link, *Reload)
	}{
		{"removed", "saturated: removed from inventory, after 2 min", rules, func(_ *linkmodel.Link, r *Reload) { r.Links = nil }},
		{"other ends", "saturated: the inventory names other interfaces now, after 2 min", rules, func(l *linkmodel.Link, r *Reload) { r.Anew[l.Name] = true }},
		{"no threshold", "saturated: it has no threshold any more, after 2 min", Rules{}, nil},
	} {
		b := newBench(rules)
		b.run(t, linkmodel.KindSaturated, "75 75")
		told, _ := b.reloaded(c.rules, c.change)
		if len(told) != 1 || !strings.Contains(told[0], c.want) || !strings.HasSuffix(told[0], "-> noc") {
			t.Errorf("%s: told %q, want %q", c.name, told, c.want)
		}
		if open := b.Episodes(); len(open) > 0 {
			t.Errorf("%s: %v is left", c.name, open)
		}
	}
}

// A link that goes owes the end of what another finding explained, which nothing would tell later;
// and nothing of what nobody was told of.
func TestReloadTellsWhatWasHeldBack(t *testing.T) {
	rules := Rules{Down: downRule(0)}
	b := newBench(rules)
	if got := b.states("h h d d d"); got != "1:half-down firing, 2:down firing" {
		t.Fatal(got)
	}
	told, _ := b.reloaded(rules, func(_ *linkmodel.Link, r *Reload) { r.Links = nil })
	if len(told) != 2 {
		t.Errorf("told %q, want the end of both", told)
	}
	b = newBench(Rules{Utilization: ratioRule(0.7, 0, time.Hour)})
	b.run(t, linkmodel.KindSaturated, "75 75")
	if told, _ := b.reloaded(Rules{}, nil); len(told) > 0 {
		t.Errorf("told %q of what was never raised", told)
	}
}

// Other receivers hear of what comes; of an episode's end hear those who heard of its beginning.
func TestReloadChangesRoutes(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0, 0)}
	b := newBench(rules)
	b.run(t, linkmodel.KindSaturated, "75")
	decl := b.decl
	b.Reload(&Reload{
		Config: Config{Rules: map[string]Rules{decl.Name: rules}, Default: []string{"boss"}},
		Links:  []*linkmodel.Link{&decl},
	}, linkmodel.Moment{At: b.at(), Mono: b.mono()})
	var to [][]string
	for _, v := range []float64{0.1, 0.1, 0.8} {
		for _, n := range b.signals(linkmodel.Signal{Kind: linkmodel.KindSaturated, Ratio: linkmodel.Known(v)}) {
			to = append(to, n.To)
		}
	}
	if diff := cmp.Diff([][]string{{"noc"}, {"boss"}}, to); diff != "" {
		t.Error(diff)
	}
}

// A link that is switched off says so: after a reload, and after a restart.
func TestDisabledLinks(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0, time.Minute)}
	want := "RESOLVED lon1-par2-1 a→z saturated: disabled in the inventory, after 2 min (10:00 to 10:02 UTC), peak 75 %"
	b := newBench(rules)
	b.run(t, linkmodel.KindSaturated, "75 75")
	stored := b.Episodes()
	off := Config{Disabled: map[string]bool{b.decl.Name: true}}
	report, _ := b.Reload(&Reload{Config: off}, linkmodel.Moment{At: b.at(), Mono: b.mono()})
	if len(report.Told) != 1 || report.Told[0].Summary != want {
		t.Errorf("reload: told %+v, want %s", report.Told, want)
	}
	next := New(off, nil)
	next.Restore(stored)
	told := next.Advance(linkmodel.Moment{At: b.at()}).Told
	if len(told) != 1 || told[0].Summary != want {
		t.Errorf("restart: told %+v, want %s", told, want)
	}
}

// A document of a link whose ends are other interfaces now says nothing about them: neither its timers
// nor its episodes go on.
func TestDocumentOfOtherEnds(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0, 2*time.Minute), Errors: ratioRule(0.001, 0, 0)}
	b := newBench(rules)
	errors := parse(t, linkmodel.KindErrors, linkmodel.AToZ, "1")
	for range 2 {
		b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "75"), errors)
	}
	stored := b.Episodes()
	if len(stored) != 1 {
		t.Fatal(stored)
	}
	doc, err := b.Document(b.decl.Name, b.moment())
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []bool{false, true} {
		next := newBench(rules)
		next.polls = b.polls
		if other {
			next.decl.Ends[linkmodel.EndZ].Interface = "et-9/9/9"
			next.Engine = New(Config{Rules: map[string]Rules{b.decl.Name: rules}, Default: []string{"noc"}}, []linkmodel.Link{next.decl})
		}
		next.Restore(stored)
		next.Resume([]Document{{b.decl.Name, doc}}, b.moment(), func([]string) map[string]bool { return nil })
		var got []string
		for _, n := range append(next.advance(), next.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "75"))...) {
			got = append(got, string(n.Episode.Kind)+" "+string(n.Status)+" "+n.Episode.Ending)
		}
		want := "saturated firing "
		if other {
			want = "errors resolved the inventory names other interfaces now"
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("other ends %v: got %q, want %q", other, got, want)
		}
	}
}
