//go:build linux

package rig

import (
	"math"
	"slices"
	"time"
)

// rates computes every rate anew from what the routers said and when they truly said it.
func (c *critic) rates() {
	for s := range c.series {
		if s.Measurement != "link" || s.Tags["link"] == Spare {
			continue
		}
		for at, fields := range s.Points {
			c.rate(s.Tags, at, fields)
		}
	}
	for _, r := range c.aside {
		if r.tags["link"] != Spare {
			c.rate(r.tags, r.millis, r.fields)
		}
	}
}

func (c *critic) rate(tags map[string]string, at int64, fields []Field) {
	link, way := tags["link"], 0
	if tags["direction"] == "z_to_a" {
		way = 1
	}
	number, source := map[string]float64{}, ""
	for _, f := range fields {
		switch x := f.Value.(type) {
		case float64:
			number[f.Name] = x
		case string:
			source = x
		}
	}
	c.bounds(link, at, number)
	bps, there := number["bps"]
	if !there {
		return
	}
	c.Rates++
	sender := End{Link: link, End: [2]string{"a", "z"}[way]}
	c.rated[sender] = append(c.rated[sender], at)
	side, octets := way, OutOctets
	if other := [2]string{"z", "a"}[way]; source == other {
		side, octets = 1-way, InOctets
	}
	end := c.endOf(link, side)
	all := c.Ether.served[end]
	found := false
	for i := range all { // a clock that was set back shows a time twice
		if s := &all[i]; !s.sampleFound || !c.stamped(s, at, pollTakes) {
			continue
		}
		if found = true; c.explained(all, i, octets, bps) {
			return
		}
	}
	if !found {
		c.fail("I2", "link %s %s: %.0f bit/s without a sample of %s", link, clock(at), bps, c.Ether.ends[end].Router)
		return
	}
	c.fail("I2", "link %s %s: %.0f bit/s, which no two samples of %s explain", link, clock(at), bps, c.Ether.ends[end].Router)
}

func (c *critic) bounds(link string, at int64, number map[string]float64) {
	for field, x := range number {
		bound := math.Inf(1)
		switch field {
		case "bps":
			bound = most * speed
		case "utilization":
			bound = most
		case "loss_ratio", "loss_low", "loss_high":
			bound = 1
		}
		if x < 0 || x > bound {
			c.fail("I2", "link %s %s: %s is %v", link, clock(at), field, x)
		}
	}
	if number["loss_low"] > number["loss_ratio"] || number["loss_ratio"] > number["loss_high"] {
		c.fail("I2", "link %s %s: loss %v..%v..%v", link, clock(at), number["loss_low"], number["loss_ratio"], number["loss_high"])
	}
}

func (c *critic) endOf(link string, side int) int {
	return slices.IndexFunc(c.Ether.ends, func(e End) bool { return e.Link == link && sideOf(e.End) == side })
}

// backTo is how many samples are looked back from the first of a life: it may go on from one that was remembered
// five minutes before a kill that was followed by a pause and by lives that were too short to remember anything.
const backTo = 60

// explained reports whether a rate is that between a sample and the one before, or, for the first of a life, an
// earlier one.
func (c *critic) explained(all []Served, i int, octets Value, bps float64) bool {
	cur, tried := &all[i], 0
	for k := i - 1; k >= 0 && tried < backTo; k-- {
		prev := &all[k]
		if !prev.sampleFound && prev.Life == cur.Life {
			continue
		}
		if near(&prev.Reply, &cur.Reply, octets, float64(cur.Reply.At.Sub(prev.Reply.At).Microseconds())/1000, bps, rounding) {
			return true
		}
		if prev.Life == cur.Life {
			return false
		}
		tried++
	}
	return false
}

// demanded wants a rate wherever two samples in a row of a healthy link allow one.
func (c *critic) demanded() {
	for i, all := range c.Ether.served {
		e := c.Ether.ends[i]
		rated := c.rated[End{Link: e.Link, End: e.End}]
		slices.Sort(rated)
		for k := 1; k < len(all); k++ {
			a, b := &all[k-1], &all[k]
			if e.Link == Spare || !a.sampleFound || !b.sampleFound || a.Life != b.Life || !a.Clean || !b.Clean ||
				b.Sent.Sub(a.Sent) > c.Interval*3/2 || c.touched(e.Link, a.Sent, b.Came) {
				continue
			}
			c.Demanded++
			at, _ := slices.BinarySearch(rated, b.sample)
			if at == len(rated) || rated[at]-b.sample > pollTakes.Milliseconds() {
				c.fail("I2", "%s from %s: no rate at %s (%s) although two samples are there", e.Link, e.End, clock(b.sample), c.Stamp(b.Came))
			}
		}
	}
}

// touched reports whether anything was wrong with a link in a time.
func (c *critic) touched(link string, from, to time.Time) bool {
	return slices.ContainsFunc(c.truths, func(u *Truth) bool {
		return slices.Contains(u.Links, link) && to.Add(unsettled).After(u.From) && (u.To.IsZero() || from.Before(u.To.Add(unsettled)))
	})
}

// cadence holds the time between two polls of a healthy router against the interval.
func (c *critic) cadence() {
	const off = time.Second
	for i, all := range c.Ether.served {
		link := c.Ether.ends[i].Link
		for k := 1; k < len(all); k++ {
			a, b := &all[k-1], &all[k]
			if link == Spare || a.Life != b.Life || !a.Clean || !b.Clean || a.Sent.Before(c.Lives[a.Life].Start.Add(2*c.Interval)) ||
				c.disturbed(link, a.Sent.Add(-c.Interval), b.Sent) {
				continue
			}
			c.Gaps++
			if d := b.Sent.Sub(a.Sent); d < c.Interval-off || d > c.Interval+off {
				e := c.Ether.ends[i]
				c.fail("I5", "%s/%s: %v between the polls of %s and %s", e.Link, e.End, d, c.Stamp(a.Sent), c.Stamp(b.Sent))
			}
		}
	}
}
