package linkmodel

import "testing"

func TestFlapBetweenPolls(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	a := &r.ends[EndA]
	a.LastChange = a.UpTime + 300 // of the 1,000 hundredths until the next poll
	v := r.poll(pollGap)
	if v.Changes != 2 {
		t.Fatalf("changes %d, want 2", v.Changes)
	}
	wantEvent(t, v, EventFlap, EndA, "ifLastChange went from 4711 to 101300, 7s before this poll: ifOperStatus changed and came back to up at least once")
	a.LastChange = a.UpTime + 300
	a.Oper = StatusDown
	if v = r.poll(pollGap); hasEvent(v, EventFlap) || v.Changes != 1 {
		t.Fatalf("a plain change: events %v, changes %d", v.Events, v.Changes)
	}
}

// A stamp proves a change only if it can be of the time between the two readings.
func TestStampsThatProveAFlap(t *testing.T) {
	const up, gap = 50_000, 1_000 // hundredths of a second at the first reading, and until the second
	f := func(name string, before, after uint32, want bool) {
		t.Helper()
		r := newRig(t, live)
		a := &r.ends[EndA]
		a.UpTime, a.LastChange = up-gap, before
		r.poll(pollGap)
		a.LastChange = after
		if got := hasEvent(r.poll(pollGap), EventFlap); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f("between the readings", 4711, up+500, true)
	f("just after the first", 4711, up, true)
	f("noted 1.6 s late, before the first was served", 4711, up-160, true)
	f("a minute before the first", 4711, up-6_000, false)
	f("it trembles", 4711, 4712, false)
	f("the agent forgot", 4711, 0, false)
	f("the first the agent saw", 0, up+500, true)
	f("of a clock that runs longer, it moved", 900_000, 900_700, true)
	f("of a clock that runs longer, it trembles", 900_000, 900_001, false)
	f("of a clock that runs longer, it went back", 900_700, 900_000, false)
	f("from another clock to an old stamp", 900_000, 4711, false)
}

// Both sysUpTime and the stamp pass 2^32 after 497 days.
func TestFlapOverTheWrapOfTheUptime(t *testing.T) {
	r := newRig(t)
	a := &r.ends[EndA]
	a.UpTime, a.LastChange = 1<<32-1500, 4711
	r.poll(pollGap)
	a.LastChange = 1<<32 - 100
	if v := r.poll(pollGap); !hasEvent(v, EventFlap) || hasEvent(v, EventRestart) {
		t.Fatalf("events %v, want a flap", v.Events)
	}
}

// However often it flapped while nobody looked: once over missed polls is at least one.
func TestFlapOverMissedPolls(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.ends[EndZ].LastChange = r.ends[EndZ].UpTime + 100
	r.silent[EndZ] = true
	for range 5 {
		r.poll(pollGap)
	}
	r.silent[EndZ] = false
	if v := r.poll(pollGap); countEvents(v, EventFlap) != 1 || v.Changes != 2 {
		t.Fatalf("events %v, changes %d, want one flap", v.Events, v.Changes)
	}
}

// Interfaces come up a little after their agent: a fresh stamp after a restart is no flap.
func TestRestartIsNoFlap(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	a := &r.ends[EndA]
	a.UpTime, a.EngineTime, a.LastChange = 0, 0, 300
	if v := r.poll(pollGap); hasEvent(v, EventFlap) || v.Changes != 0 {
		t.Fatalf("events %v, changes %d", v.Events, v.Changes)
	}
}

// Stamps of an uptime that nobody believes prove nothing.
func TestDisbelievedUptimeProvesNoFlap(t *testing.T) {
	r := newRig(t, live)
	a := &r.ends[EndA]
	a.HasEngineTime = false
	r.poll(pollGap)
	for i := range 20 {
		a.UpTime += 1_000
		a.LastChange = a.UpTime + 300
		if v := r.poll(pollGap); i >= doubtAfter && hasEvent(v, EventFlap) {
			t.Fatalf("poll %d: %v", i, v.Events)
		}
	}
}
