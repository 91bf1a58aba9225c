package linkmodel

import (
	"strings"
	"testing"
	"time"
)

// wantEvent wants exactly one event of a kind, of end e, whose text holds part.
func wantEvent(t *testing.T, v *View, kind EventKind, e End, part string) {
	t.Helper()
	n := 0
	for _, got := range v.Events {
		if got.Kind != kind {
			continue
		}
		if n++; got.End != e || !strings.Contains(got.Text, part) {
			t.Errorf("%s of %q: %q, want of %q with %q", kind, got.End, got.Text, e, part)
		}
	}
	if n != 1 {
		t.Errorf("%d %s events, want 1: %v", n, kind, v.Events)
	}
}

// Every event of counters says what was before and what is after.
func TestEvidenceOfCounterEvents(t *testing.T) {
	f := func(kind EventKind, part string, before, change func(e *Reading)) {
		t.Helper()
		r := newRig(t, live)
		if before != nil {
			before(&r.ends[EndZ])
		}
		r.poll(pollGap)
		r.flow(ZToA, 10_000, 0)
		change(&r.ends[EndZ])
		wantEvent(t, r.poll(pollGap), kind, EndZ, part)
	}
	set := func(c Counter, v uint64) func(*Reading) { return func(e *Reading) { e.Counters.Value[c] = v } }
	f(EventDiscontinuity, "went from 33 to 7", nil, func(e *Reading) { e.Discontinuity = 7 })
	f(EventRenumbered, "ifIndex went from 501 to 900", nil, func(e *Reading) { e.Index = 900 })
	f(EventSpeed, "ifHighSpeed went from 40000 to 1000 Mbit/s", nil, func(e *Reading) { e.HighSpeed = 1000 })
	f(EventReset, "ifHCInOctets went from 2000000 to 5, ifHCOutOctets went from 2000001 to 3", nil, func(e *Reading) {
		e.Counters.Value[InOctets], e.Counters.Value[OutOctets] = 5, 3
	})
	f(EventReset, "packets out went from 6000018 to 9, ifInErrors went from 2000008 to 0", nil, func(e *Reading) {
		e.Counters.Value[OutUcastPkts], e.Counters.Value[OutMulticastPkts], e.Counters.Value[OutBroadcastPkts] = 9, 0, 0
		e.Counters.Value[InErrors] = 0
	})
	f(EventGlitch, "ifHCOutOctets went from 2000001 to 1 while the others went on", nil, set(OutOctets, 1))
	f(EventGlitch, "packets out went from 6000018 to 4000013 while the others went on", nil, set(OutUcastPkts, 0))
	f(EventWrap, "ifInErrors went from 4294967290 to 4", set(InErrors, 1<<32-6), set(InErrors, 4))
	f(EventImplausible, "ifHCInOctets by 4294967296, packets in by 0, ", nil, func(e *Reading) {
		e.Counters.Value[InOctets] += 1 << 32
	})
	f(EventAmbiguous, "ifOutOctets went from 2000001 to 7000001 in 10s: ", func(e *Reading) { e.Counters.Wide = 0 }, func(*Reading) {})
}

// The agent took a kernel counter that began anew for a 32-bit wrap.
func TestEvidenceOfAFalseCarry(t *testing.T) {
	r := newRig(t)
	k := &r.ends[EndA].Counters
	k.Value[OutOctets], k.Value[OutUcastPkts] = 8520178, 60011
	k.Value[OutMulticastPkts], k.Value[OutBroadcastPkts] = 0, 0
	r.poll(pollGap)
	k.Value[OutOctets], k.Value[OutUcastPkts] = 4294968148, 4294967306
	wantEvent(t, r.poll(pollGap), EventReset, EndA,
		"ifHCOutOctets went from 8520178 to 4294968148, packets out went from 60011 to 4294967306: both stepped by 2^32")
}

// sysUpTime that passes 2^32 is told, and is neither a restart nor a gap.
func TestWrapOfTheUptimeIsTold(t *testing.T) {
	r := newRig(t)
	r.ends[EndA].UpTime = 1<<32 - 1500
	r.poll(pollGap)
	v := r.poll(pollGap)
	wantEvent(t, v, EventWrap, EndA, "sysUpTime went from 4294966796 to 500")
	if !v.Ends[EndA].Interval.Valid() {
		t.Errorf("interval %+v", v.Ends[EndA].Interval)
	}
}

// One that falls while snmpEngineTime goes on is wrong: it did not wrap.
func TestWrongUptimeIsNoWrap(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.ends[EndA].UpTime = 7
	if v := r.poll(pollGap); hasEvent(v, EventWrap) || !v.Ends[EndA].Interval.Valid() {
		t.Errorf("events %v, interval %+v", v.Events, v.Ends[EndA].Interval)
	}
}

// 32-bit octets of a busy line of 100 Mbit/s wrap all day: each column is told once, not each turn.
func TestWrapsAreToldOnce(t *testing.T) {
	r := newRig(t, live)
	for i := range r.ends {
		r.ends[i].HighSpeed = 100
		r.ends[i].Counters.Wide &^= InOctets.Mask() | OutOctets.Mask()
	}
	r.poll(time.Minute)
	told, wraps := 0, 0
	for range 600 {
		before := r.ends[EndA].Counters.Value[OutOctets]
		r.flow(AToZ, 1_400_000, 0)
		if r.ends[EndA].Counters.Value[OutOctets] < before {
			wraps++
		}
		v := r.poll(time.Minute)
		wantKnown(t, "bps", v.Directions[AToZ].BPS, 1_400_000*500*8/60.)
		told += countEvents(v, EventWrap)
	}
	if told != 2 || wraps < 50 {
		t.Errorf("%d wraps, told %d times, want once at each end", wraps, told)
	}
}

// A single missed poll is told when the next is answered, with its cause and how long nobody knew.
func TestMissedPollsAreTold(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	miss := func(n int) *View {
		r.silent[EndA] = true
		for range n {
			if v := r.poll(pollGap); hasEvent(v, EventMissed) {
				t.Errorf("told before it ended: %v", v.Events)
			}
		}
		r.silent[EndA] = false
		return r.poll(pollGap)
	}
	v := miss(1)
	wantEvent(t, v, EventMissed, EndA, "1 poll unanswered: no answer to 4 requests in 8 s")
	if d := v.Events[0].Duration; d != 2*pollGap {
		t.Errorf("duration %v, want %v", d, 2*pollGap)
	}
	wantEvent(t, miss(2), EventMissed, EndA, "2 polls in a row unanswered")
	if v := miss(SilentAfter); hasEvent(v, EventMissed) || !hasEvent(v, EventBack) {
		t.Errorf("a silent end: %v, want only back", v.Events)
	}
}

// Before its first answer nothing is known of an end that could be missed.
func TestPollsBeforeTheFirstAnswerAreNotMissed(t *testing.T) {
	r := newRig(t)
	r.silent[EndZ] = true
	r.poll(pollGap)
	r.silent[EndZ] = false
	if v := r.poll(pollGap); hasEvent(v, EventMissed) {
		t.Errorf("events %v", v.Events)
	}
}

// A router that misses every other poll fills no record: a few an hour, and a number for the rest.
func TestMissesAreToldAFewTimesAnHour(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	var texts []string
	const hours = 3
	for range hours * 180 { // 20 s each
		for _, silent := range [...]bool{true, false} {
			r.silent[EndZ] = silent
			for _, e := range r.poll(pollGap).Events {
				if e.Kind == EventMissed {
					texts = append(texts, e.Text)
				}
			}
		}
	}
	if len(texts) != hours*toldPerHour {
		t.Fatalf("%d events in %d hours, want %d: %q", len(texts), hours, hours*toldPerHour, texts)
	}
	for i, text := range texts {
		if want := i > 0 && i%toldPerHour == 0; strings.Contains(text, "(176 more since") != want {
			t.Errorf("event %d: %q, want the number untold: %v", i, text, want)
		}
	}
}
