package linkmodel

import "time"

// frozen tells counters that have stopped from an idle link: the end answers and is up, none of its
// counters moves, and the far end receives packets all the while that only this end can have sent.
// Packets the far end sends towards it prove nothing: the path may be dead.
type frozen struct {
	// since is when the counters last moved, heard how many packets the far end had received then.
	since time.Duration
	heard uint64
}

// frozenPolls is how many polls counters must have stood still.
const frozenPolls = 5

// observe takes one cycle in. The verdict is open while packets arrive that the end did not count
// and it is too early to say that it will not.
func (f *frozen) observe(e End, v *View, tracks *[2]endTracker) Verdict {
	p := newSides(Direction(e), v, tracks)
	switch {
	case !p.compared():
		return VerdictOpen
	case !p.up() || p.sending.changed != f.since:
		*f = frozen{since: p.sending.changed, heard: p.receiving.inPackets}
		return VerdictNo
	}
	still := p.sender.Last.Mono - f.since
	if still <= p.receiving.maxAge()+p.slack() {
		f.heard = p.receiving.inPackets // the far end may only now count what was sent before
		return VerdictNo
	}
	if p.receiving.inPackets-f.heard < proving(still, usualControl) {
		return VerdictNo
	}
	if still <= max(frozenPolls*p.interval, 2*p.ages()) {
		return VerdictOpen
	}
	return VerdictYes
}
