package linkmodel

import (
	"testing"
	"time"
)

// Counters that stop while the far end still receives packets are frozen, and the path is not dead.
func TestFrozenCounters(t *testing.T) {
	for _, e := range Ends {
		r := newRig(t, ages(0, 0))
		r.poll(pollGap)
		r.busy(12)
		stopped := r.ends[e].Counters
		for poll := 1; poll <= 12; poll++ {
			r.flow(AToZ, 10_000, 0)
			r.flow(ZToA, 5_000, 0)
			r.ends[e].Counters = stopped
			v := r.poll(pollGap)
			if got, want := v.Ends[e].Frozen == VerdictYes, poll > frozenPolls; got != want {
				t.Fatalf("%v, poll %d: frozen %v, want %v", e, poll, v.Ends[e].Frozen, want)
			}
			if v.Ends[e.Other()].Frozen == VerdictYes || v.dead() {
				t.Fatalf("%v, poll %d: the other end frozen, or the path dead", e, poll)
			}
		}
		if s := signal(t, r.tracker.View(), KindCountersFrozen, NoDirection); s.Ratio.Value != 1 || s.End != e {
			t.Fatalf("signal %+v", s)
		}
		r.add(e, InErrors, 1)
		if v := r.poll(pollGap); v.Ends[e].Frozen != VerdictNo {
			t.Fatalf("%v: frozen after its counters moved", e)
		}
	}
}

// What the far end counts late was sent before.
func TestWhatIsCountedLateProvesNothing(t *testing.T) {
	r := newRig(t, ages(0, 12*time.Second))
	r.poll(pollGap)
	r.busy(3)
	for i := range 20 {
		if i == 0 {
			r.add(EndZ, InUcastPkts, 10_000)
			r.add(EndZ, InOctets, 5_000_000)
		}
		if v := r.poll(pollGap); v.Ends[EndA].Frozen == VerdictYes {
			t.Fatalf("frozen at poll %d", i)
		}
	}
}

// A router that is busy counts more than its cache explains late. That comes once, or again after a while.
func TestWhatIsCountedMuchTooLateProvesNothing(t *testing.T) {
	r := newRig(t, ages(0, 0))
	r.poll(pollGap)
	r.busy(3)
	for i := range 60 {
		if i%20 == 4 {
			r.add(EndZ, InUcastPkts, 10_000)
			r.add(EndZ, InOctets, 5_000_000)
		}
		if v := r.poll(pollGap); v.Ends[EndA].Frozen == VerdictYes {
			t.Fatalf("frozen at poll %d", i)
		}
	}
}

// Idle counters stand still too.
func TestIdleCountersAreNotFrozen(t *testing.T) {
	f := func(name string, each func(r *rig)) {
		t.Helper()
		r := newRig(t, ages(0, 0))
		r.poll(pollGap)
		r.busy(3)
		for i := range 100 {
			each(r)
			v := r.poll(pollGap)
			if v.Ends[EndA].Frozen != VerdictNo || v.Ends[EndZ].Frozen != VerdictNo {
				t.Fatalf("%s: frozen at poll %d", name, i)
			}
		}
	}
	f("nothing flows", func(*rig) {})
	f("all is lost on the way", func(r *rig) { r.flow(AToZ, 10_000, 10_000) })
	f("control frames that only the far end counts", func(r *rig) { r.add(EndA, InMulticastPkts, 11); r.add(EndA, InOctets, 1400) })
}
