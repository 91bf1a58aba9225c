package linkmodel

import (
	"testing"
	"time"
)

func TestFirstReadingIsUnknownNotZero(t *testing.T) {
	r := newRig(t)
	v := r.poll(pollGap)
	wantState(t, v, StateUnknown)
	wantUnknown(t, "bps", v.Directions[AToZ].BPS, ReasonFirst)
	wantUnknown(t, "errors", v.Directions[AToZ].Errors.PerSecond, ReasonFirst)
	if v.Directions[AToZ].Loss.Known {
		t.Fatal("loss is known after one reading")
	}
}

func TestViewInstant(t *testing.T) {
	r := newRig(t)
	r.silent = [2]bool{true, true}
	v := r.poll(pollGap)
	if want := r.start.Add(pollGap); !v.At.Equal(want) {
		t.Fatalf("nobody answered: at %v, want the scheduled %v", v.At, want)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.ends[EndA].Oper = StatusDown
	c := r.poll(pollGap).Clone()
	events, state := len(c.Events), c.State
	r.ends[EndA].Oper = StatusUp
	r.poll(pollGap)
	r.poll(pollGap)
	if len(c.Events) != events || c.State != state {
		t.Fatalf("clone changed: %+v", c)
	}
}

// Whichever end answered later tells when the view is true.
func TestViewInstantIsTheLaterReading(t *testing.T) {
	for _, later := range Ends {
		r := newRig(t)
		r.late = [2]time.Duration{}
		r.late[later] = 300 * time.Millisecond
		v := r.poll(pollGap)
		want := pollGap + 300*time.Millisecond
		if !v.At.Equal(r.start.Add(want)) || v.Mono != want {
			t.Errorf("%v answered later: at %v (%v), want %v", later, v.At, v.Mono, want)
		}
		r.silent[later] = true
		if v = r.poll(pollGap); v.Mono != 2*pollGap {
			t.Errorf("%v is silent: at %v, want the other's %v", later, v.Mono, 2*pollGap)
		}
	}
}
