//go:build linux

package rig

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// soaked is an hour in which memory in use and resident memory grow by shares an hour, each minute with a fault that
// takes more for a while, and garbage that comes and goes.
func soaked(inUse, rss float64) *Soak {
	s, random := &Soak{Length: time.Hour}, rand.New(rand.NewPCG(1, 2))
	for at := time.Duration(0); at < time.Hour; at += sampleEvery {
		u := usage{at: at, goroutines: 34, fds: 20}
		u.inUse = 90e6 * (1 + inUse*at.Hours() + 0.001*random.Float64())
		u.rss = 98e6 * (1 + rss*at.Hours() + 0.02*random.Float64())
		if at%time.Minute < 15*time.Second {
			u.inUse, u.rss, u.goroutines = u.inUse+10e6, u.rss+12e6, u.goroutines+5
		}
		s.samples = append(s.samples, u)
	}
	return s
}

func TestSoakJudgesMemory(t *testing.T) {
	for _, c := range []struct {
		name       string
		inUse, rss float64
		change     func(*Soak)
		want       string
	}{
		{"flat", 0, 0, nil, ""},
		{"a little", 0.005, 0.005, nil, ""},
		{"a leak of a megabyte and a half", 0.016, 0.016, nil, "memory in use grows"},
		{"memory that Go does not know of", 0.03, 0.03, nil, "resident memory grows"},
		{"what is kept for later", 0, 0.05, nil, "resident memory grows"},
		{"before it is warm", 0, 0, func(s *Soak) {
			for i := range s.samples[:200] {
				s.samples[i].inUse, s.samples[i].rss = 40e6, 50e6
			}
		}, ""},
		{"one goroutine more", 0, 0, func(s *Soak) {
			for i := range s.samples[500:] {
				s.samples[500+i].goroutines++
			}
		}, "34 goroutines, then 35"},
		{"descriptors", 0, 0, func(s *Soak) {
			for i := range s.samples[500:] {
				s.samples[500+i].fds += flat + 1
			}
		}, "20 descriptors, then 25"},
	} {
		s := soaked(c.inUse, c.rss)
		if c.change != nil {
			c.change(s)
		}
		err := s.judgeUse()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q; %s", c.name, err, c.want, s.Report())
		}
	}
}

func TestGrowth(t *testing.T) {
	x := make([]float64, 40)
	for i := range x {
		x[i] = 1e8 + 1e6*float64(i)/60 // a megabyte an hour
	}
	x[7], x[30] = 2e8, 1.5e8
	if g := growthOf(x); g.slope < 0.0099 || g.slope > 0.0101 || g.low > g.slope || g.high < g.slope {
		t.Errorf("grew by %v, want 1 %%", g)
	}
	if g := growthOf(x[:1]); g != (growth{}) {
		t.Errorf("one minute says %v", g)
	}
}
