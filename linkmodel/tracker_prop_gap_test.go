package linkmodel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// upset is what happens to a healthy router, and what its next interval must say.
type upset struct {
	name   string
	reason Reason
	event  EventKind
	act    func(t *rapid.T, r *Reading)
}

// anew makes all counters begin at small numbers.
func anew(t *rapid.T, r *Reading) {
	for c := range NumCounters {
		r.Counters.Value[c] = rapid.Uint64Max(50_000).Draw(t, "new start")
	}
}

// wrapTaken is the one upset that does not look like a step back.
const wrapTaken = "the agent takes new counters for a wrap"

var upsets = [...]upset{
	{"reboot", ReasonRestart, "", func(t *rapid.T, r *Reading) {
		anew(t, r)
		r.UpTime, r.EngineTime = rapid.Uint32Max(900).Draw(t, "uptime"), 0
	}},
	{"agent restart", ReasonRestart, "", func(t *rapid.T, r *Reading) { r.UpTime, r.EngineTime = rapid.Uint32Max(900).Draw(t, "uptime"), 0 }},
	{"marked clear", ReasonDiscontinuity, EventDiscontinuity, func(t *rapid.T, r *Reading) { anew(t, r); r.Discontinuity++ }},
	{"clear without a mark", ReasonReset, EventReset, anew},
	{"renumbering", ReasonRenumbered, EventRenumbered, func(t *rapid.T, r *Reading) { anew(t, r); r.Index++ }},
	{"line card of another speed", ReasonReplaced, EventSpeed, func(t *rapid.T, r *Reading) { anew(t, r); r.HighSpeed = 50_000 - r.HighSpeed }},
	{wrapTaken, ReasonReset, EventReset, func(t *rapid.T, r *Reading) {
		k := &r.Counters
		for i, way := range ways {
			unicast := [...]Counter{InUcastPkts, OutUcastPkts}[i]
			k.Value[way.octets] = k.Value[way.octets]&^(wordSize-1) + wordSize + rapid.Uint64Max(50_000).Draw(t, "new octets")
			k.Value[unicast] = k.Value[unicast]&^(wordSize-1) + wordSize + rapid.Uint64Max(90).Draw(t, "new packets")
		}
	}},
}

// Every reset is one interval without a value at its end, with the right reason and its event;
// polls that nobody answered make it no more.
func TestOneGapPerReset(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, live)
		for e := range r.ends {
			for _, way := range ways {
				r.ends[e].Counters.Value[way.octets] = 5_000_000_000
			}
			r.ends[e].Counters.Value[InUcastPkts], r.ends[e].Counters.Value[OutUcastPkts] = 1_500_000_000, 1_500_000_000
		}
		r.poll(pollGap)
		for range rapid.IntRange(1, 6).Draw(rt, "upsets") {
			u := rapid.SampledFrom(upsets[:]).Draw(rt, "upset")
			e := End(rapid.IntRange(0, 1).Draw(rt, "end"))
			for range rapid.IntRange(falseMark+1, 8).Draw(rt, "quiet polls") {
				r.flowBoth(rt)
				wantNoGap(rt, r.poll(pollGap), u.name+", before")
			}
			r.silent[e] = true
			for range rapid.IntRange(0, 4).Draw(rt, "misses") {
				r.flowBoth(rt)
				r.poll(pollGap)
			}
			r.silent[e] = false
			u.act(rt, &r.ends[e])
			v := r.poll(pollGap)
			if got := v.Ends[e].Interval.Reason; got != u.reason {
				rt.Fatalf("%s: the interval says %q, want %q", u.name, got, u.reason)
			}
			if u.event != "" && countEvents(v, u.event) != 1 {
				rt.Fatalf("%s: events %v, want one %s", u.name, v.Events, u.event)
			}
			r.refill(e)
			r.poll(pollGap)
		}
	})
}

// flowBoth adds traffic both ways.
func (r *rig) flowBoth(t *rapid.T) {
	for _, d := range Directions {
		r.flow(d, rapid.Uint64Range(1_000, 100_000).Draw(t, "packets"), 0)
	}
}

// refill has an end count so much that the next reset shows; within what the line carries.
func (r *rig) refill(e End) {
	for i, way := range ways {
		r.add(e, way.octets, 3_000_000_000)
		r.add(e, [...]Counter{InUcastPkts, OutUcastPkts}[i], 5_000_000)
	}
}

func wantNoGap(t *rapid.T, v *View, when string) {
	for e := range v.Ends {
		if !v.Ends[e].Interval.Valid() {
			t.Fatalf("%s: end %d: %q although nothing happened", when, e, v.Ends[e].Interval.Reason)
		}
	}
}

// Whatever two routers did, once they behave everything is known again.
func TestNothingExcludesALinkForEver(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		link := chaoticLink(rt)
		tracker := NewTracker(link)
		c := newChaos(rt)
		polls := c.stream(rapid.IntRange(1, chaosPolls).Draw(rt, "chaotic polls"))
		for i := range polls {
			tracker.Observe(&polls[i])
			tracker.Judge(nil)
		}
		v := healthy(c, tracker, 2*forgiveAfter)
		for _, d := range Directions {
			dv := &v.Directions[d]
			if !dv.BPS.Known || !dv.PPS.Known || !dv.Errors.Ratio.Known || !dv.Discards.Ratio.Known || dv.Source != SourceBoth {
				rt.Fatalf("%v: %+v, %+v, %+v, %+v", d, dv, v.Ends[EndA].Interval, v.Ends[EndZ].Interval, tracker.ends)
			}
		}
	})
}

// healthy has both routers behave for n polls and returns the last view.
func healthy(c *chaos, tracker *Tracker, n int) (v *View) {
	const every = time.Minute // longer than any cache
	for e := range c.ends {
		r := &c.ends[e]
		r.Mono = c.now
		r.Oper, r.Admin, r.HighSpeed, r.Uncertainty = StatusUp, StatusUp, 1000, time.Millisecond
		k := &r.Counters
		*k = Counters{}
		for col := range NumCounters {
			k.Set(col, 1<<20, col < InErrors)
		}
	}
	for range n {
		c.now += every
		p := Poll{ScheduledMono: c.now}
		for e := range c.ends {
			r := &c.ends[e]
			r.Mono = c.now
			r.UpTime += uint32(every / (10 * time.Millisecond))
			r.EngineTime += uint32(every / time.Second)
			for i, way := range ways {
				r.Counters.Value[way.octets] += 50_000_000
				r.Counters.Value[[...]Counter{InUcastPkts, OutUcastPkts}[i]] += 100_000
			}
			p.Ends[e].Reading = *r
		}
		tracker.Observe(&p)
		v = tracker.Judge(nil)
	}
	return v
}

// Routers that lie in one way for ever are not left out for ever either: the octets they count are
// shown most of the time.
func TestNoLieExcludesAnInterfaceForEver(t *testing.T) {
	lies := map[string]func(t *rapid.T, r *Reading){
		"uptime stands still": func(_ *rapid.T, r *Reading) { r.HasEngineTime, r.UpTime = false, 4711 },
		"uptime is noise": func(t *rapid.T, r *Reading) {
			r.HasEngineTime, r.UpTime = false, rapid.Uint32Min(10_000).Draw(t, "uptime")
		},
		"uptime of two routers":    func(t *rapid.T, r *Reading) { r.HasEngineTime, r.UpTime = false, r.UpTime^1<<30 },
		"engine time stands still": func(_ *rapid.T, r *Reading) { r.EngineTime = 7 },
		"discontinuity is noise":   func(t *rapid.T, r *Reading) { r.Discontinuity = rapid.Uint32().Draw(t, "discontinuity") },
		"discontinuity is now":     func(_ *rapid.T, r *Reading) { r.Discontinuity = r.UpTime },
		"a radio that adapts": func(t *rapid.T, r *Reading) {
			r.HighSpeed = rapid.SampledFrom([]uint32{400, 600, 800}).Draw(t, "ifHighSpeed")
		},
		"speed in the wrong unit": func(_ *rapid.T, r *Reading) { r.HighSpeed = 1 },
		"packets stand still": func(_ *rapid.T, r *Reading) {
			r.Counters.Value[OutUcastPkts], r.Counters.Value[OutMulticastPkts], r.Counters.Value[OutBroadcastPkts] = 0, 0, 0
		},
		"packets are octets": func(_ *rapid.T, r *Reading) { r.Counters.Value[OutUcastPkts] = r.Counters.Value[OutOctets] },
		"packets are noise": func(t *rapid.T, r *Reading) {
			r.Counters.Value[OutUcastPkts] = rapid.Uint64Max(1<<40).Draw(t, "packets")
		},
		"errors are noise": func(t *rapid.T, r *Reading) {
			r.Counters.Value[InErrors] = uint64(rapid.Uint32().Draw(t, "errors"))
		},
	}
	for name, lie := range lies {
		rapid.Check(t, func(rt *rapid.T) {
			r := newRig(t, live)
			r.poll(pollGap)
			known := 0
			const polls, learning = 40, 15
			for i := range polls {
				r.flow(AToZ, 10_000, 0)
				lie(rt, &r.ends[EndA])
				if v := r.poll(pollGap); i >= learning && v.Ends[EndA].Interval.Rate(OutOctets).Known {
					known++
				}
			}
			if least := (polls - learning) / 2; known < least {
				rt.Fatalf("%s: known in %d of %d polls, want %d", name, known, polls-learning, least)
			}
		})
	}
}
