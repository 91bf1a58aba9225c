package poller

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/simulator"
)

// inRealTime marks a test that mostly waits. Small ones wait together; at full size each has the
// machine for itself.
func inRealTime(t *testing.T) {
	t.Helper()
	if sized(true, false) {
		t.Parallel()
	}
}

// paired is a network in which each link joins two routers that have no other. All names begin with
// prefix.
func paired(prefix string, links int, at netip.AddrPort) simulator.Config {
	net := simulator.Many(1, links, 2*links, at)
	for i := range net.Routers {
		net.Routers[i].Name = prefix + net.Routers[i].Name
	}
	for i := range net.Links {
		l := &net.Links[i]
		l.Name, l.A.Router, l.Z.Router = prefix+l.Name, net.Routers[2*i].Name, net.Routers[2*i+1].Name
	}
	return net
}

// starts counts the cycles that began, those that did more than 0.1 and 0.5 s late, and those that
// were skipped.
type starts struct{ began, late, tooLate, skipped int }

func startsOf(t *testing.T, r *prometheus.Registry) starts {
	t.Helper()
	const name = "bothends_poll_lateness_seconds"
	began := observations(t, r, name, 10)
	return starts{
		began, began - observations(t, r, name, .1), began - observations(t, r, name, .5),
		int(metric(t, r, "bothends_poll_ticks_missed_total", "")),
	}
}

func (s starts) since(before starts) starts {
	return starts{s.began - before.began, s.late - before.late, s.tooLate - before.tooLate, s.skipped - before.skipped}
}

func (s starts) String() string {
	return fmt.Sprintf("%d cycles began, %d of them more than 0.1 s late and %d more than 0.5 s, and %d were skipped", s.began, s.late, s.tooLate, s.skipped)
}

// check holds the start of cycles against what is promised of them, at full size only: a machine
// that does other things as well may keep anybody from starting in time.
func (s starts) check(t *testing.T) {
	t.Helper()
	if sized(false, s.tooLate > s.began/100) {
		t.Errorf("more than one cycle in a hundred starts more than 0.5 s late: %s", s)
	}
}

// enlist adds a simulated network to what is polled. like is a device without name and address.
func enlist(cfg *Config, net *simulator.Config, like Device, every time.Duration) {
	for i := range net.Routers {
		r := &net.Routers[i]
		d := like
		d.Name, d.Address, d.Port = r.Name, r.Addr.Addr().String(), r.Addr.Port()
		cfg.Devices = append(cfg.Devices, d)
	}
	for i := range net.Links {
		l := &net.Links[i]
		cfg.Links = append(cfg.Links, Link{Name: l.Name, Interval: every, Ends: [2]Endpoint{
			{l.A.Router, l.A.Interface}, {l.Z.Router, l.Z.Interface},
		}})
	}
}

// tallied counts polls.
type tallied struct {
	mu       sync.Mutex
	from     time.Duration // polls due before are not counted
	polls    int
	ok       int
	answered map[string]int // by end: how often it answered
}

func (c *tallied) emit(p *linkmodel.Poll) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.ScheduledMono < c.from {
		return
	}
	for i := range p.Ends {
		c.polls++
		if p.Ends[i].Answered() {
			c.ok++
			c.answered[p.Link+[2]string{" a", " z"}[i]]++
		}
	}
}

// begin counts anew.
func (c *tallied) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.polls, c.ok, c.answered = mono(), 0, 0, map[string]int{}
}

// until waits for what a test cannot go on without.
func (c *tallied) until(t *testing.T, what string, good func() bool) {
	t.Helper()
	for end := time.Now().Add(sized(4*time.Minute, 20*time.Minute)); ; time.Sleep(50 * time.Millisecond) {
		c.mu.Lock()
		done := good()
		c.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("never: %s; %d of %d polls answered", what, c.ok, c.polls)
		}
	}
}

// least returns how many ends with this prefix answered, and how often the one did that answered
// least. The caller holds the lock.
func (c *tallied) least(prefix string) (ends, times int) {
	for name, n := range c.answered {
		if strings.HasPrefix(name, prefix) {
			if ends++; ends == 1 || n < times {
				times = n
			}
		}
	}
	return ends, times
}

func simulate(t *testing.T, cfg simulator.Config) *simulator.Simulator {
	t.Helper()
	sim, err := simulator.New(cfg)
	if err == nil {
		err = sim.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

// runAll runs the routers and then the Poller until the test ends.
func runAll(t *testing.T, sims []*simulator.Simulator, p *Poller) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	errs := make([]error, len(sims)+1)
	for i, s := range sims {
		running.Go(func() { errs[i] = s.Run(ctx) })
	}
	running.Go(func() { errs[len(sims)] = p.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
	})
}
