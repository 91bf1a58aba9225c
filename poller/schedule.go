package poller

import (
	"container/heap"
	"slices"
	"time"
)

// tick is when a link is due next, on the clock of mono.
type tick struct {
	due  time.Duration
	link *link
}

// ticks is a heap with the next one first.
type ticks []tick

func (t ticks) Len() int           { return len(t) }
func (t ticks) Less(i, j int) bool { return t[i].due < t[j].due }
func (t ticks) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push implements heap.Interface.
func (t *ticks) Push(x any) { *t = append(*t, x.(tick)) }

// Pop implements heap.Interface.
func (t *ticks) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// schedule starts every link's cycle at its instant. It keeps to the monotonic clock: a step of
// the wall clock moves no poll.
type schedule struct {
	ticks   ticks
	metrics *metrics
	begin   func(l *link, due time.Duration)
}

// newSchedule places the links: wall is the present wall-clock time, which gives every link the
// same place in its interval after a restart.
func newSchedule(links []*link, wall time.Time, m *metrics, begin func(*link, time.Duration)) *schedule {
	s := &schedule{metrics: m, begin: begin}
	now := mono()
	for _, l := range links {
		s.ticks = append(s.ticks, tick{l.placed(now, wall), l})
	}
	heap.Init(&s.ticks)
	return s
}

// drop takes links off.
func (s *schedule) drop(gone map[*link]bool) {
	s.ticks = slices.DeleteFunc(s.ticks, func(t tick) bool { return gone[t.link] })
	heap.Init(&s.ticks)
}

// change gives links another interval, in which they have another place, and adds others.
func (s *schedule) change(moved map[*link]time.Duration, added []*link, wall time.Time) {
	now := mono()
	for i := range s.ticks {
		t := &s.ticks[i]
		interval, ok := moved[t.link]
		if !ok {
			continue
		}
		t.link.interval = interval
		// What the agent says of the age of its counters may just be written.
		t.link.at.spread = min(t.link.at.spread, interval/ditherShare)
		t.due = t.link.place(now, wall)
	}
	for _, l := range added {
		s.ticks = append(s.ticks, tick{l.placed(now, wall), l})
	}
	heap.Init(&s.ticks)
}

// idle is how long a schedule without links lets the loop sleep.
const idle = time.Hour

// start begins all cycles that are due and returns when the next one is.
func (s *schedule) start(now time.Duration) (next time.Duration) {
	if len(s.ticks) == 0 {
		return now + idle
	}
	for s.ticks[0].due <= now {
		s.fire(now)
	}
	return s.ticks[0].due
}

// fire starts the first link's cycle, if it can, and puts its next tick in place. Ticks that a later
// one overtook are lost, and so is one that comes while the cycle before still runs; nothing is made
// up for.
func (s *schedule) fire(now time.Duration) {
	t := &s.ticks[0]
	l := t.link
	if missed := l.skipped(now); missed > 0 {
		s.metrics.ticksLost.Add(float64(missed))
		l.at.advance(missed, l.interval)
		t.due = l.at.due()
	}
	following := l.at
	following.advance(1, l.interval)
	if l.running.CompareAndSwap(false, true) {
		if l.newName != "" {
			l.rename()
		}
		following.spread = l.spread()
		l.at.next = following.due() - t.due
		s.begin(l, t.due)
	} else {
		s.metrics.ticksLost.Inc()
	}
	l.at, t.due = following, following.due()
	heap.Fix(&s.ticks, 0)
}
