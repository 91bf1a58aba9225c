package linkmodel

import (
	"math"
	"math/bits"
	"time"
)

// survey is one walk over the windows of a direction that end with the newest pair.
type survey struct {
	w     *lossWindow
	d     Direction
	ages  cacheAges
	noise noiseModel
	start time.Duration // when the oldest pair was read
	last  lossSample

	sums    fitSums
	peak    float64 // in packets/s, in the window so far
	certain float64
	recent  float64
	// newest is the mean of the newest 1, 2, 4 ... polls, tail that of the two oldest blocks so far.
	newest      [10]point
	tail, block point

	// best is the bar to publish: the first that is narrow, until then the narrowest.
	best   lossBar
	picked bool
	// impossible tells that a window shows more packets received than sent.
	impossible bool
}

type point struct{ x, d, r float64 }

// run walks from the newest block to the oldest.
func (s *survey) run(newest, oldest int) {
	polls, size, left := 0, 0, int(s.w.sizes[0])
	first, next := s.last, s.last
	for i := newest; i >= oldest; i-- {
		for left == 0 {
			size++
			left = int(s.w.sizes[size])
		}
		left--
		before := first
		if i > oldest {
			before = s.w.sample(i-1, s.d)
		}
		if size == 0 {
			s.add(i, size, &first, rateOf(&before, &next))
		} else {
			s.add(i, size, &first, rateOf(&first, &next))
		}
		polls += 1 << size
		if i < newest && !s.picked {
			s.bound(i, &first)
		}
		if polls >= minFitted {
			s.fit(polls, &first)
		}
		first, next = before, first
	}
}

// rateOf is the mean rate between two samples in packets/s.
func rateOf(first, last *lossSample) float64 {
	t := last.sentAt - first.sentAt
	if t <= 0 {
		return 0
	}
	return (first.sent - last.sent) / t.Seconds()
}

// add adds block i to the line.
func (s *survey) add(i, size int, first *lossSample, rate float64) {
	b := &s.w.blocks[i]
	s.peak = max(s.peak, first.peak)
	x, d := float64(b.meanSent[s.d])-first.sent, float64(b.meanLost[s.d])-first.lost
	d -= (s.noise.mean - first.lag) * rate
	s.sums.add(float64(int(1)<<size), x, d, rate)
	s.tail = point{(s.block.x + x) / 2, (s.block.d + d) / 2, (s.block.r + rate) / 2}
	s.block = point{x, d, rate}
	if k := bits.Len(uint(s.sums.polls)) - 1; 1<<k == int(s.sums.polls) || size > 0 && s.newest[k] == (point{}) {
		s.newest[k] = point{s.sums.x / s.sums.polls, s.sums.d / s.sums.polls, s.sums.r / s.sums.polls}
	}
}

// fit fits a line over the window that starts at first.
func (s *survey) fit(polls int, first *lossSample) {
	window := s.last.sentAt - first.sentAt
	f, ok := s.sums.line(&s.noise, first.sent, first.sent/window.Seconds())
	if !ok {
		return
	}
	s.certain = max(s.certain, f.certain(first.sent))
	if polls >= recentFitted {
		s.recent = min(s.recent, max(f.slope+barSigmas*f.se, 0))
	}
	s.offer(&lossBar{
		ratio: f.slope, half: lineSigmas*f.se + math.Abs(s.chord(f.age)-f.slope), window: window, sent: first.sent,
		impossible: f.impossible(first.sent),
	})
}

// chord is the ratio between the oldest and the newest sixth of the window.
func (s *survey) chord(age float64) float64 {
	k := bits.Len(uint(s.sums.polls) / 12)
	newest := &s.newest[k]
	return (newest.d - s.tail.d - age*(newest.r-s.tail.r)) / (newest.x - s.tail.x)
}

// bound offers the bar of the two edges of the window that starts with block i.
func (s *survey) bound(i int, first *lossSample) {
	if first.sentAt-s.start < s.ages.sum() {
		return // nobody saw how fast the packets came that its counts may still lack
	}
	bar := edgeBar(first, &s.last, s.peak, s.ages)
	if s.best.sent > 0 && !bar.impossible && bar.half >= s.best.half && !bar.narrow() {
		return // whatever the rate was before the first
	}
	bar = edgeBar(first, &s.last, max(s.peak, s.w.peakBefore(i, s.d, s.ages.sum())), s.ages)
	s.offer(&bar)
}

// offer takes a bar if it is the one to publish so far.
func (s *survey) offer(bar *lossBar) {
	if s.picked || bar.sent < minLossPackets {
		return
	}
	if bar.impossible {
		s.picked, s.impossible = true, true
		return
	}
	if s.picked = bar.narrow(); s.picked || s.best.sent == 0 || bar.half < s.best.half {
		s.best = *bar
	}
}

// publish fills the view.
func (s *survey) publish(out *Loss) {
	switch {
	case s.impossible:
		out.Reason = ReasonInconsistent
		return
	case s.best.sent == 0:
		out.Reason = ReasonWindow
		return
	}
	s.best.fill(out)
	out.Certain, out.Recent = min(s.certain, 1), s.recent
	if out.High-out.Low >= 1 {
		*out = Loss{Reason: ReasonWindow, Recent: 1}
	}
}
