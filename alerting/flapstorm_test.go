package alerting

import (
	"fmt"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// wave is a line that goes and comes with a period, and is up for good after the storm. Its routers
// stamp each change with ifLastChange, in hundredths of a second of a sysUpTime that began an hour
// before.
type wave struct {
	link   linkmodel.Link
	period time.Duration
	phase  time.Duration
	stamp  uint32
	up     bool
	// seen are the changes that ifOperStatus and ifLastChange prove, by poll.
	seen [stormPolls + calmPolls]int
}

const (
	stormPolls, calmPolls = 60, 35
	storm                 = stormPolls * time.Minute
)

// changed returns the state at t and when it was taken.
func (w *wave) changed(t time.Duration) (up bool, at time.Duration) {
	half := w.period / 2
	n := (min(t, storm) + w.phase) / half
	at = max(0, n*half-w.phase)
	if up = n%2 == 0; !up && t >= storm {
		return true, storm
	}
	return up, at
}

func (w *wave) poll(t time.Duration) *linkmodel.Poll {
	const began = time.Hour
	p := &linkmodel.Poll{Link: w.link.Name, Scheduled: start.Add(t), ScheduledMono: t}
	up, at := w.changed(t)
	stamp := uint32((began + at) / (10 * time.Millisecond)) //nolint:gosec // small
	switch {
	case w.stamp == 0:
	case up != w.up:
		w.seen[t/time.Minute] = 1
	case stamp != w.stamp:
		w.seen[t/time.Minute] = 2
	}
	w.stamp, w.up = stamp, up
	for e := range p.Ends {
		r := linkmodel.Reading{
			At: start.Add(t), Mono: t + 1, UpTime: uint32((began + t) / (10 * time.Millisecond)), //nolint:gosec // small
			Admin: linkmodel.StatusUp, Oper: linkmodel.StatusDown, LastChange: stamp, HasLastChange: true, HighSpeed: 1000,
		}
		if up {
			r.Oper = linkmodel.StatusUp
		}
		p.Ends[e].Reading = r
	}
	return p
}

// A storm: 500 lines go and come with periods of 2 to 600 seconds for an hour, and then no more.
// Each is told to be flapping once and to be stable once. Before a slow one is known to be flapping,
// some of its ups and downs are told. Each has routers and a receiver of its own, so that nothing explains
// several of them and nothing is grouped.
func TestFlapStorm(t *testing.T) {
	const lines = 500
	waves, links, rules := make([]wave, lines), make([]linkmodel.Link, lines), map[string]Rules{}
	trackers := make([]*linkmodel.Tracker, lines)
	var routes []Route
	for i := range waves {
		period := 2*time.Second + time.Duration(i)*598*time.Second/(lines-1)
		links[i] = testLink()
		links[i].Name = fmt.Sprintf("line-%03d", i)
		for e := range links[i].Ends {
			links[i].Ends[e].Device, links[i].Ends[e].Site = fmt.Sprintf("r%d-%d", i, e), ""
		}
		routes = append(routes, Route{Link: []string{links[i].Name}, To: []string{links[i].Name}})
		waves[i] = wave{link: links[i], period: period, phase: period * time.Duration(i%7) / 7}
		rules[links[i].Name] = flapRules()
		trackers[i] = linkmodel.NewTracker(&links[i])
	}
	e := New(Config{Rules: rules, Routes: routes, GroupWait: 20 * time.Second}, links)
	told := map[string]map[string]int{}
	last, total := map[string]Episode{}, 0
	for n := range stormPolls + calmPolls {
		at := time.Duration(n) * time.Minute
		for i := range waves {
			e.Observe(trackers[i].Observe(waves[i].poll(at)))
		}
		for _, late := range []time.Duration{0, 21 * time.Second} {
			for _, m := range e.Advance(later(at + late)).Told {
				ep := &m.Episode
				if told[ep.Link] == nil {
					told[ep.Link] = map[string]int{}
				}
				told[ep.Link][string(ep.Kind)+" "+string(m.Status)]++
				if total++; ep.Kind == linkmodel.KindFlapping {
					last[ep.Link] = *ep
				}
			}
		}
	}
	worst, downs := 0, 0
	for i := range waves {
		w := &waves[i]
		got := told[w.link.Name]
		if got["flapping firing"] != 1 || got["flapping resolved"] != 1 || got["down firing"] != got["down resolved"] {
			t.Errorf("period %v: %v", w.period, got)
		}
		ep, want := last[w.link.Name], 0
		for n := int(ep.Since.Sub(start) / time.Minute); n < len(w.seen); n++ {
			want += w.seen[n]
		}
		if ep.Changes != want {
			t.Errorf("period %v: %d changes counted since %v, the routers showed %d", w.period, ep.Changes, ep.Since, want)
		}
		downs += got["down firing"]
		worst = max(worst, got["down firing"])
	}
	t.Logf("%d messages for %d lines; ups and downs told before it was known: %d, %d for the worst line", total, lines, 2*downs, 2*worst)
}
