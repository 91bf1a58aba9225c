package linkmodel

import "testing"

func signal(t *testing.T, v *View, k Kind, d Direction) Signal {
	t.Helper()
	for _, s := range AppendSignals(nil, v) {
		if s.Kind == k && s.Direction == d {
			return s
		}
	}
	t.Fatalf("no signal %s %s", k, d)
	return Signal{}
}

func TestEverySignalOnceAndInOrder(t *testing.T) {
	r := newRig(t)
	seen := map[[2]string]bool{}
	signals := AppendSignals(nil, r.poll(pollGap))
	for _, s := range signals {
		key := [2]string{string(s.Kind), s.Direction.String()}
		if seen[key] {
			t.Errorf("%v twice", key)
		}
		seen[key] = true
		if s.Ratio.Known && s.Kind != KindMismatch {
			t.Errorf("%v known after one reading: %+v", key, s.Ratio)
		}
	}
	if len(signals) != NumSignals {
		t.Fatalf("%d signals, want %d", len(signals), NumSignals)
	}
}

func TestStateSignals(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	v := r.poll(pollGap)
	wantKnown(t, "up: down", signal(t, v, KindDown, NoDirection).Ratio, 0)
	r.ends[EndZ].Oper = StatusDown
	v = r.poll(pollGap)
	s := signal(t, v, KindHalfDown, NoDirection)
	wantKnown(t, "half-down", s.Ratio, 1)
	if s.End != EndZ {
		t.Fatalf("half-down at %q, want z", s.End)
	}
	r.ends[EndA].Oper = StatusDown
	v = r.poll(pollGap)
	wantKnown(t, "down", signal(t, v, KindDown, NoDirection).Ratio, 1)
	wantKnown(t, "half-down ends with down", signal(t, v, KindHalfDown, NoDirection).Ratio, 0)
	r.ends[EndA].Oper, r.ends[EndZ].Oper = StatusUp, StatusUp
	r.silent[EndA] = true
	for range SilentAfter {
		v = r.poll(pollGap)
	}
	s = signal(t, v, KindUnreachable, NoDirection)
	wantKnown(t, "unreachable", s.Ratio, 1)
	if s.End != EndA {
		t.Fatalf("unreachable at %q, want a", s.End)
	}
}

func TestLossSignalIsWhatAnAlarmGoesBy(t *testing.T) {
	v := &View{State: StateUp}
	v.Directions[AToZ].Loss = Loss{Known: true, Ratio: 0.01, Low: 0.008, High: 0.012, Certain: 0.007, Recent: 0.02}
	s := signal(t, v, KindLossy, AToZ)
	if s.Ratio != Known(0.01) || s.Low != 0.007 || s.High != 0.02 {
		t.Fatalf("signal %+v", s)
	}
	wantUnknown(t, "z_to_a", signal(t, v, KindLossy, ZToA).Ratio, ReasonNone)
}
