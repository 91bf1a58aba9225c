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
	goal            float64       // bytes, see metricGoal
	goroutines, fds float64
}

const (
	// warm is how long buffers and histories may grow.
	warm = 20 * time.Minute
	// sampleEvery is how often the program's use is looked at.
	sampleEvery = 5 * time.Second
	// faultEvery is the time from one fault to the next; one lasts a quarter of that.
	faultEvery = time.Minute
	// maxSlope is how much the memory may grow, per hour.
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
			m.Log("seed=%d soak: %v, %s: %.1f MB, %.1f of them files, heap up to %.1f, %.0f goroutines, %.0f descriptors, "+
				"%d replies and %d points judged", s.Seed, last.at.Round(time.Second), which.name, last.rss/mbit, last.files/mbit,
				last.goal/mbit, last.goroutines, last.fds, s.Figures.Replies, s.Figures.Points)
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

// use reads what the program takes now.
func use(ctx context.Context, p *Program) (u usage, err error) {
	m, err := p.scrape(ctx)
	if err != nil {
		return u, err
	}
	u.goroutines, u.goal = m[metricGoroutines], m[metricGoal]
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
	return u, errors.Join(err, sharedErr)
}

// judgeUse holds what the program took after it was warm against the bar of F36. While something is
// broken the program may hold more, so the least of each minute counts.
func (s *Soak) judgeUse() error {
	least := s.minutes(func(u usage) float64 { return u.rss })
	if len(least) < 4 {
		return nil // too short to say anything
	}
	var errs []error
	mean := median(least)
	if slope := slopeOf(least) * 60; slope > maxSlope*mean {
		errs = append(errs, fmt.Errorf("FAIL F36: RSS grows by %.2f %% an hour from %.1f MB", 100*slope/mean, mean/mbit))
	}
	half := len(least) / 2
	goroutines := s.minutes(func(u usage) float64 { return u.goroutines })
	if before, after := median(goroutines[:half]), median(goroutines[half:]); after > before {
		errs = append(errs, fmt.Errorf("FAIL F36: %.0f goroutines, then %.0f", before, after))
	}
	fds := s.minutes(func(u usage) float64 { return u.fds })
	if before, after := median(fds[:half]), median(fds[half:]); after > before+flat {
		errs = append(errs, fmt.Errorf("FAIL F36: %.0f descriptors, then %.0f", before, after))
	}
	return errors.Join(errs...)
}

// minutes returns the least of each minute after the warm one.
func (s *Soak) minutes(of func(usage) float64) (least []float64) {
	minute := -1
	for _, u := range s.samples {
		if u.at < warm {
			continue
		}
		if n := int(u.at / time.Minute); n != minute {
			minute = n
			least = append(least, of(u))
		}
		last := len(least) - 1
		least[last] = min(least[last], of(u))
	}
	return least
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[len(sorted)/2]
}

// slopeOf is the median of the slopes between all pairs (Theil and Sen), per step: a few odd minutes
// do not turn it.
func slopeOf(x []float64) float64 {
	var slopes []float64
	for i := range x {
		for j := range i {
			slopes = append(slopes, (x[i]-x[j])/float64(i-j))
		}
	}
	return median(slopes)
}

// Report says what came out.
func (s *Soak) Report() string {
	rss := s.minutes(func(u usage) float64 { return u.rss })
	if len(rss) < 2 {
		return fmt.Sprintf("seed=%d soak: too short to say anything about memory; %v", s.Seed, s.Faults)
	}
	growth := func(of func(usage) float64) string {
		x := s.minutes(of)
		return fmt.Sprintf("%.1f MB, %+.2f %% an hour", median(x)/mbit, 100*60*slopeOf(x)/median(x))
	}
	goroutines := s.minutes(func(u usage) float64 { return u.goroutines })
	fds := s.minutes(func(u usage) float64 { return u.fds })
	return fmt.Sprintf("seed=%d soak: %v, faults %v; after %v: RSS %s (pages of files %s; heap up to %s); goroutines %.0f to %.0f; "+
		"descriptors %.0f to %.0f; %d replies, %d points, %d rates judged", s.Seed, s.Length, s.Faults, warm,
		growth(func(u usage) float64 { return u.rss }), growth(func(u usage) float64 { return u.files }),
		growth(func(u usage) float64 { return u.goal }), goroutines[0], goroutines[len(goroutines)-1], fds[0], fds[len(fds)-1],
		s.Figures.Replies, s.Figures.Points, s.Figures.Rates)
}
