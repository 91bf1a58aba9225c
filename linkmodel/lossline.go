package linkmodel

import (
	"math"
	"math/bits"
)

// A line gives the ratio of its window only where the ratio is the same all along. Where loss has
// just begun, the slope lags behind the mean: it weighs the middle of the window most. Two things tell
// that, and widen the bar of a line by as much:
//
//   - the chord: what was lost between the mean of the oldest sixth of the polls and that of the
//     newest. It is independent of the error of the line, so that a bar of lineSigmas standard errors
//     and the difference holds the truth as often as one of three would, and follows a bend as well;
//   - the newest part: lines over the newest 8, 16, 32 ... polls. One that differs from the line over
//     the whole by more than its own error shows packets that the whole is about to miss.

const (
	// lineSigmas are the standard errors of a bar besides what a bend adds.
	lineSigmas = 2.5
	// missSigmas are the standard errors by which a line over the newest part may differ.
	missSigmas = 1
)

// fit fits a line over the window that starts with block i.
func (s *survey) fit(i, polls int, first *lossSample) {
	window := s.last.sentAt - first.sentAt
	f, ok := s.sums.line(&s.noise, first.sent, first.sent/seconds(window))
	if !ok {
		return
	}
	sure := max(certainSigmas*f.se, minLost/first.sent)
	s.testify(&f, sure, polls >= recentFitted)
	due := s.remember(polls, &f, first.sent) || i == s.oldest
	if due && window >= controlWindow {
		s.learn.observe(&f, seconds(window)/first.sent, s.last.sentAt)
	}
	switch {
	case s.impossible || s.picked && !due || first.sent < minLossPackets:
		return
	case !s.picked && f.slope < -sure-s.control.unexplained()*f.perFrame:
		s.impossible, s.picked = true, true
		return
	}
	half := lineSigmas*f.se + max(math.Abs(s.chord(f.age)-f.slope), s.missing(&f, first.sent))
	s.offer(&lossBar{ratio: f.slope, half: half, window: window, sent: first.sent, from: i})
}

// testify takes in what the line over a window says of the loss there is now. A long window still
// holds loss that is over, and hides loss that has just begun; so it proves no more than the shorter
// ones allow, and rules out no more than they leave open. That keeps certain at or below recent.
func (s *survey) testify(f *fitted, sure float64, enough bool) {
	if f.slope > s.certain {
		s.certain = max(s.certain, min(s.control.certain(f.slope, sure, f.perFrame), s.ceiling))
	}
	s.proven = max(s.proven, s.certain)
	if f.slope > s.proven {
		s.proven = max(s.proven, s.control.certain(f.slope, barSigmas*f.se, f.perFrame))
	}
	if enough {
		most := max(f.slope+barSigmas*f.se-s.control.low*f.perFrame, 0)
		s.ceiling = min(s.ceiling, most)
		s.recent = min(s.recent, max(most, s.proven))
	}
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
