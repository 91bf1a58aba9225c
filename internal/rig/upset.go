//go:build linux

package rig

import (
	"fmt"
	"slices"
	"time"
)

// swizzleKey is under which the times of swizzles are kept among those of routers.
const swizzleKey = ""

// clearOfSwizzles reports whether nothing else stops parts in a time.
func (p *planner) clearOfSwizzles(from, to time.Duration) bool {
	return !slices.ContainsFunc(p.taken[swizzleKey], func(s span) bool { return from < s.to && s.from < to })
}

// part is something that a swizzle stops and starts.
type part struct {
	name        string
	stop, start func(Pilot)
}

// swizzles stop all parts one by one and start them in another order.
func (p *planner) swizzles() {
	p.every(3*time.Hour, func(at, left time.Duration) {
		if left < 30*time.Minute {
			return
		}
		parts := p.parts()
		began, t := at, at
		for _, i := range p.r.Perm(len(parts)) {
			p.add(t, "swizzle: "+parts[i].name+" stops", parts[i].stop)
			t += p.between(time.Second, 40*time.Second)
		}
		t += p.between(time.Minute, 10*time.Minute)
		for _, i := range p.r.Perm(len(parts)) {
			p.add(t, "swizzle: "+parts[i].name+" starts", parts[i].start)
			t += p.between(time.Second, 40*time.Second)
		}
		p.taken[swizzleKey] = append(p.taken[swizzleKey], span{began - quietBefore, t + quietBefore})
		for _, r := range p.Sim.Config().Routers {
			p.taken[r.Name] = append(p.taken[r.Name], span{began - quietBefore, t + quietAfter})
		}
	})
}

// groups is into how many parts the routers fall.
const groups = 4

func (p *planner) parts() []part {
	parts := []part{ //nolint:prealloc // once a plan
		{"database", func(Pilot) { p.Database.Set(DatabaseState{Down: true}) }, func(Pilot) { p.Database.Set(DatabaseState{}) }},
		{"disk", func(Pilot) { p.setDisk("all") }, func(Pilot) { p.setDisk("") }},
		{"program", Pilot.Down, Pilot.Up},
	}
	for _, name := range Receivers {
		parts = append(parts, part{
			name, func(Pilot) { p.Chat.Set(name, ChatState{Down: true}) }, func(Pilot) { p.Chat.Set(name, ChatState{}) },
		})
	}
	routers := p.Sim.Config().Routers
	for g := range groups {
		var names, links []string
		for i := g; i < len(routers); i += groups {
			names = append(names, routers[i].Name)
			links = append(links, p.linksOf(routers[i].Name)...)
		}
		var truth *Truth
		parts = append(parts, part{
			fmt.Sprintf("routers %v", names), func(Pilot) {
				truth = p.begin(Truth{What: "swizzle", Router: true, Links: links, Allow: []string{kindUnreachable}, Slack: 5 * time.Minute})
				for _, name := range names {
					p.Ether.Set(name, func(w *Way) { w.Silent = true })
				}
			}, func(Pilot) {
				for _, name := range names {
					usual(p, name)
				}
				p.end(truth)
			},
		})
	}
	return parts
}

// reloads change the inventory, and break it for a while.
func (p *planner) reloads() {
	free := time.Duration(0)
	p.every(35*time.Minute, func(at, left time.Duration) {
		w := Writing{Spare: p.r.IntN(2) == 0, Signal: p.r.IntN(3) == 0}
		broken, half := p.r.IntN(2) == 0, p.r.IntN(2) == 0
		to := at + min(p.between(time.Minute, 20*time.Minute), left)
		if at < free || !p.clearOfSwizzles(at, to) {
			return
		}
		free = to + time.Minute
		if broken {
			p.add(at, "inventory broken", func(l Pilot) { l.Write(Writing{Broken: true, Half: half, Signal: w.Signal}) })
			p.add(at+10*time.Second, "does the page tell of the inventory", func(l Pilot) { l.Expect("inventory") })
		}
		p.add(to, "inventory written", func(l Pilot) { l.Write(w) })
		p.add(to+10*time.Second, "is the inventory in use", func(l Pilot) { l.Expect("") })
	})
}

// clockSteps set the wall clock, by numbers of seconds that share nothing with the interval.
func (p *planner) clockSteps() {
	off := 0
	p.every(2*time.Hour, func(at, _ time.Duration) {
		steps := []int{2, -2, 37, -37, 3607, -3607, 86413, -86413}
		by := steps[p.r.IntN(len(steps))]
		if off+by > 2*86400 || off+by < -2*86400 {
			by = -by
		}
		off += by
		p.add(at, fmt.Sprintf("clock set by %d s", by), func(Pilot) { p.Clock.Step(by) })
	})
}

// ends stop and kill the program.
func (p *planner) ends() {
	places := []string{"", "", TrapBeforeStore, TrapAfterStore, TrapBeforeChat, TrapAfterChat}
	p.every(35*time.Minute, func(at, left time.Duration) {
		place, after := places[p.r.IntN(len(places))], p.r.IntN(4)
		pause := p.between(10*time.Millisecond, 5*time.Second)
		switch p.r.IntN(10) {
		case 0:
			pause = p.between(5*time.Minute, 20*time.Minute)
		case 1, 2, 3:
			pause = p.between(5*time.Second, 3*time.Minute)
		}
		stop := p.r.IntN(4) == 0
		if left < pause || !p.clearOfSwizzles(at, at+pause+3*time.Minute) {
			return
		}
		if stop {
			p.add(at, fmt.Sprintf("program stopped for %v", pause), func(l Pilot) { l.Stop(pause) })
			return
		}
		p.add(at, fmt.Sprintf("program killed for %v: %s", pause, place), func(l Pilot) { l.Kill(place, after, 2*time.Minute, pause) })
	})
}
