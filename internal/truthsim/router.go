package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

const (
	// maxDrift is how much an agent's clock goes wrong.
	maxDrift = 50e-6
	// packetOctets is the size of every packet.
	packetOctets = 700
	// mtu makes packetOctets a packet that needs no segmentation.
	mtu = 1500
)

// router is one end: an interface, and an agent that refreshes what it serves on its own clock.
type router struct {
	period, phase float64 // of the refreshes, in seconds; period 0 serves live counters
	onDemand      bool    // phase is the latest refresh
	clock         float64 // seconds of the agent per second
	started       float64 // when the agent started
	index         uint32
	// base is what the counters stood at when the counting began, by way: in, out.
	base      [2]float64
	rtt       float64 // the least round-trip time, in seconds
	nextFault float64 // when the agent restarts next
	reading   linkmodel.Reading
}

func newRouter(s *scenario, e linkmodel.End, rng *rand.Rand) *router {
	r := &router{
		period: s.cache[e].Seconds(), onDemand: s.onDemand, clock: 1 + maxDrift*(2*rng.Float64()-1), index: 500 + uint32(e),
		started: -1e6 * rng.Float64(), rtt: 0.002 + 0.038*rng.Float64(),
		base:      [2]float64{math.Floor(1e12 * rng.Float64()), math.Floor(1e12 * rng.Float64())},
		nextFault: math.Inf(1),
	}
	r.period *= r.clock
	r.phase = r.period * rng.Float64()
	r.reading = linkmodel.Reading{
		HasEngineTime: true, Index: r.index, Name: "et-0/0/1:0", HasLastChange: true, HasDiscontinuity: true,
		Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUp, LastChange: 4711, HighSpeed: 1000,
	}
	for c := range linkmodel.NumCounters {
		r.reading.Counters.Set(c, 0, c < linkmodel.InErrors)
	}
	return r
}

// refreshed is the instant whose counters the agent serves at t.
func (r *router) refreshed(t float64) float64 {
	switch {
	case r.period == 0:
		return t
	case r.onDemand:
		if t-r.phase > r.period {
			r.phase = t
		}
		return r.phase
	}
	return max(r.phase+math.Floor((t-r.phase)/r.period)*r.period, r.started)
}

// exchange is when an agent looks at its counters for a request sent at t, which is any instant
// until its answer is there, and the round-trip time.
func (r *router) exchange(t float64, rng *rand.Rand) (at, rtt float64) {
	rtt = r.rtt + 0.002*rng.ExpFloat64()
	return t + rtt*rng.Float64(), rtt
}

// serve fills the reading with what the interface received and sent.
func (r *router) serve(at, received, sent float64) *linkmodel.Reading {
	k := &r.reading
	age := r.clock * (at - r.started)
	k.UpTime, k.EngineTime = uint32(uint64(age*100)), uint32(age)
	in, out := uint64(r.base[0]+received), uint64(r.base[1]+sent)
	v := &k.Counters.Value
	v[linkmodel.InUcastPkts], v[linkmodel.OutUcastPkts] = in, out
	v[linkmodel.InOctets], v[linkmodel.OutOctets] = in*packetOctets, out*packetOctets
	return k
}

// context is the slower read.
func (r *router) context(at float64) *linkmodel.Context {
	up := uint32(uint64(100 * r.clock * (at - r.started)))
	return &linkmodel.Context{SystemUpTime: up, HasSystemUpTime: true, MTU: mtu, Type: 6, PhysAddress: fmt.Sprintf("02:00:00:00:00:%02x", r.index%256)}
}

func seconds(t float64) time.Duration { return time.Duration(t * 1e9) }
