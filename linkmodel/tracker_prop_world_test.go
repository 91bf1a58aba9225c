package linkmodel

import (
	"time"

	"pgregory.net/rapid"
)

// propSpeed in bit/s is the line of the property tests.
const propSpeed = 1e9

// propEnd is one router: what it counted since its interface began, in full, and what it serves.
type propEnd struct {
	truth  [NumCounters]uint64 // without any wrap
	served [NumCounters]uint64 // as of the latest refresh of its cache
	narrow CounterMask
	fresh  time.Duration // when the cache was refreshed
}

// propWorld is a link between two healthy routers that are polled at any instants.
type propWorld struct {
	t     *rapid.T
	link  *Link
	now   time.Duration
	ends  [2]propEnd
	cache time.Duration
	up    [2]uint32 // sysUpTime at the start
}

// newPropWorld draws a link whose counters are about to wrap as often as not.
func newPropWorld(t *rapid.T, narrow CounterMask, cache time.Duration) *propWorld {
	w := &propWorld{t: t, cache: cache, link: &Link{Name: "lon1-par2-1", Interval: pollGap}}
	for e := range w.ends {
		w.link.Ends[e].CounterCache = cache
		w.up[e] = rapid.Uint32().Draw(t, "uptime")
		end := &w.ends[e]
		end.narrow = narrow
		for c := range NumCounters {
			end.truth[c] = rapid.SampledFrom([]uint64{1 << 40, 1<<32 - 100, 3<<32 - 1_000_000}).Draw(t, "first count")
			if c < InErrors {
				continue
			}
			if end.narrow |= c.Mask(); narrow != 0 {
				end.truth[c] = 1 << 40 // errors that wrap together with octets are a reset
			}
		}
		end.served = end.truth
	}
	return w
}

// pass lets a time pass with traffic both ways that the line can carry, faults and loss.
func (w *propWorld) pass(d time.Duration) {
	w.now += d
	for _, way := range Directions {
		size := rapid.Uint64Range(64, 1500).Draw(w.t, "size")
		most := propSpeed * d.Seconds() / 8 / float64(size+20)
		packets := uint64(most * rapid.Float64Range(0, 1).Draw(w.t, "load"))
		multicast := min(packets, rapid.Uint64Max(100).Draw(w.t, "multicast"))
		lost := packets / rapid.SampledFrom([]uint64{1 << 62, 1000, 3}).Draw(w.t, "lost share")
		s, r := &w.ends[way.Sender()], &w.ends[way.Receiver()]
		s.truth[OutOctets] += packets * size
		s.truth[OutUcastPkts] += packets - multicast
		s.truth[OutMulticastPkts] += multicast
		r.truth[InOctets] += (packets - lost) * size
		r.truth[InUcastPkts] += packets - lost - min(packets-lost, multicast)
		r.truth[InMulticastPkts] += min(packets-lost, multicast)
		r.truth[InErrors] += lost
	}
}

// reading returns what an end answers now. Its cache is as old as it may be, or fresh.
func (w *propWorld) reading(e End) Reading {
	end := &w.ends[e]
	if w.now-end.fresh >= w.cache || rapid.Bool().Draw(w.t, "refresh") {
		end.served, end.fresh = end.truth, w.now
	}
	r := freshReading(uint32(e))
	r.Mono, r.At = w.now, time.Unix(0, 0).Add(w.now)
	r.UpTime = w.up[e] + uint32(w.now/(10*time.Millisecond)) //nolint:gosec // modulo 2^32 is the point
	r.EngineTime = uint32(w.now / time.Second)               //nolint:gosec // small
	r.HighSpeed = propSpeed / 1e6
	for c := range NumCounters {
		v := end.served[c]
		if end.narrow.Has(c) {
			v &= wordSize - 1
		}
		r.Counters.Set(c, v, !end.narrow.Has(c))
	}
	return r
}

// poll draws which ends miss it.
func (w *propWorld) poll() *Poll {
	p := &Poll{Link: w.link.Name, Scheduled: time.Unix(0, 0).Add(w.now), ScheduledMono: w.now}
	for _, e := range Ends {
		if rapid.IntRange(0, 9).Draw(w.t, "miss") == 0 {
			p.Ends[e] = Outcome{Miss: MissTimeout}
			continue
		}
		p.Ends[e].Reading = w.reading(e)
	}
	return p
}
