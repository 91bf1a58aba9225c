package alerting

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bothends/bothends/linkmodel"
)

// truth judges a timeline of one kind that is true or false: a number per poll, 1 for true.
func (b *bench) truth(t *testing.T, k linkmodel.Kind, timeline string) string {
	t.Helper()
	var out []string
	for word := range strings.FieldsSeq(timeline) {
		s := linkmodel.Signal{Kind: k, Direction: directionsOf(k)[0], End: linkmodel.NoEnd}
		switch word {
		case "?":
		case "h":
			s.Ratio = linkmodel.Known(0.5)
		default:
			s.Ratio = linkmodel.Known(float64(word[0] - '0'))
		}
		n := b.polls
		for _, m := range b.signals(s) {
			line := strings.Join(told(n, []Notification{m}), "")
			if len(m.To) == 0 {
				line += " to nobody"
			}
			out = append(out, line)
		}
	}
	return strings.ReplaceAll(strings.Join(out, ", "), string(k)+" ", "")
}

// What the inventory has no threshold for is judged all the same.
func TestBuiltInRules(t *testing.T) {
	f := func(k linkmodel.Kind, timeline, want string) {
		t.Helper()
		if got := newBench(Rules{Down: downRule(0)}).truth(t, k, timeline); got != want {
			t.Errorf("%s\n timeline %s\n got  %s\n want %s", k, timeline, got, want)
		}
	}
	f(linkmodel.KindDeadPath, "0 1 1 0 0", "1:firing critical, 4:resolved critical")
	f(linkmodel.KindNotMatching, "0 1 ? 1 0 0", "1:firing warning, 5:resolved warning")
	f(linkmodel.KindCountersFrozen, "0 1 1 0 0", "1:firing warning, 4:resolved warning")
	f(linkmodel.KindPoliced, "0 1 1 0 0", "1:firing warning, 4:resolved warning")
	f(linkmodel.KindFraming, "? 1 1 1 0 0", "1:firing info to nobody, 5:resolved info to nobody")
	f(linkmodel.KindCapacityUntrusted, "1 1 1 1 1 1 1", "5:firing info to nobody")
	f(linkmodel.KindMismatch, "1 0 1 0", "")
	f(linkmodel.KindMismatch, "0 h h h", "2:firing info to nobody")
	f(linkmodel.KindMismatch, "h h 1 1 0 0", "1:firing info to nobody, 3:update warning, 5:resolved warning")
	f(linkmodel.KindMismatch, "1 1 h h h h", "1:firing warning, 3:resolved warning, 5:firing info to nobody")
}

// A link may have other rules for them, and a limit of how loud its alerts are.
func TestOwnRules(t *testing.T) {
	f := func(rules Rules, k linkmodel.Kind, timeline, want string) {
		t.Helper()
		if got := newBench(rules).truth(t, k, timeline); got != want {
			t.Errorf("%s\n timeline %s\n got  %s\n want %s", k, timeline, got, want)
		}
	}
	own := func(r Rule, k linkmodel.Kind) Rules {
		return Rules{Down: downRule(0), Own: map[linkmodel.Kind]Rule{k: r}}
	}
	f(own(Rule{Warn: surely, For: time.Minute}, linkmodel.KindDeadPath), linkmodel.KindDeadPath, "0 1 1 0 0", "2:firing warning, 4:resolved warning")
	f(own(Rule{Crit: surely}, linkmodel.KindPoliced), linkmodel.KindPoliced, "0 1", "1:firing critical")
	f(own(Rule{}, linkmodel.KindFraming), linkmodel.KindFraming, "1 1 1", "")
	f(own(Rule{}, linkmodel.KindHalfDown), linkmodel.KindDown, "1", "0:firing critical")
	f(Rules{Down: downRule(0), AtMost: linkmodel.SeverityWarning}, linkmodel.KindDown, "1", "0:firing warning")
	f(Rules{Down: downRule(0), AtMost: linkmodel.SeverityInfo}, linkmodel.KindDown, "1", "0:firing info to nobody")
	f(Rules{AtMost: linkmodel.SeverityInfo}, linkmodel.KindMismatch, "h h", "1:firing info to nobody")

	quieter := everyRule(0)
	quieter.AtMost = linkmodel.SeverityWarning
	if got := newBench(quieter).run(t, linkmodel.KindSaturated, "75 90"); len(got) != 1 || got[0] != "0:saturated firing warning" {
		t.Errorf("both thresholds with a limit: %v", got)
	}
}

// Without a rule for down, a dead path is not judged either.
func TestDeadPathGoesByTheRuleForDown(t *testing.T) {
	if got := newBench(Rules{}).truth(t, linkmodel.KindDeadPath, "1 1 1"); got != "" {
		t.Error(got)
	}
	warn := Rules{Down: Rule{Warn: Threshold{Unit: UnitTrue}, For: 2 * time.Minute}}
	if got, want := newBench(warn).truth(t, linkmodel.KindDeadPath, "1 1 1 0 0"), "2:firing warning, 4:resolved warning"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Information is an open finding of its link, goes to a route that asks for it, and is not repeated.
func TestInformation(t *testing.T) {
	decl := testLink()
	e := New(Config{
		Rules: map[string]Rules{decl.Name: {}}, Default: []string{"noc"}, RemindEvery: time.Hour,
		Routes: []Route{
			{To: []string{"all"}},
			{Severity: []linkmodel.Severity{linkmodel.SeverityInfo}, To: []string{"curious"}},
		},
	}, []linkmodel.Link{decl})
	b := &bench{Engine: e, decl: decl, interval: time.Minute}
	s := linkmodel.Signal{Kind: linkmodel.KindFraming, Direction: linkmodel.AToZ, Ratio: linkmodel.Known(1)}
	got := b.signals(s)
	if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0] != "curious" {
		t.Fatalf("%+v", got)
	}
	if open := e.Open(decl.Name, nil); len(open) != 1 || open[0].Severity != linkmodel.SeverityInfo {
		t.Errorf("open: %+v", open)
	}
	if again := e.Advance(later(100 * time.Hour)).Told; len(again) > 0 {
		t.Errorf("reminded of information: %s", again[0].Summary)
	}
}

// A dead path loses everything, and counters that stand still seem to: one message is enough.
func TestLossIsExplained(t *testing.T) {
	f := func(by linkmodel.Kind, d linkmodel.Direction, want int) {
		t.Helper()
		b := newBench(Rules{Loss: ratioRule(0.001, 0.01, 0), Down: downRule(0)})
		lossy := linkmodel.Signal{Kind: linkmodel.KindLossy, Direction: linkmodel.AToZ, Ratio: linkmodel.Known(1), Low: 0.9, High: 1}
		cause := linkmodel.Signal{Kind: by, Direction: d, Ratio: linkmodel.Known(1)}
		messages := 0
		for range 4 {
			messages += len(b.signals(cause, lossy))
		}
		if messages != want {
			t.Errorf("%s %v: %d messages, want %d", by, d, messages, want)
		}
	}
	f(linkmodel.KindDeadPath, linkmodel.AToZ, 1)
	f(linkmodel.KindDeadPath, linkmodel.ZToA, 2)
	f(linkmodel.KindCountersFrozen, linkmodel.NoDirection, 1)
	f(linkmodel.KindPoliced, linkmodel.AToZ, 2)
}

// checked returns the message about the only finding of a view.
func checked(t *testing.T, change func(*linkmodel.View)) Notification {
	t.Helper()
	b := newBench(Rules{Down: downRule(0)})
	v := b.view("uu")
	for i := range v.Ends {
		v.Ends[i].Last.HighSpeed = 10_000
	}
	for _, d := range linkmodel.Directions {
		v.Directions[d].PPS, v.Directions[d].BPS = linkmodel.Known(1250), linkmodel.Known(1.04e8)
		v.Directions[d].Capacity, v.Directions[d].Utilization = linkmodel.Known(1e10), linkmodel.Known(0.0104)
	}
	change(v)
	var got []Notification
	for range 7 {
		got = append(got, b.look(v)...)
		b.polls++
		v.At, v.Mono = b.at(), time.Duration(b.polls)*b.interval
	}
	if len(got) != 1 {
		t.Fatalf("%d messages: %s", len(got), sequence(got))
	}
	return got[0]
}

func TestCheckTexts(t *testing.T) {
	f := func(summary, seen string, change func(*linkmodel.View)) {
		t.Helper()
		n := checked(t, change)
		if want := summary + " since 10:00 UTC"; n.Summary != want {
			t.Errorf("\n got  %s\n want %s", n.Summary, want)
		}
		if n := utf8.RuneCountInString(n.Summary); n > 85 {
			t.Errorf("%d characters do not fit a locked phone", n)
		}
		if n.Episode.Evidence != seen {
			t.Errorf("\n got  %s\n want %s", n.Episode.Evidence, seen)
		}
		if n.Episode.finding().Text != seen {
			t.Error("the finding lacks the text")
		}
	}
	check := func(v *linkmodel.View) *linkmodel.Checks { return &v.Directions[linkmodel.ZToA].Checks }
	f("DEAD-PATH lon1-par2-1 z→a nothing arrives",
		"z (cr1.par2) sends 1.25 k packets/s, a (cr1.lon1) receives nothing, and both are up",
		func(v *linkmodel.View) { check(v).Dead = linkmodel.VerdictYes })
	f("ENDS-DO-NOT-MATCH lon1-par2-1 z→a a receives something else",
		"what cr1.par2 et-0/0/3 sends does not arrive at cr1.lon1 et-0/0/1:0",
		func(v *linkmodel.View) { check(v).NotMatching = linkmodel.VerdictYes })
	f("ENDS-DO-NOT-MATCH lon1-par2-1 z→a a receives something else",
		"what cr1.par2 et-0/0/3 sends does not arrive at cr1.lon1 et-0/0/1:0; xe-0/1/2 of the same router fits",
		func(v *linkmodel.View) {
			check(v).NotMatching = linkmodel.VerdictYes
			check(v).Fit = &linkmodel.Fit{Device: "cr1.par2", Interface: "xe-0/1/2", InPlaceOf: linkmodel.EndZ}
		})
	f("ENDS-DO-NOT-MATCH lon1-par2-1 z→a a receives something else",
		"cr1.lon1 et-0/0/1:0 receives more than cr1.par2 et-0/0/3 sends; et-0/0/2 of cr1.lon1 fits",
		func(v *linkmodel.View) {
			check(v).NotMatching, check(v).Drift = linkmodel.VerdictYes, true
			check(v).Fit = &linkmodel.Fit{Device: "cr1.lon1", Interface: "et-0/0/2", InPlaceOf: linkmodel.EndA}
		})
	f("COUNTERS-FROZEN lon1-par2-1 z's counters stand still",
		"a (cr1.lon1) reports oper up, admin up; z (cr1.par2) reports oper up, admin up",
		func(v *linkmodel.View) { v.Ends[linkmodel.EndZ].Frozen = linkmodel.VerdictYes })
	f("MISMATCH lon1-par2-1 speed a 1G z 10G, duplex a half z full",
		"speed a 1G z 10G, duplex a half z full",
		func(v *linkmodel.View) {
			v.Ends[linkmodel.EndA].Last.HighSpeed = 1000
			v.Ends[linkmodel.EndA].Context.Duplex, v.Ends[linkmodel.EndZ].Context.Duplex = linkmodel.DuplexHalf, linkmodel.DuplexFull
		})
	f("MISMATCH lon1-par2-1 MTU a 1500 z 1514", "MTU a 1500 z 1514", func(v *linkmodel.View) {
		v.Ends[linkmodel.EndA].Context.MTU, v.Ends[linkmodel.EndZ].Context.MTU = 1500, 1514
	})
	f("CAPACITY-UNTRUSTED lon1-par2-1 z→a more than its capacity", "104 Mb/s on 100M", func(v *linkmodel.View) {
		d := &v.Directions[linkmodel.ZToA]
		d.Capacity, d.Utilization = linkmodel.Known(1e8), linkmodel.Known(1.04)
	})
	f("FRAMING lon1-par2-1 z→a z counts 14 octets more per packet",
		"z counts 14 octets more per packet: the Ethernet header",
		func(v *linkmodel.View) { check(v).Framing, check(v).Octets = linkmodel.VerdictYes, 14 })
	f("FRAMING lon1-par2-1 z→a a counts 9 octets more per packet",
		"a counts 9 octets more per packet",
		func(v *linkmodel.View) { check(v).Framing, check(v).Octets = linkmodel.VerdictYes, -9 })
	f("POLICED lon1-par2-1 z→a cut at 187 Mb/s",
		"what arrives stays at 187 Mb/s when more is sent, and below that nothing is lost",
		func(v *linkmodel.View) { check(v).Policed, check(v).Limit = linkmodel.VerdictYes, 187e6 })
}

// A speed that is not believed concerns both directions.
func TestSpeedNotBelieved(t *testing.T) {
	b := newBench(Rules{})
	v := b.view("uu")
	v.Ends[linkmodel.EndZ].SpeedDoubted, v.Ends[linkmodel.EndZ].Last.HighSpeed = true, 10
	var got []Notification
	for range 7 {
		got = append(got, b.look(v)...)
		b.polls++
		v.At, v.Mono = b.at(), time.Duration(b.polls)*b.interval
	}
	if len(got) != 2 || got[0].Summary != "CAPACITY-UNTRUSTED lon1-par2-1 a→z z's speed is wrong since 10:00 UTC" ||
		got[0].Episode.Evidence != "z (cr1.par2) reports 10M and counts more" {
		t.Errorf("%s: %+v", sequence(got), got)
	}
}

// Which interface fits takes a while to see; the finding learns of it.
func TestFitIsAddedToTheEvidence(t *testing.T) {
	b := newBench(Rules{})
	v := b.view("uu")
	c := &v.Directions[linkmodel.AToZ].Checks
	c.NotMatching = linkmodel.VerdictYes
	b.Observe(v)
	c.Fit = &linkmodel.Fit{Device: "cr1.par2", Interface: "xe-0/1/2\x1b", InPlaceOf: linkmodel.EndZ}
	b.Observe(v)
	open := b.Open(b.decl.Name, nil)
	if len(open) != 1 || !strings.HasSuffix(open[0].Text, "; xe-0/1/2\ufffd of cr1.par2 fits") {
		t.Errorf("%+v", open)
	}
}
