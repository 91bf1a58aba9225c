package alerting

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// TestThreshold tells for every rule of raising and clearing which poll gives which message. One
// poll a minute; utilisation warns from 70 % and is critical from 85 %.
func TestThreshold(t *testing.T) {
	f := func(name string, hold time.Duration, timeline, want string) {
		t.Helper()
		b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, hold)})
		got := strings.Join(b.run(t, linkmodel.KindSaturated, timeline), ", ")
		got = strings.ReplaceAll(got, "saturated ", "")
		if got != want {
			t.Errorf("%s\n timeline %s\n got  %s\n want %s", name, timeline, got, want)
		}
	}
	const m = time.Minute

	f("at the threshold counts", 0, "69.9 70", "1:firing warning")
	f("held for the time between readings", 3*m, "75 75 75 75", "3:firing warning")
	f("one reading short", 3*m, "75 75 75", "")
	f("critical at once", 0, "90", "0:firing critical")
	f("a dip starts the hold anew", 3*m, "75 75 75 60 75 75 75", "")
	f("a dip below the threshold but above the clear level too", 3*m, "75 75 75 69 75 75 75", "")
	f("both levels held: one message, the higher", 2*m, "90 90 90", "2:firing critical")
	f("warning, then critical after its own hold", 2*m, "75 75 75 90 90 90",
		"2:firing warning, 5:update critical")
	f("critical to warning is silent and does not end", 0, "90 75 75 75 75", "0:firing critical")
	f("critical again after that is silent too", 0, "90 75 90 75", "0:firing critical")

	f("unknown raises nothing", 0, "? ? ? ? ?", "")
	f("unknown freezes the hold", 2*m, "75 ? ? 75 75 75", "5:firing warning")
	f("a gap does not count as time held", 2*m, "75 75 ? 75", "")
	f("three unknown start the hold anew", 2*m, "75 75 ? ? ? 75 75 75", "7:firing warning")
	f("unknown clears nothing", 0, "75 ? ? ? ? ? ? ? ?", "0:firing warning")

	f("two quiet readings clear", 0, "75 60 60", "0:firing warning, 2:resolved warning")
	f("one does not", 0, "75 60 75 60 75", "0:firing warning")
	f("0.9 of the threshold is not quiet", 0, "75 63 63 63", "0:firing warning")
	f("below it is", 0, "75 62.9 62.9", "0:firing warning, 2:resolved warning")
	f("clears after twice the hold", 2*m, "75 75 75 10 10 10 10 10",
		"2:firing warning, 7:resolved warning")
	f("unknown freezes the way to clear", m, "75 75 10 ? 10 10 10",
		"1:firing warning, 6:resolved warning")
	f("three unknown start it anew", m, "75 75 10 10 ? ? ? 10 10 10",
		"1:firing warning, 9:resolved warning")
	f("what is quiet for critical may not be for the warning", 0, "90 72 72 72 64 64 62 62",
		"0:firing critical, 7:resolved critical")
	f("hovering at the threshold is one episode", 0, strings.Repeat("71 69 ", 50), "0:firing warning")
	f("after the end a new episode", 0, "75 10 10 75", "0:firing warning, 2:resolved warning, 3:firing warning")
}

func TestThresholdNotANumberIsUnknown(t *testing.T) {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0, 0)})
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		s := linkmodel.Signal{Kind: linkmodel.KindSaturated, Ratio: linkmodel.Known(v)}
		if got := b.signals(s); len(got) > 0 {
			t.Errorf("%v raised %v", v, got)
		}
	}
}

func TestThresholdPerSecond(t *testing.T) {
	rule := Rule{
		Warn: Threshold{Value: 1.0 / 60, Unit: UnitPerSecond},
		Crit: Threshold{Value: 0.0001, Unit: UnitRatio},
	}
	b := newBench(Rules{Errors: rule})
	signal := func(rate, ratio linkmodel.Quantity) linkmodel.Signal {
		return linkmodel.Signal{Kind: linkmodel.KindErrors, End: linkmodel.EndZ, Rate: rate, Ratio: ratio}
	}
	none := linkmodel.Unknown(linkmodel.ReasonIdle)

	first := b.signals(signal(linkmodel.Known(2), none))
	if diff := cmp.Diff([]string{"0:errors firing warning"}, told(0, first)); diff != "" {
		t.Fatal(diff)
	}
	ep := &first[0].Episode
	if !ep.PerSecond || ep.Value != 2 || ep.Peak != 2 || ep.Threshold != 1.0/60 {
		t.Errorf("a rate is told per second: %+v", ep)
	}

	second := b.signals(signal(linkmodel.Known(2), linkmodel.Known(0.0006)))
	if diff := cmp.Diff([]string{"1:errors update critical"}, told(1, second)); diff != "" {
		t.Fatal(diff)
	}
	ep = &second[0].Episode
	if ep.PerSecond || ep.Value != 0.0006 || ep.Peak != 0.0006 || ep.Threshold != 0.0001 {
		t.Errorf("a ratio is told as such, its peak too: %+v", ep)
	}
	if ep.ID != first[0].Episode.ID {
		t.Error("an update has its episode's id")
	}

	var last []string
	for range 2 {
		n := b.polls
		last = append(last, told(n, b.signals(signal(linkmodel.Known(0), none)))...)
	}
	if diff := cmp.Diff([]string{"3:errors resolved critical"}, last); diff != "" {
		t.Errorf("no error at all is a ratio of nothing, also on an idle link: %s", diff)
	}
}

// TestLoss uses low/high: the limits of the ratio in percent. Loss warns from 0.1 % and is critical
// from 1 %.
func TestLoss(t *testing.T) {
	f := func(name string, hold time.Duration, timeline, want string) {
		t.Helper()
		b := newBench(Rules{Loss: ratioRule(0.001, 0.01, hold)})
		got := strings.Join(b.run(t, linkmodel.KindLossy, timeline), ", ")
		if got != want {
			t.Errorf("%s\n got  %s\n want %s", name, got, want)
		}
	}
	const m = time.Minute

	f("the lower limit raises, twice running", 0, "0.1/3 0.1/3", "1:lossy firing warning")
	f("once does not", 0, "0.1/3 0/3 0.1/3 0/3", "")
	f("the upper one does not", 0, "0.09/50 0.09/50 0.09/50", "")
	f("the hold starts when the lower limit passes", 2*m, "0.05/9 0.2/1 0.2/1 0.2/1",
		"3:lossy firing warning")
	f("the upper limit clears, without a margin", 0, "0.2/1 0.2/1 0/0.1 0/0.0999 0/0.0999",
		"1:lossy firing warning, 4:lossy resolved warning")
	f("a wide bar clears nothing", 0, "0.2/1 0.2/1 0/2 0/2 0/2", "1:lossy firing warning")
	f("clears after twice the hold", m, "0.2/1 0.2/1 0/0 0/0 0/0",
		"1:lossy firing warning, 4:lossy resolved warning")
	f("rises to critical, twice running too", 0, "0.2/1 0.2/1 1/3 1/3",
		"1:lossy firing warning, 3:lossy update critical")
	f("critical at once is one message", 0, "1/3 1/3", "1:lossy firing critical")
}

func TestDirectionsAreJudgedApart(t *testing.T) {
	b := newBench(everyRule(0))
	a := parse(t, linkmodel.KindSaturated, linkmodel.AToZ, "90")
	z := parse(t, linkmodel.KindSaturated, linkmodel.ZToA, "75")
	got := b.signals(a, z)
	want := []string{"0:saturated firing critical", "0:saturated firing warning"}
	if diff := cmp.Diff(want, told(0, got)); diff != "" {
		t.Fatal(diff)
	}
	if got[0].Episode.ID == got[1].Episode.ID {
		t.Error("two directions share an id")
	}
}

func TestNoThresholdNoJudge(t *testing.T) {
	b := newBench(Rules{})
	for _, k := range kinds {
		if built := new(Rules).rule(k); built != (Rule{}) {
			continue // what the inventory has no threshold for is judged all the same
		}
		if got := b.run(t, k, "y y y"); len(got) > 0 {
			t.Errorf("%s was raised without a threshold: %v", k, got)
		}
	}
	var nobody linkmodel.Link
	if got := b.look(&linkmodel.View{Link: &nobody}); got != nil {
		t.Errorf("a link without rules gave %v", got)
	}
}

func TestSinceAndUntilAreReadingInstants(t *testing.T) {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 2*time.Minute)})
	var last Notification
	for word := range strings.FieldsSeq("10 75 91 75 75 10 10 10 10 10") {
		for _, n := range b.signals(parse(t, linkmodel.KindSaturated, linkmodel.AToZ, word)) {
			last = n
		}
	}
	ep := &last.Episode
	if last.Status != StatusResolved {
		t.Fatalf("got %s", last.Status)
	}
	if want := start.Add(time.Minute); !ep.Since.Equal(want) {
		t.Errorf("since %v, want the first reading above: %v", ep.Since, want)
	}
	if want := start.Add(5 * time.Minute); !ep.Until.Equal(want) {
		t.Errorf("until %v, want the first quiet reading: %v", ep.Until, want)
	}
	if ep.Peak != 0.91 {
		t.Errorf("peak %v, want 0.91, which was before the message", ep.Peak)
	}
}
