package linkmodel

import (
	"testing"
	"time"
)

// A tracker that is given another declaration of the same interfaces goes on counting, with the
// capacity and the counter cache that are declared now.
func TestRelinkKeepsCounting(t *testing.T) {
	l := Link{Name: "was", Interval: time.Minute, Capacity: [2]float64{1e9, 1e9}}
	l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = 0, 0
	tr := NewTracker(&l)
	poll := func(n int) *View {
		p := Poll{Link: l.Name, ScheduledMono: time.Duration(n) * time.Minute}
		for _, e := range Ends {
			r := freshReading(uint32(e))
			r.Mono, r.UpTime = time.Duration(n)*time.Minute, uint32(6000*(n+1))
			r.Counters.Value = [NumCounters]uint64{}
			for c := InUcastPkts; c <= OutBroadcastPkts; c++ {
				r.Counters.Value[c] = uint64(n) * 15_000
			}
			r.Counters.Value[InOctets], r.Counters.Value[OutOctets] = uint64(n)*22_500_000, uint64(n)*22_500_000
			p.Ends[e] = Outcome{Reading: r}
		}
		return tr.Observe(&p)
	}
	poll(0)
	tr.Judge(nil)
	before := poll(1).Directions[AToZ].BPS
	since := tr.Judge(nil).Since

	next := l
	next.Name, next.Capacity = "now", [2]float64{6e6, 6e6}
	next.Ends[EndA].CounterCache = 30 * time.Second
	tr.Relink(&next)
	if v := tr.View(); v.Link != &next || v.Since != since {
		t.Errorf("the view is of %q", v.Link.Name)
	}
	v := poll(2)
	d := &v.Directions[AToZ]
	if !d.BPS.Known || d.BPS != before {
		t.Errorf("%v after the change, %v before", d.BPS, before)
	}
	if !d.Utilization.Known || d.Utilization.Value != 0.5 {
		t.Errorf("utilization %v, want 0.5 of the new capacity", d.Utilization)
	}
	if c := v.Ends[EndA].CounterCache; c.Age != 30*time.Second || c.Source != CacheDeclared {
		t.Errorf("counter cache %v", c)
	}
	if c := v.Ends[EndZ].CounterCache; c.Age != 0 {
		t.Errorf("counter cache of z %v", c)
	}
	for _, e := range v.Events {
		t.Errorf("event %s: %s", e.Kind, e.Text)
	}
}

// A suspect stays one under its new declaration, and its interfaces are no longer looked at once its
// link has gone.
func TestMatcherFollowsDeclarations(t *testing.T) {
	was, now := &Link{Name: "wrong", Interval: time.Minute}, &Link{Name: "wrong", Interval: time.Minute}
	other := &Link{Name: "other", Ends: [2]LinkEnd{{Device: "r1", Interface: "1"}, {Device: "r2", Interface: "2"}}}
	m := NewMatcher()
	v := &View{Link: was}
	v.Directions[AToZ].Checks.NotMatching = VerdictYes
	m.Observe(v)
	m.suspects[was].all[declaredEnd{"r1", "1"}] = new(series)
	m.Relink(was, now)
	if s := m.suspects[now]; s == nil || s.link != now || m.count.Load() != 1 {
		t.Fatal("the suspect is lost")
	}
	m.Relink(other, nil)
	if n := len(m.suspects[now].all); n != 0 {
		t.Errorf("%d interfaces of links that have gone", n)
	}
	m.Relink(now, nil)
	if m.count.Load() != 0 {
		t.Error("a link that has gone is suspected")
	}
}

func TestSameEnds(t *testing.T) {
	a := &Link{Name: "1", Ends: [2]LinkEnd{{Device: "r1", Interface: "1"}, {Device: "r2", Interface: "2"}}}
	b, c := *a, *a
	b.Name, b.Ends[EndA].Site = "2", "lon1"
	c.Ends[EndA], c.Ends[EndZ] = a.Ends[EndZ], a.Ends[EndA]
	if !a.SameEnds(&b) || a.SameEnds(&c) {
		t.Error("a name and a site are no interfaces; a and z may not change places")
	}
}
