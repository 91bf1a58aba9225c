package linkmodel

import "testing"

// What the routers count themselves is told for the window of the loss, by cause, and costs memory
// only while there is something to tell.
func TestCountedCauses(t *testing.T) {
	r := newRig(t, live)
	step := func(errors uint64) Loss {
		r.flow(AToZ, 100_000, errors)
		r.add(EndZ, InErrors, errors)
		r.add(EndA, OutDiscards, 2*errors)
		r.add(EndA, OutErrors, 3*errors)
		r.add(EndZ, InDiscards, 4*errors)
		r.add(EndZ, InUnknownProtos, 5*errors)
		return r.poll(pollGap).Directions[AToZ].Loss
	}
	for range 20 {
		step(0)
	}
	if r.tracker.loss.faults != nil {
		t.Fatal("memory for faults that nobody counted")
	}
	for i := range 1000 {
		l := step(100)
		if want := uint32(l.Window.Seconds() / pollGap.Seconds() * 100); i > 40 && l.Counted != ([NumCauses]uint32{
			CauseIngressErrors: want, CauseEgressDiscards: 2 * want, CauseEgressErrors: 3 * want,
			CauseIngressDiscards: 4 * want, CauseUnknownProtos: 5 * want,
		}) {
			t.Fatalf("poll %d: counted %v in %v, want %v times 1 to 5", i, l.Counted, l.Window, want)
		}
		if other := r.tracker.View().Directions[ZToA].Loss.Counted; other != ([NumCauses]uint32{}) {
			t.Fatalf("counted %v in the other direction", other)
		}
	}
	for range 400 {
		step(0)
	}
	if r.tracker.loss.faults != nil {
		t.Error("faults are kept when the window holds none any more")
	}
	step(100)
	r.ends[EndZ].Counters.Value = [NumCounters]uint64{}
	step(0)
	if r.tracker.loss.faults != nil {
		t.Error("faults outlive a reset")
	}
}

// Counts that wrap at 2^32 are counted on.
func TestCountedCausesWrap(t *testing.T) {
	r := newRig(t, live)
	r.ends[EndZ].Counters.Value[InErrors] = wordSize - 500
	var l Loss
	for range 20 {
		r.flow(AToZ, 100_000, 100)
		r.add(EndZ, InErrors, 100)
		l = r.poll(pollGap).Directions[AToZ].Loss
	}
	if want := uint32(l.Window.Seconds() / pollGap.Seconds() * 100); l.Counted[CauseIngressErrors] != want {
		t.Fatalf("counted %v in %v, want %v", l.Counted, l.Window, want)
	}
}
