package linkmodel

import "time"

// sides are both sides of one direction in one cycle.
type sides struct {
	senderEnd          End
	sender, receiver   *EndView
	sending, receiving *endTracker
	interval           time.Duration // between polls, as declared
}

func newSides(d Direction, v *View, tracks *[2]endTracker) sides {
	return sides{
		senderEnd: d.Sender(),
		sender:    &v.Ends[d.Sender()], receiver: &v.Ends[d.Receiver()],
		sending: &tracks[d.Sender()], receiving: &tracks[d.Receiver()],
		interval: v.Link.Interval,
	}
}

// answered reports whether both ends did in this cycle.
func (p *sides) answered() bool { return p.sender.Answered && p.receiver.Answered }

// compared reports whether both ends answered in this cycle and in an earlier one.
func (p *sides) compared() bool {
	return p.answered() && p.sender.Interval.Reason != ReasonFirst && p.receiver.Interval.Reason != ReasonFirst
}

// silent reports whether one of the ends is.
func (p *sides) silent() bool { return endIsSilent(p.sender) || endIsSilent(p.receiver) }

// up reports whether both ends are oper up.
func (p *sides) up() bool { return endIsUp(p.sender) && endIsUp(p.receiver) }

// slack is how far apart the two samples may be for all we know.
func (p *sides) slack() time.Duration {
	a, z := &p.sender.Last, &p.receiver.Last
	return a.Uncertainty + z.Uncertainty + (z.Mono - a.Mono).Abs()
}

// ages is how far the counts of the two ends may be apart, with what is known of their caches.
func (p *sides) ages() time.Duration {
	return p.sending.maxAge() + p.receiving.maxAge() + p.slack()
}

// provingPackets are too many to be a coincidence.
const provingPackets = 20

// proving is how many packets in the time d no control traffic of so many frames a second explains.
func proving(d time.Duration, control float64) uint64 {
	return provingPackets + uint64(control*d.Seconds())
}
