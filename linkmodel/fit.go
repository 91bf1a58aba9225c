package linkmodel

import "math"

// Through the polls of a window goes a line: packets lost over packets sent. Between its two ends
// the errors of sampling cancel only as far as those of the two polls do; the line uses all n polls
// and is better by the square root of n/6.
//
// The error of poll i is delta_i seconds of traffic at the rate r_i of that time. The mean of delta
// is not 0 where one end's cache is older than the other's or one end is asked later: while the rate
// rises or falls, that alone makes a slope (2.5 s, and a rate that goes from 500 to 1,500 packets/s
// in half an hour, look like 0.3 % lost). So a second unknown goes with the rate,
//
//	D_i = const + b x_i + a r_i + noise
//
// where a is what delta is on average above (c_B - c_A)/2 - s_i, which is subtracted before. That a
// has the variance p = (c_A^2 + c_B^2)/12 is known as well, and worth sigma^2/p polls. With S the
// sums about the means, weighted by the number of polls of a block,
//
//	S'_rr = S_rr + sigma^2 r^2/p          S' = S_xx - S_xr^2/S'_rr
//	b = (S_xD - S_xr S_rD/S'_rr) / S'     a = (S_rD - b S_xr) / S'_rr
//
// The variance of one poll, v, is the largest of what was learned about delta (noise.go), at the mean
// rate and with a rate of its own for every poll, and of what this window shows in its m blocks.
// Chance comes on top, by which b is uncertain even when both ends count at one instant:
//
//	v = max(sigma^2 r^2, sigma^2 sum r_i^2 (x_i-x)^2 / S_xx, sum (D_i - line)^2 / (m-2))
//	se^2 = v/S' + max(b, 1/X)/X           X packets sent
//
// A rate of its own matters where a burst is under way: the last poll then pulls the line hardest and
// is the least sure.

const (
	// minFitted is how many polls a line needs.
	minFitted = 8
	// recentFitted is how many polls tell whether loss goes on.
	recentFitted = 12
	// certainSigmas is the certainty an alarm needs, barSigmas that of a limit that is published.
	certainSigmas, barSigmas = 6, 3
	// minLost is how many packets must be lost for certain before loss may alarm: below that, chance
	// alone explains the ratio.
	minLost = 20
)

// fitSums are sums over blocks, weighted by their number of polls: of packets sent x, packets lost
// d, the rate r in packets/s and the time t in seconds.
type fitSums struct {
	polls, blocks  float64
	x, d, r, t     float64
	xx, xd, xr, xt float64
	dd, rd, rr, rt float64
	xrr, xxrr      float64
}

// point is the mean of some polls: packets sent and lost, rate and time as in fitSums.
type point struct{ x, d, r, t float64 }

func (s *fitSums) add(polls float64, p *point) {
	s.polls += polls
	s.blocks++
	wx, wd, wr := polls*p.x, polls*p.d, polls*p.r
	s.x += wx
	s.d += wd
	s.r += wr
	s.t += polls * p.t
	s.xx += wx * p.x
	s.xd += wx * p.d
	s.xr += wx * p.r
	s.xt += wx * p.t
	s.dd += wd * p.d
	s.rd += wr * p.d
	s.rr += wr * p.r
	s.rt += wr * p.t
	s.xrr += wx * p.r * p.r
	s.xxrr += wx * p.x * p.r * p.r
}

// mean returns the mean of all polls added so far.
func (s *fitSums) mean() point {
	return point{x: s.x / s.polls, d: s.d / s.polls, r: s.r / s.polls, t: s.t / s.polls}
}

// fitted is a line.
type fitted struct {
	slope, se float64 // a ratio, and its standard error
	// age is the mean of delta in seconds, above the one assumed.
	age float64
	// perFrame is the slope that one frame a second makes which is counted at one end only.
	perFrame float64
}

// line fits a line; it is the dearest thing done for a poll, so it divides as seldom as it can. sent is how many packets were sent in all, rate their mean rate. It is not ok
// when the packets do not tell a slope.
func (s *fitSums) line(n *noiseModel, sent, rate float64) (f fitted, ok bool) {
	each := 1 / s.polls
	mx, mr := s.x*each, s.r*each
	sxx := s.xx - mx*s.x
	if sxx < 1 || sent < 1 {
		return f, false
	}
	sxd, sxr, srd := s.xd-mx*s.d, s.xr-mx*s.r, s.rd-mr*s.d
	sxt, srt := s.xt-mx*s.t, s.rt-mr*s.t
	one := n.variance*rate*rate + countNoise // of one poll, in packets
	perSrr := 1 / (s.rr - mr*s.r + one*n.perPrior)
	turned := sxr * perSrr
	perOwn := 1 / (sxx - sxr*turned)
	f.slope = (sxd - turned*srd) * perOwn
	f.age = (srd - f.slope*sxr) * perSrr
	f.perFrame = (sxt - turned*srt) * perOwn
	rest := max(s.dd-s.d*s.d*each-f.slope*sxd-f.age*srd, 0) / (s.blocks - 2)
	local := n.variance*(s.xxrr-2*mx*s.xrr+mx*mx*s.rr)/sxx + countNoise
	square := max(rest, one, local)
	perSent := 1 / sent
	f.se = math.Sqrt(square*perOwn + max(f.slope, perSent)*perSent)
	return f, true
}
