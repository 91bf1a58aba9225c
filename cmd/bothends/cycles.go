package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// healthyIntervals is how many intervals may pass without a finished cycle.
const healthyIntervals = 3

// leastQuiet is how long even links of one second may be quiet: a machine that stood still for a moment
// is not a fault.
const leastQuiet = 10 * time.Second

// cycles knows when a poll last finished, for each interval of the inventory by itself: links of a
// second that go on do not hide that those of a minute stand still. Instants come from the program's
// own monotonic clock, so a step of the wall clock is not a fault.
type cycles struct {
	began  time.Time
	mu     sync.Mutex // held while groups are replaced
	groups atomic.Pointer[[]*cycleGroup]
}

// cycleGroup stands for all links of one interval.
type cycleGroup struct {
	interval time.Duration
	last     atomic.Int64 // since cycles.began
}

func newCycles() *cycles { return &cycles{began: time.Now()} }

// finished notes that a poll of a link with that interval is handled. It may be called by many at once.
func (c *cycles) finished(interval time.Duration) {
	if g := c.group(interval); g != nil {
		g.last.Store(int64(time.Since(c.began)))
	}
}

func (c *cycles) group(interval time.Duration) *cycleGroup {
	groups := c.groups.Load()
	if groups == nil {
		return nil
	}
	for _, g := range *groups {
		if g.interval == interval {
			return g
		}
	}
	return nil
}

// judge returns nil while polls of all these intervals finish, else one sentence. An interval that is new
// to it counts as finished at now.
func (c *cycles) judge(intervals map[time.Duration]bool, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	groups := make([]*cycleGroup, 0, len(intervals))
	var worst *cycleGroup
	var quiet time.Duration
	for interval := range intervals {
		g := c.group(interval)
		if g == nil {
			g = &cycleGroup{interval: interval}
			g.last.Store(int64(now.Sub(c.began)))
		}
		groups = append(groups, g)
		q := now.Sub(c.began.Add(time.Duration(g.last.Load())))
		if q > max(healthyIntervals*interval, leastQuiet) && (worst == nil || q > quiet) {
			worst, quiet = g, q
		}
	}
	c.groups.Store(&groups)
	if worst == nil {
		return nil
	}
	return fmt.Errorf("no poll of the links with interval %v has finished for %v", worst.interval, quiet.Round(time.Second))
}
