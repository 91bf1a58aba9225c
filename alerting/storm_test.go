package alerting

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// many is a network of so many links between so many routers, ten links at each: to the next router, the
// one after it, and so on. Each site has as many routers.
func many(links, routers, perSite int) []string {
	out := make([]string, links)
	for i := range out {
		a := i % routers
		z := (a + 1 + i/routers) % routers
		out[i] = fmt.Sprintf("l%05d: r%04d r%04d", i, a, z)
		if perSite > 0 {
			out[i] = fmt.Sprintf("l%05d: r%04d@s%03d r%04d@s%03d", i, a, a/perSite, z, z/perSite)
		}
	}
	return out
}

// times returns when messages were sent, from an instant on.
func (f *grid) times(from time.Duration) (out []time.Duration) {
	for i := range f.told {
		out = append(out, f.told[i].At.Sub(start)-from)
	}
	return out
}

// logged counts the episodes of which the event log has the beginning, or the whole, and the end.
func (f *grid) logged() (all, ended int) {
	ids, over := map[string]bool{}, map[string]bool{}
	for _, n := range append(slices.Clone(f.told), f.noted...) {
		if IsCause(n.Episode.Kind) {
			continue
		}
		ids[n.Episode.ID] = true
		if n.Status == StatusResolved {
			over[n.Episode.ID] = true
		}
	}
	return len(ids), len(over)
}

// TestTenThousandLinksAtOnce: all links go down and come back three minutes later.
func TestTenThousandLinksAtOnce(t *testing.T) {
	for name, c := range map[string]struct{ links, routers, perSite int }{
		"10,000, 200 sites": {10_000, 2000, 10}, "2,000, no sites": {2000, 400, 0},
	} {
		t.Run(name, func(t *testing.T) {
			links := c.links
			f := newGrid(t, many(links, c.routers, c.perSite)...).healthy()
			from := f.now
			for i := range f.links {
				f.cut[f.links[i].Name] = true
			}
			f.run(3 * time.Minute)
			clear(f.cut)
			f.run(7 * time.Minute)
			f.links = nil // what comes after that is quiet
			f.run(20 * time.Minute)
			t.Logf("%q", f.lines())
			at := f.times(from)
			if len(at) == 0 || len(at) > 6 || at[0] > 30*time.Second {
				t.Fatalf("%d messages, at %v", len(at), at)
			}
			for i := 1; i < len(at); i++ {
				if f.told[i].Status == StatusUpdate && at[i]-at[i-1] < updateEvery {
					t.Errorf("updates at %v", at)
				}
			}
			if all, ended := f.logged(); all != links || ended != links {
				t.Errorf("%d episodes and %d ends in the event log, want %d", all, ended, links)
			}
			if left := f.Episodes(); len(left) > 0 {
				t.Errorf("%d left: %+v", len(left), left[0])
			}
			f.ledgered()
		})
	}
}

// TestCutOff: all 2,000 routers fall silent, which is bothends' own fault; a link that is really down when
// they come back is told then.
func TestCutOff(t *testing.T) {
	f := newGrid(t, many(2000, 2000, 20)...).healthy()
	f.blind = true
	f.run(8 * time.Minute)
	if len(f.told) != 1 || f.told[0].Status != StatusFiring || !strings.HasPrefix(f.told[0].Summary, "BOTHENDS IS BLIND 0 of 2,000 routers answer since 10:03") {
		t.Fatalf("told %q", f.lines())
	}
	if n := len(f.told[0].Group.Explains); n == 0 {
		t.Error("it explains nothing")
	}
	f.blind = false
	f.cut["l00007"] = true
	f.run(8 * time.Minute)
	if len(f.told) != 3 {
		t.Fatalf("told %q, want the end of it and the one link", f.lines())
	}
	if n := f.told[1]; !strings.HasPrefix(n.Summary, "RESOLVED blind: 2,000 of 2,000 routers answer") {
		t.Errorf("told %q", n.Summary)
	}
	if n := f.told[2]; !strings.HasPrefix(n.Summary, "DOWN l00007") {
		t.Errorf("told %q", n.Summary)
	}
	f.ledgered()
}

// TestThirdOfTheRouters: 600 of 2,000 routers fall silent: those of six sites, or some of each of twenty.
func TestThirdOfTheRouters(t *testing.T) {
	for name, dead := range map[string]func(router int) bool{
		"six sites":          func(r int) bool { return r < 600 },
		"30 % of each of 20": func(r int) bool { return r%100 < 30 },
	} {
		t.Run(name, func(t *testing.T) {
			f := newGrid(t, many(2000, 2000, 100)...).healthy()
			for r := range 2000 {
				f.dead[fmt.Sprintf("r%04d", r)] = dead(r)
			}
			f.run(10 * time.Minute)
			sites := map[string]int{}
			for i := range f.told {
				n := &f.told[i]
				if n.Episode.Kind == KindSite && n.Status == StatusFiring {
					sites[n.Episode.Subject]++
				} else if n.Status == StatusFiring {
					t.Errorf("told %q %v", n.Summary, n.Details)
				}
			}
			want := 6
			if !strings.HasPrefix(name, "six") {
				want = 20
			}
			if len(sites) != want || len(f.told) > 2*want {
				t.Errorf("%d messages about %d sites, want one each: %q", len(f.told), len(sites), f.lines())
			}
			clear(f.dead)
			f.forget()
			f.run(8 * time.Minute)
			if len(f.told) != want {
				t.Errorf("%d messages when they are back: %q", len(f.told), f.lines())
			}
			if left := f.Episodes(); len(left) > 0 {
				t.Errorf("%d left: %+v", len(left), left[0])
			}
		})
	}
}
