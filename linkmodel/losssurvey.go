package linkmodel

import (
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
	// proven is the greatest lower limit of the windows so far, ceiling the least upper limit of those
	// of enough polls.
	proven, ceiling float64
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
	return (first.sent - last.sent) / seconds(t)
}

// lateness is by how much the mean of a block of each size is later than its first poll, as a part
// of the block.
var lateness = [blockSizes]float64{0, 1. / 4, 3. / 8, 7. / 16, 15. / 32, 31. / 64}

// seconds is time.Duration.Seconds without its divisions; exact to the last digit of a float64 up to 104
// days.
func seconds(d time.Duration) float64 { return float64(d) * 1e-9 }

// add adds block i to the line; next is the first pair after it.
func (s *survey) add(i, size int, first, next *lossSample, rate float64) {
	mean := s.w.mean(i)
	s.peak = max(s.peak, first.peak)
	polls := float64(int(1) << size)
	late := seconds(next.sentAt-first.sentAt) * lateness[size]
	p := point{
		x: float64(mean.sent[s.d]) - first.sent,
		d: float64(mean.lost[s.d]) - first.lost - (s.noise.mean-first.lag)*rate,
		r: rate, t: late - seconds(s.last.sentAt-first.sentAt),
	}
	s.sums.add(polls, &p)
	q := s.block
	s.tail, s.block = point{(q.x + p.x) / 2, (q.d + p.d) / 2, (q.r + p.r) / 2, (q.t + p.t) / 2}, p
	n := int(s.sums.polls)
	if k := bits.Len(uint(n)) - 1; 1<<k == n || size > 0 && s.newest[k] == (point{}) {
		s.newest[k] = s.sums.mean()
	}
}

// offer takes a bar if it is the one to publish so far. Once one is narrow enough, and shows no loss,
// only those inside it are taken: a longer window that says the same, more exactly.
func (s *survey) offer(bar *lossBar) {
	switch {
	case s.picked:
		if s.best.ratio <= s.best.half && bar.inside(&s.best) {
			s.best = *bar
		}
		return
	case s.best.sent == 0, bar.half < s.best.half, bar.narrow():
		s.best = *bar
	}
	s.picked = bar.narrow()
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
