package linkmodel

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func lossOf(low, ratio, high float64, counted map[Cause]float64) *Loss {
	l := &Loss{Known: true, Low: low, Ratio: ratio, High: high, Packets: 100_000}
	for c, n := range counted {
		l.Counted[c] = uint32(n)
	}
	return l
}

func TestBreakdown(t *testing.T) {
	f := func(name string, loss *Loss, inside Verdict, wireLow, wireHigh float64, first Cause) {
		t.Helper()
		got := breakdown(loss, inside)
		want := got
		want.WireLow, want.WireHigh, want.First = wireLow, wireHigh, first
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	f("nobody counted any", lossOf(0.009, 0.01, 0.011, nil), VerdictOpen, 0.009, 0.011, CauseWire)
	f("not certain", lossOf(0, 0.01, 0.02, map[Cause]float64{CauseIngressErrors: 1000}), VerdictOpen, 0, 0.02, CauseNone)
	f("as many errors as were lost", lossOf(0.009, 0.01, 0.011, map[Cause]float64{CauseIngressErrors: 1000}), VerdictOpen, 0, 0.011, CauseIngressErrors)
	f("a few errors", lossOf(0.009, 0.01, 0.011, map[Cause]float64{CauseIngressErrors: 100}), VerdictOpen, 0.008, 0.011, CauseWire)
	drops := map[Cause]float64{CauseEgressDiscards: 600}
	f("drops, not learned", lossOf(0.009, 0.01, 0.011, drops), VerdictOpen, 0.003, 0.011, CauseWire)
	f("drops inside", lossOf(0.009, 0.01, 0.011, drops), VerdictYes, 0.003, 0.005, CauseEgressDiscards)
	f("drops outside", lossOf(0.009, 0.01, 0.011, drops), VerdictNo, 0.009, 0.011, CauseWire)
	f("more drops than the ends differ by", lossOf(0.009, 0.01, 0.011, map[Cause]float64{CauseEgressDiscards: 5000}), VerdictOpen, 0.009, 0.011, CauseWire)
	f("all kinds", lossOf(0.009, 0.01, 0.011, map[Cause]float64{
		CauseEgressErrors: 100, CauseIngressErrors: 100, CauseIngressDiscards: 500, CauseUnknownProtos: 100,
	}), VerdictOpen, 0.001, 0.011, CauseWire)
	if got := breakdown(&Loss{Reason: ReasonIdle, Packets: 1}, VerdictOpen); got != (Breakdown{}) {
		t.Errorf("unknown loss: %+v", got)
	}
}

// What a receiver counts as errors while packets go missing is where they went.
func TestLossIsBrokenDown(t *testing.T) {
	for _, d := range Directions {
		r := newRig(t, ages(0, 0))
		r.late[EndZ] = time.Millisecond
		r.poll(pollGap)
		for range 30 {
			r.flow(d, 10_000, 500)
			r.add(d.Receiver(), InErrors, 500)
			r.poll(pollGap)
		}
		b := r.tracker.View().Directions[d].Breakdown()
		if share := b.Share[CauseIngressErrors]; b.First != CauseIngressErrors || share < 0.049 || share > 0.051 || b.WireLow > 0.001 {
			t.Errorf("%v: %+v", d, b)
		}
		if other := r.tracker.View().Directions[1-d].Breakdown(); other.First != CauseNone {
			t.Errorf("%v: the other direction: %+v", d, other)
		}
	}
}

// Bounds stay in order and inside those of the loss, whatever was counted.
func TestBreakdownBounds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		share := rapid.Float64Range(0, 1)
		low := share.Draw(rt, "low")
		loss := lossOf(low, low, low+(1-low)*share.Draw(rt, "width"), nil)
		for c := CauseEgressDiscards; c < NumCauses; c++ {
			if c != CauseWire {
				loss.Counted[c] = uint32(share.Draw(rt, c.String()) * 200_000)
			}
		}
		b := breakdown(loss, Verdict(rapid.IntRange(0, 2).Draw(rt, "inside")))
		if b.WireLow < 0 || b.WireLow > b.WireHigh || b.WireLow > loss.Low || b.WireHigh > loss.High {
			rt.Fatalf("%+v of %+v", b, loss)
		}
		if (b.First == CauseNone) != (loss.Low <= 0) {
			rt.Fatalf("first %q at low %v", b.First, loss.Low)
		}
	})
}

// A router that counts its queue drops as sent is told from one that does not, through loss and
// timing noise.
func TestEgressDiscardsAreLearned(t *testing.T) {
	f := func(name string, inside bool, loss, noise float64, polls int, want Verdict) {
		t.Helper()
		random := rand.New(rand.NewPCG(9, 10))
		r := newRig(t, ages(0, 0))
		r.poll(pollGap)
		late := uint64(0)
		for range polls {
			n, drops := uint64(10_000), uint64(0)
			if random.IntN(3) == 0 {
				drops = uint64(random.IntN(500))
			}
			hold := uint64(random.Float64() * noise)
			lost := uint64(loss * float64(n))
			r.flow(AToZ, n, lost+hold)
			r.add(EndZ, InUcastPkts, late)
			r.add(EndZ, InOctets, 500*late)
			late = hold
			r.add(EndA, OutDiscards, drops)
			if inside {
				r.add(EndA, OutUcastPkts, drops)
				r.add(EndA, OutOctets, 500*drops)
			}
			r.poll(pollGap)
		}
		if got := r.tracker.checks.egress[EndA].verdict(); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if r.tracker.checks.egress[EndZ] != nil {
			t.Errorf("%s: something is kept of z, which drops nothing", name)
		}
	}
	f("inside", true, 0, 0, 60, VerdictYes)
	f("outside", false, 0, 0, 60, VerdictNo)
	f("inside, with loss and noise", true, 0.02, 300, 400, VerdictYes)
	f("outside, with loss and noise", false, 0.02, 300, 400, VerdictNo)
	f("too much noise", true, 0, 9_000, 60, VerdictOpen)
	f("too few", true, 0, 0, 6, VerdictOpen)
	f("for months", true, 0, 0, 3*egressMost, VerdictYes)
}
