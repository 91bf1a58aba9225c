package linkmodel

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// account holds one end's intervals against what its router really counted.
type account struct {
	begun          bool
	base           [NumCounters]uint64 // the true counts that the next interval begins with
	at             time.Duration
	summed, missed [NumCounters]uint64 // of intervals with a value, of those without
	first          [NumCounters]uint64
}

// book checks the interval of one answer and moves on.
func (a *account) book(t *rapid.T, ev *EndView, end *propEnd) {
	iv := &ev.Interval
	switch {
	case !a.begun:
		*a = account{begun: true, first: end.served}
	case iv.Reason == ReasonStale:
		return // the next interval spans this one
	case !iv.Valid():
		for c := range NumCounters {
			a.missed[c] += end.served[c] - a.base[c]
		}
	default:
		a.check(t, ev, end)
	}
	a.base, a.at = end.served, ev.Last.Mono
}

func (a *account) check(t *rapid.T, ev *EndView, end *propEnd) {
	iv := &ev.Interval
	if want := ev.Last.Mono - a.at; iv.Elapsed != want {
		t.Fatalf("interval of %v, the readings are %v apart", iv.Elapsed, want)
	}
	for c := range NumCounters {
		want := end.served[c] - a.base[c]
		if !iv.Present.Has(c) || iv.Delta[c] != want {
			t.Fatalf("column %d: %d (present %v), the router counted %d", c, iv.Delta[c], iv.Present.Has(c), want)
		}
		if q := iv.Rate(c); q.Known && math.Abs(q.Value*iv.Elapsed.Seconds()-float64(want)) > 1e-9*float64(want) {
			t.Fatalf("column %d: %v per second over %v, the router counted %d", c, q.Value, iv.Elapsed, want)
		}
		a.summed[c] += want
	}
	for i, way := range ways {
		var want uint64
		for c := range NumCounters {
			if way.packets.Has(c) {
				want += end.served[c] - a.base[c]
			}
		}
		if got, has := iv.packets(i); !has || got != want {
			t.Fatalf("way %d: %d packets (%v), the router counted %d", i, got, has, want)
		}
	}
}

// exactly polls a healthy link over any schedule and holds every number against the truth. The
// reasons are those an interval may be no value for.
func exactly(t *rapid.T, narrow CounterMask, cache time.Duration, allowed ...Reason) {
	w := newPropWorld(t, narrow, cache)
	tracker := NewTracker(w.link)
	var books [2]account
	for range rapid.IntRange(2, 25).Draw(t, "polls") {
		w.pass(time.Duration(rapid.IntRange(100, 1500).Draw(t, "hundredths")) * 10 * time.Millisecond)
		p := w.poll()
		tracker.Observe(p)
		v := tracker.Judge(nil)
		for _, e := range Ends {
			if ev := &v.Ends[e]; ev.Answered {
				wantReason(t, books[e].begun, ev.Interval.Reason, allowed)
				books[e].book(t, ev, &w.ends[e])
			}
		}
		for _, d := range Directions {
			wantRates(t, d, v)
		}
	}
	for e := range books {
		a := &books[e]
		for c := range NumCounters {
			if a.begun && a.summed[c]+a.missed[c] != a.base[c]-a.first[c] {
				t.Fatalf("end %d, column %d: intervals sum to %d, gaps to %d, the router counted %d",
					e, c, a.summed[c], a.missed[c], a.base[c]-a.first[c])
			}
		}
	}
}

func wantReason(t *rapid.T, begun bool, got Reason, allowed []Reason) {
	if !begun && got == ReasonFirst || begun && got == ReasonNone {
		return
	}
	for _, r := range allowed {
		if begun && got == r {
			return
		}
	}
	t.Fatalf("interval is %q (not the first: %v) although nothing happened", got, begun)
}

// wantRates holds a direction's rates against the increments of the end they come from.
func wantRates(t *rapid.T, d Direction, v *View) {
	dv := &v.Directions[d]
	iv, octets := &v.Ends[d.Sender()].Interval, OutOctets
	if !iv.Rate(octets).Known {
		iv, octets = &v.Ends[d.Receiver()].Interval, InOctets
	}
	if dv.BPS.Known != iv.Rate(octets).Known {
		t.Fatalf("%v: rate %+v, the end's %+v", d, dv.BPS, iv.Rate(octets))
	}
	if dv.BPS.Known && !near(dv.BPS.Value*iv.Elapsed.Seconds(), 8*float64(iv.Delta[octets])) {
		t.Fatalf("%v: %v bit/s over %v, counted %d octets", d, dv.BPS.Value, iv.Elapsed, iv.Delta[octets])
	}
	iv = &v.Ends[d.Sender()].Interval
	way, mask := 1, PacketsOut
	if !packetRate(iv, mask).Known {
		iv, way, mask = &v.Ends[d.Receiver()].Interval, 0, PacketsIn
	}
	if dv.PPS.Known != packetRate(iv, mask).Known {
		t.Fatalf("%v: packet rate %+v, the end's %+v", d, dv.PPS, packetRate(iv, mask))
	}
	if n, _ := iv.packets(way); dv.PPS.Known && !near(dv.PPS.Value*iv.Elapsed.Seconds(), float64(n)) {
		t.Fatalf("%v: %v packets/s over %v, counted %d", d, dv.PPS.Value, iv.Elapsed, n)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) }

const (
	octetColumns  = CounterMask(1<<InOctets | 1<<OutOctets)
	packetColumns = PacketsIn | PacketsOut
)

// Rates times time are what the counters counted, over any schedule of polls and misses.
func TestRatesTimesTimeAreWhatWasCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { exactly(t, 0, 0) })
}

// The same where agents answer from caches: what they held back is spread over the time it took.
func TestRatesTimesTimeAreWhatWasCountedByCaches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exactly(t, 0, time.Duration(rapid.IntRange(1, 15).Draw(t, "cache"))*time.Second, ReasonStale)
	})
}

// The same with counters of 32 bits that wrap. A gap is allowed where more than one turn is
// possible, or where octets and packets wrap in one interval.
func TestRatesTimesTimeAreWhatWasCountedOverWraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { exactly(t, octetColumns, 0, ReasonAmbiguous) })
	rapid.Check(t, func(t *rapid.T) { exactly(t, packetColumns, 0, ReasonReset) })
	rapid.Check(t, func(t *rapid.T) { exactly(t, octetColumns|packetColumns, 0, ReasonAmbiguous, ReasonReset) })
}
