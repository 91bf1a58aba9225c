package poller

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bothends/bothends/linkmodel"
)

const interval = 10 * time.Second

func TestBothEndsAreAskedInTheSameInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls := newBench(t, 3, interval).run(10 * interval)
		if len(polls) != 3 {
			t.Fatalf("%d links", len(polls))
		}
		for name, list := range polls {
			if len(list) < 9 || len(list) > 10 {
				t.Errorf("%s: %d polls in 10 intervals", name, len(list))
			}
			for i, p := range list {
				a, z := p.Ends[linkmodel.EndA], p.Ends[linkmodel.EndZ]
				if !a.Answered() || !z.Answered() {
					t.Fatalf("%s poll %d: %s %s", name, i, a.Detail, z.Detail)
				}
				if i > 0 && (a.Reading.Mono != z.Reading.Mono || a.Reading.Mono-p.ScheduledMono != time.Millisecond/2) {
					t.Errorf("%s poll %d: a %s, z %s after the tick", name, i, a.Reading.Mono-p.ScheduledMono, z.Reading.Mono-p.ScheduledMono)
				}
				if i > 0 && p.ScheduledMono-list[i-1].ScheduledMono != interval {
					t.Errorf("%s poll %d came %s after the one before", name, i, p.ScheduledMono-list[i-1].ScheduledMono)
				}
				if a.Reading.At.Sub(p.Scheduled) != a.Reading.Mono-p.ScheduledMono {
					t.Errorf("%s poll %d: wall and monotonic clock disagree", name, i)
				}
			}
		}
	})
}

// A restart keeps every link's place in its interval, and links are spread over it.
func TestPhaseSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newBench(t, 20, interval).run(interval)
		time.Sleep(3777 * time.Millisecond)
		second := newBench(t, 20, interval).run(interval)
		places := map[time.Duration]bool{}
		for name := range first {
			x := time.Duration(first[name][0].Scheduled.UnixNano() % int64(interval))
			y := time.Duration(second[name][0].Scheduled.UnixNano() % int64(interval))
			if x != y {
				t.Errorf("%s: at %s, after the restart at %s", name, x, y)
			}
			places[x/time.Second] = true
		}
		if len(places) < 7 {
			t.Errorf("20 links use only %d of 10 seconds", len(places))
		}
	})
}

// A tick that comes while the cycle before still runs is lost, counted, and not made up.
func TestTickDuringACycleIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		b.slow["link1"] = interval + interval/2
		polls := b.run(20 * interval)
		one, two := len(polls["link1"]), len(polls["link2"])
		if one < 9 || one > 10 || two < 19 {
			t.Errorf("link1 %d polls, link2 %d", one, two)
		}
		if lost := b.missedTicks(); lost < 9 || lost > 10 {
			t.Errorf("%d ticks counted as lost", lost)
		}
	})
}

// Ticks that the scheduler reaches a whole interval late are lost, not made up.
func TestSchedulerComingLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun []time.Duration
		registry := prometheus.NewRegistry()
		m := newMetrics(registry)
		l := &link{name: "x", interval: interval}
		s := newSchedule([]*link{l}, time.Now(), m, func(l *link, due time.Duration) {
			begun = append(begun, due)
			l.running.Store(false)
		})
		due := s.ticks[0].due
		s.fire(due + 3*interval + time.Second)
		if len(begun) != 1 || begun[0] != due+3*interval || s.ticks[0].due != due+4*interval {
			t.Errorf("began %v, next %s, first due %s", begun, s.ticks[0].due, due)
		}
		if lost := metric(t, registry, "bothends_poll_ticks_missed_total", ""); lost != 3 {
			t.Errorf("%g lost, want 3", lost)
		}
	})
}

// The end of Run interrupts what is outstanding, emits nothing of it, and takes no time.
func TestRunEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 5, interval)
		for _, r := range b.routers {
			r.dead = true
		}
		stop := b.start()
		time.Sleep(interval)
		before := time.Now()
		b.take()
		stop()
		if took := time.Since(before); took > 0 {
			t.Errorf("Run took %s to end", took)
		}
		if polls := b.take(); len(polls) > 0 {
			t.Errorf("emitted %v", polls)
		}
	})
}

// Dead routers and slow ones cost the others nothing.
func TestNoneDelaysAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 10
		b := newBench(t, links, interval)
		for i := 2; i <= links; i += 2 {
			b.routers[fmt.Sprintf("r%d", i)].dead = true
		}
		b.routers["r11"].delay = 490 * time.Millisecond
		polls := b.run(20 * interval)
		for i := 1; i <= links; i++ {
			name := fmt.Sprintf("link%d", i)
			if n := len(polls[name]); n < 19 {
				t.Errorf("%s: %d polls", name, n)
			}
			for k, p := range polls[name] {
				if a := p.Ends[linkmodel.EndA]; !a.Answered() || a.Reading.Mono-p.ScheduledMono > 20*time.Millisecond {
					t.Errorf("%s poll %d: %s, %s late", name, k, a.Detail, a.Reading.Mono-p.ScheduledMono)
				}
			}
		}
		if b.missedTicks() != 0 {
			t.Errorf("%d ticks lost", b.missedTicks())
		}
	})
}

// Two ends on one router are fine: a cable from a router to itself.
func TestBothEndsOnOneRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		cfg := Config{Devices: []Device{benchDevice("r1")}, Links: []Link{
			{Name: "loop", Interval: interval, Ends: [2]Endpoint{{"r1", "eth1"}, {"r1", "#2"}}},
		}}
		b.Poller = newPoller(cfg, b.deps, b.net.open)
		for _, p := range b.run(3 * interval)["loop"] {
			if p.Ends[0].Reading.Index != 1 || p.Ends[1].Reading.Index != 2 || p.Ends[1].Reading.Name != "eth2" {
				t.Errorf("%+v", p.Ends)
			}
		}
	})
}
