package linkmodel

import (
	"math"
	"time"
)

// policing tells a rate limit below the capacity from other loss: what arrives is flat whatever is
// offered, so that more is lost the more is offered, and no more than that ever arrives whole. It works on blocks of
// polls long enough that cached counters hide less than a hundredth of a block. It is kept for
// directions that lose packets only.
type policing struct {
	start time.Duration // of the block; 0 between blocks
	block policingBlock
	// lossy counts blocks with loss, up to lossyBlocks; the moments are theirs and fade.
	lossy              int
	arrived, arrivedSq float64 // bit/s
	offered, offeredSq float64
	clean              float64 // the highest rate that arrived whole, bit/s
	lastLossy          time.Duration
}

// policingBlock sums what was offered and what arrived.
type policingBlock struct {
	offeredOctets, arrivedOctets float64
	offered, arrived             float64 // packets
}

const (
	// blockPolls is the least number of polls of a block, blockEdges how much longer than the edges
	// it is.
	blockPolls, blockEdges = 3, 100
	// lossyShare makes a block lossy, cleanShare is the most that a whole one lacks.
	lossyShare, cleanShare = 0.03, 0.01
	// lossyBlocks is how many lossy blocks tell a limit.
	lossyBlocks = 6
	// flat is the greatest deviation of what arrives, uneven the least of what is offered, as shares.
	flat, uneven = 0.02, 0.06
	// belowCapacity is the share of the capacity from which a limit is the capacity itself.
	belowCapacity = 0.95
	// policingMemory is how long a limit is kept without loss.
	policingMemory = 6 * time.Hour
)

// police takes one cycle of direction d in, once the direction loses packets.
func (c *checks) police(s *sides, dv *DirectionView) {
	d := Direction(s.senderEnd)
	dv.Checks.Policed, dv.Checks.Limit = VerdictOpen, 0
	dropped := s.sender.Interval.Valid() && s.sender.Interval.Delta[OutDiscards] > 0
	if c.policing[d] == nil {
		if s.compared() {
			dv.Checks.Policed = VerdictNo
		}
		if dv.Loss.Certain <= 0 && !dropped {
			return
		}
		c.policing[d] = new(policing)
	}
	p := c.policing[d]
	if !s.compared() {
		return
	}
	p.observe(s)
	dv.Checks.Policed, dv.Checks.Limit = p.verdict(&dv.Capacity)
	if now := s.sender.Last.Mono; p.lastLossy == 0 {
		p.lastLossy = now
	} else if now-p.lastLossy > policingMemory {
		c.policing[d] = nil
	}
}

func (p *policing) observe(s *sides) {
	sent, received := &s.sender.Interval, &s.receiver.Interval
	now := s.sender.Last.Mono
	if isBreak(sent.Reason) || isBreak(received.Reason) || p.start == 0 {
		p.start, p.block = now, policingBlock{}
		return
	}
	p.block.add(sent, received)
	if length := now - p.start; length >= max(blockPolls*s.interval, blockEdges*s.ages()) {
		p.close(length.Seconds(), now)
		p.start, p.block = now, policingBlock{}
	}
}

func (b *policingBlock) add(sent, received *Interval) {
	if sent.Valid() && sent.HasOutPackets {
		b.offered += float64(sent.OutPackets)
		b.offeredOctets += float64(sent.Delta[OutOctets])
		if drops := float64(sent.Delta[OutDiscards]); drops > 0 && sent.OutPackets > 0 {
			b.offered += drops
			b.offeredOctets += drops * float64(sent.Delta[OutOctets]) / float64(sent.OutPackets)
		}
	}
	if received.Valid() && received.HasInPackets {
		b.arrived += float64(received.InPackets)
		b.arrivedOctets += float64(received.Delta[InOctets])
	}
}

// close judges a finished block.
func (p *policing) close(seconds float64, now time.Duration) {
	b := &p.block
	if b.offered < provingPackets {
		return
	}
	offered, arrived := b.offeredOctets*8/seconds, b.arrivedOctets*8/seconds
	switch lost := 1 - b.arrived/b.offered; {
	case lost >= lossyShare:
		p.lastLossy = now
		p.learn(offered, arrived)
	case lost <= cleanShare:
		p.clean = max(p.clean, arrived)
	}
	if p.lossy > 0 && p.clean > p.arrived*(1+2*flat) {
		// More than the limit came through whole: it is none, or another one now.
		*p = policing{lastLossy: p.lastLossy}
	}
}

func (p *policing) learn(offered, arrived float64) {
	p.lossy = min(p.lossy+1, 2*lossyBlocks)
	weight := 1 / float64(p.lossy)
	p.arrived += weight * (arrived - p.arrived)
	p.arrivedSq += weight * (arrived*arrived - p.arrivedSq)
	p.offered += weight * (offered - p.offered)
	p.offeredSq += weight * (offered*offered - p.offeredSq)
}

// verdict says whether what arrives is cut, and at how many bit/s.
func (p *policing) verdict(capacity *Quantity) (Verdict, float64) {
	cut := p.lossy >= lossyBlocks &&
		spread(p.arrived, p.arrivedSq) < flat && spread(p.offered, p.offeredSq) > uneven &&
		(!capacity.Known || p.arrived < belowCapacity*capacity.Value)
	if !cut {
		return VerdictNo, 0
	}
	return VerdictYes, p.arrived
}

// spread is the standard deviation as a share of the mean.
func spread(mean, meanSquare float64) float64 {
	return math.Sqrt(max(meanSquare-mean*mean, 0)) / mean
}
