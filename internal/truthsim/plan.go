package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"sync"
)

// lossRatios are the losses whose detection is timed.
var lossRatios = [...]float64{0.05, 0.01, 0.001}

// plan is how much to simulate.
type plan struct {
	seed       uint64
	days, runs int
	workers    int
	progress   io.Writer
}

// result is what the runs of one scenario saw.
type result struct {
	scenario *scenario
	clean    counts // the runs of a day
	faulty   counts // the direction that loses packets, from then on
	// delays are the seconds until the alarm, clears those from the end of the loss to the end of
	// the alarm, by ratio and run; NaN where they did not come.
	delays, clears [len(lossRatios)][]float64
}

// job is one run: a day without a fault that begins, or a loss of lossRatios[ratio] that begins.
type job struct {
	scenario, run int
	detect        bool
	ratio         int
}

// simulate runs everything, on all workers at once. The result depends on the seed alone.
func (p *plan) simulate(all []scenario) []result {
	board := newBoard(p, all)
	queue := make(chan job)
	var wg sync.WaitGroup
	for range p.workers {
		wg.Go(func() {
			for j := range queue {
				done := p.do(&all[j.scenario], j)
				board.take(j, &done)
			}
		})
	}
	for i := range all {
		for _, j := range p.jobs(i, &all[i]) {
			queue <- j
		}
	}
	close(queue)
	wg.Wait()
	return board.results
}

// board collects what the workers saw.
type board struct {
	mu       sync.Mutex
	results  []result
	left     []int // runs to come, by scenario
	progress io.Writer
}

func newBoard(p *plan, all []scenario) *board {
	b := &board{results: make([]result, len(all)), left: make([]int, len(all)), progress: p.progress}
	for i := range all {
		r := &b.results[i]
		r.scenario, b.left[i] = &all[i], len(p.jobs(i, &all[i]))
		for k := range lossRatios {
			r.delays[k], r.clears[k] = make([]float64, p.runs), make([]float64, p.runs)
		}
	}
	return b
}

func (b *board) take(j job, o *outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.results[j.scenario].take(j, o)
	if b.left[j.scenario]--; b.left[j.scenario] == 0 {
		fmt.Fprintln(b.progress, b.results[j.scenario].scenario.name)
	}
}

// jobs lists the runs of scenario i.
func (p *plan) jobs(i int, s *scenario) []job {
	days := p.days
	if s.group != groupGrid {
		days = (days + 9) / 10
	}
	var jobs []job
	for run := range days {
		jobs = append(jobs, job{scenario: i, run: run})
	}
	if s.detects {
		for run := range p.runs * len(lossRatios) {
			jobs = append(jobs, job{scenario: i, run: run / len(lossRatios), detect: true, ratio: run % len(lossRatios)})
		}
	}
	return jobs
}

func (p *plan) do(s *scenario, j job) outcome {
	kind := uint64(0)
	if j.detect {
		kind = 1 + uint64(j.ratio)
	}
	name := fnv.New64a()
	_, _ = io.WriteString(name, s.name) // a hash takes everything
	l := newLink(s, rand.New(rand.NewPCG(p.seed^name.Sum64(), kind<<32|uint64(j.run))))
	if j.detect {
		return timeDetection(l, lossRatios[j.ratio])
	}
	return watchDay(l)
}

func (r *result) take(j job, o *outcome) {
	if !j.detect {
		r.clean.add(&o.counts)
		return
	}
	r.faulty.add(&o.counts)
	r.delays[j.ratio][j.run], r.clears[j.ratio][j.run] = o.delay, o.clear
}
