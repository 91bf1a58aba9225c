package simulator

import (
	"math/rand/v2"
	"sort"
)

// link is the history of one link's truth, guarded by the simulator's lock.
type link struct {
	config   *Link
	capacity [2]uint64
	shapes   [2]shape
	segments []segment // by start; the first begins before any instant asked for
}

// segment is a span of time in which the truth did not change. It ends where the next begins.
type segment struct {
	start   int64 // microseconds since Start
	truth   Truth
	streams [2]stream
	// changed, by end, is when the current ifOperStatus was entered.
	changed [2]int64
}

func newLink(config *Link, r *rand.Rand) *link {
	l := &link{config: config, capacity: config.capacities()}
	for d := range l.shapes {
		l.shapes[d] = newShape(r)
	}
	truth := Truth{Load: config.Load}
	for d := range truth.Load {
		drawn := drawLoad(r, l.capacity[d])
		if truth.Load[d] == (Load{}) {
			truth.Load[d] = drawn
		}
	}
	l.extend(0, truth)
	return l
}

// drawLoad invents an ordinary load: a fifth to a half of the capacity, of common packet sizes.
func drawLoad(r *rand.Rand, capacity uint64) Load {
	return Load{
		BPS:        float64(capacity) * (0.2 + 0.3*r.Float64()),
		PacketSize: 500 + r.IntN(600),
		Daily:      0.1,
		Burst:      0.1 + 0.15*r.Float64(),
	}
}

// extend begins a new segment at t, which must not lie before the last one.
func (l *link) extend(t int64, truth Truth) {
	next := segment{start: t, truth: truth}
	var before *segment
	if n := len(l.segments); n > 0 {
		before = &l.segments[n-1]
	}
	for d := range next.streams {
		load := truth.Load[d]
		if !truth.OperUp(d) {
			load.BPS = 0
		}
		if !truth.OperUp(1 - d) {
			load.Loss = 1
		}
		s := newStream(load, l.capacity[d])
		s.origin = l.shapes[d].effort(t, &s.swing)
		if before != nil {
			s.base = l.flowIn(before, d, t)
		}
		next.streams[d] = s
	}
	for end := range next.changed {
		next.changed[end] = t
		if before != nil && before.truth.OperUp(end) == truth.OperUp(end) {
			next.changed[end] = before.changed[end]
		}
	}
	l.segments = append(l.segments, next)
}

// segmentAt returns the segment that holds t.
func (l *link) segmentAt(t int64) *segment {
	if last := &l.segments[len(l.segments)-1]; last.start <= t {
		return last
	}
	after := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].start > t })
	return &l.segments[max(after-1, 0)]
}

// flow returns the totals of a direction at t.
func (l *link) flow(d int, t int64) Flow {
	return l.flowIn(l.segmentAt(t), d, t)
}

func (l *link) flowIn(s *segment, d int, t int64) Flow {
	stream := &s.streams[d]
	return stream.at(l.shapes[d].effort(max(t, s.start), &stream.swing))
}
