package alerting

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// loaded is a view of a link that is up, with this utilisation a to z; -1 is not known.
func loaded(decl *linkmodel.Link, utilization float64) *linkmodel.View {
	v := &linkmodel.View{Link: decl, State: linkmodel.StateUp}
	for e := range v.Ends {
		v.Ends[e].Answered, v.Ends[e].Reachable, v.Ends[e].Seen = true, true, true
	}
	for d := range v.Directions {
		v.Directions[d].Utilization = linkmodel.Unknown(linkmodel.ReasonNoCapacity)
		v.Directions[d].Loss.Reason = linkmodel.ReasonWindow
	}
	if utilization >= 0 {
		v.Directions[linkmodel.AToZ].Utilization = linkmodel.Known(utilization)
	}
	return v
}

// TestStandingTellsWhyAnAlarmIsOrIsNot follows one rule through the life of an episode.
func TestStandingTellsWhyAnAlarmIsOrIsNot(t *testing.T) {
	b := newBench(everyRule(2 * time.Minute))
	var got []string
	for _, u := range []float64{-1, 0.1, 0.9, 0.9, 0.9, 0.65, 0.1, 0.1, 0.1, 0.1, 0.1} {
		v := loaded(&b.decl, u)
		v.At, v.Mono = b.at(), b.mono()
		b.look(v)
		b.polls++
		st := standingOf(t, b.Standing(v), linkmodel.KindSaturated)
		text := st.Figure + ": " + st.Why
		if st.Episode != nil {
			text = "ALARM " + st.Episode.Severity.String() + " " + text
		}
		got = append(got, text)
	}
	want := []string{
		"no value: no value: no capacity",
		"10 %: below warning at 70 %",
		"90 %: over critical at 85 % for 0 s of 2 min",
		"90 %: over critical at 85 % for 60 s of 2 min",
		"ALARM critical 90 %: goes on; ends below 63 % for 4 min",
		"ALARM critical 65 %: goes on; ends below 63 % for 4 min",
		"ALARM critical 10 %: quiet for 0 s of 4 min and 1 of 2 polls, then it ends",
		"ALARM critical 10 %: quiet for 60 s of 4 min and 2 of 2 polls, then it ends",
		"ALARM critical 10 %: quiet for 2 min of 4 min and 2 of 2 polls, then it ends",
		"ALARM critical 10 %: quiet for 3 min of 4 min and 2 of 2 polls, then it ends",
		"10 %: below warning at 70 %",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func standingOf(t *testing.T, all []Standing, k linkmodel.Kind) *Standing {
	t.Helper()
	for i := range all {
		if all[i].Kind == k {
			return &all[i]
		}
	}
	t.Fatalf("no standing of %s", k)
	return nil
}

func TestStandingOfOtherKinds(t *testing.T) {
	b := newBench(everyRule(0))
	v := loaded(&b.decl, 0.1)
	f := func(k linkmodel.Kind, want string) {
		t.Helper()
		v.At, v.Mono = b.at(), b.mono()
		b.look(v)
		b.polls++
		st := standingOf(t, b.Standing(v), k)
		if got := st.Figure + ": " + st.Why; got != want {
			t.Errorf("%s: got %q, want %q", k, got, want)
		}
	}
	f(linkmodel.KindDown, "no: it is not so")
	f(linkmodel.KindLossy, "no value: window too short: no value: window too short")
	v.Directions[linkmodel.AToZ].Loss = linkmodel.Loss{Known: true, Ratio: 0.002, Low: 0.0005, High: 0.0035, Certain: 0.0005, Recent: 0.0035}
	f(linkmodel.KindLossy, "0.2 % (0.1-0.4 %): what is lost for certain, 0.05 %, is below warning at 0.1 %")
	v.Directions[linkmodel.AToZ].Loss.Certain = 0.0015
	f(linkmodel.KindLossy, "0.2 % (0.1-0.4 %): over warning at 0.1 % on 1 of 2 polls")
	f(linkmodel.KindLossy, "0.2 % (0.1-0.4 %): goes on; ends below 0.1 % for certain")
	v.State = linkmodel.StateDisabled
	v.Ends[linkmodel.EndZ].Last.Admin = linkmodel.StatusDown
	f(linkmodel.KindSaturated, "10 %: not judged: an operator shut z (cr1.par2 et-0/0/3 (par2))")
	other := b.decl
	other.Name = "nobody"
	if got := b.Standing(loaded(&other, 0)); got != nil {
		t.Errorf("a link that is not judged stands as %v", got)
	}
}

func TestJudgesBy(t *testing.T) {
	b := newBench(everyRule(2 * time.Minute))
	if !b.JudgesBy(&b.decl, everyRule(2*time.Minute)) || b.JudgesBy(&b.decl, everyRule(time.Minute)) {
		t.Error("the rules in use and others are not told apart")
	}
	other := b.decl
	other.Name = "nobody"
	if b.JudgesBy(&other, everyRule(time.Minute)) {
		t.Error("a link that is not there is judged")
	}
}
