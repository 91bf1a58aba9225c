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
	// control is what is known of control traffic, learn where to note more.
	control controlBound
	learn   *controlTraffic
	// lineRate is the highest rate the sender's line carries in packets/s, 0 when not known.
	lineRate float64
	oldest   int           // block
	start    time.Duration // when its pair was read
	last     lossSample

	sums    fitSums
	peak    float64 // in packets/s, in the window so far
	certain float64
	recent  float64
	// newest is the mean of the newest 1, 2, 4 ... polls, tail that of the two oldest blocks so far.
	newest      [10]point
	tail, block point

	lines [6]recalled
	kept  int

	// best is the bar to publish: the first that is narrow, until then the narrowest.
	best   lossBar
	picked bool
	// impossible tells that a window shows more packets received than sent.
	impossible bool
}

// run walks from the newest block to the oldest.
func (s *survey) run(newest int) {
	polls, size, left := 0, 0, int(s.w.sizes[0])
	first, next := s.last, s.last
	for i := newest; i >= s.oldest; i-- {
		for left == 0 {
			size++
			left = int(s.w.sizes[size])
		}
		left--
		before := first
		if i > s.oldest {
			before = s.w.sample(i-1, s.d)
		}
		if size == 0 {
			s.add(i, size, &first, &next, rateOf(&before, &next))
		} else {
			s.add(i, size, &first, &next, rateOf(&first, &next))
		}
		polls += 1 << size
		if i < newest {
			s.edges(i, polls, &first)
		}
		if polls >= minFitted {
			s.fit(i, polls, &first)
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

// add adds block i to the line; next is the first pair after it.
func (s *survey) add(i, size int, first, next *lossSample, rate float64) {
	b := &s.w.blocks[i]
	s.peak = max(s.peak, first.peak)
	polls := float64(int(1) << size)
	late := (next.sentAt - first.sentAt).Seconds() * (polls - 1) / (2 * polls)
	p := point{
		x: float64(b.meanSent[s.d]) - first.sent,
		d: float64(b.meanLost[s.d]) - first.lost - (s.noise.mean-first.lag)*rate,
		r: rate, t: late - (s.last.sentAt - first.sentAt).Seconds(),
	}
	s.sums.add(polls, &p)
	q := s.block
	s.tail, s.block = point{(q.x + p.x) / 2, (q.d + p.d) / 2, (q.r + p.r) / 2, (q.t + p.t) / 2}, p
	n := int(s.sums.polls)
	if k := bits.Len(uint(n)) - 1; 1<<k == n || size > 0 && s.newest[k] == (point{}) {
		s.newest[k] = s.sums.mean()
	}
}

// fit fits a line over the window that starts with block i.
func (s *survey) fit(i, polls int, first *lossSample) {
	window := s.last.sentAt - first.sentAt
	f, ok := s.sums.line(&s.noise, first.sent, first.sent/window.Seconds())
	if !ok {
		return
	}
	sure := max(certainSigmas*f.se, minLost/first.sent)
	if f.slope > s.certain {
		s.certain = max(s.certain, s.control.certain(f.slope, sure, f.perFrame))
	}
	if polls >= recentFitted {
		s.recent = min(s.recent, max(f.slope+barSigmas*f.se-s.control.low*f.perFrame, 0))
	}
	if due := s.remember(polls, &f, first.sent) || i == s.oldest; due && window >= controlWindow {
		s.learn.observe(&f, window.Seconds()/first.sent, s.last.sentAt)
	}
	if s.picked || first.sent < minLossPackets {
		return
	}
	if f.slope < -sure-s.control.unexplained()*f.perFrame {
		s.impossible, s.picked = true, true
		return
	}
	half := lineSigmas*f.se + max(math.Abs(s.chord(f.age)-f.slope), s.missing(&f, first.sent))
	s.offer(&lossBar{ratio: f.slope, half: half, window: window, sent: first.sent, from: i})
}

// recalled is a line over one of the shorter windows.
type recalled struct{ slope, se, sent float64 }

// remember keeps the line over the first window of 8, 16, 32 ... polls, and reports whether it is
// one of those.
func (s *survey) remember(polls int, f *fitted, sent float64) bool {
	if s.kept == len(s.lines) || polls < minFitted<<s.kept {
		return false
	}
	s.lines[s.kept] = recalled{f.slope, f.se, sent}
	s.kept++
	return true
}

// missing is how far the line leaves the ratio of the window where the newest part of it goes
// another way, which a line over the whole hardly notices.
func (s *survey) missing(f *fitted, sent float64) (most float64) {
	for i := range s.lines[:s.kept] {
		l := &s.lines[i]
		most = max(most, (math.Abs(l.slope-f.slope)-missSigmas*l.se)*l.sent/sent)
	}
	return most
}

// chord is the ratio between the oldest and the newest sixth of the window.
func (s *survey) chord(age float64) float64 {
	k := bits.Len(uint(s.sums.polls) / 12) // a power of two next to a sixth
	a, z := &s.tail, &s.newest[k]
	return (z.d - a.d - age*(z.r-a.r)) / (z.x - a.x)
}

// edges offers the bar of the two edges of the window that starts with block i.
func (s *survey) edges(i, polls int, first *lossSample) {
	if first.sent < 1 || first.sentAt-s.start < s.ages.sum() {
		return // nobody saw how fast the packets came that its counts may still lack
	}
	bar := lossBar{
		ratio: first.lost / first.sent, half: s.doubt(first, s.peak) / first.sent,
		window: s.last.sentAt - first.sentAt, sent: first.sent, from: i,
	}
	short := polls < minFitted
	if !short && (s.picked || s.best.sent > 0 && bar.ratio >= -bar.half && bar.half >= s.best.half && !bar.narrow()) {
		return // whatever the rate was before the first
	}
	peak := max(s.peak, s.w.peakBefore(i, s.d, s.ages.sum()))
	doubt := s.doubt(first, peak)
	sure := max(edgeDoubt(first, &s.last, edgeBursts*peak, s.ages), certainSigmas*math.Sqrt(2*s.noise.variance)*peak)
	if short {
		perFrame := bar.window.Seconds() / first.sent
		s.certain = max(s.certain, s.control.certain(bar.ratio, max(sure, minLost)/first.sent, perFrame))
	}
	switch bar.half = doubt / first.sent; {
	case s.picked || first.sent < minLossPackets:
	case -first.lost > sure+s.control.unexplained()*bar.window.Seconds():
		s.impossible, s.picked = true, true
	case first.lost >= -doubt:
		s.offer(&bar)
	}
}

// doubt is how many packets may be counted at one end only at the edges of a window with a peak.
func (s *survey) doubt(first *lossSample, peak float64) float64 {
	return edgeDoubt(first, &s.last, burstiness*peak, s.ages)
}

// offer takes a bar if it is the one to publish so far.
func (s *survey) offer(bar *lossBar) {
	if s.picked = bar.narrow(); s.picked || s.best.sent == 0 || bar.half < s.best.half {
		s.best = *bar
	}
}

// publish fills the view.
func (s *survey) publish(out *Loss) {
	b := &s.best
	switch {
	case s.impossible:
		out.Reason = ReasonInconsistent
		return
	case b.sent == 0:
		out.Reason = ReasonWindow
		return
	case s.control.idle(b.sent, b.window):
		out.Reason = ReasonIdle
		return
	}
	b.fill(out)
	s.control.correct(out, b.window.Seconds()/b.sent)
	if out.High-out.Low >= 1 {
		*out = Loss{Reason: ReasonWindow, Recent: 1}
		return
	}
	out.Certain, out.Recent = min(s.certain, 1), s.recent
	out.Counted = s.w.counted(b.from, s.d)
	switch {
	case out.Low > 0 && (s.hard(b.from) || s.hard(s.oldest)):
		out.Proof = ProofHard
	case out.Low > 0:
		out.Proof = ProofStatistical
	}
}

// hard reports that nothing the line can carry explains what is missing since block i.
func (s *survey) hard(i int) bool {
	if s.lineRate == 0 {
		return false
	}
	first := s.w.sample(i, s.d)
	frames := (s.control.above() + s.control.width) * (s.last.sentAt - first.sentAt).Seconds()
	return first.lost > edgeDoubt(&first, &s.last, s.lineRate, s.ages)+frames
}
