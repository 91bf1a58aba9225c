package alerting

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// record is what the file of episodes has, as written when they were told.
type record map[string]Episode

func (r record) take(told []Notification) {
	for i := range told {
		r[told[i].Episode.ID] = told[i].Episode
	}
}

func (r record) open() (open []Episode) {
	for _, ep := range r {
		if ep.open() {
			open = append(open, ep)
		}
	}
	return open
}

func (r record) over(ids []string) map[string]bool {
	over := map[string]bool{}
	for _, id := range ids {
		ep, known := r[id]
		over[id] = known && !ep.open()
	}
	return over
}

// moment is the present on all clocks of a machine that does not restart.
func (b *bench) moment() linkmodel.Moment {
	return linkmodel.Moment{
		At: b.at(), Mono: b.mono(), Boot: 7, Uptime: time.Hour + time.Duration(b.polls)*b.interval,
	}
}

// stopped is the bench of the next process, which goes on after so many polls that nobody made.
func (b *bench) stopped(t interface{ Fatal(args ...any) }, rules Rules, r record, missed int) *bench {
	b.polls-- // the document is written right after the latest poll
	doc, err := b.Document(b.decl.Name, b.moment())
	if err != nil {
		t.Fatal(err)
	}
	b.polls++
	next := newBench(rules)
	next.polls, next.origin = b.polls+missed, b.origin+1000*time.Hour
	next.Restore(r.open())
	next.polls-- // and read right before the next
	defer func() { next.polls++ }()
	if doc == nil {
		return next
	}
	bad := next.Resume([]Document{{b.decl.Name, doc}}, next.moment(), r.over)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return next
}

// A run with restarts tells what one without tells, in the same polls and under the same ids, where
// the polls that nobody made are not answered.
func TestResumedIsAsNeverStopped(t *testing.T) {
	kinds := []linkmodel.Kind{linkmodel.KindSaturated, linkmodel.KindLossy, linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindMismatch}
	rapid.Check(t, func(t *rapid.T) {
		rules := everyRule(time.Duration(rapid.IntRange(0, 5).Draw(t, "for")) * time.Minute)
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		steady, restarting := newBench(rules), newBench(rules)
		kept := record{}
		var want, got []string
		note := func(out *[]string, n int, told []Notification) {
			for i := range told {
				*out = append(*out, fmt.Sprintf("%s %s N=%d since %v until %v", strings.Join(messages(n, told[i]), ""), told[i].Episode.ID,
					told[i].Episode.N, told[i].Episode.Since, told[i].Episode.Until))
			}
		}
		for range rapid.IntRange(5, 40).Draw(t, "polls") {
			s := linkmodel.Signal{Kind: kind, Direction: directionsOf(kind)[0], End: linkmodel.NoEnd}
			if v := rapid.IntRange(-2, 10).Draw(t, "tenths"); v >= 0 {
				s.Ratio = linkmodel.Known(float64(v) / 10)
				s.Low, s.High = s.Ratio.Value, s.Ratio.Value
			}
			if missed := rapid.IntRange(-6, 4).Draw(t, "missed polls"); missed >= 0 {
				restarting = restarting.stopped(t, rules, kept, missed)
				silent := s
				silent.Ratio = linkmodel.Unknown(linkmodel.ReasonMissed)
				for range missed {
					note(&want, steady.polls, steady.signals(silent))
				}
			}
			n := steady.polls
			note(&want, n, steady.signals(s))
			told := restarting.signals(s)
			kept.take(told)
			note(&got, n, told)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-never stopped +restarted)\n%s", diff)
		}
	})
}

func messages(n int, m Notification) []string { return told(n, []Notification{m}) }

// A document may be written before the record: what it says was told never left the machine.
func TestDocumentAheadOfTheRecord(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0.85, 2*time.Minute)}
	b, kept := newBench(rules), record{}
	if got := b.saturated(t, kept, "75 75 75"); len(got) != 1 {
		t.Fatal(got)
	}
	if got := b.saturated(t, record{}, "90 90 90"); len(got) != 1 || !strings.Contains(got[0], "update") {
		t.Fatal(got)
	}
	next := b.stopped(t, rules, kept, 0)
	if got := next.saturated(t, kept, "90"); len(got) != 1 || !strings.Contains(got[0], "update") || next.Episodes()[0].N != 2 {
		t.Errorf("got %v of %+v, want the update again", got, next.Episodes())
	}
}

// saturated judges a timeline of utilisation and returns what is told.
func (b *bench) saturated(t *testing.T, r record, timeline string) (out []string) {
	t.Helper()
	for word := range strings.FieldsSeq(timeline) {
		n := b.polls
		notes := b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, word))
		r.take(notes)
		out = append(out, told(n, notes)...)
	}
	return out
}

// A stop of the program counts for nothing: one poll later the timer goes on, three later it begins
// anew, and a machine whose clock was set does not count the time between either.
func TestTimersOverARestart(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0.85, 4*time.Minute)}
	for _, c := range []struct {
		name   string
		missed int
		reboot bool
		want   string
	}{
		{"no poll is missed", 0, false, "4:saturated firing warning"},
		{"one poll is missed", 1, false, "6:saturated firing warning"},
		{"three polls are missed", 3, false, "10:saturated firing warning"},
		{"the machine restarts", 0, true, "5:saturated firing warning"},
	} {
		b, kept := newBench(rules), record{}
		if got := b.saturated(t, kept, "75 75 75"); len(got) > 0 {
			t.Fatal(got)
		}
		b = b.stopped(t, rules, kept, c.missed)
		b.link(b.decl.Name).unsure = c.reboot
		got := b.saturated(t, kept, "75 75 75 75 75 75")
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// killed is the bench of the next process, whose documents are from an earlier poll than its record.
func TestKilledWithAnOldDocument(t *testing.T) {
	rules := Rules{Utilization: ratioRule(0.7, 0.85, 2*time.Minute)}
	b, kept := newBench(rules), record{}
	b.saturated(t, kept, "75 75")
	pending, err := b.Document(b.decl.Name, b.moment())
	if err != nil || pending == nil {
		t.Fatal(pending, err)
	}
	if got := b.saturated(t, kept, "75"); len(got) != 1 {
		t.Fatal(got)
	}
	firing, _ := b.Document(b.decl.Name, b.moment())
	id := b.Episodes()[0].ID
	resume := func(doc []byte, r record) *bench {
		next := newBench(rules)
		next.polls = b.polls
		next.Restore(r.open())
		if bad := next.Resume([]Document{{b.decl.Name, doc}}, next.moment(), r.over); len(bad) > 0 {
			t.Fatal(bad)
		}
		return next
	}
	next := resume(pending, kept) // it was told after the document
	if got := next.saturated(t, kept, "75 75 75"); len(got) > 0 || next.Episodes()[0].ID != id {
		t.Errorf("told again: %v", got)
	}
	next = resume(firing, record{}) // it was told, and the record does not know: told again, same id
	if got := next.saturated(t, record{}, "75"); len(got) != 1 || !strings.Contains(got[0], "firing") || next.Episodes()[0].ID != id {
		t.Errorf("got %v of %v, want one repetition of %s", got, next.Episodes(), id)
	}
	over := record{}
	ended := kept[id]
	ended.Until = b.at()
	over[id] = ended
	next = resume(firing, over) // it was over after the document
	if got := next.saturated(t, over, "10 10 10 10 10 10"); len(got) > 0 || len(next.Episodes()) > 0 {
		t.Errorf("what was over is told again: %v", got)
	}
}

func TestUnusableJudgeDocuments(t *testing.T) {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 0)})
	docs := []Document{
		{"not json", []byte("{")},
		{"later version", []byte(`{"version":2}`)},
		{"not in the inventory", []byte(`{"version":1}`)},
		{b.decl.Name, []byte(`{"version":1,"judges":[{"kind":"nonsense","direction":77},{"kind":"saturated","direction":9},
			{"kind":"saturated","direction":0,"levels":[{"passed":{"runs":-4}}],"quiet":{"runs":99999999,"held":-1}}]}`)},
	}
	bad := b.Resume(docs, b.moment(), func([]string) map[string]bool { return nil })
	if len(bad) != 2 || bad["not json"] == nil || bad["later version"] == nil {
		t.Errorf("refused: %v", bad)
	}
	if got := b.saturated(t, record{}, "10 10 10"); len(got) > 0 || len(b.Episodes()) > 0 {
		t.Errorf("a document without sense has episodes: %v", b.Episodes())
	}
}

// TestOtherThresholds: what was seen of the levels of yesterday says nothing of those of today.
func TestOtherThresholds(t *testing.T) {
	b, kept := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 2*time.Minute)}), record{}
	b.saturated(t, kept, "75 75")
	next := b.stopped(t, Rules{Utilization: ratioRule(0.6, 0.8, 2*time.Minute)}, kept, 0)
	if diff := cmp.Diff([]string{"4:saturated firing warning"}, next.saturated(t, kept, "75 75 75")); diff != "" {
		t.Error(diff)
	}
}

// Moved tells of what would be lost, and of nothing else.
func TestMovedTellsWhatIsUnderWay(t *testing.T) {
	b, kept := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 2*time.Minute)}), record{}
	var got []string
	for word := range strings.FieldsSeq("10 75 75 75 75 75 10 10 75 10 10 10 10 10 10 10") {
		b.saturated(t, kept, word)
		got = append(got, fmt.Sprintf("%s:%d", word, len(b.Moved())))
	}
	want := "10:0 75:1 75:1 75:1 75:0 75:0 10:1 10:1 75:1 10:1 10:1 10:1 10:1 10:1 10:0 10:0"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Error(diff)
	}
	if doc, err := b.Document(b.decl.Name, b.moment()); doc != nil || err != nil {
		t.Errorf("a document of nothing: %s (%v)", doc, err)
	}
}

// lineView is a view of a link whose ends both have a status since a while.
func (b *bench) lineView(oper linkmodel.Status, since time.Duration) *linkmodel.View {
	v := &linkmodel.View{Link: &b.decl, At: b.at(), Mono: b.mono(), State: linkmodel.StateUp}
	if oper == linkmodel.StatusDown {
		v.State = linkmodel.StateDown
	}
	for e := range v.Ends {
		const uptime = 100_000_000
		v.Ends[e] = linkmodel.EndView{Seen: true, Answered: true, Reachable: true, Last: linkmodel.Reading{
			At: b.at(), Mono: b.mono(), Oper: oper, Admin: linkmodel.StatusUp, UpTime: uptime,
			HasLastChange: true, LastChange: uptime - uint32(since/(10*time.Millisecond)),
		}}
	}
	return v
}

// A link that came back while bothends did not run ended when the routers say; where they do not,
// between the last look and the first.
func TestResolvedWhileStopped(t *testing.T) {
	rules := Rules{Down: downRule(0)}
	for _, c := range []struct {
		since time.Duration // before the first look
		until time.Duration
		text  string
	}{
		{10 * time.Minute, 12 * time.Minute, "RESOLVED lon1-par2-1 down after 12 min (10:00 to 10:12 UTC)"},
		{3 * time.Hour, 22 * time.Minute, "RESOLVED lon1-par2-1 down after 60 s to 22 min (from 10:00, ended between 10:01 and 10:22 UTC)"},
	} {
		b, kept := newBench(rules), record{}
		for range 2 {
			kept.take(b.look(b.lineView(linkmodel.StatusDown, time.Hour)))
			b.polls++
		}
		b = b.stopped(t, rules, kept, 20)
		var got []Notification
		for i := range 3 {
			got = append(got, b.look(b.lineView(linkmodel.StatusUp, c.since+time.Duration(i)*time.Minute))...)
			b.polls++
		}
		if len(got) != 1 || got[0].Status != StatusResolved {
			t.Fatalf("got %+v", got)
		}
		if want := start.Add(c.until); !got[0].Episode.Until.Equal(want) || got[0].Summary != c.text {
			t.Errorf("%s, until %v; want %s, until %v", got[0].Summary, got[0].Episode.Until, c.text, want)
		}
	}
}

// FuzzResume: no document of any content makes the engine panic or tell nonsense.
func FuzzResume(f *testing.F) {
	rules := everyRule(2 * time.Minute)
	b := newBench(rules)
	b.signals(parse(&testing.T{}, linkmodel.KindSaturated, linkmodel.AToZ, "90"))
	doc, _ := b.Document(b.decl.Name, b.moment())
	f.Add(doc)
	f.Fuzz(func(t *testing.T, doc []byte) {
		b := newBench(rules)
		b.Resume([]Document{{b.decl.Name, doc}}, b.moment(), func([]string) map[string]bool { return nil })
		for range 10 {
			for _, n := range b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "10")) {
				if _, err := json.Marshal(n.Episode); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
