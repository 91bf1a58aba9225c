package alerting

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// everythingTold checks that somebody was told of every open episode, or of what explains it.
func (f *grid) everythingTold(t *rapid.T) {
	open := map[string]*Episode{}
	all := f.Episodes()
	for i := range all {
		open[all[i].ID] = &all[i]
	}
	for i := range all {
		ep := &all[i]
		for ep.N == 0 {
			_, by, _ := strings.Cut(ep.HeldBack, "#")
			if open[by] == nil {
				t.Fatalf("nobody was told of %s %s#%s: %q\n%q", ep.Kind, ep.Link, ep.ID, ep.HeldBack, f.lines())
			}
			ep = open[by]
		}
	}
}

// TestCauseProperties breaks and mends links and routers of a small network at random, with a process that
// is killed now and then. Every episode is told or has a reason why not, nothing begins twice, what is told to
// begin is told to end, and when all is well again, nothing is left.
func TestCauseProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newGrid(t, star()...)
		f.cfg.GroupWait = time.Duration(rapid.IntRange(0, 30).Draw(rt, "wait")) * time.Second
		f.boot()
		f.run(2 * time.Minute)
		kills := false
		for range rapid.IntRange(1, 6).Draw(rt, "faults") {
			for range rapid.IntRange(1, 3).Draw(rt, "at once") {
				l := &f.links[rapid.IntRange(0, len(f.links)-1).Draw(rt, "link")]
				switch rapid.IntRange(0, 5).Draw(rt, "fault") {
				case 0, 1:
					f.cut[l.Name] = !f.cut[l.Name]
				case 2, 3:
					f.dead[l.Ends[0].Device] = !f.dead[l.Ends[0].Device]
				case 4:
					f.blind = !f.blind
				case 5:
					f.kill()
					kills = true
				}
			}
			f.run(time.Duration(rapid.IntRange(1, 400).Draw(rt, "seconds")) * time.Second)
		}
		f.run(12 * time.Minute)
		f.everythingTold(rt)
		clear(f.cut)
		clear(f.dead)
		f.blind = false
		f.run(12 * time.Minute)
		if left := f.Episodes(); len(left) > 0 {
			rt.Fatalf("left when all is well: %+v\ntold %q", left, f.lines())
		}
		began, ended := map[string]int{}, map[string]int{}
		logged := map[string]bool{}
		for i := range f.told {
			n := &f.told[i]
			logged[n.Episode.ID] = true
			switch n.Status {
			case StatusFiring:
				began[n.Episode.ID]++
			case StatusResolved:
				ended[n.Episode.ID]++
			case StatusUpdate:
			}
		}
		for id, n := range began {
			if n != 1 || ended[id] != 1 {
				rt.Errorf("%s began %d times and ended %d times (killed: %v): %q", id, n, ended[id], kills, f.lines())
			}
		}
		for id := range ended {
			if began[id] == 0 {
				rt.Errorf("%s ended and never began: %q", id, f.lines())
			}
		}
		over := map[string]bool{}
		for i := range f.noted {
			n := &f.noted[i]
			if n.Episode.HeldBack == "" {
				rt.Errorf("noted without a reason: %s", n.Summary)
			}
			over[n.Episode.ID] = over[n.Episode.ID] || n.Status == StatusResolved
		}
		for id, ok := range over {
			if !ok && ended[id] == 0 {
				rt.Errorf("%s was noted to begin, and neither told nor noted to end", id)
			}
		}
		if n := len(f.told); n > 2*len(f.links)*6 {
			rt.Errorf("%d messages", n)
		}
	})
}
