package simulator

import (
	"fmt"
	"math/rand/v2"
)

// Counter names one counter of an interface.
type Counter int

// The counters of an interface, in the words of IF-MIB.
const (
	InOctets Counter = iota
	OutOctets
	InUcastPkts
	InMulticastPkts
	InBroadcastPkts
	OutUcastPkts
	OutMulticastPkts
	OutBroadcastPkts
	InErrors
	OutErrors
	InDiscards
	OutDiscards
	InUnknownProtos
	numCounters
)

// Counters are all counters of an interface at one instant, 64 bits wide whatever the agent
// serves of them.
type Counters [numCounters]uint64

// port is one interface of a router, guarded by the simulator's lock.
type port struct {
	name, descr, alias string
	mac                [6]byte
	index              uint32
	link               *link // nil for an interface that carries nothing
	end                int
	reportedMbps       uint32
	countDiscards      bool // see Router.OutIncludesDiscards
	resets             []reset
}

// reset is an instant at which the port's counters began anew.
type reset struct {
	at int64
	// raw is what the truth had counted by then, value what the counters read.
	raw, value Counters
	// marked tells whether ifCounterDiscontinuityTime shows it.
	marked bool
}

// firstCounters invents what a router has counted before Start.
func firstCounters(r *rand.Rand, fixed uint64) (c Counters) {
	if fixed != 0 {
		for i := range c {
			c[i] = fixed
		}
		return c
	}
	packets := r.Uint64N(1 << 38)
	c[InOctets], c[OutOctets] = packets*690, packets*710
	c[InUcastPkts], c[OutUcastPkts] = packets, packets+r.Uint64N(1<<20)
	c[InMulticastPkts], c[OutMulticastPkts] = packets>>8, packets>>8
	c[InBroadcastPkts], c[OutBroadcastPkts] = packets>>10, packets>>10
	for _, i := range []Counter{InErrors, OutErrors, InDiscards, OutDiscards, InUnknownProtos} {
		c[i] = r.Uint64N(5000)
	}
	return c
}

// raw returns what the truth says the port has counted since Start.
func (p *port) raw(t int64) (c Counters) {
	if p.link == nil {
		return c
	}
	out, in := p.link.flow(p.end, t), p.link.flow(1-p.end, t)
	c[OutOctets] = out[SentOctets]
	c[OutMulticastPkts] = out[SentMulticast]
	c[OutBroadcastPkts] = out[SentBroadcast]
	c[OutUcastPkts] = out[Sent] - out[SentMulticast] - out[SentBroadcast]
	if p.countDiscards {
		c[OutUcastPkts] += out[SenderDiscards]
	}
	c[OutErrors], c[OutDiscards] = out[SenderErrors], out[SenderDiscards]
	c[InOctets] = in[ReceivedOctets]
	c[InMulticastPkts] = in[ReceivedMulticast]
	c[InBroadcastPkts] = in[ReceivedBroadcast]
	c[InUcastPkts] = in[Received] - in[ReceivedMulticast] - in[ReceivedBroadcast]
	c[InErrors], c[InDiscards] = in[ReceiverErrors], in[ReceiverDiscards]
	c[InUnknownProtos] = in[UnknownProtos]
	return c
}

// counters returns what the port's counters read at t.
func (p *port) counters(t int64) Counters {
	c := p.raw(t)
	since := p.lastReset(t)
	for i := range c {
		c[i] = c[i] - since.raw[i] + since.value[i]
	}
	return c
}

func (p *port) lastReset(t int64) *reset {
	i := len(p.resets) - 1
	for i > 0 && p.resets[i].at > t {
		i--
	}
	return &p.resets[i]
}

// clear begins the counters anew at 0.
func (p *port) clear(t int64, marked bool) {
	p.resets = append(p.resets, reset{at: t, raw: p.raw(t), marked: marked})
}

// Values of ifAdminStatus and ifOperStatus.
const (
	statusUp   = 1
	statusDown = 2
)

// status returns ifAdminStatus and ifOperStatus at t, and when the state was entered.
func (p *port) status(t int64) (admin, oper int, changed int64) {
	admin, oper = statusUp, statusUp
	if p.link == nil {
		return admin, oper, p.resets[0].at
	}
	s := p.link.segmentAt(t)
	if !s.truth.OperUp(p.end) {
		oper = statusDown
	}
	if s.truth.Shut[p.end] {
		admin = statusDown
	}
	return admin, oper, s.changed[p.end]
}

// speed returns the port's speed in bit/s.
func (p *port) speed() uint64 {
	if p.link == nil {
		return 1_000_000_000
	}
	return p.link.config.Speed
}

// mbps returns ifHighSpeed.
func (p *port) mbps() uint32 {
	if p.reportedMbps != 0 {
		return p.reportedMbps
	}
	return uint32((p.speed() + 500_000) / 1_000_000)
}

// newPort makes the port of a link's end.
func newPort(config *Port, l *link, end int, far string) *port {
	alias := config.Alias
	if alias == "" {
		alias = fmt.Sprintf("%s to %s", l.config.Name, far)
	}
	return &port{
		name: config.Interface, alias: alias, link: l, end: end, reportedMbps: config.ReportedMbps,
	}
}
