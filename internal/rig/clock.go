//go:build linux

package rig

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Clock is a wall clock that can be set. True time is time.Now, which never jumps.
type Clock struct {
	began time.Time
	mu    sync.Mutex
	steps []clockStep // the first is from the beginning
}

// clockStep is from when on the wall clock is off by how much.
type clockStep struct {
	at  time.Time
	off time.Duration
}

// NewClock returns a clock that is right.
func NewClock() *Clock { return &Clock{began: time.Now(), steps: []clockStep{{}}} }

// Step sets the clock by whole seconds, forward or back.
func (c *Clock) Step(seconds int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	off := c.steps[len(c.steps)-1].off + time.Duration(seconds)*time.Second
	c.steps = append(c.steps, clockStep{time.Now(), off})
}

// Off is by how much the clock is off now.
func (c *Clock) Off() time.Duration { return c.off(time.Now()) }

func (c *Clock) off(at time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := len(c.steps) - 1
	for i > 0 && at.Before(c.steps[i].at) {
		i--
	}
	return c.steps[i].off
}

// Now is what the clock shows, with a monotonic reading that no step changes, as in a process whose
// machine's clock is set.
func (c *Clock) Now() time.Time {
	now := time.Now()
	return composed(c.Wall(now), now.Sub(c.began)+time.Nanosecond)
}

// Wall is what the clock showed at an instant, without a monotonic reading.
func (c *Clock) Wall(at time.Time) time.Time { return at.Round(0).Add(c.off(at)) }

// latest is the latest time that the clock has ever shown.
func (c *Clock) latest() time.Time {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var latest time.Time
	for i := range c.steps {
		end := now
		if i+1 < len(c.steps) {
			end = c.steps[i+1].at
		}
		if shown := end.Round(0).Add(c.steps[i].off); shown.After(latest) {
			latest = shown
		}
	}
	return latest
}

// trueTimes returns the instants at which the clock may have shown a time.
func (c *Clock) trueTimes(shown time.Time) (all []time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const rough = 2 * time.Second // shown times may be rounded
	for i := range c.steps {
		at := shown.Add(-c.steps[i].off)
		fromStart := at.Add(rough).After(c.steps[i].at)
		beforeEnd := i+1 == len(c.steps) || at.Add(-rough).Before(c.steps[i+1].at)
		if fromStart && beforeEnd {
			all = append(all, at)
		}
	}
	return all
}

// instant is the layout of a time.Time with a monotonic reading: a bit that says so, 33 bits of seconds since 1885,
// 30 bits of nanoseconds, then the monotonic reading in nanoseconds.
type instant struct {
	wall uint64
	mono int64
	_    unsafe.Pointer
}

const (
	nsecBits     = 30
	hasMonotonic = 1 << 63
)

var epoch = time.Date(1885, time.January, 1, 0, 0, 0, 0, time.UTC)

// composed makes a time.Time of what two clocks say, which no function of package time does.
func composed(wall time.Time, mono time.Duration) time.Time {
	t := wall.Round(0)
	i := (*instant)(unsafe.Pointer(&t))
	i.wall = hasMonotonic | uint64(wall.Unix()-epoch.Unix())<<nsecBits | uint64(wall.Nanosecond()) //nolint:gosec // none is negative
	i.mono = int64(mono)
	return t
}

// Life is one life of the program.
type Life struct {
	Number     int
	Start, End time.Time
	How        string
	// Orderly tells that it was asked to end, and Accepted and Dropped what it counted until then.
	Orderly           bool
	Accepted, Dropped int
	dead              atomic.Bool
}

// Die cuts a life off from the world: nothing it does matters any more.
func (l *Life) Die() { l.dead.Store(true) }

// Dead reports whether Die was called.
func (l *Life) Dead() bool { return l.dead.Load() }
