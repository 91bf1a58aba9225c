package linkmodel

import (
	"testing"
	"time"
)

// carry adds octets and packets to what cur received.
func carry(cur *Reading, octets, packets uint64) {
	cur.Counters.Value[InOctets] += octets
	cur.Counters.Value[InUcastPkts] += packets
}

// On a line of 1 Gbit/s, 10 s carry 1.25 GB; cached counters may be 3 s older at the start of the
// interval than at its end, and each instant is known to half a round trip.
func TestMoreThanTheLineCarries(t *testing.T) {
	f := func(name string, octets, packets uint64, reason, rate Reason) {
		t.Helper()
		prev, cur := pair()
		cur.Counters.Value = prev.Counters.Value
		carry(&cur, octets, packets)
		prev.Uncertainty, cur.Uncertainty = time.Second, time.Second
		var iv Interval
		subtract(&iv, &prev, &cur, limits{bps: 1e9, age: 3 * time.Second})
		if iv.Reason != reason {
			t.Errorf("%s: %q, want %q", name, iv.Reason, reason)
		}
		if reason != ReasonNone {
			return
		}
		if q := iv.Rate(InOctets); q.Known != (rate == ReasonNone) || q.Reason != rate {
			t.Errorf("%s: rate %+v, want %q", name, q, rate)
		}
		if iv.Delta[InOctets] != octets || iv.InPackets != packets {
			t.Errorf("%s: the counts are lost: %+v", name, iv)
		}
	}
	f("a full line", 1_250_000_000, 2_500_000, ReasonNone, ReasonNone)
	f("the clocks' doubt explains it", 1_560_000_000, 3_000_000, ReasonNone, ReasonNone)
	f("the cache's age explains it", 1_950_000_000, 3_900_000, ReasonNone, ReasonImplausible)
	f("nothing explains it", 2_000_000_000, 4_000_000, ReasonImplausible, ReasonNone)
	f("more packets than fit, small octets", 500_000_000, 24_000_000, ReasonImplausible, ReasonNone)
}

// Packets that came from the cache give no rate either.
func TestMorePacketsThanTheLineCarries(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 5*time.Second, 5*time.Second })
	for i := range r.ends {
		r.ends[i].HighSpeed = 1
	}
	r.poll(pollGap)
	r.add(EndA, OutUcastPkts, 18_000)
	r.add(EndA, OutOctets, 18_000*40)
	r.add(EndZ, InUcastPkts, 18_000)
	r.add(EndZ, InOctets, 18_000*40)
	v := r.poll(pollGap)
	wantKnown(t, "bps", v.Directions[AToZ].BPS, 576_000)
	wantUnknown(t, "pps", v.Directions[AToZ].PPS, ReasonImplausible)
	if iv := &v.Ends[EndA].Interval; !iv.Valid() || iv.OutPackets != 18_000 {
		t.Errorf("the counts are lost: %+v", iv)
	}
}

// A frame is counted at once, also on a line that needs seconds for it.
func TestOneFrameFitsASlowLine(t *testing.T) {
	f := func(octets uint64, want Reason) {
		t.Helper()
		prev, cur := pair()
		cur.Counters.Value = prev.Counters.Value
		carry(&cur, octets, 10)
		var iv Interval
		subtract(&iv, &prev, &cur, limits{bps: 1e4})
		if iv.Reason != want {
			t.Errorf("%d octets: %q, want %q", octets, iv.Reason, want)
		}
	}
	f(13_125+maxFrameOctets-100, ReasonNone)
	f(13_125+maxFrameOctets+100, ReasonImplausible)
}

func TestImpossibleSizes(t *testing.T) {
	f := func(octets, packets float64, want bool) {
		t.Helper()
		if got := impossibleSize(octets, packets); got != want {
			t.Errorf("%v octets, %v packets: %v, want %v", octets, packets, got, want)
		}
	}
	f(0, 0, false)
	f(16*9216, 0, false)
	f(16*9216+1, 0, true)
	f(0, 16, false)
	f(0, 17, true)
	f(13_999, 1_000, true)
	f(14_000, 1_000, false)
	f(100*512<<10, 100, false)
	f(117*512<<10, 100, true)
}

// The routers' counters stand still for half a minute and then jump; that their cache is not
// declared must not show more than the line carries.
func TestFrozenCountersThatJump(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = -1, -1 })
	for i := range r.ends {
		r.ends[i].HighSpeed = 1_000
	}
	r.poll(pollGap)
	var v *View
	for range 3 {
		r.flow(AToZ, 1_000_000, 0) // 400 Mbit/s
		v = r.poll(pollGap)
	}
	wantKnown(t, "steady", v.Directions[AToZ].BPS, 4e8)
	wantUnknown(t, "frozen", r.poll(pollGap).Directions[AToZ].BPS, ReasonStale)
	for range 3 {
		wantKnown(t, "frozen for longer than any cache", r.poll(pollGap).Directions[AToZ].BPS, 0)
	}
	r.flow(AToZ, 5_000_000, 0) // what 50 s brought: 2 Gbit/s in one interval
	v = r.poll(pollGap)
	wantUnknown(t, "jump", v.Directions[AToZ].BPS, ReasonImplausible)
	wantUnknown(t, "jump", v.Directions[AToZ].Utilization, ReasonImplausible)
	r.flow(AToZ, 3_000_000, 0) // 1.2 Gbit/s: a cache of 15 s explains it
	v = r.poll(pollGap)
	wantUnknown(t, "small jump", v.Directions[AToZ].BPS, ReasonImplausible)
	if iv := &v.Ends[EndA].Interval; !iv.Valid() || iv.OutPackets != 3_000_000 {
		t.Errorf("the counts of a small jump are lost: %+v", iv)
	}
}
