package linkmodel

import (
	"math/rand/v2"
	"testing"
	"time"
)

// sized adds packets of a mean size to direction d, each extra octets larger at the sender.
func (r *rig) sized(d Direction, packets, size, extra uint64) {
	r.add(d.Sender(), OutUcastPkts, packets)
	r.add(d.Sender(), OutOctets, packets*(size+extra))
	r.add(d.Receiver(), InUcastPkts, packets)
	r.add(d.Receiver(), InOctets, packets*size)
}

func TestFraming(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, extra := range []uint64{0, 4, 14, 18, 22, 24} {
		r := newRig(t, ages(0, 0))
		r.late[EndZ] = time.Millisecond
		r.poll(pollGap)
		for poll := range 60 {
			size := uint64(200 + random.IntN(1200))
			r.sized(AToZ, 10_000, size, extra)
			r.sized(ZToA, 10_000, size, 0)
			v := r.poll(pollGap)
			there, back := &v.Directions[AToZ].Checks, &v.Directions[ZToA].Checks
			if back.Framing == VerdictYes {
				t.Fatalf("%d octets: the other direction has a framing difference", extra)
			}
			if there.Framing == VerdictYes && there.Octets != float32(extra) {
				t.Fatalf("%v octets at poll %d, want %d", there.Octets, poll, extra)
			}
		}
		want := verdict(extra > 0)
		if got := r.tracker.View().Directions[AToZ].Checks.Framing; got != want {
			t.Errorf("%d octets: %v, want %v", extra, got, want)
		}
		if s := signal(t, r.tracker.View(), KindFraming, AToZ); extra > 0 && (s.Rate.Value != float64(extra) || s.End != EndA) {
			t.Errorf("signal %+v", s)
		}
	}
}

// Without enough packets, with loss, or with old counters it takes longer or is never said.
func TestFramingIsNotSaidTooEarly(t *testing.T) {
	f := func(name string, change func(*Link), each func(r *rig)) {
		t.Helper()
		r := newRig(t, change)
		r.poll(pollGap)
		for range 60 {
			each(r)
			if v := r.poll(pollGap); v.Directions[AToZ].Checks.Framing != VerdictOpen {
				t.Fatalf("%s: %+v", name, v.Directions[AToZ].Checks)
			}
		}
	}
	f("few packets", ages(0, 0), func(r *rig) { r.sized(AToZ, 20, 500, 14) })
	f("loss", ages(0, 0), func(r *rig) { r.sized(AToZ, 10_000, 500, 14); r.add(EndA, OutUcastPkts, 100) })
	f("15 s", ages(15*time.Second, 15*time.Second), func(r *rig) { r.sized(AToZ, 10_000, 500, 14) })
}

func TestFramingFadesAndForgets(t *testing.T) {
	r := newRig(t, ages(0, 0))
	r.late[EndZ] = time.Millisecond
	r.poll(time.Hour)
	for range 40 {
		r.sized(AToZ, 10_000_000, 500, 14)
		r.poll(time.Hour)
	}
	if got := r.tracker.View().Directions[AToZ].Checks; got.Framing != VerdictYes || got.Octets != 14 {
		t.Fatalf("%+v", got)
	}
	for range 200 {
		r.sized(AToZ, 10_000_000, 500, 0)
		r.poll(time.Hour)
	}
	if got := r.tracker.View().Directions[AToZ].Checks; got.Framing != VerdictNo {
		t.Fatalf("a difference of a week ago: %+v", got)
	}
	r.ends[EndA].Discontinuity++
	if v := r.poll(time.Hour); v.Directions[AToZ].Checks.Framing != VerdictOpen {
		t.Fatalf("after a break: %+v", v.Directions[AToZ].Checks)
	}
}
