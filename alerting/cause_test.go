package alerting

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// star is a site with two routers and their links to three others, which have more links of their own.
func star() []string {
	return []string{
		"ams-lon-1: cr1.ams1@ams1 cr1.lon1@lon1", "ams-lon-2: cr2.ams1@ams1 cr1.lon1@lon1",
		"ams-par-1: cr1.ams1@ams1 cr1.par2@par2", "ams-par-2: cr2.ams1@ams1 cr1.par2@par2",
		"ams-fra-1: cr1.ams1@ams1 cr1.fra3@fra3", "ams-fra-2: cr2.ams1@ams1 cr1.fra3@fra3",
		"ams-ams: cr1.ams1@ams1 cr2.ams1@ams1",
		"lon-par-1: cr1.lon1@lon1 cr1.par2@par2", "lon-par-2: cr1.lon1@lon1 cr1.par2@par2", "lon-par-3: cr1.lon1@lon1 cr1.par2@par2",
		"lon-fra-1: cr1.lon1@lon1 cr1.fra3@fra3", "par-fra-1: cr1.par2@par2 cr1.fra3@fra3",
		"par-mad-1: cr1.par2@par2 cr1.mad1@mad1", "fra-mad-1: cr1.fra3@fra3 cr1.mad1@mad1",
	}
}

// TestCauses is one message for what happened, however many links it takes away, and one when it is over.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		name       string
		fault      func(f *grid, on bool)
		told, over string
	}{
		{
			"one link", func(f *grid, on bool) { f.cut["ams-lon-1"] = on },
			"DOWN ams-lon-1 since", "RESOLVED ams-lon-1 down after",
		},
		{
			"parallel links", func(f *grid, on bool) { f.cut["lon-par-1"], f.cut["lon-par-2"] = on, on },
			"DOWN 2 of 3 parallel links cr1.lon1 ↔ cr1.par2 since", "RESOLVED parallel links cr1.lon1 ↔ cr1.par2 after",
		},
		{
			"a router", func(f *grid, on bool) { f.dead["cr1.ams1"] = on },
			"ROUTER cr1.ams1 UNREACHABLE 4 links since", "RESOLVED ROUTER cr1.ams1 unreachable after",
		},
		{
			"a site", func(f *grid, on bool) { f.dead["cr1.ams1"], f.dead["cr2.ams1"] = on, on },
			"SITE ams1 UNREACHABLE 2 routers, 7 links since", "RESOLVED SITE ams1 unreachable after",
		},
		{
			"bothends itself", func(f *grid, on bool) { f.blind = on },
			"BOTHENDS IS BLIND 0 of 6 routers answer since", "RESOLVED blind: 6 of 6 routers answer, after",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newGrid(t, star()...).healthy()
			c.fault(f, true)
			f.run(20 * time.Minute)
			if len(f.told) != 1 || !strings.HasPrefix(f.told[0].Summary, c.told) || f.told[0].Status != StatusFiring {
				t.Fatalf("told %q, want %q", f.lines(), c.told)
			}
			c.fault(f, false)
			f.run(20 * time.Minute)
			if len(f.told) != 2 || !strings.HasPrefix(f.told[1].Summary, c.over) || f.told[1].Status != StatusResolved {
				t.Fatalf("told %q, want then %q", f.lines(), c.over)
			}
			f.ledgered()
			if left := f.Episodes(); len(left) > 0 {
				t.Errorf("left: %+v", left)
			}
			for _, n := range f.told {
				if utf8.RuneCountInString(n.Summary) > 120 || n.URLs.Link == "" {
					t.Errorf("%q %+v", n.Summary, n.URLs)
				}
			}
			for i := range f.told {
				for _, d := range f.told[i].Details {
					t.Log(d.Label+":", d.Text)
				}
			}
		})
	}
}

// TestFirstMessageIsEarly: not later than 30 s after the first link is found to be gone.
func TestFirstMessageIsEarly(t *testing.T) {
	f := newGrid(t, star()...).healthy()
	f.dead["cr1.ams1"], f.dead["cr2.ams1"] = true, true
	f.run(10 * time.Minute)
	raised := f.told[0].Episode.raised
	if late := f.told[0].At.Sub(start) - raised; late > 30*time.Second {
		t.Errorf("told %v after it was found", late)
	}
}

// Planned work at a site is not news, however many links it takes away: neither its links nor what they
// have in common.
func TestCauseInMaintenance(t *testing.T) {
	f := newGrid(t, star()...)
	f.cfg.Maintenance = []Window{{Name: "power works", Scope: Scope{Site: []string{"ams1"}}, From: start, Until: start.Add(2 * time.Hour)}}
	f.boot()
	f.healthy()
	f.dead["cr1.ams1"], f.dead["cr2.ams1"] = true, true
	f.run(20 * time.Minute)
	if len(f.told) > 0 {
		t.Fatalf("told %q", f.lines())
	}
	f.dead["cr1.ams1"], f.dead["cr2.ams1"] = false, false
	f.run(20 * time.Minute)
	if len(f.told) > 0 {
		t.Fatalf("told %q", f.lines())
	}
}
