package linkmodel

import (
	"math"
	"time"
)

// frozen tells counters that have stopped from an idle link: the end answers and is up, none of its
// counters moves, and the far end receives packets all the while that only this end can have sent.
// Packets the far end sends towards it prove nothing: the path may be dead.
type frozen struct {
	// since is when the counters last moved. heard is how many packets the far end had received so many polls
	// ago, last the lower half of how many at the latest poll.
	since time.Duration
	heard uint64
	last  uint32
	polls uint16
	// arrivals counts the polls since then in which packets arrived, quiet those in a row in which none did.
	arrivals, quiet uint8
}

const (
	// frozenPolls is how many polls counters must have stood still.
	frozenPolls = 5
	// frozenArrivals is in how many polls packets must have arrived: what arrives once was sent before the
	// counters stopped, and a router that is busy counts it late.
	frozenArrivals = 3
)

// observe takes one cycle in. The verdict is open while packets arrive that the end did not count
// and it is too early to say that it will not.
func (f *frozen) observe(e End, v *View, tracks *[2]endTracker) Verdict {
	p := newSides(Direction(e), v, tracks)
	switch {
	case !p.compared():
		return VerdictOpen
	case !p.up() || p.sending.changed != f.since:
		f.since = p.sending.changed
		f.begin(&p)
		return VerdictNo
	case p.sender.Last.Mono-f.since <= p.receiving.maxAge()+p.slack():
		f.begin(&p) // the far end may only now count what was sent before
		return VerdictNo
	}
	f.listen(&p)
	heard := time.Duration(f.polls) * p.interval
	if p.receiving.inPackets-f.heard < proving(heard, usualControl) {
		return VerdictNo
	}
	if f.arrivals < frozenArrivals || heard <= max(frozenPolls*p.interval, 2*p.ages()) {
		return VerdictOpen
	}
	return VerdictYes
}

// begin counts what arrives from now on.
func (f *frozen) begin(p *sides) {
	*f = frozen{since: f.since, heard: p.receiving.inPackets, last: uint32(p.receiving.inPackets)} //nolint:gosec // the lower half
}

// listen counts what arrived since the poll before. Where nothing arrives any more, what did arrive says
// nothing about the counters of today.
func (f *frozen) listen(p *sides) {
	if f.polls < math.MaxUint16 {
		f.polls++
	}
	if last := uint32(p.receiving.inPackets); last != f.last { //nolint:gosec // the lower half
		f.last, f.quiet = last, 0
		f.arrivals = min(f.arrivals+1, frozenArrivals)
		return
	}
	if f.quiet++; f.quiet >= frozenPolls {
		f.begin(p)
	}
}
