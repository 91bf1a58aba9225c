package linkmodel

import "testing"

func TestCounterEvents(t *testing.T) {
	f := func(name string, want EventKind, change func(e *Reading)) {
		t.Helper()
		r := newRig(t)
		r.poll(pollGap)
		change(&r.ends[EndZ])
		v := r.poll(pollGap)
		if !hasEvent(v, want) {
			t.Errorf("%s: events %v", name, v.Events)
		}
	}
	f("cleared", EventDiscontinuity, func(e *Reading) { e.Discontinuity = 7 })
	f("reset", EventReset, func(e *Reading) { e.Counters.Value = [NumCounters]uint64{} })
	f("renumbered", EventRenumbered, func(e *Reading) { e.Index = 900 })
	f("speed", EventSpeed, func(e *Reading) { e.HighSpeed = 1000 })
	f("shut", EventAdmin, func(e *Reading) { e.Admin, e.Oper = StatusDown, StatusDown })
	f("oper", EventOper, func(e *Reading) { e.Oper = StatusDown })
}

// After a renumbering ifLastChange is of another row: that it differs is no flap.
func TestRenumberingIsNoFlap(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.ends[EndZ].Index++
	r.ends[EndZ].LastChange = r.ends[EndZ].UpTime + 300
	v := r.poll(pollGap)
	if hasEvent(v, EventFlap) || v.Changes != 0 || !hasEvent(v, EventRenumbered) {
		t.Fatalf("events %v, changes %d, want only renumbered", v.Events, v.Changes)
	}
}
