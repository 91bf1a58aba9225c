//go:build linux

package rig

import (
	"math"
	"slices"
	"sort"
	"time"
)

const (
	// rounding is what two instants are off against each other, in milliseconds: the wall clock is read
	// a little after the other one, and later on a busy machine.
	rounding = 25
	// slack is the part of a rate that the poller's clock may differ by from the wall clock.
	slack = 0.002
	// most is the part of the line's speed above which a rate is false.
	most = 1.05
	// lookBack is how far back replies are kept to explain the first rate of a life: each link is
	// remembered every five minutes. Of lives that are shorter than that some links are not, so a
	// first rate may begin with an older reading. Where there were older replies, one that none of
	// those kept explains is counted and not judged.
	lookBack = 6 * time.Minute
)

// judgeRates computes every rate anew from what the routers said.
func (j *judge) judgeRates() {
	for name, link := range j.links {
		for way, points := range link.directions {
			for at, fields := range points {
				if j.known(at) {
					continue
				}
				j.judgeDirection(name, link, way, at, fields)
			}
		}
	}
}

func (j *judge) judgeDirection(name string, link *linkLedger, way int, at int64, fields []Field) {
	number := map[string]float64{}
	source := ""
	for _, f := range fields {
		if x, ok := f.Value.(float64); ok {
			number[f.Name] = x
		}
		if s, ok := f.Value.(string); ok && f.Name == "source" {
			source = s
		}
	}
	for field, x := range number {
		bound := math.Inf(1)
		switch field {
		case "bps":
			bound = most * j.Speed
		case "utilization":
			bound = most
		case "loss_ratio", "loss_low", "loss_high":
			bound = 1
		}
		if x < 0 || x > bound {
			j.fail("I2", "link %s %s: %s is %v", name, clock(at), field, x)
		}
	}
	if number["loss_low"] > number["loss_ratio"] || number["loss_ratio"] > number["loss_high"] {
		j.fail("I2", "link %s %s: loss %v..%v..%v", name, clock(at), number["loss_low"], number["loss_ratio"], number["loss_high"])
	}
	bps, there := number["bps"]
	if !there {
		return
	}
	j.Rates++
	end, octets := link.ends[way], OutOctets
	if other := [2]string{"z", "a"}[way]; source == other {
		end, octets = link.ends[1-way], InOctets
	}
	j.judgeRate(end, octets, at, bps)
}

// judgeRate holds a rate at an instant against the readings of an end.
func (j *judge) judgeRate(end *endLedger, octets Value, at int64, bps float64) {
	since := at - 2*j.Interval.Milliseconds()
	if slices.ContainsFunc(end.letters, func(t int64) bool { return since < t && t <= at }) {
		return // a sample that it was computed from was refused
	}
	i := sort.Search(len(end.readings), func(i int) bool { return end.readings[i].millis > at+rounding }) - 1
	if i < 0 || time.Duration(at-end.readings[i].millis)*time.Millisecond > j.Interval*8/10 {
		j.fail("I2", "link %s %s: %.0f bit/s without a sample of %s", end.Link, clock(at), bps, end.Router)
		return
	}
	cur := end.readings[i]
	run := j.runOf(time.UnixMilli(cur.millis))
	if i > 0 && j.runOf(time.UnixMilli(end.readings[i-1].millis)) == run {
		prev := end.readings[i-1]
		// A machine that does other things may stop the program between its looks at two clocks, so the
		// routers' clock is as good.
		truly := float64(cur.At.Sub(prev.At).Microseconds()) / 1000
		if !agrees(prev.Reply, cur.Reply, octets, float64(cur.millis-prev.millis), bps) &&
			!agrees(prev.Reply, cur.Reply, octets, truly, bps) {
			j.fail("I2", "link %s %s: %.0f bit/s, but %s counted %d in %d ms", end.Link, clock(at), bps, end.Router,
				int64(cur.Values.Number[octets]-prev.Values.Number[octets]), cur.millis-prev.millis) //nolint:gosec // for people
		}
		return
	}
	// The first of a life: any earlier reply may be the one that was remembered.
	for k := range end.replies {
		r := end.replies[k].Reply
		age := time.UnixMilli(cur.millis).Sub(r.At)
		// The program takes a sample for as old as half the wait for its reply.
		doubt := rounding + float64(r.Waited.Milliseconds())
		if age > 0 && age < lookBack && near(r, cur.Reply, octets, float64(age.Microseconds())/1000, bps, doubt) {
			return
		}
	}
	if cur.At.Sub(end.replies[0].At) > lookBack*9/10 {
		j.LongAgo++
		return
	}
	j.fail("I2", "link %s %s: %.0f bit/s in the first sample of a life, which no earlier one explains", end.Link, clock(at), bps)
}

// agrees reports whether a rate is that of two replies; never when the counter began anew between.
func agrees(prev, cur *Reply, octets Value, millis, bps float64) bool {
	return near(prev, cur, octets, millis, bps, rounding)
}

// near is agrees for two instants that are so many milliseconds off against each other.
func near(prev, cur *Reply, octets Value, millis, bps, doubt float64) bool {
	p, c := &prev.Values, &cur.Values
	if c.Number[octets] < p.Number[octets] || c.Number[UpTime] < p.Number[UpTime] || millis <= 0 {
		return false
	}
	want := float64(c.Number[octets]-p.Number[octets]) * 8000 / millis
	return math.Abs(bps-want) <= want*(doubt/millis+slack)+1
}

// runOf returns the number of the life that an instant belongs to, -1 for none.
func (j *judge) runOf(at time.Time) int {
	return slices.IndexFunc(j.Runs, func(r Run) bool { return !at.Before(r.Start) && !at.After(r.End) })
}
