package main

import (
	"sort"

	"github.com/bothends/bothends/linkmodel"
)

// ledger remembers what was true of one direction at each poll, where packets are lost.
type ledger struct {
	at   []float64 // seconds
	sums []sums
}

// note takes down the truth at t.
func (g *ledger) note(f *flow, t float64) {
	g.at = append(g.at, t)
	g.sums = append(g.sums, f.at(t))
}

// ratio is the share of the packets sent from one instant to the latest that were lost.
func (g *ledger) ratio(from float64) float64 {
	last, first := g.sums[len(g.sums)-1], g.when(from)
	if last.sent <= first.sent {
		return 0
	}
	return (last.lost - first.lost) / (last.sent - first.sent)
}

// when returns the sums at t, between two polls by interpolation.
func (g *ledger) when(t float64) sums {
	i := sort.SearchFloat64s(g.at, t)
	switch {
	case i == 0:
		return g.sums[0]
	case i == len(g.at):
		return g.sums[i-1]
	}
	part := (t - g.at[i-1]) / (g.at[i] - g.at[i-1])
	before, after := g.sums[i-1], g.sums[i]
	return sums{
		sent: before.sent + part*(after.sent-before.sent),
		lost: before.lost + part*(after.lost-before.lost),
	}
}

// observer follows one direction of a link from poll to poll.
type observer struct {
	direction linkmodel.Direction
	ledger    ledger
	alarms    alarms
	first     float64 // when it was first polled
	begun     bool
}

// until polls until the instant end.
func (o *observer) until(c *counts, l *link, end float64) {
	for l.due() < end {
		o.next(c, l)
	}
}

// next polls once.
func (o *observer) next(c *counts, l *link) float64 {
	v, t := l.next()
	o.observe(c, l, v, t)
	return t
}

// observe compares what the view at t publishes with the truth.
func (o *observer) observe(c *counts, l *link, v *linkmodel.View, t float64) {
	if !o.begun {
		o.first, o.begun = t, true
	}
	f, loss := l.flows[o.direction], &v.Directions[o.direction].Loss
	sent := &v.Ends[o.direction.Sender()]
	if f.ratio > 0 && sent.Answered {
		o.ledger.note(f, sent.Last.Mono.Seconds())
	}
	c.polls++
	if !loss.Known {
		if loss.Reason == linkmodel.ReasonInconsistent {
			c.opposed++
		}
		return
	}
	truth := 0.0
	if f.ratio > 0 {
		truth = o.ledger.ratio((sent.Last.Mono - loss.Window).Seconds())
	}
	c.publish(loss, truth, t-o.first)
	o.alarms.observe(&c.raised, loss.Certain, loss.Recent, t)
}
