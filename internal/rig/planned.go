//go:build linux

package rig

import (
	"net/http"
	"time"
)

// routerFault is something that may be wrong with a router or the way to it.
type routerFault struct {
	what      string
	low, high time.Duration
	begin     func(p *planner, router string)
	end       func(p *planner, router string) // nil when it is over at once
	need      string
	least     time.Duration
	allow     []string
}

// usual ends what is wrong with the way to a router.
func usual(p *planner, router string) { p.Ether.Set(router, func(w *Way) { *w = Way{} }) }

func way(change func(w *Way)) func(p *planner, router string) {
	return func(p *planner, router string) { p.Ether.Set(router, change) }
}

var routerFaults = []routerFault{
	{
		"silent", time.Minute, 20 * time.Minute, way(func(w *Way) { w.Silent = true }), usual,
		kindUnreachable, 6 * time.Minute,
		[]string{kindUnreachable},
	},
	{
		"far", 5 * time.Minute, 30 * time.Minute, way(func(w *Way) { w.Delay = 1900 * time.Millisecond }), usual, "", 0, nil,
	},
	{
		"behind a lossy way", 5 * time.Minute, 30 * time.Minute, way(func(w *Way) { w.Loss = 0.3 }), usual,
		"", 0,
		[]string{kindUnreachable},
	},
	{
		"heard twice", 5 * time.Minute, 30 * time.Minute, way(func(w *Way) { w.Twice = true }), usual, "", 0, nil,
	},
	{"rebooted", 0, 0, func(p *planner, router string) { p.Sim.Router(router).Reboot() }, nil, "", 0, nil},
	{"without its agent for a moment", 0, 0, func(p *planner, router string) { p.Sim.Router(router).RestartAgent() }, nil, "", 0, nil},
	{"renumbered", 0, 0, func(p *planner, router string) { p.Sim.Router(router).Renumber() }, nil, "", 0, nil},
	{"cleared", 0, 0, clearOne, nil, "", 0, nil},
	{
		"frozen", 5 * time.Minute, 20 * time.Minute, func(p *planner, router string) { p.Sim.Router(router).Freeze() },
		func(p *planner, router string) { p.Sim.Router(router).Thaw() },
		"", 0,
		[]string{kindFrozen, kindLossy, kindDeadPath},
	},
}

// clearOne clears the counters of a router's first link.
func clearOne(p *planner, router string) {
	for _, e := range p.Ether.ends {
		if e.Router == router {
			p.must(p.Sim.Router(router).ClearCounters(e.Interface, sumOf(router)%2 == 0))
			return
		}
	}
}

// linksOf are the links of a router.
func (t *Theatre) linksOf(router string) (names []string) {
	for _, e := range t.Ether.ends {
		if e.Router == router {
			names = append(names, e.Link)
		}
	}
	return names
}

func (p *planner) routerFaults() {
	routers := p.Sim.Config().Routers
	p.every(9*time.Minute, func(at, left time.Duration) {
		f, name := routerFaults[p.r.IntN(len(routerFaults))], routers[p.r.IntN(len(routers))].Name
		to := at
		if f.high > 0 {
			to = at + min(p.between(f.low, f.high), left)
		}
		if !p.take(at, to, name) {
			return
		}
		var truth *Truth
		p.add(at, name+" is "+f.what, func(Pilot) {
			truth = p.begin(Truth{What: f.what, Router: true, Links: p.linksOf(name), Need: f.need, Least: f.least, Allow: f.allow, Slack: 5 * time.Minute})
			f.begin(p, name)
			if f.end == nil {
				p.end(truth)
			}
		})
		if f.end != nil {
			p.add(to, name+" is no longer "+f.what, func(Pilot) { f.end(p, name); p.end(truth) })
		}
	})
}

// answers makes a database answer some requests in another way.
func answers(all ...Answer) func(n uint64) Answer {
	return func(n uint64) Answer { return all[(n>>40)%uint64(len(all))] }
}

var databaseFaults = []struct {
	what  string
	state DatabaseState
	shown bool // the page has to tell
}{
	{"down", DatabaseState{Down: true}, true},
	{"down", DatabaseState{Down: true}, true},
	{"hanging", DatabaseState{Hang: true}, false},
	{"slow", DatabaseState{Answer: answers(Answer{Delay: 8 * time.Second}, Answer{Delay: 30 * time.Second})}, false},
	{"out of its mind", DatabaseState{Answer: answers(
		Answer{}, Answer{Status: http.StatusServiceUnavailable}, Answer{Status: http.StatusInternalServerError, Store: true},
		Answer{Reset: true}, Answer{Reset: true, Store: true}, Answer{Status: http.StatusTooManyRequests, RetryAfter: 20 * time.Second},
	)}, false},
	{"refusing us", DatabaseState{Answer: answers(Answer{Status: http.StatusUnauthorized})}, true},
	{"without our bucket", DatabaseState{Answer: answers(Answer{Status: http.StatusNotFound})}, true},
	{"taking small requests", DatabaseState{Answer: answers(Answer{MaxLines: 5})}, false},
	{"refusing lines", DatabaseState{Answer: answers(Answer{BadOneIn: 50, Status: http.StatusBadRequest})}, false},
	{"rejecting lines", DatabaseState{Answer: answers(Answer{BadOneIn: 50})}, false},
}

func (p *planner) databaseFaults() {
	free := time.Duration(0)
	p.every(40*time.Minute, func(at, left time.Duration) {
		f := databaseFaults[p.r.IntN(len(databaseFaults))]
		to := at + min(p.between(time.Minute, 45*time.Minute), left)
		if at < free || !p.clearOfSwizzles(at, to) {
			return
		}
		free = to + 3*time.Minute
		p.add(at, "database "+f.what, func(Pilot) { p.Database.Set(f.state) })
		if f.shown && to-at > 2*time.Minute {
			p.add(at+40*time.Second, "does the page tell of the database", func(l Pilot) { l.Expect("database") })
		}
		p.add(to, "database well", func(Pilot) { p.Database.Set(DatabaseState{}) })
	})
}

var chatFaults = []ChatState{
	{Down: true},
	{Hang: true},
	{Status: http.StatusInternalServerError},
	{Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second},
	{Forgets: true},
}

func (p *planner) chatFaults() {
	for _, name := range Receivers {
		free := time.Duration(0)
		p.every(70*time.Minute, func(at, left time.Duration) {
			f := chatFaults[p.r.IntN(len(chatFaults))]
			to := at + min(p.between(time.Minute, 40*time.Minute), left)
			if at < free || !p.clearOfSwizzles(at, to) {
				return
			}
			free = to + 10*time.Minute
			p.add(at, name+" in trouble", func(Pilot) { p.Chat.Set(name, f) })
			p.add(to, name+" well", func(Pilot) { p.Chat.Set(name, ChatState{}) })
		})
	}
}

func (p *planner) diskFaults() {
	kinds := []string{"full", "sync", "write", "create", "replace", "all"}
	free := time.Duration(0)
	p.every(50*time.Minute, func(at, left time.Duration) {
		what, to := kinds[p.r.IntN(len(kinds))], at+min(p.between(5*time.Second, 15*time.Minute), left)
		if at < free || !p.clearOfSwizzles(at, to) {
			return
		}
		free = to + time.Minute
		p.add(at, "disk fails: "+what, func(Pilot) { p.setDisk(what) })
		p.add(to, "disk well", func(Pilot) { p.setDisk("") })
	})
}
