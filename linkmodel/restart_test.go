package linkmodel

import (
	"testing"
	"time"
)

func TestRestartTellsWhatRestarted(t *testing.T) {
	f := func(name string, want EventKind, before, after *Context) {
		t.Helper()
		r := newRig(t)
		r.context[EndA] = before
		r.poll(pollGap)
		r.ends[EndA].UpTime, r.ends[EndA].EngineTime, r.ends[EndA].LastChange = 0, 0, 0
		v := r.poll(pollGap)
		wantUnknown(t, name, v.Ends[EndA].Interval.Rate(InOctets), ReasonRestart)
		if hasEvent(v, EventFlap) {
			t.Errorf("%s: a restart is no flap", name)
		}
		r.context[EndA] = after
		told := false
		for range restartPatience {
			told = told || hasEvent(r.poll(pollGap), want)
		}
		if !told {
			t.Errorf("%s: no %s event", name, want)
		}
	}
	at := time.Date(2026, 12, 3, 10, 0, 10, 0, time.UTC)
	before := &Context{At: at, HasSystemUpTime: true, SystemUpTime: 155_900}
	f("agent", EventAgentRestart, before,
		&Context{At: at.Add(20 * time.Second), HasSystemUpTime: true, SystemUpTime: 157_900})
	f("router", EventReboot, before,
		&Context{At: at.Add(20 * time.Second), HasSystemUpTime: true, SystemUpTime: 900})
	f("no host uptime", EventRestart, before, &Context{At: at.Add(20 * time.Second)})
	f("no context at all", EventRestart, nil, nil)
}

// Another line card under the same name: what it counted cannot be subtracted from the old one's.
func TestReplacedHardware(t *testing.T) {
	f := func(name string, before, after Context, want bool) {
		t.Helper()
		r := newRig(t)
		r.context[EndZ] = &before
		r.poll(pollGap)
		r.flow(AToZ, 10_000, 0)
		r.context[EndZ] = &after
		v := r.poll(pollGap)
		if hasEvent(v, EventReplaced) != want || (v.Ends[EndZ].Interval.Reason == ReasonReplaced) != want {
			t.Errorf("%s: events %v, reason %v", name, v.Events, v.Ends[EndZ].Interval.Reason)
		}
		r.flow(AToZ, 10_000, 0)
		wantKnown(t, name+": the poll after", r.poll(pollGap).Directions[AToZ].PPS, 1000)
	}
	old := Context{Type: 6, PhysAddress: "02:00:00:00:00:01"}
	f("nothing changed", old, old, false)
	f("another address", old, Context{Type: 6, PhysAddress: "02:00:00:00:00:02"}, true)
	f("another type", old, Context{Type: 53, PhysAddress: old.PhysAddress}, true)
	f("the agent forgot", old, Context{}, false)
}

// sysUpTime runs by the router's clock: 2 s or 0.5 % off ours is no restart, nor is what the
// doubt about both instants explains.
func TestRestartTolerance(t *testing.T) {
	f := func(name string, elapsed, advanced, unsure time.Duration, want bool) {
		t.Helper()
		prev := Reading{UpTime: 1<<32 - 200, Uncertainty: unsure}
		cur := Reading{UpTime: prev.UpTime + uint32(advanced/(10*time.Millisecond)), Uncertainty: unsure}
		if got := restarted(&prev, &cur, elapsed); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f("exact, over the wrap", pollGap, pollGap, 0, false)
	f("1.9 s slow", pollGap, 8100*time.Millisecond, 0, false)
	f("2.1 s slow", pollGap, 7900*time.Millisecond, 0, true)
	f("2.1 s fast", pollGap, 12100*time.Millisecond, 0, true)
	f("3.9 s slow, each instant unsure by 1 s", pollGap, 6100*time.Millisecond, time.Second, false)
	f("4.1 s slow, each instant unsure by 1 s", pollGap, 5900*time.Millisecond, time.Second, true)
	f("an hour, 17 s slow", time.Hour, time.Hour-17*time.Second, 0, false)
	f("an hour, 19 s slow", time.Hour, time.Hour-19*time.Second, 0, true)
}

// snmpEngineTime may prove the uptime wrong, but only when both readings have it and it ran.
func TestEngineTimeAgainstUptime(t *testing.T) {
	f := func(name string, before, after uint32, has [2]bool, want bool) {
		t.Helper()
		prev := Reading{UpTime: 50_000, EngineTime: before, HasEngineTime: has[0]}
		cur := Reading{UpTime: 50_000, EngineTime: after, HasEngineTime: has[1]}
		if got := restarted(&prev, &cur, pollGap); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	both := [2]bool{true, true}
	f("ran as our clock", 500, 510, both, false)
	f("went back", 500, 3, both, true)
	f("went back by as much as it should have run", 510, 500, both, true)
	f("stands still", 500, 500, both, true)
	f("jumped", 500, 600, both, true)
	f("missing before", 500, 510, [2]bool{false, true}, true)
	f("missing now", 500, 510, [2]bool{true, false}, true)
}

// The host's uptime wraps too, and is measured by the monotonic clock: a step of the wall clock
// between the two slower reads makes no reboot and hides none.
func TestHostRestarted(t *testing.T) {
	wall := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	f := func(name string, before, after uint32, step time.Duration, want bool) {
		t.Helper()
		b := Context{At: wall, HasSystemUpTime: true, SystemUpTime: before}
		a := Context{At: wall.Add(time.Hour + step), HasSystemUpTime: true, SystemUpTime: after}
		if got, known := hostRestarted(&b, &a, time.Hour); !known || got != want {
			t.Errorf("%s: reboot %v (known %v), want %v", name, got, known, want)
		}
	}
	const hour = 360_000 // hundredths of a second
	f("ran on", 1_000_000, 1_000_000+hour, 0, false)
	f("over the wrap after 497 days", 1<<32-100_000, hour-100_000, 0, false)
	f("17 s slow in an hour", 1_000_000, 1_000_000+hour-1_700, 0, false)
	f("19 s slow in an hour", 1_000_000, 1_000_000+hour-1_900, 0, true)
	f("restarted", 1_000_000, 900, 0, true)
	f("ran on, wall clock stepped back", 1_000_000, 1_000_000+hour, -2*time.Hour, false)
	f("restarted, wall clock agrees with its uptime", 1_000_000, 1_000_900, -time.Hour+9*time.Second, true)
}

// The slower read before the restart may be an hour old, and its instant is the view's.
func TestAgentRestartLongAfterTheSlowerRead(t *testing.T) {
	r := newRig(t)
	r.context[EndA] = &Context{HasSystemUpTime: true, SystemUpTime: 1<<32 - 30_000}
	r.poll(pollGap)
	for range 60 {
		r.poll(pollGap)
	}
	r.ends[EndA].UpTime, r.ends[EndA].EngineTime = 0, 0
	r.context[EndA] = &Context{HasSystemUpTime: true, SystemUpTime: 31_000}
	if v := r.poll(pollGap); !hasEvent(v, EventAgentRestart) {
		t.Fatalf("events %v, want agent-restart", v.Events)
	}
}

// One renumbering whose slower read comes late is one gap: what is counted since belongs to the
// new interface already.
func TestLateSlowerReadIsNoSecondGap(t *testing.T) {
	r := newRig(t, live)
	r.context[EndZ] = &Context{PhysAddress: "02:00:00:00:00:01", Type: 6}
	r.poll(pollGap)
	gaps, told := 0, 0
	for i := range 6 {
		r.flow(AToZ, 10_000, 0)
		if i == 1 {
			r.ends[EndZ].Index++
		}
		if i == 4 {
			r.context[EndZ] = &Context{PhysAddress: "02:00:00:00:00:02", Type: 6}
		}
		v := r.poll(pollGap)
		if !v.Ends[EndZ].Interval.Valid() {
			gaps++
		}
		if hasEvent(v, EventReplaced) {
			told++
		}
	}
	if gaps != 1 || told != 1 {
		t.Errorf("%d gaps, told %d times, want one of each", gaps, told)
	}
}
