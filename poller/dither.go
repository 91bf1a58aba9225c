package poller

import (
	"hash/fnv"
	"math/bits"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Polls at a fixed distance T read a counter cache that is refreshed every c always at the same age,
// and once in a while, as the clocks drift, at another: one poll then shows the traffic of a whole c
// too much or too little, which looks like loss that began. So each cycle of a link whose ends serve
// cached counters is due a little later than its place in the interval, by an offset drawn evenly
// from [0, D). That makes the age of the counters at each poll a number drawn from [0, c), apart from
// that of any other poll, whose error shrinks as polls add up. Both ends are asked in the same
// instant as ever.
//
// D is the greatest age of the counters of either end, at most half the interval: polls are then
// never nearer than T/2, and each is over before the next. The offset comes from the link's name and
// the number of the cycle since 1970, so a restart goes on where it was, and no two links move
// together: the load stays as even as it was.

// ditherShare is the part of the interval that an offset takes at most: 1/2.
const ditherShare = 2

// pace is where a link's cycles lie. It belongs to the schedule.
type pace struct {
	seed uint64
	// base is the instant of the current cycle without its offset, number counts the cycles since
	// 1970.
	base   time.Duration
	number uint64
	// spread is the greatest offset, next the time from the current cycle to the one after.
	spread, next time.Duration
}

// placed finds the first cycle of a link that is due now or later. wall is the present wall-clock
// time. It must not be called while a cycle is under way.
func (l *link) placed(now time.Duration, wall time.Time) (due time.Duration) {
	l.at.spread = l.spread()
	return l.place(now, wall)
}

// place is placed with the spread as it is.
func (l *link) place(now time.Duration, wall time.Time) (due time.Duration) {
	since := time.Duration(wall.UnixNano()) - l.phase()
	into := (since%l.interval + l.interval) % l.interval
	l.at.seed = nameHash(l.name)
	l.at.base, l.at.number = now-into, uint64((since-into)/l.interval) //nolint:gosec // wraps before 1970
	if l.at.due() < now {
		l.at.advance(1, l.interval)
	}
	return l.at.due()
}

// due is when the current cycle is due.
func (p *pace) due() time.Duration { return p.base + p.offset() }

// advance goes n cycles on.
func (p *pace) advance(n, interval time.Duration) {
	p.base += n * interval
	p.number += uint64(n)
}

// offset is that of the current cycle, evenly spread over [0, spread).
func (p *pace) offset() time.Duration {
	high, _ := bits.Mul64(mixed(p.seed+p.number*0x9e3779b97f4a7c15), uint64(max(p.spread, 0)))
	return time.Duration(high)
}

// mixed is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mixed(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// skipped is how many cycles are lost, now that the current one is due: those that a later one, due
// by now as well, makes up for.
func (l *link) skipped(now time.Duration) time.Duration {
	n := max((now-l.at.base)/l.interval, 0)
	for ; n > 0; n-- {
		later := l.at
		if later.advance(n, l.interval); later.due() <= now {
			break
		}
	}
	return n
}

// spread is the greatest offset the link's cycles may have. It must not be called while a cycle is
// under way.
func (l *link) spread() time.Duration {
	var age time.Duration
	for _, e := range l.ends {
		if e != nil {
			age = max(age, e.counterAge())
		}
	}
	return min(age, l.interval/ditherShare)
}

// counterAge is how old the counters may be that the end serves: declared, else as its agent says,
// else assumed.
func (e *endpoint) counterAge() time.Duration {
	switch {
	case e.device.cfg.CounterCache >= 0:
		return e.device.cfg.CounterCache
	case e.slow.age > 0:
		return time.Duration(e.slow.age) * time.Millisecond
	default:
		return linkmodel.DefaultCounterCache
	}
}

func nameHash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}
