package linkmodel

// Verdict answers a question that only both ends together can answer.
type Verdict uint8

// Verdicts. One that is open says neither yes nor no: there is no evidence yet, or not any more.
const (
	VerdictOpen Verdict = iota
	VerdictNo
	VerdictYes
)

// verdict turns a comparison into a Verdict.
func verdict(yes bool) Verdict {
	if yes {
		return VerdictYes
	}
	return VerdictNo
}

// Checks are what the counters of both ends say about one direction beyond rates and loss.
type Checks struct {
	// Dead: the sender sends, the receiver receives nothing, both are oper up.
	Dead Verdict
	// NotMatching: what the sender sends is not what the receiver receives. Drift tells that more
	// arrived than was sent; else the two rates have nothing to do with each other.
	NotMatching Verdict
	Drift       bool
	// Framing: the sender counts Octets more per packet than the receiver, less where negative.
	Framing Verdict
	// Policed: what arrives is cut at Limit, in bit/s.
	Policed Verdict
	Octets  float32
	Limit   float64
	// Fit is another interface that fits where NotMatching is yes; nil while none is known.
	Fit *Fit
}

// checks keeps what the verdicts of one link need. What only faulty links need is allocated for
// them.
type checks struct {
	dead      [2]deadPath
	frozen    [2]frozen
	framing   [2]framing
	agreement [2]agreement
	policing  [2]*policing
	egress    [2]*egressFit // by the sending end
}

// observe fills the checks of both directions once rates and loss are known.
func (c *checks) observe(v *View, tracks *[2]endTracker, control *[2]controlTraffic) {
	for _, e := range Ends {
		v.Ends[e].SpeedDoubted = tracks[e].speed.doubted
		v.Ends[e].Frozen = c.frozen[e].observe(e, v, tracks)
	}
	for _, d := range Directions {
		p := newSides(d, v, tracks)
		dv := &v.Directions[d]
		dv.Checks.Dead = c.dead[d].observe(&p, &control[d])
		c.framing[d].observe(&p, &dv.Checks)
		c.agreement[d].observe(&p, dv)
		c.police(&p, dv)
		c.learnEgress(&p)
		dv.DropsSent = c.egress[d.Sender()].verdict()
	}
}

// dead reports whether a direction of the view is dead.
func (v *View) dead() bool {
	return v.Directions[AToZ].Checks.Dead == VerdictYes || v.Directions[ZToA].Checks.Dead == VerdictYes
}
