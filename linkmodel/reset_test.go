package linkmodel

import (
	"testing"
	"time"
)

// The figures are of a real agent whose kernel interface was deleted and made anew within one
// cache period: Counter64 octets and packets stepped up by 2^32, nothing was marked.
func TestSubtractFalseCarry(t *testing.T) {
	prev, cur := pair()
	prev.Counters.Value[OutOctets], cur.Counters.Value[OutOctets] = 8520178, 4294968148
	prev.Counters.Value[OutUcastPkts], cur.Counters.Value[OutUcastPkts] = 60011, 4294967306
	prev.Counters.Value[OutMulticastPkts], cur.Counters.Value[OutMulticastPkts] = 0, 0
	prev.Counters.Value[OutBroadcastPkts], cur.Counters.Value[OutBroadcastPkts] = 0, 0
	var iv Interval
	subtract(&iv, &prev, &cur, limits{})
	if iv.Reason != ReasonReset {
		t.Fatalf("reason %q, want reset", iv.Reason)
	}
}

func TestSubtractTrueCarry(t *testing.T) {
	prev, cur := pair()
	prev.Counters.Value[OutOctets], cur.Counters.Value[OutOctets] = 1<<32-100, 1<<32+4_999_900
	var iv Interval
	subtract(&iv, &prev, &cur, limits{bps: 1e10})
	if !iv.Valid() || iv.Delta[OutOctets] != 5_000_000 {
		t.Fatalf("interval %+v, want a carry of 5,000,000 octets", iv)
	}
}

func TestSubtractBusy32BitWrapsBothWays(t *testing.T) {
	prev, cur := pair()
	prev.Counters.Wide, cur.Counters.Wide = 0, 0
	for _, c := range []Counter{InOctets, OutOctets} {
		prev.Counters.Value[c], cur.Counters.Value[c] = 1<<32-1000, 4_999_000
	}
	var iv Interval
	subtract(&iv, &prev, &cur, limits{bps: 1e9})
	if !iv.Valid() || iv.Delta[InOctets] != 5_000_000 || iv.Delta[OutOctets] != 5_000_000 {
		t.Fatalf("two wraps of a busy 32-bit line: %+v", iv)
	}
	cur.Counters.Value[InUcastPkts] = 3
	subtract(&iv, &prev, &cur, limits{bps: 1e9})
	if iv.Reason != ReasonReset {
		t.Fatalf("packets decreased too: %q, want reset", iv.Reason)
	}
}

// setOut sets what was sent, in unicast packets alone.
func setOut(r *Reading, octets, packets uint64) {
	r.Counters.Value[OutOctets], r.Counters.Value[OutUcastPkts] = octets, packets
	r.Counters.Value[OutMulticastPkts], r.Counters.Value[OutBroadcastPkts] = 0, 0
}

// Octets and packets that cross into the next high word together are a reset, unless so few
// packets of so many octets came that both did carry.
func TestCarryOrReset(t *testing.T) {
	const word = uint64(wordSize)
	f := func(name string, want Reason, from, to [2]uint64) {
		t.Helper()
		prev, cur := pair()
		setOut(&prev, from[0], from[1])
		setOut(&cur, to[0], to[1])
		var iv Interval
		subtract(&iv, &prev, &cur, limits{})
		if iv.Reason != want {
			t.Errorf("%s: %q, want %q", name, iv.Reason, want)
		}
	}
	f("both carry truly", ReasonNone, [2]uint64{word - 100, word - 50}, [2]uint64{word + 4_999_900, word + 9_950})
	f("packets of a real size, but too many", ReasonReset,
		[2]uint64{100_000_000, word - 200_000_000}, [2]uint64{word + 5_000_000, word + 50_000_000})
	f("few packets, but too small", ReasonReset,
		[2]uint64{word - 1_000_000_000, word - 100_000_000}, [2]uint64{word + 100_000_000, word + 50_000_000})
	f("octets two words further did not carry", ReasonNone,
		[2]uint64{100, word - 1_000}, [2]uint64{2*word + 50, word + 500_000_000})
}

// The packets were reset with the octets, but grew past their old value: only the octets look
// carried, and no packet has 4 MB.
func TestFalseCarryOfOctetsAlone(t *testing.T) {
	prev, cur := pair()
	setOut(&prev, 1_500_000, 1_000)
	setOut(&cur, 1<<32+200_000, 2_000)
	var iv Interval
	subtract(&iv, &prev, &cur, limits{bps: 1e10, age: 3 * time.Second})
	if iv.Reason != ReasonImplausible {
		t.Fatalf("reason %q, %+v, want implausible", iv.Reason, iv.Rate(OutOctets))
	}
}

// A column that is gone makes the sum smaller; that is no decrease.
func TestVanishedColumnsAreNoReset(t *testing.T) {
	prev, cur := pair()
	for _, c := range []Counter{InMulticastPkts, OutMulticastPkts} {
		prev.Counters.Value[c] = 1e9
		cur.Counters.Value[c] = 0
		cur.Counters.Present &^= c.Mask()
	}
	var iv Interval
	subtract(&iv, &prev, &cur, limits{bps: 1e10})
	if !iv.Valid() || iv.HasInPackets || iv.HasOutPackets {
		t.Fatalf("interval %+v, want octets and no packets", iv)
	}
	wantKnown(t, "octets", iv.Rate(InOctets), 500_000)
}

// One counter that decreases is not enough; two of different kinds are.
func TestTwoDecreasesAreAReset(t *testing.T) {
	f := func(name string, want bool, down ...Counter) {
		t.Helper()
		prev, cur := pair()
		for _, c := range down {
			cur.Counters.Value[c] = prev.Counters.Value[c] - 100_000
		}
		if got := isReset(&prev.Counters, &cur.Counters); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f("none", false)
	f("octets in", false, InOctets)
	f("octets both ways", true, InOctets, OutOctets)
	f("octets and packets in", true, InOctets, InUcastPkts)
	f("packets both ways", true, InUcastPkts, OutUcastPkts)
	f("octets in and errors out", true, InOctets, OutErrors)
	f("two columns of one sum", false, InUcastPkts, InMulticastPkts)
}

// A 32-bit packet column that may have wrapped more than once has no increment, nor has the sum it
// belongs to; octets and the other way do not suffer.
func TestAmbiguousPacketColumn(t *testing.T) {
	prev, cur := pair()
	prev.Counters.Wide, cur.Counters.Wide = 0, 0
	cur.Counters.Value[InMulticastPkts] += 1 << 31
	var iv Interval
	subtract(&iv, &prev, &cur, limits{bps: 1e8})
	if !iv.Valid() || iv.HasInPackets || iv.Present.Has(InMulticastPkts) {
		t.Fatalf("interval %+v, want no packets in", iv)
	}
	if !iv.HasOutPackets || iv.OutPackets != 10_000 || iv.Delta[InOctets] != 5_000_000 {
		t.Fatalf("interval %+v, want 10,000 packets out and 5 MB in", iv)
	}
}
