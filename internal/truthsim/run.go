package main

import (
	"math"
	"slices"

	"github.com/bothends/bothends/linkmodel"
)

const (
	// day is the length of a run without a fault, in seconds.
	day = 24 * hour
	// history is the least time a link is sound before it begins to lose packets, in seconds.
	history = 2 * hour
	// watched is how long it loses them at least, patient how long at most, in seconds.
	watched, patient = 2 * hour, 24 * hour
)

// outcome is what one run saw.
type outcome struct {
	counts       counts
	delay, clear float64 // seconds; NaN where there was no alarm, or no end of it
}

// watchDay polls a link for a day. Where a loss is known, only its direction is compared.
func watchDay(l *link) outcome {
	o := outcome{counts: counts{seconds: uint64(day)}}
	observers := []observer{{direction: linkmodel.AToZ}, {direction: linkmodel.ZToA}}
	if l.scenario.loss > 0 {
		observers = observers[:1]
	}
	var others findings
	for {
		v, t := l.next()
		if t > warmUp+day {
			return o
		}
		others.observe(&o.counts, v)
		for i := range observers {
			observers[i].observe(&o.counts, l, v, t)
		}
	}
}

// timeDetection lets a sound link lose packets from a random instant on, waits for the alarm at the
// lowest threshold, ends the loss and waits for the end of the alarm.
func timeDetection(l *link, ratio float64) outcome {
	o := outcome{delay: math.NaN(), clear: math.NaN()}
	watch := observer{direction: linkmodel.AToZ}
	onset := warmUp + history + hour*l.rng.Float64()
	l.flows[linkmodel.AToZ].lose(ratio, onset)
	var before counts
	watch.until(&before, l, onset)
	level := slices.Index(thresholds[:], lowThreshold)
	for {
		t := watch.next(&o.counts, l)
		if math.IsNaN(o.delay) && watch.alarms.active[level] && watch.alarms.seen[level] == t {
			o.delay = t - onset
		}
		if t > onset+patient {
			return o
		}
		if t > onset+watched && !math.IsNaN(o.delay) {
			l.flows[linkmodel.AToZ].heal()
			o.clear = timeClear(l, t)
			return o
		}
	}
}

// timeClear returns the seconds from end on until nothing keeps an alarm at the threshold of a
// backbone open.
func timeClear(l *link, end float64) float64 {
	for {
		v, t := l.next()
		loss := &v.Directions[linkmodel.AToZ].Loss
		if loss.Known && loss.Recent < backboneThreshold {
			return t - end
		}
		if t > end+patient {
			return math.NaN()
		}
	}
}
