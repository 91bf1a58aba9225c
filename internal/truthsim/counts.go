package main

import (
	"math"

	"github.com/bothends/bothends/linkmodel"
)

const (
	// settled is the time after which an uncached link's figures must be close, in seconds.
	settled = 300
	// close is how close: 0.05 percentage points.
	closeEnough = 0.0005
	// slack is the rounding of a ratio of two counts.
	slack = 1e-9
)

// counts are what many runs saw. All are sums, so that the order of the runs does not matter.
type counts struct {
	seconds   uint64
	polls     uint64 // one per poll and direction
	published uint64
	covered   uint64
	late      uint64 // published when the link was polled for 5 minutes
	near      uint64 // late, and close to the truth
	// opposed is how many had the reason that more was received than sent, which is never true.
	opposed uint64
	raised  raised
	found   map[linkmodel.Kind]uint64 // other findings that were raised, none of them true
	widths  histogram                 // half-widths of published bars
}

// publish takes a published loss in, age seconds after the first poll.
func (c *counts) publish(l *linkmodel.Loss, truth, age float64) {
	c.published++
	if l.Low <= truth+slack && truth <= l.High+slack {
		c.covered++
	}
	if age >= settled {
		c.late++
		if math.Abs(l.Ratio-truth) <= closeEnough {
			c.near++
		}
	}
	c.widths.add((l.High - l.Low) / 2)
}

func (c *counts) add(o *counts) {
	c.seconds += o.seconds
	c.polls += o.polls
	c.published += o.published
	c.covered += o.covered
	c.late += o.late
	c.near += o.near
	c.opposed += o.opposed
	for k, n := range o.found {
		c.find(k, n)
	}
	for i := range o.raised {
		c.raised[i] += o.raised[i]
	}
	for i := range o.widths {
		c.widths[i] += o.widths[i]
	}
}

// days is how many link-days were simulated.
func (c *counts) days() float64 { return float64(c.seconds) / (24 * hour) }

// coverage is the share of published bars that held the truth.
func (c *counts) coverage() float64 { return float64(c.covered) / float64(c.published) }

// perDay is how many alarms were raised per link-day at a threshold of the list.
func (c *counts) perDay(threshold float64) float64 {
	for i, have := range thresholds {
		if have == threshold { //nolint:gocritic // constants of the same list
			return float64(c.raised[i]) / c.days()
		}
	}
	return math.NaN()
}

// goal is how many false alarms per link-day a promised threshold may raise.
const goal = 0.001

// lowest is the lowest threshold at which, and above which, the goal is met; NaN when none is.
func (c *counts) lowest() float64 {
	found := math.NaN()
	for i := len(thresholds) - 1; i >= 0; i-- {
		if float64(c.raised[i]) > goal*c.days() {
			break
		}
		found = thresholds[i]
	}
	return found
}

// histogram counts positive numbers up to 1 in bins 1 % wide.
type histogram [histogramBins]uint64

const (
	binsPerOctave = 64
	octaves       = 30
	histogramBins = binsPerOctave*octaves + 1
)

func (h *histogram) add(v float64) {
	bin := 0
	if v > 0 {
		bin = histogramBins - 1 + int(math.Floor(math.Log2(v)*binsPerOctave))
	}
	h[min(max(bin, 0), histogramBins-1)]++
}

// median returns the middle of what was added, NaN when nothing was.
func (h *histogram) median() float64 {
	total := uint64(0)
	for _, n := range h {
		total += n
	}
	if total == 0 {
		return math.NaN()
	}
	seen := uint64(0)
	for bin, n := range h {
		if seen += n; 2*seen >= total {
			return math.Exp2((float64(bin-histogramBins+1) + 0.5) / binsPerOctave)
		}
	}
	return math.NaN()
}
