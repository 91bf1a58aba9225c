package poller

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const wheelRound = wheelStep * wheelSlots

// Against a list that is searched: nothing fires early, more than a step late, twice, or never, also
// when firing sets and removes others, and when nobody looked for longer than a round.
func TestWheelAgainstAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const timers = 12
		var w wheel
		var flights [timers]flight
		due := map[*flight]time.Duration{}
		now := time.Duration(rapid.Int64Range(0, int64(3*wheelRound)).Draw(t, "start"))
		w.advance(now, nil)
		wait := rapid.Custom(func(t *rapid.T) time.Duration {
			longest := rapid.SampledFrom([]time.Duration{wheelStep, time.Second, 3 * wheelRound}).Draw(t, "scale")
			return time.Duration(rapid.Int64Range(-int64(wheelStep), int64(longest)).Draw(t, "wait"))
		})
		pick := func() *flight { return &flights[rapid.IntRange(0, timers-1).Draw(t, "flight")] }
		set := func(f *flight, at time.Duration) { w.set(f, at); due[f] = at }
		remove := func(f *flight) { w.remove(f); delete(due, f) }
		fired := func(f *flight) {
			if at, ok := due[f]; !ok || at > now {
				t.Fatalf("fired at %s, due %s (set: %t)", now, at, ok)
			}
			delete(due, f)
		}
		fire := func(f *flight) {
			fired(f)
			switch rapid.IntRange(0, 4).Draw(t, "then") {
			case 0:
				set(f, now+max(wait.Draw(t, "again"), 1))
			case 1:
				set(pick(), now+max(wait.Draw(t, "another"), 1))
			case 2:
				remove(pick())
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"set":    func(*rapid.T) { set(pick(), now+wait.Draw(t, "in")) },
			"remove": func(*rapid.T) { remove(pick()) },
			"advance": func(*rapid.T) {
				now += max(wait.Draw(t, "for"), 0)
				w.advance(now, fire)
			},
			"": func(*rapid.T) {
				if w.count != len(due) {
					t.Fatalf("%d timers, want %d", w.count, len(due))
				}
			},
		})
		now += wheelStep // whatever was due before has to be out by now
		w.advance(now, fired)
		for _, at := range due {
			if at <= now-wheelStep {
				t.Fatalf("due %s, still set at %s", at, now)
			}
		}
	})
}

// At every instant of three rounds a timer fires in the step that follows it.
func TestWheelIsAtMostAStepLate(t *testing.T) {
	for _, start := range []time.Duration{0, wheelStep, wheelRound - 1, 30*time.Hour + 123456789} {
		var w wheel
		w.advance(start, nil)
		due := map[*flight]time.Duration{}
		for in := time.Duration(1); in < 3*wheelRound; in += 7*time.Millisecond + 1 {
			f := &flight{}
			due[f] = start + in
			w.set(f, due[f])
		}
		for now := start; len(due) > 0; now += wheelStep / 2 {
			w.advance(now, func(f *flight) {
				if late := now - due[f]; late < 0 || late > wheelStep+wheelStep/2 {
					t.Fatalf("%s late", late)
				}
				delete(due, f)
			})
			if now > start+4*wheelRound {
				t.Fatalf("%d timers never fire", len(due))
			}
		}
	}
}

// A timer that never comes costs nothing but its place, and is still handed out at the end.
func TestWheelForever(t *testing.T) {
	var w wheel
	var f, g flight
	w.advance(time.Hour, nil)
	w.set(&f, forever)
	w.set(&g, time.Hour+time.Minute)
	for now := time.Hour; now < 2*time.Hour; now += time.Second {
		w.advance(now, func(fired *flight) {
			if fired == &f {
				t.Fatalf("fired at %s", now)
			}
		})
	}
	var got []*flight
	w.each(func(f *flight) { got = append(got, f) })
	if len(got) != 1 || got[0] != &f || w.count != 0 {
		t.Errorf("handed out %d, %d left", len(got), w.count)
	}
}

// After a sleep of any length everything that came due meanwhile fires at once, and only that.
func TestWheelAfterALongSleep(t *testing.T) {
	for _, slept := range []time.Duration{wheelRound / 2, wheelRound, wheelRound + wheelStep, 10*wheelRound + 1, 24 * time.Hour} {
		var w wheel
		w.advance(wheelRound/3, nil)
		now := wheelRound/3 + slept
		want := map[*flight]bool{}
		for i := range 200 {
			f := &flight{}
			at := wheelRound/3 + time.Duration(i)*slept/100
			w.set(f, at)
			if at <= now-wheelStep {
				want[f] = true
			} else if at > now {
				want[f] = false
			}
		}
		fired := map[*flight]bool{}
		w.advance(now, func(f *flight) { fired[f] = true })
		for f, must := range want {
			if fired[f] != must {
				t.Fatalf("slept %s: fired %t, want %t", slept, fired[f], must)
			}
		}
	}
}

// each hands out every timer once, also when taking one removes another.
func TestWheelEach(t *testing.T) {
	var w wheel
	flights := make([]flight, 100)
	for i := range flights {
		w.set(&flights[i], time.Duration(i*i)*time.Millisecond)
	}
	seen := map[*flight]int{}
	w.each(func(f *flight) {
		seen[f]++
		w.remove(f)
		if f == &flights[3] {
			w.remove(&flights[90])
		}
	})
	if len(seen) != 99 || slices.Max(slices.Collect(maps.Values(seen))) != 1 || w.count != 0 {
		t.Errorf("%d handed out, %d left", len(seen), w.count)
	}
}
