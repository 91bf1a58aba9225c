package main

import (
	"fmt"
	"regexp"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// scenario is one kind of link and the way it is polled.
type scenario struct {
	name string
	// group is the table it is printed in.
	group    string
	traffic  traffic
	cache    [2]time.Duration // of the agents, by linkmodel.End
	onDemand bool             // an agent refreshes when it is asked and what it has is too old
	declared bool             // the inventory gives the caches; else it says nothing
	interval time.Duration
	noDither bool
	skew     time.Duration // end z is asked so much later than end a
	loss     float64       // share of the packets from a to z lost from the beginning, 0..1
	missed   float64       // share of the polls that an end does not answer
	repeated float64       // share of the polls that an end answers at the second request only
	control  float64       // frames per second that a sender counts and its receiver does not
	steps    bool          // the wall clock of the poller is set now and then
	restarts time.Duration // mean time between restarts of an agent; 0 = none
	detects  bool          // delays of detection are measured
}

// Names of the tables.
const (
	groupGrid    = "Caches, traffic and intervals"
	groupSpecial = "Special cases"
	groupTruth   = "Known loss"
)

// scenarios are all of them, in the order of the tables.
func scenarios() []scenario {
	return append(append(grid(), special()...), known()...)
}

var intervals = [...]time.Duration{10 * time.Second, time.Minute}

var caches = [...][2]time.Duration{
	{0, 0},
	{3 * time.Second, 3 * time.Second},
	{0, 5 * time.Second},
	{15 * time.Second, 15 * time.Second},
}

// grid is every traffic with every pair of caches and every interval.
func grid() []scenario {
	kinds := [...]traffic{steady, bursty}
	all := make([]scenario, 0, len(kinds)*len(caches)*len(intervals))
	for _, t := range kinds {
		for _, c := range caches {
			for _, interval := range intervals {
				s := scenario{group: groupGrid, traffic: t, cache: c, declared: true, interval: interval, detects: true}
				all = append(all, s.named(""))
			}
		}
	}
	return all
}

// special are the grid's harder cells, once more with one thing gone wrong.
func special() []scenario {
	live, linux, old := caches[0], caches[1], caches[3]
	cases := []struct {
		what    string
		cache   [2]time.Duration
		changes func(*scenario)
	}{
		{"undeclared", live, func(s *scenario) { s.declared = false }},
		{"undeclared", linux, func(s *scenario) { s.declared = false }},
		{"undeclared", old, func(s *scenario) { s.declared = false }},
		{"no dither", linux, func(s *scenario) { s.noDither = true }},
		{"no dither", old, func(s *scenario) { s.noDither = true }},
		{"1 s skew", live, func(s *scenario) { s.skew = time.Second }},
		{"5 s skew", live, func(s *scenario) { s.skew = 5 * time.Second }},
		{"on demand", caches[2], func(s *scenario) { s.onDemand = true }},
		{"2 % repeated", live, func(s *scenario) { s.repeated = 0.02 }},
		{"2 % repeated", linux, func(s *scenario) { s.repeated = 0.02 }},
		{"30 % missed", linux, func(s *scenario) { s.missed = 0.3 }},
		{"control frames", live, func(s *scenario) { s.control = 1 }},
		{"control frames", live, func(s *scenario) { s.control, s.traffic = 1, daily }},
		{"control frames", linux, func(s *scenario) { s.control, s.traffic = 1, daily }},
		{"quiet link", linux, func(s *scenario) { s.traffic = quiet }},
		{"restarts", linux, func(s *scenario) { s.restarts = 4 * time.Hour }},
		{"clock steps", linux, func(s *scenario) { s.steps = true }},
	}
	all := make([]scenario, 0, len(cases)*len(intervals))
	for i := range cases {
		for _, interval := range intervals {
			s := scenario{
				group: groupSpecial, traffic: bursty, cache: cases[i].cache, declared: true, interval: interval, detects: true,
			}
			cases[i].changes(&s)
			all = append(all, s.named(cases[i].what))
		}
	}
	half := scenario{
		group: groupSpecial, traffic: bursty, cache: caches[2], declared: true, interval: 30 * time.Second, detects: true,
	}
	return append(all, half.named(""))
}

// known are links that have lost the same share of their packets for ever.
func known() []scenario {
	var all []scenario
	for _, c := range caches {
		for _, loss := range []float64{0, 0.001, 0.01} {
			s := scenario{
				group: groupTruth, traffic: bursty, cache: c, declared: true, interval: 10 * time.Second, loss: loss,
			}
			all = append(all, s.named(fmt.Sprintf("%g %% lost", loss*100)))
		}
	}
	late := scenario{group: groupTruth, traffic: bursty, declared: true, interval: 10 * time.Second}
	late.skew = late.interval
	return append(all, late.named("one cycle late"))
}

// named gives a scenario its name: traffic, caches, interval and what is special.
func (s scenario) named(what string) scenario {
	a, z := s.cache[linkmodel.EndA], s.cache[linkmodel.EndZ]
	s.name = fmt.Sprintf("%s %g/%g s, %g s", s.traffic.name, a.Seconds(), z.Seconds(), s.interval.Seconds())
	if what != "" {
		s.name += ", " + what
	}
	return s
}

// matching returns the scenarios whose name matches.
func matching(all []scenario, match *regexp.Regexp) []scenario {
	var chosen []scenario
	for i := range all {
		if match.MatchString(all[i].name) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen
}

// dither is the longest random delay of a poll, as the poller has it: long enough to meet the slower
// cache at any age, and at most half the interval.
func (s *scenario) dither() time.Duration {
	age := max(s.cache[linkmodel.EndA], s.cache[linkmodel.EndZ])
	switch {
	case s.noDither:
		return 0
	case !s.declared:
		age = linkmodel.DefaultCounterCache
	}
	return min(age, s.interval/2)
}
