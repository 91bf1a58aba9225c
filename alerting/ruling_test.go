package alerting

import (
	"fmt"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Links with the same rules share all that is the same for them, and only that.
func TestLinksShareTheirRulings(t *testing.T) {
	rules := map[string]Rules{}
	var links []linkmodel.Link
	for i, change := range []func(*linkmodel.Link, *Rules){
		func(*linkmodel.Link, *Rules) {},
		func(*linkmodel.Link, *Rules) {},
		func(l *linkmodel.Link, _ *Rules) { l.Ends[linkmodel.EndZ].CounterCache = time.Minute },
		func(_ *linkmodel.Link, r *Rules) { r.Loss.For = time.Hour },
	} {
		l, r := testLink(), everyRule(time.Minute)
		l.Name = fmt.Sprint(i)
		change(&l, &r)
		links, rules[l.Name] = append(links, l), r
	}
	e := New(Config{Rules: rules}, links)
	for _, c := range []struct {
		link    string
		differs linkmodel.Kind
	}{{"1", ""}, {"2", linkmodel.KindHalfDown}, {"3", linkmodel.KindLossy}} {
		if a, z := e.link("0").rules, e.link(c.link).rules; (a == z) != (c.differs == "") {
			t.Errorf("link %s: all rulings shared: %v", c.link, a == z)
		}
		for i := range e.link("0").rules {
			plain, other := e.link("0").rules[i], e.link(c.link).rules[i]
			if shared, want := plain == other, plain.kind != c.differs; shared != want {
				t.Errorf("link %s, %s %v: shared %v, want %v", c.link, plain.kind, plain.direction, shared, want)
			}
		}
	}
}

// A link without faults keeps nothing, and judging it costs no allocation: there are a hundred
// thousand of them. What a fault needs goes with the fault.
func TestLinksWithoutFaultsKeepNothing(t *testing.T) {
	b := newBench(everyRule(time.Hour))
	signal := func(text string) linkmodel.Signal { return parse(t, linkmodel.KindSaturated, linkmodel.AToZ, text) }
	l := b.link(b.decl.Name)
	for _, c := range []struct {
		text string
		kept bool
	}{{"10", false}, {"?", false}, {"75", true}, {"?", true}, {"90", true}, {"75", true}, {"10", false}} {
		if b.signals(signal(c.text)); (len(l.judges) > 0) != c.kept {
			t.Errorf("after %s %%: %d judges, want any: %v", c.text, len(l.judges), c.kept)
		}
	}
	s := []linkmodel.Signal{signal("10")}
	o := observation{link: b.decl.Name, at: b.at(), mono: b.mono(), interval: b.interval}
	if n := testing.AllocsPerRun(100, func() { b.observe(l, &o, s) }); n != 0 {
		t.Errorf("%v allocations per poll, want 0", n)
	}
}
