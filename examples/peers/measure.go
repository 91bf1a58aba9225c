//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// result is one contender in one round of one scene.
type result struct {
	scene, name string
	round       int
	ends        float64       // link ends polled
	cpu         time.Duration // of the contender
	wall        time.Duration
	peak        int64   // bytes
	due         float64 // share of the polls that were due; 0 for who knows no interval
	datagrams   float64 // replies per link end
	farmCPU     time.Duration
	// lost is how many datagrams the kernel dropped for want of room, anywhere on this machine, and
	// lostRequests how many of them had reached the routers.
	lost, lostRequests int64
	// others is how long the contender's CPU worked for anybody else, the host of a virtual machine
	// included; 0 when it has no CPU of its own.
	others time.Duration
	// differs is how far the ends whose values came out are from the ends polled, as a share.
	differs float64
}

// perEnd is the contender's CPU time per link end polled, in microseconds.
func (r *result) perEnd() float64 { return float64(r.cpu.Microseconds()) / r.ends }

// runAll measures everybody in every scene. Within a scene all take turns, so that a machine whose
// speed drifts does so for all. What was measured is returned also with an error.
func runAll(ctx context.Context, s settings) ([]result, error) {
	field, err := s.field()
	if err != nil {
		return nil, err
	}
	contenderCPU, ownCPU, err := splitCPUs()
	if err != nil {
		return nil, err
	}
	var results []result
	for _, name := range s.cases {
		sc, _ := findScene(name)
		found, err := runScene(ctx, sc, &s, field, [2]int{contenderCPU, ownCPU})
		results = append(results, found...)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// field returns the contenders that were asked for and are here.
func (s *settings) field() ([]contender, error) {
	var field []contender
	for _, c := range contenders {
		if len(s.only) > 0 && !slices.Contains(s.only, c.name) {
			continue
		}
		if why := c.missing(s); why != "" {
			fmt.Fprintln(os.Stderr, why)
			continue
		}
		field = append(field, c)
	}
	if len(field) == 0 {
		return nil, errors.New("no contender is here")
	}
	return field, nil
}

func runScene(ctx context.Context, sc scene, s *settings, field []contender, cpus [2]int) (results []result, err error) {
	f, err := startFarm(ctx, sc, s, cpus[1])
	if err != nil {
		return nil, err
	}
	defer f.stop()
	dir, err := os.MkdirTemp("", "bothends-peers-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for round := range s.rounds {
		for i := range field {
			m := &match{settings: s, farm: f, cpu: cpus[0], dir: filepath.Join(dir, fmt.Sprint(round, field[i].name))}
			if err := os.Mkdir(m.dir, 0o700); err != nil {
				return results, err
			}
			r, err := m.run(ctx, &field[i])
			if err != nil {
				return results, fmt.Errorf("%s, %s: %w", sc.name, field[i].name, err)
			}
			r.round = round
			results = append(results, r)
			fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format(time.TimeOnly), r.String())
		}
	}
	return results, nil
}

// sample is everything that is counted, at one instant.
type sample struct {
	at           time.Time
	cpu, farmCPU time.Duration
	replies      uint64
	delivered    uint64
	lost         int64
	lostRequests int64
	busy         time.Duration // of the contender's CPU, with all who use it
}

// settling is how long a start goes on working at least: walks, garbage, what is written down once.
const settling = 30 * time.Second

// run measures one contender: start it, let more than two intervals pass, so that what a start
// leaves behind is over, and take the difference between two instants that lie whole intervals apart.
func (m *match) run(ctx context.Context, c *contender) (r result, err error) {
	e, err := c.start(ctx, m)
	if err != nil {
		return r, err
	}
	defer e.stop()
	settle, window := m.aligned(time.Now().Add(max(2*m.interval+m.interval/4, settling))), time.Duration(m.cycles)*m.interval
	if c.flatOut {
		settle, window = time.Second, min(floorTime, window)
	}
	if err := e.sleep(ctx, settle); err != nil {
		return r, err
	}
	before, err := m.sample(e)
	if err != nil {
		return r, err
	}
	if err := e.sleep(ctx, window); err != nil {
		return r, err
	}
	after, err := m.sample(e)
	if err != nil {
		return r, err
	}
	r = m.result(e, &before, &after)
	r.name = c.name
	if !c.flatOut {
		r.due = r.ends / (float64(m.farm.scene.liveEnds(&m.farm.network)) * float64(m.cycles))
	}
	r.peak, err = e.peakRSS()
	if err == nil && r.ends == 0 {
		err = fmt.Errorf("no link end was polled: %s", e.errors)
	}
	return r, err
}

// aligned returns how long to wait for the last instant after t that is a little before a multiple
// of the interval: programs that begin on the multiple are at rest then.
func (m *match) aligned(t time.Time) time.Duration {
	at := t.Truncate(m.interval).Add(m.interval - m.interval/20)
	if at.Before(t) {
		at = at.Add(m.interval)
	}
	return time.Until(at)
}

func (m *match) sample(e *entry) (s sample, err error) {
	count, err := m.farm.count()
	if err != nil {
		return s, err
	}
	s.at, s.replies = time.Now(), count.Replies
	if s.cpu, err = e.cpuTime(); err != nil {
		return s, err
	}
	if s.farmCPU, err = m.farm.cpuTime(); err != nil {
		return s, err
	}
	if e.delivered != nil {
		s.delivered = e.delivered()
	}
	if s.lost, err = bufferErrors(); err != nil {
		return s, err
	}
	if s.lostRequests, err = portDrops(m.port); err != nil || m.cpu < 0 {
		return s, err
	}
	s.busy, err = busyTime(m.cpu)
	return s, err
}

func (m *match) result(e *entry, before, after *sample) result {
	r := result{
		scene: m.farm.scene.name, datagrams: e.datagrams,
		ends: float64(after.replies-before.replies) / e.datagrams,
		cpu:  after.cpu - before.cpu, farmCPU: after.farmCPU - before.farmCPU,
		wall: after.at.Sub(before.at),
		lost: after.lost - before.lost, lostRequests: after.lostRequests - before.lostRequests,
	}
	if m.cpu >= 0 {
		r.others = max(after.busy-before.busy-r.cpu, 0)
	}
	if e.delivered != nil && r.ends > 0 {
		r.differs = float64(after.delivered-before.delivered)/r.ends - 1
	}
	return r
}
