package linkmodel

import (
	"testing"
	"time"
)

// An agent whose marks lie in every reply is not excluded for ever: after three the counters are
// believed, which is told once. Counters that go back are still noticed.
func TestFalseMarksAreNotBelievedForEver(t *testing.T) {
	f := func(name string, reason Reason, lie func(e *Reading, i int)) {
		t.Helper()
		r := newRig(t, live)
		r.poll(pollGap)
		told := 0
		for i := range 40 {
			r.flow(AToZ, 10_000, 0)
			lie(&r.ends[EndA], i)
			v := r.poll(pollGap)
			told += countEvents(v, EventMarkDoubted)
			if got := v.Ends[EndA].Interval.Reason; i < doubtAfter-1 && got != reason || i >= doubtAfter && got != ReasonNone {
				t.Fatalf("%s: interval %d: %q", name, i, got)
			}
		}
		if told != 1 {
			t.Errorf("%s: told %d times, want once", name, told)
		}
		r.ends[EndA].Counters.Value = [NumCounters]uint64{}
		if v := r.poll(pollGap); v.Ends[EndA].Interval.Reason != ReasonReset {
			t.Errorf("%s: counters that went back: %q", name, v.Ends[EndA].Interval.Reason)
		}
	}
	f("uptime stands still", ReasonRestart, func(e *Reading, _ int) { e.HasEngineTime, e.UpTime = false, 3_000-1_000 })
	f("uptime runs twice as fast", ReasonRestart, func(e *Reading, _ int) { e.HasEngineTime = false; e.UpTime += 1_000 })
	f("stamped anew in every reply", ReasonDiscontinuity, func(e *Reading, _ int) { e.Discontinuity = e.UpTime })
	f("a radio that adapts", ReasonReplaced, func(e *Reading, i int) { e.HighSpeed = 5_000 + 1_000*uint32(i%2) })
}

// An uptime nobody believes tells a restart all the same when it falls to a new start.
func TestRestartOfADisbelievedUptime(t *testing.T) {
	r := newRig(t, live)
	a := &r.ends[EndA]
	a.HasEngineTime = false
	r.poll(pollGap)
	for range 10 {
		r.flow(AToZ, 10_000, 0)
		a.UpTime += 1_000
		r.poll(pollGap)
	}
	a.UpTime = 0
	wantUnknown(t, "after a restart", r.poll(pollGap).Ends[EndA].Interval.Rate(OutOctets), ReasonRestart)
}

// Nothing is learned from what really happened, nor from a mark now and then.
func TestTrueMarksStayBelieved(t *testing.T) {
	f := func(name string, reason Reason, quiet int, act func(e *Reading)) {
		t.Helper()
		r := newRig(t, live)
		r.poll(pollGap)
		for i := range 10 {
			act(&r.ends[EndA])
			if got := r.poll(pollGap).Ends[EndA].Interval.Reason; got != reason {
				t.Errorf("%s %d: %q, want %q", name, i, got, reason)
			}
			for range quiet {
				r.flow(AToZ, 10_000, 0)
				r.poll(pollGap)
			}
		}
	}
	f("agent restarts", ReasonRestart, 1, func(e *Reading) { e.UpTime, e.EngineTime = 0, 0 })
	f("counters cleared", ReasonDiscontinuity, 1, func(e *Reading) {
		e.Counters.Value = [NumCounters]uint64{}
		e.Discontinuity++
	})
	f("a mark now and then", ReasonDiscontinuity, falseMark, func(e *Reading) { e.Discontinuity++; e.Counters.Value[InOctets]++ })
}

// A mark that has been quiet for long enough is believed again.
func TestMarksAreBelievedAgain(t *testing.T) {
	var trust markTrust
	base, cur := pair()
	cur.Discontinuity = base.Discontinuity + 1
	for range doubtAfter {
		trust.observe(&base, &cur, pollGap)
	}
	if !trust.disbelieved.has(markDiscontinuity) {
		t.Fatal("three false marks running are believed")
	}
	for i := range disbelief {
		if trust.disbelieved == 0 {
			t.Fatalf("believed again after %d quiet intervals, want %d", i, disbelief)
		}
		cur.Discontinuity = base.Discontinuity
		trust.observe(&base, &cur, pollGap)
	}
	if trust.disbelieved != 0 {
		t.Error("not believed again")
	}
}

// More packets than the line carries, in octets that it does carry, end as packets that are not
// believed: the octets live on. Small packets on a line that is no Ethernet look so.
func TestTooManyPacketsDoNotHideTheOctets(t *testing.T) {
	r := newRig(t, live)
	r.ends[EndA].HighSpeed = 10
	r.poll(pollGap)
	var v *View
	for range doubtAfter + 1 {
		r.add(EndA, OutOctets, 10*1_000_000)
		r.add(EndA, OutUcastPkts, 10*25_000) // of 40 octets: 372 bits are less than a frame on Ethernet
		v = r.poll(pollGap)
	}
	wantKnown(t, "octets", v.Ends[EndA].Interval.Rate(OutOctets), 1e6)
}

// Where no speed is known nothing bounds a line but what there is in the world.
func TestNoLineIsFasterThanTheFastest(t *testing.T) {
	f := func(octets uint64, want Reason) {
		t.Helper()
		prev, cur := pair()
		cur.Counters.Value = prev.Counters.Value
		carry(&cur, octets, octets/1_000)
		var iv Interval
		if subtract(&iv, &prev, &cur, limits{age: 3 * time.Second}); iv.Reason != want {
			t.Errorf("%d octets: %q, want %q", octets, iv.Reason, want)
		}
	}
	f(1e14, ReasonNone)
	f(1e15, ReasonImplausible)
}

// Packets that were wrong for a while count again once they have fitted for long enough.
func TestPacketsAreBelievedAgain(t *testing.T) {
	r := newRig(t, live)
	r.poll(pollGap)
	for range doubtAfter {
		r.add(EndA, OutOctets, 5_000_000)
		r.poll(pollGap)
	}
	for i := range forgiveAfter {
		r.flow(AToZ, 10_000, 0)
		if q := packetRate(&r.poll(pollGap).Ends[EndA].Interval, PacketsOut); q.Known {
			t.Fatalf("believed after %d intervals that fit", i)
		}
	}
	r.flow(AToZ, 10_000, 0)
	wantKnown(t, "packets of a", packetRate(&r.poll(pollGap).Ends[EndA].Interval, PacketsOut), 1000)
}

// Twenty intervals that fit must be running, and one without packets shows nothing.
func TestPacketsThatFitNowAndThenStayDoubted(t *testing.T) {
	f := func(name string, octets uint64) {
		t.Helper()
		r := newRig(t, live)
		r.poll(pollGap)
		for range doubtAfter {
			r.add(EndA, OutOctets, 5_000_000)
			r.poll(pollGap)
		}
		for i := range 3 * forgiveAfter {
			if i%2 == 0 {
				r.flow(AToZ, 10_000, 0)
			} else {
				r.add(EndA, OutOctets, octets)
			}
			if q := packetRate(&r.poll(pollGap).Ends[EndA].Interval, PacketsOut); q.Known {
				t.Fatalf("%s: believed in interval %d", name, i)
			}
		}
	}
	f("every other one does not fit", 5_000_000)
	f("every other one is idle", 100)
}

// What was learned of one ifHighSpeed says nothing of another.
func TestDoubtIsOfOneSpeed(t *testing.T) {
	end := endTracker{decl: new(LinkEnd), speed: speedTrust{doubted: true, speed: 1}}
	if got := end.limits(&Reading{HighSpeed: 1}, 0).bps; got != 0 {
		t.Errorf("the doubted speed bounds at %v", got)
	}
	if got := end.limits(&Reading{HighSpeed: 1000}, 0).bps; got != 1e9 {
		t.Errorf("another speed bounds at %v, want 1e9", got)
	}
}

// Packets of 32 bits may pass 2^32 more than once while nobody looks, as octets may. The octets of
// 64 bits are not given up for them.
func TestPacketsThatMayHaveWrappedTwice(t *testing.T) {
	f := func(elapsed time.Duration, want bool) {
		t.Helper()
		prev, cur := pair()
		prev.Counters.Wide &^= PacketsIn
		cur.Counters.Wide &^= PacketsIn
		cur.Mono = prev.Mono + elapsed
		cur.UpTime = prev.UpTime + uint32(elapsed/(10*time.Millisecond))
		var iv Interval
		subtract(&iv, &prev, &cur, limits{bps: 1e9})
		if !iv.Valid() || !iv.Present.Has(InOctets) || iv.HasInPackets != want {
			t.Errorf("after %v: %+v, want packets: %v", elapsed, iv, want)
		}
	}
	f(23*time.Minute, true) // half of 2^32 packets of 84 octets
	f(25*time.Minute, false)
}
