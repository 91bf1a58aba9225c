package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// silence is one by jo for so many polls from the next one on.
func (b *bench) silence(polls int, edit func(*Silence)) Silence {
	s := Silence{By: "jo", Text: "noisy optic", At: b.at(), Until: b.at().Add(time.Duration(polls) * b.interval)}
	if edit != nil {
		edit(&s)
	}
	s = NewSilence(s)
	b.AddSilence(s)
	return s
}

func TestSilence(t *testing.T) {
	f := func(name, before string, edit func(*Silence), during, want string) {
		t.Helper()
		b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 0), Down: downRule(0)})
		got := b.run(t, linkmodel.KindSaturated, before)
		b.silence(4, edit)
		got = append(got, b.run(t, linkmodel.KindSaturated, during)...)
		if text := strings.ReplaceAll(strings.Join(got, ", "), "saturated ", ""); text != want {
			t.Errorf("%s\n got  %s\n want %s", name, text, want)
		}
	}
	f("what comes and goes is not told", "10", nil, "75 75 10 10 10 10", "")
	f("what is still true at its end is told then", "10", nil, "75 75 75 75 75", "5:firing warning")
	f("the end of what was told before is told", "75", nil, "10 10", "0:firing warning, 2:resolved warning")
	f("nothing worse is told", "75", nil, "90 90 10 10", "0:firing warning, 4:resolved critical")
	f("another link", "10", func(s *Silence) { s.Scope.Link = []string{"other"} }, "75", "1:firing warning")
	f("this link", "10", func(s *Silence) { s.Scope.Link = []string{"other", "lon1-par2-1"} }, "75", "")
	f("another kind", "10", func(s *Silence) { s.Kind = []linkmodel.Kind{linkmodel.KindDown} }, "75", "1:firing warning")
	f("this kind at one of its sites", "10", func(s *Silence) {
		s.Kind, s.Scope.Site = []linkmodel.Kind{linkmodel.KindSaturated}, []string{"par2"}
	}, "75", "")
	f("all must match", "10", func(s *Silence) { s.Scope = Scope{Site: []string{"par2"}, Carrier: []string{"Zayo"}} }, "75",
		"1:firing warning")
	f("it begins later", "10", func(s *Silence) { s.At = s.At.Add(time.Minute) }, "75", "1:firing warning")
}

func TestSilenceLeavesItsReason(t *testing.T) {
	b := newBench(Rules{Utilization: ratioRule(0.7, 0.85, 0)})
	b.run(t, linkmodel.KindSaturated, "10")
	b.silence(2, nil)
	longer := b.silence(4, func(s *Silence) { s.By = "al" })
	b.run(t, linkmodel.KindSaturated, "75")
	if got, want := b.Episodes()[0].HeldBack, "silenced by al until 2026-12-03 10:05 UTC: noisy optic"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if all := b.Silences(b.at()); len(all) != 2 || all[1].ID != longer.ID || all[0].ID == all[1].ID {
		t.Errorf("listed %+v", all)
	}
	b.EndSilence(longer.ID)
	if got := b.run(t, linkmodel.KindSaturated, "75"); len(got) > 0 {
		t.Errorf("the other one counts still: %v", got)
	}
	if got := strings.Join(b.run(t, linkmodel.KindSaturated, "75"), ", "); got != "3:saturated firing warning" {
		t.Errorf("at the end of both: %s", got)
	}
	if all := b.Silences(b.at()); len(all) != 0 {
		t.Errorf("listed %+v", all)
	}
	if got := b.noted[0]; !strings.Contains(got, "silenced by al") {
		t.Errorf("noted %s", got)
	}
}

// Orders survive a reload: they are not of the inventory.
func TestOrdersSurviveAReload(t *testing.T) {
	b := reminding()
	b.run(t, linkmodel.KindSaturated, "75")
	b.ack(9*time.Hour, false)
	b.silence(20, func(s *Silence) { s.Kind = []linkmodel.Kind{linkmodel.KindDown} })
	b.reloaded(Rules{Utilization: ratioRule(0.6, 0.85, 0), Down: downRule(0)}, nil)
	b.run(t, linkmodel.KindSaturated, "75 75 75")
	if got := b.states("d d"); got != "" {
		t.Errorf("told %s", got)
	}
	if ep := b.Episodes(); len(b.Silences(b.at())) != 1 || ep[len(ep)-1].Ack == nil {
		t.Errorf("forgotten: %+v", ep)
	}
}
