//go:build linux

package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/bothends/bothends/simulator"
)

// fault is one thing that breaks around a running program for a while.
type fault struct {
	name string
	// begin breaks it; the end it returns heals it. A nil end is of a fault that is over at once.
	begin func(f *faulty, r *rand.Rand) (end func() error, err error)
	// root tells that it needs the disk of a faulty that may mount.
	root bool
}

// faults are all of them.
var faults = []fault{
	{"database down", (*faulty).databaseDown, false},
	{"database answers badly", (*faulty).badAnswers, false},
	{"database refuses lines", (*faulty).refusedLines, false},
	{"database takes small requests", (*faulty).smallRequests, false},
	{"database is slow", (*faulty).slowAnswers, false},
	{"routers silent", (*faulty).silence, false},
	{"routers reboot", (*faulty).reboot, false},
	{"agents restart", (*faulty).restartAgents, false},
	{"routers renumber", (*faulty).renumber, false},
	{"counters cleared", (*faulty).clearCounters, false},
	{"links cut", (*faulty).cutLinks, false},
	{"program stopped", (*faulty).stopped, false},
	{"syncs fail", (*faulty).failSyncs, false},
	{"disk full", (*faulty).fillDisk, true},
}

// faulty is a rig whose program goes through faults.
type faulty struct {
	*Rig
	trap *Trap
	disk string // a small tmpfs that holds the state folder; empty without one
}

// some returns a few routers.
func (f *faulty) some(r *rand.Rand) (all []*simulator.Agent) {
	routers := f.Sim.Config().Routers
	for range 1 + r.IntN(len(routers)/10+1) {
		all = append(all, f.Sim.Router(routers[r.IntN(len(routers))].Name))
	}
	return all
}

func (f *faulty) databaseDown(*rand.Rand) (func() error, error) {
	f.Database.Down()
	return f.Database.Up, nil
}

func (f *faulty) well() error {
	f.Database.SetMood(Healthy)
	return nil
}

func (f *faulty) badAnswers(r *rand.Rand) (func() error, error) {
	seed, answers := r.Uint64(), []Answer{
		{Status: http.StatusServiceUnavailable},
		{Status: http.StatusInternalServerError, Store: true},
		{Reset: true},
		{Reset: true, Store: true},
		{Status: http.StatusTooManyRequests, RetryAfter: 4 * time.Second},
		{BadOneIn: 5000},
		{},
	}
	f.Database.SetMood(func(n int) Answer {
		return answers[rand.New(rand.NewPCG(seed, uint64(n))).IntN(len(answers))] //nolint:gosec // a script
	})
	return f.well, nil
}

func (f *faulty) refusedLines(*rand.Rand) (func() error, error) {
	f.Database.SetMood(func(int) Answer { return Answer{BadOneIn: 500, Status: http.StatusBadRequest} })
	return f.well, nil
}

func (f *faulty) smallRequests(*rand.Rand) (func() error, error) {
	f.Database.SetMood(func(int) Answer { return Answer{MaxLines: 100} })
	return f.well, nil
}

func (f *faulty) slowAnswers(r *rand.Rand) (func() error, error) {
	delay := time.Duration(200+r.IntN(2000)) * time.Millisecond
	f.Database.SetMood(func(int) Answer { return Answer{Delay: delay} })
	return f.well, nil
}

// doubt is how long after a change of a router its replies may come to nothing: the interface has to
// be looked up anew.
const doubt = 10 * time.Second

func (f *faulty) silence(r *rand.Rand) (func() error, error) {
	routers := f.some(r)
	for _, a := range routers {
		a.Kill()
	}
	began := time.Now()
	return func() error {
		for _, a := range routers {
			a.Revive()
		}
		f.excuse(began, time.Now().Add(doubt))
		return nil
	}, nil
}

// each does something to some routers at once.
func (f *faulty) each(r *rand.Rand, do func(*simulator.Agent)) (func() error, error) {
	for _, a := range f.some(r) {
		do(a)
	}
	f.excuse(time.Now().Add(-f.Interval), time.Now().Add(doubt))
	return nil, nil
}

func (f *faulty) reboot(r *rand.Rand) (func() error, error) {
	return f.each(r, (*simulator.Agent).Reboot)
}

func (f *faulty) restartAgents(r *rand.Rand) (func() error, error) {
	return f.each(r, (*simulator.Agent).RestartAgent)
}

func (f *faulty) renumber(r *rand.Rand) (func() error, error) {
	return f.each(r, (*simulator.Agent).Renumber)
}

func (f *faulty) clearCounters(r *rand.Rand) (func() error, error) {
	links := f.Sim.Config().Links
	for range 1 + r.IntN(20) {
		l := &links[r.IntN(len(links))]
		if err := f.Sim.Router(l.A.Router).ClearCounters(l.A.Interface, r.IntN(2) == 0); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (f *faulty) cutLinks(r *rand.Rand) (func() error, error) {
	links, broken := f.Sim.Config().Links, map[string]bool{}
	for range 1 + r.IntN(50) {
		broken[links[r.IntN(len(links))].Name] = true
	}
	set := func(cut bool) (err error) {
		for name := range broken {
			err = errors.Join(err, f.Sim.Set(name, func(t *simulator.Truth) { t.Cut = cut }))
		}
		return err
	}
	return func() error { return set(false) }, set(true)
}

func (f *faulty) stopped(r *rand.Rand) (func() error, error) {
	began := time.Now()
	f.program.signal(syscall.SIGSTOP)
	time.Sleep(time.Duration(500+r.IntN(3000)) * time.Millisecond)
	f.program.signal(syscall.SIGCONT)
	f.excuse(began.Add(-f.Interval), time.Now().Add(2*f.Interval))
	return nil, nil
}

func (f *faulty) failSyncs(*rand.Rand) (func() error, error) {
	f.trap.FailSyncs(true)
	return func() error { f.trap.FailSyncs(false); return nil }, nil
}

// fillDisk leaves the state folder's disk no room.
func (f *faulty) fillDisk(*rand.Rand) (func() error, error) {
	name := filepath.Join(f.disk, "ballast")
	ballast, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("fill the disk: %w", err)
	}
	_, err = io.Copy(ballast, zeros{})
	if !errors.Is(err, syscall.ENOSPC) {
		return nil, fmt.Errorf("fill the disk: %w", err)
	}
	return func() error { return os.Remove(name) }, ballast.Close()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// play breaks one thing for a while.
func (f *faulty) play(ctx context.Context, r *rand.Rand, which *fault, during time.Duration) error {
	end, err := which.begin(f, r)
	if err != nil {
		return fmt.Errorf("%s: %w", which.name, err)
	}
	k := kills{f.Rig}
	err = k.wait(ctx, during)
	if end != nil {
		err = errors.Join(err, end())
	}
	return err
}
