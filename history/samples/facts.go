package samples

import "github.com/bothends/bothends/linkmodel"

// facts is all of a view that is true or false or one of a few words, packed into one number, which is
// kept as one series: it seldom changes, so it takes next to no space. A number up to 2^53 is exact.
//
//	bits 0..3    state
//	bits 4, 5    end a, end z answered in this cycle
//	bits 6..8    ifOperStatus of end a, of its latest answer
//	bits 9..11   ifOperStatus of end z
//	bits 12..27  verdicts, two bits each: dead path, no match, framing, policed; a_to_z, z_to_a each
//	bits 28..31  verdicts: frozen counters of end a, of end z
//	bits 32, 33  the reported speed of end a, of end z is not believed
type facts uint64

const (
	stateBits   = 4
	operBits    = 3
	verdictBits = 2
)

// packer writes the fields of facts from the lowest bit on.
type packer struct {
	facts facts
	next  uint
}

func (p *packer) put(value, bits uint) {
	p.facts |= facts(value&(1<<bits-1)) << p.next
	p.next += bits
}

func (p *packer) flag(set bool) {
	if set {
		p.facts |= 1 << p.next
	}
	p.next++
}

// unpacker reads them in the same order.
type unpacker facts

func (u *unpacker) get(bits uint) uint {
	value := uint(*u) & (1<<bits - 1)
	*u >>= bits
	return value
}

func factsOf(v *linkmodel.View) facts {
	var p packer
	p.put(uint(v.State), stateBits)
	for e := range v.Ends {
		p.flag(v.Ends[e].Answered)
	}
	for e := range v.Ends {
		p.put(uint(v.Ends[e].Last.Oper), operBits)
	}
	for _, verdicts := range [...]func(*linkmodel.Checks) *linkmodel.Verdict{dead, notMatching, framing, policed} {
		for d := range v.Directions {
			p.put(uint(*verdicts(&v.Directions[d].Checks)), verdictBits)
		}
	}
	for e := range v.Ends {
		p.put(uint(v.Ends[e].Frozen), verdictBits)
	}
	for e := range v.Ends {
		p.flag(v.Ends[e].SpeedDoubted)
	}
	return p.facts
}

func dead(c *linkmodel.Checks) *linkmodel.Verdict        { return &c.Dead }
func notMatching(c *linkmodel.Checks) *linkmodel.Verdict { return &c.NotMatching }
func framing(c *linkmodel.Checks) *linkmodel.Verdict     { return &c.Framing }
func policed(c *linkmodel.Checks) *linkmodel.Verdict     { return &c.Policed }

// state is the state of the link that the facts hold.
func (f facts) state() linkmodel.State { return linkmodel.State(f & (1<<stateBits - 1)) }

// show fills a view with what the facts hold.
func (f facts) show(v *linkmodel.View) {
	u := unpacker(f)
	v.State = linkmodel.State(u.get(stateBits))
	for e := range v.Ends {
		end := &v.Ends[e]
		end.Answered = u.get(1) == 1
		end.Seen, end.Reachable = end.Answered, end.Answered
		end.Misses = linkmodel.SilentAfter
		if end.Answered {
			end.Misses = 0
		}
	}
	for e := range v.Ends {
		v.Ends[e].Last.Oper = linkmodel.Status(u.get(operBits))
	}
	for _, verdicts := range [...]func(*linkmodel.Checks) *linkmodel.Verdict{dead, notMatching, framing, policed} {
		for d := range v.Directions {
			*verdicts(&v.Directions[d].Checks) = linkmodel.Verdict(u.get(verdictBits))
		}
	}
	for e := range v.Ends {
		v.Ends[e].Frozen = linkmodel.Verdict(u.get(verdictBits))
	}
	for e := range v.Ends {
		v.Ends[e].SpeedDoubted = u.get(1) == 1
	}
}
