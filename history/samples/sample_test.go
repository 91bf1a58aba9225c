package samples

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// Every fact of a view comes back, whatever the others are.
func TestFactsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		verdict := func(label string) linkmodel.Verdict {
			return linkmodel.Verdict(rapid.IntRange(0, int(linkmodel.VerdictYes)).Draw(t, label))
		}
		var v linkmodel.View
		v.State = linkmodel.State(rapid.IntRange(0, int(linkmodel.StateDisabled)).Draw(t, "state"))
		for e := range v.Ends {
			end := &v.Ends[e]
			end.Answered = rapid.Bool().Draw(t, "answered")
			end.Seen, end.Reachable = end.Answered, end.Answered
			if !end.Answered {
				end.Misses = linkmodel.SilentAfter
			}
			end.Last.Oper = linkmodel.Status(rapid.IntRange(0, 7).Draw(t, "oper"))
			end.Frozen, end.SpeedDoubted = verdict("frozen"), rapid.Bool().Draw(t, "doubted")
		}
		for d := range v.Directions {
			c := &v.Directions[d].Checks
			c.Dead, c.NotMatching, c.Framing, c.Policed = verdict("dead"), verdict("match"), verdict("framing"), verdict("policed")
		}
		f := factsOf(&v)
		if f >= 1<<53 || facts(float64(f)) != f {
			t.Fatalf("%x does not fit into a float64", uint64(f))
		}
		if f.state() != v.State {
			t.Fatalf("state %v, want %v", f.state(), v.State)
		}
		var got linkmodel.View
		f.show(&got)
		if diff := cmp.Diff(v, got); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

// What is shown of a sample gives alerting the same signals as the view it was taken of.
func TestSampleShowsWhatIsJudged(t *testing.T) {
	v := full(start)
	for d := range v.Directions {
		dv := &v.Directions[d]
		dv.PPS, dv.Errors.PerSecond, dv.Discards.PerSecond = linkmodel.Known(1e6), linkmodel.Known(250), linkmodel.Known(0)
		dv.Errors.Ratio, dv.Discards.Ratio = linkmodel.Known(250./1_000_250), linkmodel.Known(0)
		dv.Utilization = linkmodel.Known(0.5)
	}
	v.Directions[linkmodel.ZToA].Loss = linkmodel.Loss{Reason: linkmodel.ReasonMissed}
	for e := range v.Ends {
		v.Ends[e].Answered = true
	}
	var s sample
	s.take(v)
	got := linkmodel.View{Link: v.Link}
	s.show(&got)
	near := cmp.Comparer(func(a, b float64) bool { return a == b || (a-b)/(a+b) < 1e-6 && (b-a)/(a+b) < 1e-6 })
	want, have := linkmodel.AppendSignals(nil, v), linkmodel.AppendSignals(nil, &got)
	for i := range want {
		if want[i].Kind == linkmodel.KindMismatch {
			continue // speeds, MTU and duplex are not kept
		}
		if diff := cmp.Diff(want[i], have[i], near); diff != "" {
			t.Errorf("%s (-want +got)\n%s", want[i].Kind, diff)
		}
	}
	if c := got.Directions[0].Capacity; !c.Known || c.Value != 200 {
		t.Errorf("capacity %+v, want 200 as bps over utilisation", c)
	}
}
