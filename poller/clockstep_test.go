package poller

import (
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// stepCycle is what a poll says without the wall clock.
type stepCycle struct {
	due       time.Duration
	answered  [2]bool
	intervals [2]linkmodel.Interval
	state     linkmodel.State
	events    int
}

// stepped polls for ten intervals, with the wall clock off by begin and set by step in the middle. It
// returns the cycles of every link, and fails when a sample is stamped in the future.
func stepped(t *testing.T, begin, step time.Duration) map[string][]stepCycle {
	t.Helper()
	out := map[string][]stepCycle{}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 5, interval)
		trackers := map[string]*linkmodel.Tracker{}
		b.set.Store(int64(begin))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		origin := mono()
		go func() { done <- b.Run(ctx) }()
		for half := range 2 {
			if half == 1 {
				b.set.Add(int64(step))
			}
			time.Sleep(5*interval + interval/3)
			now := b.wall()
			for name, polls := range b.take() {
				if trackers[name] == nil {
					trackers[name] = linkmodel.NewTracker(&linkmodel.Link{Name: name, Interval: interval})
				}
				for i := range polls {
					v := trackers[name].Observe(&polls[i])
					c := stepCycle{due: polls[i].ScheduledMono - origin, state: v.State, events: len(v.Events)}
					for e := range v.Ends {
						c.answered[e], c.intervals[e] = v.Ends[e].Answered, v.Ends[e].Interval
						if at := v.Ends[e].Last.At; at.After(now) || now.Sub(at) > 7*interval {
							t.Errorf("set by %v: a sample of %v at %v", step, at, now)
						}
					}
					out[name] = append(out[name], c)
				}
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return out
}

// Whatever becomes of the wall clock, polls come when they are due, and their intervals, states and
// events are the same.
func TestWallClockIsSetWhilePolling(t *testing.T) {
	want := stepped(t, 0, 0)
	if len(want) != 5 || len(want["link1"]) < 9 {
		t.Fatalf("%d links, %d polls", len(want), len(want["link1"]))
	}
	since1970 := time.Duration(946684800) * time.Second // of the test's clock
	for name, c := range map[string][2]time.Duration{
		"an hour ahead": {0, time.Hour}, "an hour back": {0, -time.Hour}, "a day ahead": {0, 24 * time.Hour},
		"1970, then set": {-since1970, since1970},
	} {
		if got := stepped(t, c[0], c[1]); !reflect.DeepEqual(want, got) {
			t.Errorf("%s: %+v, want %+v", name, got["link1"], want["link1"])
		}
	}
}
