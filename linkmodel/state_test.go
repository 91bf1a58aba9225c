package linkmodel

import "testing"

func TestSilenceTakesThreeMisses(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.poll(pollGap)
	r.silent[EndZ] = true
	wantState(t, r.poll(pollGap), StateUp)
	wantState(t, r.poll(pollGap), StateUp)
	v := r.poll(pollGap)
	wantState(t, v, StateUnreachable)
	if !hasEvent(v, EventSilent) || v.Ends[EndZ].Reachable {
		t.Fatalf("events %v, reachable %v", v.Events, v.Ends[EndZ].Reachable)
	}
	if v.Directions[AToZ].Loss.Reason != ReasonFarEndSilent {
		t.Fatalf("loss reason %v", v.Directions[AToZ].Loss.Reason)
	}
	wantState(t, r.poll(pollGap), StateUnreachable)
	r.silent[EndZ] = false
	v = r.poll(pollGap)
	wantState(t, v, StateUp)
	if !hasEvent(v, EventBack) || !hasEvent(v, EventState) {
		t.Fatalf("events %v, want back and state", v.Events)
	}
}

func TestNeverAnsweredIsUnreachableNotDown(t *testing.T) {
	r := newRig(t)
	r.silent = [2]bool{true, true}
	wantState(t, r.poll(pollGap), StateUnknown)
	wantState(t, r.poll(pollGap), StateUnknown)
	wantState(t, r.poll(pollGap), StateUnreachable)
}

func TestStates(t *testing.T) {
	f := func(name string, want State, change func(r *rig)) {
		t.Helper()
		r := newRig(t)
		r.poll(pollGap)
		r.poll(pollGap)
		change(r)
		if v := r.poll(pollGap); v.State != want {
			t.Errorf("%s: %v, want %v", name, v.State, want)
		}
	}
	f("nothing happened", StateUp, func(*rig) {})
	f("both down", StateDown, func(r *rig) { r.ends[EndA].Oper, r.ends[EndZ].Oper = StatusDown, StatusLowerLayerDown })
	f("one down", StateHalfDown, func(r *rig) { r.ends[EndZ].Oper = StatusDown })
	f("dormant carries traffic", StateUp, func(r *rig) { r.ends[EndZ].Oper = StatusDormant })
	f("shut by an operator", StateDisabled, func(r *rig) {
		r.ends[EndA].Admin, r.ends[EndA].Oper = StatusDown, StatusDown
		r.ends[EndZ].Oper = StatusDown
	})
	f("ifOperStatus unknown at both", StateUnknown, func(r *rig) {
		r.ends[EndA].Oper, r.ends[EndZ].Oper = StatusUnknown, StatusUnknown
	})
	f("one silent, the other down", StateDown, func(r *rig) {
		r.silent[EndA] = true
		r.poll(pollGap)
		r.poll(pollGap)
		r.ends[EndZ].Oper = StatusDown
	})
}

func TestDownIsKnownAtTheFirstReading(t *testing.T) {
	r := newRig(t)
	r.ends[EndA].Oper, r.ends[EndZ].Oper = StatusDown, StatusDown
	wantState(t, r.poll(pollGap), StateDown)
}

// An interface that was never seen admin-up is not "shut by an operator".
func TestAdminDownFromTheStartIsDown(t *testing.T) {
	r := newRig(t)
	for i := range r.ends {
		r.ends[i].Admin, r.ends[i].Oper = StatusDown, StatusDown
	}
	wantState(t, r.poll(pollGap), StateDown)
}

func TestDegradedByFindings(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.poll(pollGap)
	v := r.tracker.Judge([]Finding{{Kind: KindSaturated, Severity: SeverityWarning}})
	wantState(t, v, StateDegraded)
	r.ends[EndA].Oper, r.ends[EndZ].Oper = StatusDown, StatusDown
	r.poll(pollGap)
	v = r.tracker.Judge([]Finding{{Kind: KindDown, Severity: SeverityCritical}})
	wantState(t, v, StateDown)
	v = r.tracker.Judge([]Finding{{Kind: KindSaturated, Severity: SeverityInfo}})
	wantState(t, v, StateDown)
}

func TestSinceIsWhenTheStateWasEntered(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	entered := r.poll(pollGap).At
	v := r.poll(pollGap)
	if !v.Since.Equal(entered) {
		t.Fatalf("since %v, want %v", v.Since, entered)
	}
	r.ends[EndA].Oper = StatusDown
	v = r.poll(pollGap)
	for _, e := range v.Events {
		if e.Kind == EventState && e.Duration != 2*pollGap {
			t.Fatalf("the state before lasted %v, want 20s", e.Duration)
		}
	}
	if !v.Since.Equal(v.At) || !hasEvent(v, EventState) {
		t.Fatalf("since %v at %v, events %v", v.Since, v.At, v.Events)
	}
}

// Neither end is special: every pair of ends gives the same state the other way round.
func TestStateIsTheSameFromBothEnds(t *testing.T) {
	type end struct {
		view        EndView
		shut, rated bool
	}
	answers := func(s Status) EndView { return EndView{Reachable: true, Last: Reading{Oper: s}} }
	up, down := end{view: answers(StatusUp), rated: true}, end{view: answers(StatusLowerLayerDown), rated: true}
	shut := end{view: answers(StatusDown), shut: true, rated: true}
	silent := end{view: EndView{Misses: SilentAfter, Last: Reading{Oper: StatusDown}}, rated: true}
	missed := end{view: EndView{Reachable: true, Misses: SilentAfter - 1, Last: Reading{Oper: StatusUp}}, rated: true}
	first := end{view: answers(StatusDormant)}
	neither := end{view: answers(StatusTesting), rated: true}
	f := func(name string, a, z end, want State) {
		t.Helper()
		for _, e := range [][2]end{{a, z}, {z, a}} {
			views := [2]EndView{e[0].view, e[1].view}
			got := baseState(&views, [2]bool{e[0].shut, e[1].shut}, [2]bool{e[0].rated, e[1].rated}, false)
			if got != want {
				t.Errorf("%s: %v, want %v (%+v)", name, got, want, e)
			}
		}
	}
	f("shut and up", shut, up, StateDisabled)
	f("shut and down", shut, down, StateDisabled)
	f("shut and silent", shut, silent, StateDisabled)
	f("up and down", up, down, StateHalfDown)
	f("down and first reading up", down, first, StateHalfDown)
	f("down and silent", down, silent, StateDown)
	f("down and testing", down, neither, StateDown)
	f("up and silent", up, silent, StateUnreachable)
	f("first reading and silent", first, silent, StateUnreachable)
	f("up and first reading", up, first, StateUnknown)
	f("up and testing", up, neither, StateUp)
	f("testing and testing", neither, neither, StateUnknown)
	f("up and missed", up, missed, StateUp)
}

// What an operator shut is known only while the router says so: a silent one may be open again.
func TestShutEndThatFallsSilentIsNotDisabled(t *testing.T) {
	for _, e := range Ends {
		r := newRig(t)
		r.poll(pollGap)
		r.ends[e].Admin, r.ends[e].Oper = StatusDown, StatusDown
		r.ends[e.Other()].Oper = StatusDown
		wantState(t, r.poll(pollGap), StateDisabled)
		r.silent[e] = true
		r.poll(pollGap)
		wantState(t, r.poll(pollGap), StateDisabled)
		wantState(t, r.poll(pollGap), StateDown)
	}
}

// One end that has given a rate does not make up for the other that has not.
func TestUpNeedsARateOfEitherEnd(t *testing.T) {
	for _, e := range Ends {
		r := newRig(t)
		r.silent[e] = true
		for range SilentAfter - 1 {
			r.poll(pollGap)
		}
		r.silent[e] = false
		wantState(t, r.poll(pollGap), StateUnknown)
		wantState(t, r.poll(pollGap), StateUp)
	}
}
