package linkmodel

import (
	"testing"

	"pgregory.net/rapid"
)

func countEvents(v *View, k EventKind) (n int) {
	for _, e := range v.Events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// An agent whose packet columns never move still counts octets. Its packets lose their credit
// after three intervals; that is told once, and octets live on.
func TestPacketsThatNeverMove(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	told := [2]int{}
	for i := range 20 {
		r.add(EndA, OutOctets, 5_000_000)
		r.add(EndZ, InOctets, 5_000_000)
		r.add(EndZ, InUcastPkts, 10_000)
		v := r.poll(pollGap)
		for _, e := range v.Events {
			if e.Kind == EventPacketsDoubted {
				told[e.End]++
			}
		}
		if i < doubtAfter {
			if got := v.Ends[EndA].Interval.Reason; got != ReasonImplausible {
				t.Fatalf("interval %d at a: %q, want implausible", i, got)
			}
			continue
		}
		wantKnown(t, "octets", v.Ends[EndA].Interval.Rate(OutOctets), 500_000)
		wantKnown(t, "packets of the other way", packetRate(&v.Ends[EndA].Interval, PacketsIn), 0)
		wantUnknown(t, "packets", packetRate(&v.Ends[EndA].Interval, PacketsOut), ReasonNoCounter)
		wantKnown(t, "pps from z", v.Directions[AToZ].PPS, 1000)
		if v.Directions[AToZ].Loss.Known {
			t.Fatalf("loss of packets nobody believes: %+v", v.Directions[AToZ].Loss)
		}
	}
	if told != [2]int{1, 0} {
		t.Fatalf("told %v times, want once for a", told)
	}
}

// Three in all are not three running.
func TestPacketsThatFitInBetweenAreBelieved(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	for i := range 12 {
		if i%doubtAfter == 0 {
			r.flow(AToZ, 10_000, 0)
		} else {
			r.add(EndA, OutOctets, 5_000_000)
		}
		v := r.poll(pollGap)
		if hasEvent(v, EventPacketsDoubted) {
			t.Fatalf("interval %d: doubted after two running", i)
		}
	}
}

// What is learned of an interface ends with it.
func TestPacketsAreBelievedAgainAfterARestart(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	for range doubtAfter {
		r.add(EndA, OutOctets, 5_000_000)
		r.poll(pollGap)
	}
	r.ends[EndA].UpTime, r.ends[EndA].EngineTime = 0, 0
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 0)
	v := r.poll(pollGap)
	wantKnown(t, "packets of a", packetRate(&v.Ends[EndA].Interval, PacketsOut), 1000)
}

// Whatever packets do, octets that the line can carry are shown from the fourth interval on.
func TestOctetsOutliveAnyPackets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, live)
		r.poll(pollGap)
		told := 0
		packets := rapid.SampledFrom([]uint64{0, 1, 4_000_000, 5_000_000}).Draw(rt, "packets")
		octets := rapid.Uint64Range(30_000_000, 50_000_000).Draw(rt, "octets")
		for i := range 10 {
			r.add(EndA, OutOctets, octets)
			r.add(EndA, OutUcastPkts, packets)
			v := r.poll(pollGap)
			told += countEvents(v, EventPacketsDoubted)
			q := v.Ends[EndA].Interval.Rate(OutOctets)
			if i >= doubtAfter && (!q.Known || q.Value != float64(octets)/10) {
				rt.Fatalf("interval %d: octets %+v", i, q)
			}
		}
		if told != 1 {
			rt.Fatalf("told %d times", told)
		}
	})
}

// Nor is other hardware under the same name judged by what the old one counted.
func TestPacketsOfOtherHardwareAreBelieved(t *testing.T) {
	r := newRig(t)
	r.context[EndA] = &Context{PhysAddress: "02:00:00:00:00:01"}
	r.poll(pollGap)
	for range doubtAfter {
		r.add(EndA, OutOctets, 5_000_000)
		r.poll(pollGap)
	}
	r.context[EndA] = &Context{PhysAddress: "02:00:00:00:00:01"}
	r.poll(pollGap) // the old one is confirmed once more
	r.context[EndA] = &Context{PhysAddress: "02:00:00:00:00:02"}
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 0)
	v := r.poll(pollGap)
	wantKnown(t, "packets of a", packetRate(&v.Ends[EndA].Interval, PacketsOut), 1000)
}
