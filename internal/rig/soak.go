//go:build linux

package rig

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Soak is one life of the program with a fault in every minute, and what it took meanwhile.
type Soak struct {
	Seed    uint64
	Length  time.Duration
	Disk    bool // it may mount
	Figures Figures
	Faults  map[string]int
	samples []usage
}

// usage is what the program takes at an instant.
type usage struct {
	at              time.Duration // since the start
	rss, files      float64       // bytes; files are the pages of the program itself among them
	inUse           float64       // bytes, see use
	goroutines, fds float64
}

const (
	// warm is how long buffers and histories may grow.
	warm = 20 * time.Minute
	// sampleEvery is how often the program's use is looked at.
	sampleEvery = 5 * time.Second
	// faultEvery is the time from one fault to the next; one lasts a quarter of that.
	faultEvery = time.Minute
	// maxSlope is how much memory in use may grow, as a share per hour. Resident memory must not be shown to
	// grow faster: it goes up and down with garbage by more than that.
	maxSlope = 0.01
	// flat is how many descriptors more than at first there may be: connections come and go.
	flat = 4
)

// Run soaks the program of a rig. The error tells what is red.
func (s *Soak) Run(ctx context.Context, r *Rig) error {
	m := &mixed{faulty: faulty{Rig: r}, mounts: s.Disk}
	s.Faults = map[string]int{}
	if err := m.begin(ctx); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); s.watch(watching, r) }()
	err := s.faults(ctx, m)
	stop()
	<-watched
	if err == nil {
		err = s.end(ctx, m)
	}
	return errors.Join(err, m.unmount(), s.judgeUse())
}

// faults breaks one thing a minute and judges the samples before it: each kind once while the program
// warms up, then at random. Go keeps a tenth more memory than it needs once it has needed it, so the
// dearest fault must not come for the first time while memory is judged.
func (s *Soak) faults(ctx context.Context, m *mixed) error {
	random := rand.New(rand.NewPCG(s.Seed, 0)) //nolint:gosec // a schedule
	usable := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return f.root && !m.mounts })
	began, first := time.Now(), random.Perm(len(usable))
	k := kills{m.Rig}
	for n := 0; time.Since(began) < s.Length; n++ {
		which := &usable[random.IntN(len(usable))]
		if n < len(first) {
			which = &usable[first[n]]
		}
		s.Faults[which.name]++
		if err := m.play(ctx, random, which, faultEvery/4); err != nil {
			return err
		}
		v, err := m.JudgeSoFar(ctx)
		if err == nil {
			err = s.note(&v)
		}
		if err != nil {
			return fmt.Errorf("seed=%d minute %d, after %s: %w", s.Seed, n, which.name, err)
		}
		if u := s.samples; len(u) > 0 {
			last := u[len(u)-1]
			m.Log("seed=%d soak: %v, %s: %.1f MB, %.1f of them files, %.1f in use, %.0f goroutines, %.0f descriptors, "+
				"%d replies and %d points judged", s.Seed, last.at.Round(time.Second), which.name, last.rss/mbit, last.files/mbit,
				last.inUse/mbit, last.goroutines, last.fds, s.Figures.Replies, s.Figures.Points)
		}
		if err := k.wait(ctx, time.Until(began.Add(time.Duration(n+1)*faultEvery))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Soak) note(v *Verdict) error {
	s.Figures.Add(&v.Figures)
	errs := make([]error, 0, len(v.Failures))
	for _, f := range v.Failures {
		errs = append(errs, errors.New(f.String()))
	}
	return errors.Join(errs...)
}

func (s *Soak) end(ctx context.Context, m *mixed) error {
	v, _, err := m.judge(ctx)
	if err != nil {
		return err
	}
	return s.note(&v)
}

// watch samples what the program takes.
func (s *Soak) watch(ctx context.Context, r *Rig) {
	began := time.Now()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if u, err := use(ctx, &r.program); err == nil {
			u.at = time.Since(began)
			s.samples = append(s.samples, u)
		}
	}
}

// use reads what the program takes now. In use is what is resident, with what is in use of Go's heap in
// place of all that Go holds for it: garbage, and pages that it keeps for later.
func use(ctx context.Context, p *Program) (u usage, err error) {
	m, err := p.scrape(ctx)
	if err != nil {
		return u, err
	}
	u.goroutines = m[metricGoroutines]
	proc := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))
	entries, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return u, fmt.Errorf("count descriptors: %w", err)
	}
	u.fds = float64(len(entries))
	text, err := os.ReadFile(filepath.Join(proc, "statm"))
	if err != nil {
		return u, fmt.Errorf("read the size: %w", err)
	}
	fields := strings.Fields(string(text))
	page := float64(os.Getpagesize())
	pages, err := strconv.ParseFloat(fields[1], 64)
	shared, sharedErr := strconv.ParseFloat(fields[2], 64)
	u.rss, u.files = pages*page, shared*page
	u.inUse = u.rss - (m[metricHeap] - m[metricReturned]) + m[metricGoal]/(1+m[metricShare]/100)
	return u, errors.Join(err, sharedErr)
}
