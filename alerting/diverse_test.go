package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// pairBench has the links one and two, and spare, which two and spare protect.
type pairBench struct {
	*Engine
	links []linkmodel.Link
	polls int
	noted []string
}

func newPairBench(protects map[string]string) *pairBench {
	b := &pairBench{}
	rules := map[string]Rules{}
	for i, name := range []string{"one", "two", "spare"} {
		l := testLink()
		l.Name, l.Circuit = name, linkmodel.Circuit{Carrier: []string{"Colt", "Zayo", ""}[i], ID: []string{"C-1", "Z-2", ""}[i]}
		l.Ends[0].Device, l.Ends[1].Device = name+".a", name+".z" // they run between other routers
		b.links, rules[name] = append(b.links, l), Rules{Down: downRule(0)}
	}
	b.Engine = New(Config{Rules: rules, Default: []string{"noc"}, Protects: protects}, b.links)
	return b
}

// poll judges one poll of every link; a word has a letter for each: u up, d down, x shut, s silent.
func (b *pairBench) poll(timeline string) []Notification {
	var out []Notification
	for word := range strings.FieldsSeq(timeline) {
		for i := range word {
			one := &bench{decl: b.links[i], interval: time.Minute, polls: b.polls}
			b.Observe(one.view(word[i:i+1] + word[i:i+1]))
		}
		r := b.Advance(later(time.Duration(b.polls) * time.Minute))
		out = append(out, r.Told...)
		for i := range r.Noted {
			b.noted = append(b.noted, r.Noted[i].Episode.Link+" "+string(r.Noted[i].Episode.Kind)+": "+r.Noted[i].Episode.HeldBack)
		}
		b.polls++
	}
	return out
}

func summaries(list []Notification) string {
	var out []string
	for i := range list {
		out = append(out, list[i].Episode.Link+" "+string(list[i].Episode.Kind)+" "+string(list[i].Status)+" "+list[i].Episode.Severity.String())
	}
	return strings.Join(out, ", ")
}

func TestDiversePair(t *testing.T) {
	f := func(name, timeline, want string) {
		t.Helper()
		if got := summaries(newPairBench(map[string]string{"two": "one"}).poll(timeline)); got != want {
			t.Errorf("%s\n got  %s\n want %s", name, got, want)
		}
	}
	f("one of the pair", "uu ud ud", "two down firing critical")
	f("and back", "uu ud uu uu uu", "two down firing critical, two down resolved critical")
	f("the second one is one message", "uu ud dd dd", "two down firing critical, one pair-down firing critical")
	f("both at once too", "uu dd dd", "one pair-down firing critical")
	f("one back: what is left is told by itself", "uu dd du du du",
		"one pair-down firing critical, one pair-down resolved critical, one down firing critical")
	f("a shut one is no fault", "uu ux ux", "")
	f("but with the other one down none is left", "uu ux dx dx", "one pair-down firing critical")
	f("also where it is the protected one", "uu xu xd xd", "one pair-down firing critical")
	f("both shut", "uu ux xx xx", "")
	f("silence says nothing", "uu ud sd sd sd ud", "two down firing critical, one unreachable firing critical")
}

func TestDiversePairTexts(t *testing.T) {
	b := newPairBench(map[string]string{"two": "one"})
	got := b.poll("uu ud")
	pair := got[0].Details[len(got[0].Details)-1]
	if want := "one (Colt C-1) is up; two (Zayo Z-2) is down"; pair.Label != "Pair" || pair.Text != want {
		t.Errorf("the message about the first has %+v, want %s", pair, want)
	}
	id := got[0].Episode.ID
	if want := "one redundancy-lost: explained by #" + id + " of two"; len(b.noted) != 1 || b.noted[0] != want {
		t.Errorf("noted %v, want %s", b.noted, want)
	}
	open := b.Open("one", nil)
	if len(open) != 1 || open[0].Kind != linkmodel.KindRedundancyLost || open[0].Severity != linkmodel.SeverityWarning {
		t.Errorf("open on the protected link: %+v", open)
	}
	got = b.poll("dd")
	if want := "PAIR-DOWN one + two: both members of diverse pair down since 10:02 UTC"; len(got) != 1 || got[0].Summary != want {
		t.Fatalf("got %v, want %s", got, want)
	}
	if want := "one (Colt C-1) is down; two (Zayo Z-2) is down"; got[0].Episode.Evidence != want {
		t.Errorf("got %s, want %s", got[0].Episode.Evidence, want)
	}
	for _, ep := range b.Episodes() {
		if want := "explained by pair-down #" + got[0].Episode.ID; ep.Kind == linkmodel.KindDown && ep.HeldBack != want {
			t.Errorf("%s is held back by %q, want %s", ep.Link, ep.HeldBack, want)
		}
	}
}

func TestThreeThatProtectEachOther(t *testing.T) {
	b := newPairBench(map[string]string{"two": "one", "spare": "one"})
	got := b.poll("uuu udd ddd")
	if s := summaries(got); s != "spare down firing critical, two down firing critical, one pair-down firing critical" {
		t.Fatal(s)
	}
	if want := "PAIR-DOWN one + spare + two: all members of diverse group down since 10:02 UTC"; got[2].Summary != want {
		t.Errorf("got %s, want %s", got[2].Summary, want)
	}
}

// A restart goes on with the episodes of a pair, and a reload that parts it ends them.
func TestDiversePairGoesOn(t *testing.T) {
	b := newPairBench(map[string]string{"two": "one"})
	b.poll("uu dd dd")
	next := newPairBench(map[string]string{"two": "one"})
	next.polls = b.polls
	next.Restore(b.Episodes())
	if got := next.poll("dd dd"); len(got) > 0 {
		t.Fatalf("told again: %s", summaries(got))
	}
	var links []*linkmodel.Link
	rules := map[string]Rules{}
	for i := range next.links {
		links, rules[next.links[i].Name] = append(links, &next.links[i]), Rules{Down: downRule(0)}
	}
	r, _ := next.Reload(&Reload{Config: Config{Rules: rules, Default: []string{"noc"}}, Links: links}, later(time.Hour))
	got := r.Told
	got = append(got, next.poll("dd")...)
	if s := summaries(got); s != "one pair-down resolved critical, one down firing critical, two down firing critical" {
		t.Errorf("parted: %s", s)
	}
}
