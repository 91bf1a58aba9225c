package poller

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// dithered is a bench whose routers serve counters of the given ages, by device; negative is not
// declared.
func dithered(t *testing.T, links int, interval time.Duration, ages ...time.Duration) *bench {
	t.Helper()
	b := newBench(t, links, interval)
	for i, age := range ages {
		b.devices[i].cfg.CounterCache = age
	}
	return b
}

// Polls of a link whose ends cache lie anywhere in the first part of their interval, the same way
// for both ends, never nearer than half an interval; none is lost, none is late.
func TestPollsAreDithered(t *testing.T) {
	for _, tt := range []struct {
		interval, a, z, spread time.Duration
	}{
		{10 * time.Second, 3 * time.Second, 0, 3 * time.Second},
		{10 * time.Second, 0, 2 * time.Second, 2 * time.Second},
		{10 * time.Second, 3 * time.Second, -1, 5 * time.Second},
		{60 * time.Second, -1, 0, 15 * time.Second},
		{time.Second, 3 * time.Second, 3 * time.Second, 500 * time.Millisecond},
		{10 * time.Second, 0, 0, 0},
	} {
		t.Run(fmt.Sprintf("%v %v %v", tt.interval, tt.a, tt.z), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const cycles = 100
				b := dithered(t, 1, tt.interval, tt.a, tt.z)
				b.routers["r1"].delay = 100 * time.Millisecond
				list := b.run(cycles * tt.interval)["link1"]
				if len(list) < cycles-1 || len(list) > cycles {
					t.Errorf("%d polls in %d intervals", len(list), cycles)
				}
				phase := b.links[0].phase()
				var latest time.Duration
				for i, p := range list {
					a, z := p.Ends[linkmodel.EndA], p.Ends[linkmodel.EndZ]
					if !a.Answered() || !z.Answered() {
						t.Fatalf("poll %d: %s %s", i, a.Detail, z.Detail)
					}
					into := (time.Duration(p.Scheduled.UnixNano()) - phase) % tt.interval
					if latest = max(latest, into); into > 0 && into >= tt.spread {
						t.Errorf("poll %d is %v into its interval", i, into)
					}
					if i == 0 {
						continue // the interfaces had to be found first
					}
					if gap := p.ScheduledMono - list[i-1].ScheduledMono; gap < tt.interval/2 {
						t.Errorf("poll %d came %v after the one before", i, gap)
					}
					if z.Reading.Mono-p.ScheduledMono != time.Millisecond/2 || a.Reading.Mono-z.Reading.Mono != 99*time.Millisecond/2 {
						t.Errorf("poll %d: a %v, z %v after the tick", i, a.Reading.Mono-p.ScheduledMono, z.Reading.Mono-p.ScheduledMono)
					}
				}
				if latest < tt.spread*9/10 {
					t.Errorf("%v at most into the interval, want nearly %v", latest, tt.spread)
				}
				if late := startsOf(t, b.registry); late.began < 2*len(list)-2 || late.late+late.skipped > 0 {
					t.Errorf("%s of %d polls", late, len(list))
				}
			})
		})
	}
}

// However the ages change and however late the schedule is looked after, polls are half an interval
// apart at least, in order, each in its own interval, and as many as there are intervals begin or
// are counted as lost.
func TestDitheredScheduleKeepsEveryTick(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		registry := prometheus.NewRegistry()
		m := newMetrics(registry)
		d := &device{cfg: Device{CounterCache: -1}}
		l := &link{name: rapid.String().Draw(rt, "name"), ends: [2]*endpoint{{device: d}, {device: d}}}
		l.interval = time.Duration(rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(rt, "interval"))
		var begun []time.Duration
		var now time.Duration
		s := newSchedule([]*link{l}, time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(rt, "wall")), m, func(l *link, due time.Duration) {
			begun = append(begun, due)
			if due > now {
				rt.Fatalf("begun at %v, due at %v", now, due)
			}
			if due < l.at.base || due >= l.at.base+max(l.interval/2, 1) {
				rt.Fatalf("due %v in the interval that begins at %v", due, l.at.base)
			}
		})
		first, before := l.at, l.at
		if before.advance(-1, l.interval); before.due() >= mono() {
			rt.Fatalf("the schedule begins at %v, and could at %v", s.ticks[0].due, before.due())
		}
		for range 60 {
			late := time.Duration(rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 3, 18}).Draw(rt, "late")) * l.interval / 2
			now = max(now, s.ticks[0].due+late)
			next := s.start(now)
			if next <= now {
				rt.Fatalf("next at %v, now is %v", next, now)
			}
			if l.at.base-first.base != time.Duration(l.at.number-first.number)*l.interval {
				rt.Fatalf("cycle %d begins at %v, cycle %d at %v", first.number, first.base, l.at.number, l.at.base)
			}
			if l.running.Load() {
				last := begun[len(begun)-1]
				if l.running.Store(false); next-last < l.interval/2 {
					rt.Fatalf("%v between two polls every %v", next-last, l.interval)
				}
			}
			d.cfg.CounterCache = time.Duration(rapid.Int64Range(-1, int64(time.Hour)).Draw(rt, "age"))
		}
		if lost := int(metric(t, registry, "bothends_poll_ticks_missed_total", "")); len(begun)+lost != int(l.at.number-first.number) {
			rt.Fatalf("%d began and %d were lost of %d", len(begun), lost, l.at.number-first.number)
		}
	})
}

// A poll is over before the next one, however near that is: a router that does not answer in time
// costs attempts, never a cycle.
func TestDitherLosesNoTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cycles = 200
		b := dithered(t, 2, 2*time.Second, -1, -1, -1)
		b.routers["r2"].dead = true
		b.routers["r3"].delay = 700 * time.Millisecond
		for name, list := range b.run(cycles * 2 * time.Second) {
			if len(list) < cycles-1 {
				t.Errorf("%s: %d polls in %d intervals", name, len(list), cycles)
			}
			for i, p := range list {
				if a := p.Ends[linkmodel.EndA]; !a.Answered() {
					t.Errorf("%s poll %d: %s", name, i, a.Detail)
				}
			}
		}
		if lost := b.missedTicks(); lost > 0 {
			t.Errorf("%d ticks lost", lost)
		}
	})
}

// Each cycle counts once towards the silence of a router, and each may probe it, although cycles are
// not equally long.
func TestSilenceIsCountedByCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := dithered(t, 1, interval, -1, -1)
		defer b.start()()
		time.Sleep(5 * interval)
		r := b.routers["r2"]
		r.kill(true)
		b.take()
		time.Sleep(100 * interval)
		missed := 0
		for _, p := range b.take()["link1"] {
			switch z := p.Ends[linkmodel.EndZ]; z.Miss {
			case linkmodel.MissNone, linkmodel.MissTimeout:
				missed += int(z.Miss) // MissTimeout is 1
			default:
				t.Errorf("%s %s", z.Miss, z.Detail)
			}
		}
		if status := b.Devices()[1]; status.Answering || status.Misses != missed || missed < 98 {
			t.Errorf("%d polls missed, %+v", missed, status)
		}
	})
}

// Offsets are even over any cache's period, and do not follow each other.
func TestOffsetsAreUniform(t *testing.T) {
	const n, parts = 100_000, 10
	for _, c := range []time.Duration{3 * time.Second, 5 * time.Second, 15 * time.Second, time.Second} {
		p := pace{seed: nameHash("lon1-par2-1"), spread: 15 * time.Second, number: 28_000_000}
		var seen [parts]float64
		var together float64
		last := p.offset()
		for range n {
			p.advance(1, time.Minute)
			d := p.offset()
			seen[int(d%c*parts/c)]++
			together += (d - p.spread/2).Seconds() * (last - p.spread/2).Seconds()
			last = d
		}
		// Each part is binomial with a standard deviation of 95; the products have one of 18.75 s².
		for i, k := range seen {
			if math.Abs(k-n/parts) > 5*95 {
				t.Errorf("c %v: %v of %d in part %d", c, k, n, i)
			}
		}
		if mean := together / n; math.Abs(mean) > 5*18.75/math.Sqrt(n) {
			t.Errorf("c %v: neighbours have a covariance of %g s²", c, mean)
		}
	}
}

// A restart goes on where it was: the same cycles at the same instants.
func TestDitherSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		instants := func() (out []int64) {
			for _, p := range dithered(t, 1, interval, 3*time.Second, 3*time.Second).run(3 * interval)["link1"] {
				out = append(out, p.Scheduled.UnixNano())
			}
			return out
		}
		start := time.Now()
		first := instants()
		time.Sleep(time.Until(start.Add(100 * interval)))
		again := instants()
		var p pace
		l := &link{name: "link1", interval: interval}
		for i, at := range append(first, again...) {
			number := (time.Duration(at) - l.phase()) / interval
			p = pace{seed: nameHash(l.name), spread: 3 * time.Second, number: uint64(number)}
			if want := number*interval + l.phase() + p.offset(); time.Duration(at) != want {
				t.Errorf("poll %d is %v off", i, time.Duration(at)-want)
			}
		}
	})
}
