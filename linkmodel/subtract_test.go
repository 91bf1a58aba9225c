package linkmodel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const pollGap = 10 * time.Second

// pair returns two readings ten seconds apart with 10,000 packets of 500 octets each way.
func pair() (prev, cur Reading) {
	prev = freshReading(0)
	cur = prev
	cur.Mono += pollGap
	cur.UpTime += 1000
	cur.EngineTime += 10
	for _, way := range ways {
		cur.Counters.Value[way.octets] += 5_000_000
	}
	cur.Counters.Value[InUcastPkts] += 10_000
	cur.Counters.Value[OutUcastPkts] += 10_000
	return prev, cur
}

func TestSubtractReasons(t *testing.T) {
	f := func(name string, want Reason, change func(prev, cur *Reading)) {
		t.Helper()
		prev, cur := pair()
		change(&prev, &cur)
		var iv Interval
		subtract(&iv, &prev, &cur, limits{bps: float64(cur.HighSpeed) * 1e6, age: 3 * time.Second})
		if iv.Reason != want {
			t.Errorf("%s: reason %q, want %q", name, iv.Reason, want)
		}
	}
	f("steady traffic", ReasonNone, func(_, _ *Reading) {})
	f("sysUpTime wraps after 497 days", ReasonNone, func(p, c *Reading) {
		p.UpTime, c.UpTime = 1<<32-500, 500
	})
	f("uptime stuck but engine time runs", ReasonNone, func(p, c *Reading) { c.UpTime = p.UpTime })
	f("agent restarted", ReasonRestart, func(_, c *Reading) { c.UpTime, c.EngineTime = 112, 1 })
	f("restart without engine time", ReasonRestart, func(p, c *Reading) {
		c.UpTime, p.HasEngineTime = 112, false
	})
	f("renumbered", ReasonRenumbered, func(_, c *Reading) { c.Index++ })
	f("counters cleared, marked", ReasonDiscontinuity, func(_, c *Reading) { c.Discontinuity = 99 })
	f("speed changed", ReasonReplaced, func(_, c *Reading) { c.HighSpeed = 1000 })
	f("speed now unknown", ReasonNone, func(_, c *Reading) { c.HighSpeed = 0 })
	f("unmarked reset to zero", ReasonReset, func(_, c *Reading) { c.Counters.Value = [NumCounters]uint64{} })
	f("one packet column underflowed, the sum is right", ReasonNone, func(p, c *Reading) {
		p.Counters.Value[InUcastPkts] -= 2_000_000 // below zero: iall - imcast raced
		p.Counters.Value[InMulticastPkts] += 2_000_000
		c.Counters.Value[InMulticastPkts] += 1
	})
	f("more than the line carries", ReasonImplausible, func(_, c *Reading) {
		c.Counters.Value[InOctets] += 40_000_000_000
		c.Counters.Value[InUcastPkts] += 40_000_000
	})
	f("packets of one octet", ReasonImplausible, func(_, c *Reading) { c.Counters.Value[OutUcastPkts] += 5_000_000 })
	f("octets without packets", ReasonImplausible, func(p, c *Reading) {
		c.Counters.Value[OutUcastPkts] = p.Counters.Value[OutUcastPkts]
	})
	f("two 32-bit errors decreased", ReasonReset, func(_, c *Reading) {
		c.Counters.Value[InErrors], c.Counters.Value[InDiscards] = 0, 0
	})
}

func TestSubtract32Bit(t *testing.T) {
	narrow := func(p, c *Reading, before, after uint64) {
		for _, r := range []*Reading{p, c} {
			r.Counters.Wide = 0
		}
		p.Counters.Value[InOctets], c.Counters.Value[InOctets] = before, after
	}
	f := func(name string, speed float64, after uint64, want Reason, delta uint64) {
		t.Helper()
		prev, cur := pair()
		narrow(&prev, &cur, 1<<32-1000, after)
		var iv Interval
		subtract(&iv, &prev, &cur, limits{bps: speed})
		if iv.Reason != want || (want == ReasonNone && iv.Delta[InOctets] != delta) {
			t.Errorf("%s: %q, %d octets; want %q, %d", name, iv.Reason, iv.Delta[InOctets], want, delta)
		}
	}
	f("wrap at 100 Mb/s", 1e8, 4_999_000, ReasonNone, 5_000_000)
	f("wrap at 1 Gb/s, 10 s of 34 s", 1e9, 4_999_000, ReasonNone, 5_000_000)
	f("10 Gb/s wraps thrice in 10 s", 1e10, 4_999_000, ReasonAmbiguous, 0)
	f("step no 10 Mb/s line can carry", 1e7, 100_000_000, ReasonAmbiguous, 0)
	f("unknown speed, short wrap", 0, 4_999_000, ReasonNone, 5_000_000)
	f("unknown speed, more than half a turn", 0, 3_000_000_000, ReasonAmbiguous, 0)
}

// A column that one reading lacks, or that changed its width, has no increment; the others do.
func TestSubtractColumnsThatChange(t *testing.T) {
	prev, cur := pair()
	cur.Counters.Present &^= InErrors.Mask()
	cur.Counters.Set(OutOctets, 77, false)
	var iv Interval
	subtract(&iv, &prev, &cur, limits{})
	wantUnknown(t, "errors", iv.Rate(InErrors), ReasonNoCounter)
	wantUnknown(t, "octets out", iv.Rate(OutOctets), ReasonNoCounter)
	wantKnown(t, "octets in", iv.Rate(InOctets), 500_000)
}

// Whatever a router counts, increments never exceed what the line carries, and a valid interval
// reproduces the increments exactly.
func TestSubtractNeverSpikes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prev, cur := pair()
		for c := range NumCounters {
			prev.Counters.Value[c] = rapid.Uint64().Draw(t, "prev")
			cur.Counters.Value[c] = rapid.Uint64().Draw(t, "cur")
			if !prev.Counters.Wide.Has(c) {
				prev.Counters.Value[c] &= wordSize - 1
				cur.Counters.Value[c] &= wordSize - 1
			}
		}
		var iv Interval
		lim := limits{bps: 1e10, age: 3 * time.Second}
		subtract(&iv, &prev, &cur, lim)
		for _, way := range ways {
			q := iv.Rate(way.octets)
			if q.Known && q.Value*8 > 1.05*1e10*1.31 {
				t.Fatalf("rate %g bit/s on a 10 Gbit/s line", q.Value*8)
			}
		}
	})
}

func TestSubtractIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prev, cur := pair()
		base := rapid.Uint64Max(1<<62).Draw(t, "base")
		packets := rapid.Uint64Range(100, 100_000).Draw(t, "packets")
		size := rapid.Uint64Range(64, 1500).Draw(t, "size")
		prev.Counters.Value[InOctets], prev.Counters.Value[InUcastPkts] = base, base/700
		cur.Counters.Value[InOctets] = base + packets*size
		cur.Counters.Value[InUcastPkts] = base/700 + packets
		var iv Interval
		subtract(&iv, &prev, &cur, limits{bps: 1e10})
		if !iv.Valid() || iv.Delta[InOctets] != packets*size || iv.InPackets != packets {
			t.Fatalf("interval %+v, want %d packets of %d", iv, packets, size)
		}
	})
}
