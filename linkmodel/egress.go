package linkmodel

import "math"

// egressFit learns whether a router counts the packets that its output queue drops among those it
// sent. Where it does, each drop makes the difference between the ends one greater; where it does
// not, none. It is the slope of the difference on the drops, poll by poll, with an intercept for
// loss that has other causes. It is kept for ends that drop packets only.
type egressFit struct {
	polls, drops           float64 // polls that were used, those of them with drops
	meanX, meanY           float64
	sumXX, sumXY, sumYY    float64
	lastSent, lastReceived uint64
	epochs                 [2]uint64
	begun                  bool
}

const (
	// egressPolls is the least number of polls with drops that teach anything.
	egressPolls = 8
	// egressMost bounds the memory: then all that was learned counts half.
	egressMost = 500
	// egressSure is how many standard errors the slope must be away from the middle.
	egressSure = 3
)

// learnEgress takes one cycle of the sender in, once it drops packets.
func (c *checks) learnEgress(s *sides) {
	e := s.senderEnd
	iv := &s.sender.Interval
	if c.egress[e] == nil {
		if !iv.Valid() || iv.Delta[OutDiscards] == 0 {
			return
		}
		c.egress[e] = new(egressFit)
	}
	c.egress[e].observe(s)
}

func (f *egressFit) observe(s *sides) {
	if !s.answered() {
		return
	}
	epochs := [2]uint64{s.sending.epoch, s.receiving.epoch}
	sent, received := s.sending.outPackets-f.lastSent, s.receiving.inPackets-f.lastReceived
	usable := f.begun && f.epochs == epochs && s.sender.Interval.Valid() && s.receiver.Interval.Valid()
	f.lastSent, f.lastReceived, f.epochs, f.begun = s.sending.outPackets, s.receiving.inPackets, epochs, true
	if usable {
		f.add(float64(s.sender.Interval.Delta[OutDiscards]), float64(sent)-float64(received))
	}
}

// add takes one poll in: x packets dropped, y fewer received than sent.
func (f *egressFit) add(x, y float64) {
	if f.polls >= egressMost {
		f.polls, f.drops = f.polls/2, f.drops/2
		f.sumXX, f.sumXY, f.sumYY = f.sumXX/2, f.sumXY/2, f.sumYY/2
	}
	f.polls++
	if x > 0 {
		f.drops++
	}
	dx, dy := x-f.meanX, y-f.meanY
	f.meanX += dx / f.polls
	f.meanY += dy / f.polls
	f.sumXX += dx * (x - f.meanX)
	f.sumXY += dx * (y - f.meanY)
	f.sumYY += dy * (y - f.meanY)
}

// verdict says whether drops are among the packets sent; f may be nil.
func (f *egressFit) verdict() Verdict {
	if f == nil || f.drops < egressPolls || f.sumXX == 0 {
		return VerdictOpen
	}
	slope := f.sumXY / f.sumXX
	residual := max(f.sumYY-slope*f.sumXY, 0) / (f.polls - 2)
	doubt := egressSure * math.Sqrt(residual/f.sumXX)
	switch {
	case slope-doubt > 0.5 && slope-doubt < 1.5:
		return VerdictYes
	case slope+doubt < 0.5:
		return VerdictNo
	default:
		return VerdictOpen
	}
}
