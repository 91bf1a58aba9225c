package linkmodel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func ages(a, z time.Duration) func(*Link) {
	return func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = a, z }
}

// busy lets both directions flow for so many polls.
func (r *rig) busy(polls int) {
	for range polls {
		r.flow(AToZ, 10_000, 0)
		r.flow(ZToA, 5_000, 0)
		r.poll(pollGap)
	}
}

// A dead path is told at the second poll without a packet when the ends are nearly live, or were
// busy and their caches fit between two polls; else at the next that leaves no doubt.
func TestDeadPathIsToldInTime(t *testing.T) {
	f := func(name string, change func(*Link), busy, want int) {
		t.Helper()
		for _, d := range Directions {
			r := newRig(t, change)
			r.late[EndZ] = 2 * time.Millisecond
			r.poll(pollGap)
			r.busy(busy)
			for polls := 1; polls <= 20; polls++ {
				r.flow(d, 10_000, 10_000)
				r.flow(1-d, 100, 0)
				v := r.poll(pollGap)
				dead := v.Directions[d].Checks.Dead == VerdictYes
				if v.Directions[1-d].Checks.Dead == VerdictYes {
					t.Fatalf("%s, %v: the other direction is dead", name, d)
				}
				if dead != (polls >= want) {
					t.Fatalf("%s, %v: poll %d: dead %v, want at poll %d", name, d, polls, dead, want)
				}
				if dead {
					wantState(t, v, StateDeadPath)
				}
			}
			r.flow(d, 10, 0)
			if v := r.poll(pollGap); v.Directions[d].Checks.Dead != VerdictNo || v.State == StateDeadPath {
				t.Fatalf("%s, %v: dead after packets arrived", name, d)
			}
		}
	}
	f("live, hardly known", ages(0, 0), 1, 2)
	f("live, busy", ages(0, 0), steadyRun, 2)
	f("3 s, busy", ages(3*time.Second, 3*time.Second), steadyRun, 2)
	f("3 s, hardly known", ages(3*time.Second, 3*time.Second), 1, 3)
	f("15 s, busy", ages(15*time.Second, 15*time.Second), steadyRun, 5)
}

// pass lets both routers' clocks run.
func (r *rig) pass(d time.Duration) {
	for i := range r.ends {
		r.ends[i].UpTime += uint32(d / (10 * time.Millisecond))
		r.ends[i].EngineTime += uint32(d / time.Second)
	}
}

// An idle link is not dead, and neither is one on which only control frames are sent that the
// other end does not count.
func TestIdleIsNotDead(t *testing.T) {
	f := func(name string, each func(r *rig, poll int)) {
		t.Helper()
		r := newRig(t, ages(0, 0))
		r.poll(pollGap)
		r.busy(20)
		for i := range 200 {
			each(r, i)
			if v := r.poll(pollGap); v.dead() {
				t.Fatalf("%s: dead at poll %d", name, i)
			}
		}
	}
	f("nothing", func(*rig, int) {})
	f("LACP every second, LLDP every half minute", func(r *rig, i int) { r.flow(AToZ, 10+uint64(i%3/2), 10+uint64(i%3/2)) })
	f("LACP, polled every minute", func(r *rig, _ int) { r.now += 50 * time.Second; r.pass(50 * time.Second); r.flow(AToZ, 62, 62) })
	f("packet columns that stand still", func(r *rig, _ int) {
		r.add(EndA, OutUcastPkts, 1000)
		r.add(EndA, OutOctets, 500_000)
		r.add(EndZ, InOctets, 500_000)
	})
	f("down", func(r *rig, _ int) {
		r.ends[EndZ].Oper = StatusDown
		r.flow(AToZ, 1000, 1000)
	})
}

// Whatever a sender's bursts and the caches of both ends are, a path that delivers everything is
// never dead. Each burst is further apart than the polls that a verdict takes, or part of a run.
func TestWhatDeliversIsNeverDead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		second := func(name string, most int) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * time.Second
		}
		age := [2]time.Duration{second("cache a", 15), second("cache z", 15)}
		r := newRig(t, ages(age[0], age[1]))
		r.late = [2]time.Duration{}
		// What each second carries, and what each router last copied from its hardware.
		const seconds = 600
		var carried [seconds + 1]uint64
		burst := second("first burst", 60)
		for burst < seconds*time.Second {
			for range rapid.IntRange(1, 5).Draw(rt, "length") {
				burst += time.Second
				if s := int(burst / time.Second); s <= seconds {
					carried[s] = 500
				}
			}
			// Quiet for longer than the edges, or than any verdict that trusts a run.
			burst += 4*pollGap + 60*time.Second + second("quiet", 60)
		}
		var total [seconds + 1]uint64
		for s := 1; s <= seconds; s++ {
			total[s] = total[s-1] + carried[s]
		}
		served := [2]int{}
		for now := 10; now <= seconds; now += 10 {
			for e := range served {
				if a := int(age[e] / time.Second); a == 0 || now-served[e] >= a {
					served[e] = now - rapid.IntRange(0, a).Draw(rt, "age")
				}
			}
			k := &r.ends[EndA].Counters
			k.Value[OutUcastPkts], k.Value[OutOctets] = 1_000_000+total[max(served[EndA], 0)], 1_000_000+500*total[max(served[EndA], 0)]
			k = &r.ends[EndZ].Counters
			k.Value[InUcastPkts], k.Value[InOctets] = 1_000_000+total[max(served[EndZ], 0)], 1_000_000+500*total[max(served[EndZ], 0)]
			if v := r.poll(pollGap); v.dead() {
				rt.Fatalf("dead at %d s", now)
			}
		}
	})
}

// A few frames a second that only the sender counts are no dead path on a link that carries nothing
// else. On one that is known to have none they are.
func TestControlTrafficIsNoDeadPath(t *testing.T) {
	r, _ := liveRig(t)
	for i := range 1000 {
		r.flow(AToZ, 50, 50)
		if v := r.poll(pollGap); v.Directions[AToZ].Checks.Dead == VerdictYes {
			t.Fatalf("poll %d of an idle link: dead", i)
		}
	}
	r, _ = liveRig(t)
	for range 200 {
		r.flow(AToZ, 10_000, 0)
		r.poll(pollGap)
	}
	for i := range 4 {
		r.flow(AToZ, 50, 50)
		if v := r.poll(pollGap); i == 3 && v.Directions[AToZ].Checks.Dead != VerdictYes {
			t.Errorf("a link that was busy: %+v, want it dead", v.Directions[AToZ].Checks)
		}
	}
}
