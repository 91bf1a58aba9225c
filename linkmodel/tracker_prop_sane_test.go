package linkmodel

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// chaosPolls is how long a chaotic link is watched.
const chaosPolls = 30

// Whatever two routers answer, no number in a view is impossible.
func TestNoReadingsGiveAnImpossibleNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tracker := NewTracker(chaoticLink(t))
		c := newChaos(t)
		var signals []Signal
		polls := c.stream(chaosPolls)
		for i := range polls {
			tracker.Observe(&polls[i])
			v := tracker.Judge(nil)
			wantFinite(t, "view", reflect.ValueOf(*v))
			for _, d := range Directions {
				wantBelievable(t, d, v)
				wantLossInItsBar(t, &v.Directions[d])
			}
			signals = AppendSignals(signals[:0], v)
			wantFinite(t, "signals", reflect.ValueOf(signals))
			wantToldOverCapacity(t, v, signals)
		}
	})
}

// wantFinite walks through everything and wants no NaN, no infinity, and no rate or ratio below 0.
func wantFinite(t *rapid.T, path string, v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the others hold no numbers that can be impossible
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			t.Fatalf("%s is %v", path, f)
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != reflect.TypeFor[*Link]() {
			wantFinite(t, path, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			wantFinite(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Struct:
		if q, is := reflect.TypeAssert[Quantity](v); is && (q.Value < 0 || q.Known && q.Reason != ReasonNone || !q.Known && q.Value != 0) {
			t.Fatalf("%s is %+v", path, q)
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			wantFinite(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

// wantBelievable holds a rate against the line of the end it comes from.
func wantBelievable(t *rapid.T, d Direction, v *View) {
	dv := &v.Directions[d]
	if !dv.BPS.Known {
		return
	}
	end := &v.Ends[d.Sender()]
	if !end.Interval.Rate(OutOctets).Known {
		end = &v.Ends[d.Receiver()]
	}
	bps := fastestLine
	if speed := float64(end.Last.HighSpeed) * 1e6; speed > 0 && !end.SpeedDoubted {
		bps = max(speed, v.Link.Capacity[AToZ], v.Link.Capacity[ZToA])
	}
	elapsed := end.Interval.Elapsed.Seconds()
	most := overspeed*bps*(elapsed+2*chaosUncertainty.Seconds()) + 8*maxFrameOctets
	if dv.BPS.Value*elapsed > most*1.000001 {
		t.Fatalf("%v: %v bit/s over %vs on a line of %v: %+v", d, dv.BPS.Value, elapsed, bps, end.Interval)
	}
}

// wantLossInItsBar wants bounds around every ratio.
func wantLossInItsBar(t *rapid.T, dv *DirectionView) {
	l, b := &dv.Loss, dv.Breakdown()
	if !l.Known {
		if l.Reason == ReasonNone || l.Low != 0 || l.Certain != 0 || b.Known {
			t.Fatalf("no loss is known: %+v, %+v", l, b)
		}
		return
	}
	inOrder := 0 <= l.Low && l.Low <= l.Ratio && l.Ratio <= l.High && l.High <= 1
	if !inOrder || l.Certain < 0 || l.Certain > 1 || l.Recent < 0 || l.Recent > 1 || l.Floor < 0 || l.Window <= 0 || l.Packets == 0 {
		t.Fatalf("loss %+v", l)
	}
	if b.Known && (b.WireLow < 0 || b.WireLow > b.WireHigh || b.WireHigh > 1) {
		t.Fatalf("breakdown %+v of %+v", b, l)
	}
	for c, share := range b.Share {
		if share < 0 || share > 1 {
			t.Fatalf("share %v of cause %d", share, c)
		}
	}
}

// wantToldOverCapacity wants a utilisation above 1 never to go without a word.
func wantToldOverCapacity(t *rapid.T, v *View, signals []Signal) {
	for i := range signals {
		s := &signals[i]
		if s.Kind != KindCapacityUntrusted {
			continue
		}
		if use := v.Directions[s.Direction].Utilization; use.Known && use.Value > overCapacity && s.Ratio.Value != 1 {
			t.Fatalf("%v: utilisation %v, signal %+v", s.Direction, use.Value, s)
		}
	}
}

// The same polls give the same views, whatever else runs in the process.
func TestReplayedPollsGiveTheSameViews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := chaoticLink(t)
		polls := newChaos(t).stream(chaosPolls)
		views := viewsOf(link, polls)
		for i, again := range viewsOf(link, polls) {
			if !reflect.DeepEqual(views[i], again) {
				t.Fatalf("poll %d:\n%+v\n%+v", i, views[i], again)
			}
		}
	})
}

func viewsOf(link *Link, polls []Poll) (views []*View) {
	tracker := NewTracker(link)
	for i := range polls {
		p := polls[i] // the poller reuses its own
		tracker.Observe(&p)
		views = append(views, tracker.Judge(nil).Clone())
		p = Poll{}
	}
	return views
}

// Steps of the clock on the wall change stamps and nothing else.
func TestWallClockStepsChangeOnlyStamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := chaoticLink(t)
		c := newChaos(t)
		polls := c.stream(chaosPolls)
		views := viewsOf(link, polls)
		for i := range polls {
			polls[i].Scheduled = c.wall()
			for e := range polls[i].Ends {
				o := &polls[i].Ends[e]
				if o.Reading.At = c.wall(); o.Context != nil {
					other := *o.Context
					other.At = c.wall()
					o.Context = &other
				}
			}
		}
		for i, v := range viewsOf(link, polls) {
			if !reflect.DeepEqual(unstamped(views[i]), unstamped(v)) {
				t.Fatalf("poll %d:\n%+v\n%+v", i, views[i], v)
			}
			if a, b := AppendSignals(nil, views[i]), AppendSignals(nil, v); !reflect.DeepEqual(a, b) {
				t.Fatalf("poll %d: signals\n%+v\n%+v", i, a, b)
			}
		}
	})
}

// unstamped takes the wall clock out of a view.
func unstamped(v *View) *View {
	c := v.Clone()
	c.At, c.Since = time.Time{}, time.Time{}
	for i := range c.Events {
		c.Events[i].At = time.Time{}
	}
	for e := range c.Ends {
		c.Ends[e].Last.At, c.Ends[e].Context.At = time.Time{}, time.Time{}
	}
	return c
}
