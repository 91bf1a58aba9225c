package linkmodel

import "time"

// A path is dead when the sender sends, the receiver receives nothing, and both are oper up: a
// bridge, a multiplexer or a radio in the middle keeps the light on. No status shows that; the
// counters do.
//
// Each end serves counts up to its cache age old. That the receiver's count stood still from heard
// until now says that nothing arrived from heard until now less c_R, the receiver's age; what the
// sender counted before heard + c_S may have been sent before heard. Packets prove a dead path when
// the sender counted them after the one and before the other:
//
//	sent(now - c_R) - sent(heard + c_S) >= 20, and more than control traffic explains.
//
// How much that is has been learned where the direction carried packets for a while (control.go);
// before that it is taken for the most there can be, so that an idle link with a few frames a second
// that only its sender counts is never called dead.
//
// Read at polls, that takes three without a packet, and more where caches are older than the time
// between polls. A direction that received packets in every one of the last polls does not fall
// silent for two of them, each with packets sent, just where the edges hide what arrived; nor do the
// edges hide much where they are short. Both are told at the second poll.
type deadPath struct {
	// heard is when the receiver's counts were last seen to move.
	heard time.Duration
	// base is what the sender had counted at the first reading after heard + c_S, when based.
	base uint64
	// proved is when the sender had counted enough beyond it; 0 before.
	proved time.Duration
	// sent is the sender's count of the latest poll.
	sent uint64
	// run counts polls running that received something, before heard; streak those since that
	// received nothing although enough was sent.
	run, streak uint8
	based, dead bool
}

const (
	// steadyRun is how many polls running must have received packets for a direction to be busy.
	steadyRun = 10
	// shortEdge is the share of the time between polls that edges may take to be short.
	shortEdge = 200
	// deadStreak is how many polls running must have received nothing where edges do not matter.
	deadStreak = 2
)

// observe takes one cycle in.
func (p *deadPath) observe(s *sides, control *controlTraffic) Verdict {
	switch {
	case s.silent():
		*p = deadPath{}
		return VerdictOpen
	case !s.answered():
		if p.dead {
			return VerdictYes
		}
		return VerdictOpen
	case p.heard == 0:
		p.restart(s, 0)
		return VerdictOpen
	case !s.up():
		p.restart(s, 0)
		return VerdictNo
	case p.received(s):
		p.restart(s, min(p.run+1, steadyRun))
		return VerdictNo
	}
	p.advance(s, control.most())
	p.sent = s.sending.outPackets
	return verdict(p.dead)
}

// received reports whether the receiver's counts moved, started anew, or cannot be believed.
func (p *deadPath) received(s *sides) bool {
	iv := &s.receiver.Interval
	if isBreak(iv.Reason) {
		return true
	}
	moved := iv.Valid() && (iv.InPackets > 0 || iv.Delta[InOctets] > 0 || !iv.Present.Has(InOctets))
	// Counters that stand still altogether while the far end hears of them are not a path's fault.
	return moved || s.receiver.Frozen != VerdictNo
}

// restart begins to count what the sender sends from now on.
func (p *deadPath) restart(s *sides, run uint8) {
	*p = deadPath{heard: s.receiver.Last.Mono, sent: s.sending.outPackets, run: run}
}

// advance takes in a cycle in which nothing was received. control is how many frames a second may be
// sent that the receiver does not count.
func (p *deadPath) advance(s *sides, control float64) {
	now, slack := s.receiver.Last.Mono, s.slack()
	if sent := s.sending.outPackets - p.sent; sent >= proving(s.sender.Interval.Elapsed, control) {
		p.streak++
	} else {
		p.streak = 0
	}
	switch {
	case !p.based && now-p.heard >= s.sending.maxAge()+slack:
		p.base, p.based = s.sending.outPackets, true
	case p.based && p.proved == 0 && s.sending.outPackets-p.base >= proving(now-p.heard, control):
		p.proved = now
	}
	edges := s.ages()
	early := p.streak >= deadStreak && now-p.heard > edges &&
		(edges <= s.interval/shortEdge || (p.run >= steadyRun && edges <= s.interval))
	late := p.proved != 0 && now-p.proved >= s.receiving.maxAge()+slack && now-p.heard > s.ages()
	p.dead = p.dead || early || late
	p.streak = min(p.streak, deadStreak)
}
