//go:build linux

package rig

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bothends/bothends/simulator"
)

// act is something that happens in a theatre.
type act struct {
	at   time.Duration // since the beginning
	what string
	do   func(p Pilot)
}

// Pilot is who starts and ends the program.
type Pilot interface {
	// Kill ends the program in an instant: at once when place is empty, else when it passes that place, or after
	// patience. It is started anew after the pause.
	Kill(place string, after int, patience, pause time.Duration)
	// Stop asks it to end, and starts it after the pause.
	Stop(pause time.Duration)
	// Down and Up stop and start it, each as something by itself.
	Down()
	Up()
	// Write changes the inventory on the disk.
	Write(how Writing)
	// Expect looks at the page and demands that it tells of a trouble: "database", "inventory".
	Expect(trouble string)
	// Look judges what the page shows now.
	Look()
}

// Writing is a change of the inventory.
type Writing struct {
	Broken, Half bool // it has an error, or ends in the middle
	Spare        bool // has the spare link
	Signal       bool // a SIGHUP follows
}

// planner draws the deeds of a seed. Each kind of fault has a source of its own.
type planner struct {
	*Theatre
	r *rand.Rand
	// taken are the times in which a router, by its name, has a fault or is close to one.
	taken map[string][]span
}

type span struct{ from, to time.Duration }

// Around a fault of a link or a router nothing else may happen to it, so that its alarms have one cause.
const (
	quietBefore = 6 * time.Minute
	quietAfter  = 25 * time.Minute
)

func (t *Theatre) plan() {
	p := &planner{Theatre: t, taken: map[string][]span{}}
	for i, draw := range []func(){
		p.swizzles, p.linkFaults, p.routerFaults, p.databaseFaults, p.chatFaults, p.diskFaults, p.reloads, p.clockSteps, p.ends,
	} {
		p.r = rand.New(rand.NewPCG(t.Seed, uint64(100+i))) //nolint:gosec // a script
		draw()
	}
	for at := 10 * time.Minute; at < t.Length; at += 10 * time.Minute {
		p.add(at, "look", Pilot.Look)
	}
	slices.SortStableFunc(t.deeds, func(a, b act) int { return int(a.at - b.at) })
}

// odd moves an instant so that nothing of the program happens in the same one.
func (p *planner) odd(d time.Duration) time.Duration {
	return d.Truncate(time.Millisecond) + time.Duration(1+p.r.IntN(999_998))
}

func (p *planner) add(at time.Duration, what string, do func(Pilot)) {
	p.deeds = append(p.deeds, act{p.odd(at), what, do})
}

// between draws a time.
func (p *planner) between(low, high time.Duration) time.Duration {
	return low + time.Duration(p.r.Int64N(int64(high-low)))
}

// every calls draw at random times, about once in a while, with the time until the end of the faults.
func (p *planner) every(mean time.Duration, draw func(at, left time.Duration)) {
	mean = time.Duration(float64(mean) / p.Dense)
	for at := p.between(mean/8, mean); at < p.Length; at += p.between(mean/4, mean*7/4) {
		draw(at, p.Length-at)
	}
}

// take reserves routers for a fault; false when one of them has another.
func (p *planner) take(from, to time.Duration, routers ...string) bool {
	want := span{from - quietBefore, to + quietAfter}
	for _, r := range routers {
		if slices.ContainsFunc(p.taken[r], func(s span) bool { return want.from < s.to && s.from < want.to }) {
			return false
		}
	}
	for _, r := range routers {
		p.taken[r] = append(p.taken[r], want)
	}
	return true
}

// linkFault is something that may be wrong with a link.
type linkFault struct {
	what      string
	low, high time.Duration // how long it lasts
	set       func(t *simulator.Truth, way int)
	need      string
	least     time.Duration
	allow     []string
	slack     time.Duration
}

// afterwards is how late an alarm may begin that is no longer true: the poll that saw it is over and told.
const afterwards = 2 * time.Minute

var linkFaults = []linkFault{
	{
		"cut", 3 * time.Minute, 20 * time.Minute, func(t *simulator.Truth, _ int) { t.Cut = true },
		kindDown, 2*time.Minute + 30*time.Second,
		[]string{kindDown, kindHalfDown, kindDeadPath},
		afterwards,
	},
	{
		"dark", 3 * time.Minute, 20 * time.Minute, func(t *simulator.Truth, way int) { t.Dark[way] = true },
		kindHalfDown, 2*time.Minute + 30*time.Second,
		[]string{kindHalfDown, kindDown, kindDeadPath, kindLossy},
		afterwards,
	},
	{
		"full", 14 * time.Minute, 30 * time.Minute, func(t *simulator.Truth, way int) {
			t.Load[way].BPS, t.Load[way].Burst, t.Load[way].Daily = 0.97*speed, 0, 0
		}, kindSaturated, 10 * time.Minute, []string{kindSaturated}, afterwards,
	},
	{
		"errors", 14 * time.Minute, 30 * time.Minute, func(t *simulator.Truth, way int) { t.Load[way].ReceiverErrors = 0.005 },
		kindErrors, 10 * time.Minute,
		[]string{kindErrors, kindLossy},
		afterwards,
	},
	{
		"discards", 14 * time.Minute, 30 * time.Minute, func(t *simulator.Truth, way int) { t.Load[way].SenderDiscards = 0.02 },
		kindDiscards, 10 * time.Minute,
		[]string{kindDiscards, "policed"},
		afterwards,
	},
	{
		"loss", 35 * time.Minute, 50 * time.Minute, func(t *simulator.Truth, way int) { t.Load[way].Loss = 0.04 },
		kindLossy, 30 * time.Minute,
		[]string{kindLossy},
		30 * time.Minute,
	},
}

func (p *planner) linkFaults() {
	config := p.Sim.Config()
	p.every(12*time.Minute, func(at, left time.Duration) {
		f := linkFaults[p.r.IntN(len(linkFaults))]
		l, way := &config.Links[p.r.IntN(theatreLinks)], p.r.IntN(2)
		to := at + min(p.between(f.low, f.high), left)
		if !p.take(at, to, l.A.Router, l.Z.Router) {
			return
		}
		var truth *Truth
		var before simulator.Truth
		p.add(at, f.what+" "+l.Name, func(Pilot) {
			truth = p.begin(Truth{
				What: f.what, Links: []string{l.Name}, Need: f.need, Least: f.least, Allow: f.allow, Slack: f.slack,
			})
			p.must(p.Sim.Set(l.Name, func(t *simulator.Truth) { before = *t; f.set(t, way) }))
		})
		p.add(to, "end of "+f.what+" "+l.Name, func(Pilot) {
			p.must(p.Sim.Set(l.Name, func(t *simulator.Truth) { *t = before }))
			p.end(truth)
		})
	})
}

func (t *Theatre) must(err error) {
	if err != nil {
		t.Fail("rig", "%v", err)
	}
}
