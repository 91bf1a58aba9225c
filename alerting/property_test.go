package alerting

import (
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// anySignal draws a signal of kind k, unknown every third time.
func anySignal(t *rapid.T, k linkmodel.Kind, d linkmodel.Direction) linkmodel.Signal {
	s := linkmodel.Signal{Kind: k, Direction: d, End: linkmodel.NoEnd}
	if rapid.IntRange(0, 2).Draw(t, "known") == 0 {
		return s
	}
	if !k.Measured() {
		s.Ratio = linkmodel.Known(float64(rapid.IntRange(0, 1).Draw(t, "true")))
		return s
	}
	// Thresholds of everyRule lie inside each range, so that both sides are common.
	top := map[linkmodel.Kind]float64{linkmodel.KindSaturated: 1.1}[k]
	if top == 0 {
		top = 0.02
	}
	v := rapid.Float64Range(0, top).Draw(t, "value")
	s.Ratio, s.Rate = linkmodel.Known(v), linkmodel.Known(v*1e6)
	s.Low, s.High = v/2, v*2
	return s
}

// ledger checks what every message must obey.
type ledger struct {
	open map[string]int // messages of the open episodes
	over map[string]bool
}

func (l *ledger) note(t interface{ Fatalf(string, ...any) }, n *Notification) {
	ep := &n.Episode
	if l.over[ep.ID] {
		t.Fatalf("message about %s after its end: %s", ep.ID, n.Summary)
	}
	if ep.N != l.open[ep.ID]+1 {
		t.Fatalf("message %d of %s follows %d", ep.N, ep.ID, l.open[ep.ID])
	}
	if (n.Status == StatusFiring) != (ep.N == 1) {
		t.Fatalf("message %d of %s is %s", ep.N, ep.ID, n.Status)
	}
	l.open[ep.ID]++
	if n.Status == StatusResolved {
		delete(l.open, ep.ID)
		l.over[ep.ID] = true
		if ep.Until.Before(ep.Since) {
			t.Fatalf("%s ends before it begins", ep.ID)
		}
	}
}

// TestProperties feeds random signals, with restarts in between, and checks that nothing is
// raised by an unknown signal, that every id is told firing once, then perhaps updates, then
// resolved once, and that no two open episodes are about the same.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := everyRule(time.Duration(rapid.IntRange(0, 3).Draw(t, "minutes")) * time.Minute)
		b := newBench(rules)
		l := ledger{open: map[string]int{}, over: map[string]bool{}}
		for range rapid.IntRange(1, 60).Draw(t, "polls") {
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				episodes := b.Episodes()
				next := newBench(rules)
				next.polls = b.polls
				next.Restore(episodes)
				b = next
			}
			before := b.openKeys()
			signals := map[string]linkmodel.Signal{}
			var list []linkmodel.Signal
			for _, k := range kinds {
				for _, d := range directionsOf(k) {
					s := anySignal(t, k, d)
					signals[key(k, d)] = s
					list = append(list, s)
				}
			}
			for _, n := range b.signals(list...) {
				l.note(t, &n)
			}
			checkOpen(t, b, before, signals)
		}
	})
}

func key(k linkmodel.Kind, d linkmodel.Direction) string { return string(k) + " " + d.String() }

func (b *bench) openKeys() map[string]bool {
	open := map[string]bool{}
	for _, f := range b.Open(b.decl.Name, nil) {
		open[key(f.Kind, f.Direction)] = true
	}
	return open
}

// checkOpen compares the open findings with those before a poll: an unknown signal neither opens
// nor closes one.
func checkOpen(t *rapid.T, b *bench, before map[string]bool, signals map[string]linkmodel.Signal) {
	findings := b.Open(b.decl.Name, nil)
	after := map[string]bool{}
	for i, f := range findings {
		k := key(f.Kind, f.Direction)
		if after[k] {
			t.Fatalf("two open findings are %s", k)
		}
		after[k] = true
		if i > 0 && f.Severity > findings[i-1].Severity {
			t.Fatalf("findings are not worst first: %+v", findings)
		}
	}
	for k, s := range signals {
		if !s.Ratio.Known && before[k] != after[k] {
			t.Fatalf("unknown %s: open before is %v, after %v", k, before[k], after[k])
		}
	}
}

// Links are judged while others are told of: every episode is told, or noted, once from its beginning
// to its end.
func TestLinksAreJudgedConcurrently(t *testing.T) {
	const rounds = 50
	var links []linkmodel.Link
	rules := map[string]Rules{}
	for name := range strings.FieldsSeq("one two three four") {
		l := testLink()
		l.Name = name
		links, rules[name] = append(links, l), everyRule(0)
	}
	e := New(Config{Rules: rules, Default: []string{"noc"}, RemindEvery: time.Nanosecond}, links)
	var wg sync.WaitGroup
	for i := range links {
		wg.Go(func() {
			b := &bench{Engine: e, decl: links[i], interval: time.Minute}
			for word := range strings.FieldsSeq(strings.Repeat("dd uu uu ", rounds)) {
				b.Observe(b.view(word))
				b.polls++
			}
		})
	}
	judged := make(chan struct{})
	go func() { wg.Wait(); close(judged) }()
	l, over := ledger{open: map[string]int{}, over: map[string]bool{}}, map[string]bool{}
	for i, last := 0, false; !last; i++ {
		select {
		case <-judged:
			last = true
		default:
		}
		r := e.Advance(later(time.Duration(i) * time.Second))
		for i := range r.Told {
			l.note(t, &r.Told[i])
		}
		for i := range r.Noted {
			if ep := &r.Noted[i].Episode; !ep.open() {
				over[ep.ID] = true
			}
		}
		e.Episodes()
		e.Open("one", nil)
	}
	if len(l.open) > 0 || len(l.over)+len(over) != len(links)*rounds {
		t.Errorf("%d told to their end, %d noted, %d left of %d", len(l.over), len(over), len(l.open), len(links)*rounds)
	}
}
