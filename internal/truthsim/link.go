package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

const (
	// warmUp is how much of the traffic passes before the first poll, in seconds.
	warmUp = 60
	// timeout is after how long a request is sent again, in seconds.
	timeout = 2
	// restartTime is how long an agent that restarts does not answer, in seconds.
	restartTime = 20
	// stepEvery is the mean time between steps of the wall clock, in seconds.
	stepEvery = 4 * hour
)

// link is a simulated link and the poller that asks its two routers.
type link struct {
	scenario *scenario
	rng      *rand.Rand
	flows    [2]*flow // by Direction
	delay    [2]float64
	routers  [2]*router
	interval float64
	phase    float64
	cycle    int
	tracker  *linkmodel.Tracker
	poll     linkmodel.Poll
	wall     time.Time // the wall clock when the simulation began
	nextStep float64
	asked    [2]bool // context was read since the agent started
}

func newLink(s *scenario, rng *rand.Rand) *link {
	interval := s.interval.Seconds()
	l := &link{
		scenario: s, rng: rng, interval: interval, phase: warmUp + interval*rng.Float64(),
		wall: time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC), nextStep: math.Inf(1),
	}
	decl := &linkmodel.Link{Name: s.name, Type: "backbone", Interval: s.interval}
	for _, e := range linkmodel.Ends {
		l.routers[e] = newRouter(s, e, rng)
		decl.Ends[e] = linkmodel.LinkEnd{Device: "cr1", Interface: "et-0/0/1:0", CounterCache: -1}
		if s.declared {
			decl.Ends[e].CounterCache = s.cache[e]
		}
		if s.restarts > 0 {
			l.routers[e].nextFault = s.restarts.Seconds() * rng.ExpFloat64()
		}
	}
	for _, d := range linkmodel.Directions {
		l.flows[d] = newFlow(s.traffic, rng)
		l.delay[d] = 0.001 + 0.009*rng.Float64()
	}
	if s.loss > 0 {
		l.flows[linkmodel.AToZ].lose(s.loss, 0)
	}
	if s.steps {
		l.nextStep = stepEvery * rng.ExpFloat64()
	}
	l.tracker = linkmodel.NewTracker(decl)
	l.poll.Link = decl.Name
	return l
}

// due is when the next poll is due, before its dither.
func (l *link) due() float64 { return l.phase + float64(l.cycle)*l.interval }

// next polls once and returns the view and the instant of the poll, in seconds.
func (l *link) next() (*linkmodel.View, float64) {
	due := l.due()
	l.cycle++
	t := due + l.scenario.dither().Seconds()*l.rng.Float64()
	if t >= l.nextStep {
		l.wall = l.wall.Add(time.Duration((l.rng.Float64() - 0.5) * float64(4*time.Hour)))
		l.nextStep = t + stepEvery*l.rng.ExpFloat64()
	}
	l.poll.Scheduled, l.poll.ScheduledMono = l.wall.Add(seconds(due)), seconds(due)
	send := [2]float64{t, t + l.scenario.skew.Seconds()}
	for _, d := range linkmodel.Directions {
		l.flows[d].advance(send[linkmodel.EndZ] + timeout + 1)
	}
	for _, e := range linkmodel.Ends {
		l.ask(e, send[e])
	}
	v := l.tracker.Observe(&l.poll)
	l.tracker.Judge(nil)
	return v, t
}

// ask fills the outcome of one end that is asked at t.
func (l *link) ask(e linkmodel.End, t float64) {
	r, o := l.routers[e], &l.poll.Ends[e]
	if t >= r.nextFault {
		l.restart(e)
	}
	if l.scenario.repeated > 0 && l.rng.Float64() < l.scenario.repeated {
		t += timeout
	}
	at, rtt := r.exchange(t, l.rng)
	if l.scenario.missed > 0 && l.rng.Float64() < l.scenario.missed || at < r.started {
		*o = linkmodel.Outcome{Miss: linkmodel.MissTimeout, Detail: "no answer to 4 requests in 8 s"}
		return
	}
	refreshed := r.refreshed(at)
	in := l.flows[linkmodel.Direction(e.Other())].at(refreshed - l.delay[e.Other()])
	out := l.flows[linkmodel.Direction(e)].at(refreshed)
	k := r.serve(at, in.sent-in.lost, out.sent+l.scenario.control*refreshed)
	k.Mono, k.Uncertainty, k.RTT = seconds(t+rtt/2), seconds(rtt/2), seconds(rtt)
	k.At = l.wall.Add(k.Mono)
	*o = linkmodel.Outcome{Reading: *k}
	if !l.asked[e] {
		o.Context, l.asked[e] = r.context(at), true
	}
}

// restart lets an agent restart, and every second time its router with it, which clears the
// counters.
func (l *link) restart(e linkmodel.End) {
	r := l.routers[e]
	at := r.nextFault
	if l.rng.IntN(2) == 0 {
		in := l.flows[linkmodel.Direction(e.Other())].at(at - l.delay[e.Other()])
		out := l.flows[linkmodel.Direction(e)].at(at)
		r.base = [2]float64{-math.Floor(in.sent - in.lost), -math.Floor(out.sent + l.scenario.control*at)}
	}
	r.started = at + restartTime
	r.phase = r.started
	r.nextFault = at + restartTime + l.scenario.restarts.Seconds()*l.rng.ExpFloat64()
	l.asked[e] = false
}
