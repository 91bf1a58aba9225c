package linkmodel

import "math"

// What the tracker keeps of the checks of both directions, field by field.

func (k *checks) code(c *codec) {
	for d := range k.dead {
		k.dead[d].code(c)
		k.frozen[d].code(c)
		k.framing[d].code(c)
		k.agreement[d].code(c)
		optional(c, &k.policing[d], func(p *policing) { p.code(c) })
		optional(c, &k.egress[d], func(f *egressFit) { f.code(c) })
	}
}

func (p *deadPath) code(c *codec) {
	c.instant(&p.heard)
	unsigned(c, &p.base)
	c.instant(&p.proved)
	unsigned(c, &p.sent)
	unsigned(c, &p.run)
	unsigned(c, &p.streak)
	c.flag(&p.based)
	c.flag(&p.dead)
}

func (f *frozen) code(c *codec) {
	c.instant(&f.since)
	unsigned(c, &f.heard)
	unsigned(c, &f.last)
	unsigned(c, &f.polls)
	unsigned(c, &f.arrivals)
	unsigned(c, &f.quiet)
}

func (f *framing) code(c *codec) {
	c.instant(&f.since)
	for _, v := range [...]*float64{&f.octets, &f.received, &f.packets, &f.arrived} {
		c.float(v, 0)
	}
}

func (a *agreement) code(c *codec) {
	unsigned(c, &a.drift)
	unsigned(c, &a.polls)
	c.want(a.polls <= agreementPolls)
	c.flag(&a.apart)
	for _, v := range [...]*float32{&a.lastS, &a.lastR, &a.meanS, &a.meanR, &a.stepsS, &a.stepsR} {
		c.float32(v, 0)
	}
	c.float32(&a.stepsBoth, -math.MaxFloat32)
}

func (p *policing) code(c *codec) {
	c.instant(&p.start)
	c.count(&p.lossy, 2*lossyBlocks)
	c.instant(&p.lastLossy)
	b := &p.block
	for _, v := range [...]*float64{
		&p.arrived, &p.arrivedSq, &p.offered, &p.offeredSq, &p.clean,
		&b.offeredOctets, &b.arrivedOctets, &b.offered, &b.arrived,
	} {
		c.float(v, 0)
	}
}

func (f *egressFit) code(c *codec) {
	c.float(&f.polls, 0)
	c.float(&f.drops, 0)
	c.want(f.drops <= f.polls)
	for _, v := range [...]*float64{&f.meanX, &f.meanY, &f.sumXY} {
		c.float(v, -math.MaxFloat64)
	}
	c.float(&f.sumXX, 0)
	c.float(&f.sumYY, 0)
	unsigned(c, &f.lastSent)
	unsigned(c, &f.lastReceived)
	for i := range f.epochs {
		unsigned(c, &f.epochs[i])
	}
	c.flag(&f.begun)
}
