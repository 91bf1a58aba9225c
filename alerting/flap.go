package alerting

import (
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// A line that goes and comes again and again is one fault, not many. Changes of ifOperStatus are those
// that polls see, and those between polls that ifLastChange shows. Both ends see the same cut, in the
// same poll or in the next one, so that each end is counted for itself and the larger count holds.

const (
	// slowMore changes more in slowWithin times as long are flapping too: what goes and comes each ten
	// minutes would else be told each time.
	slowMore, slowWithin = 1, 6
	// settled is how long the line must have kept its state to be told of while the episode goes on:
	// a line that died while it was flapping is down.
	settled = 10 * time.Minute
	// changed is the signal of a poll that saw a change: it ends no episode and raises none.
	changed = 0.95
)

// flaps are the changes of status of late, on the clock of readings.
type flaps struct {
	// recent are the instants of the latest changes by end, oldest first; as many as the rule needs.
	recent [2][]time.Duration
	// total counts the changes since the episode began, while there is one.
	total [2]int
	last  time.Duration
	// began is the first of the changes that raise an episode now.
	began time.Time
}

// flapSignal tells whether a status changed; countFlaps says whether that is flapping.
func flapSignal(v *linkmodel.View) linkmodel.Signal {
	s := linkmodel.Signal{Kind: linkmodel.KindFlapping, Direction: linkmodel.NoDirection, End: linkmodel.NoEnd}
	switch {
	case v.Changes > 0:
		s.Ratio = linkmodel.Known(changed)
	case v.Ends[linkmodel.EndA].Answered || v.Ends[linkmodel.EndZ].Answered:
		s.Ratio = linkmodel.Known(0)
	default:
		s.Ratio = linkmodel.Unknown(linkmodel.ReasonMissed)
	}
	return s
}

// countFlaps takes the changes of a view in, and completes the signal about them.
func (l *link) countFlaps(o *observation, signals []linkmodel.Signal) {
	r := l.rules.find(linkmodel.KindFlapping, linkmodel.NoDirection)
	if o.view == nil || r == nil || l.flaps == nil && o.view.Changes == 0 {
		return
	}
	ep := l.episode(linkmodel.KindFlapping, linkmodel.NoDirection)
	if l.flaps == nil {
		l.flaps = &flaps{}
		if ep != nil {
			l.flaps.total = [2]int{ep.Changes, ep.Changes}
		}
	}
	f := l.flaps
	f.count(o, r.changes+slowMore)
	o.flaps = f
	switch {
	case o.view.Changes == 0 && ep == nil && o.mono-f.last > slowWithin*r.within:
		l.flaps = nil
	case o.view.Changes == 0:
	case f.often(o, r.changes, r.within) || f.often(o, r.changes+slowMore, slowWithin*r.within):
		signals[len(signals)-1].Ratio = linkmodel.Known(1)
		if ep == nil {
			f.start(o)
		}
	}
}

// count adds the changes of a view. keep is how many are enough to judge by.
func (f *flaps) count(o *observation, keep int) {
	for _, e := range linkmodel.Ends {
		n := o.view.Ends[e].Changes
		if n == 0 {
			continue
		}
		f.last = o.mono
		f.total[e] += n
		for range n {
			f.recent[e] = append(f.recent[e], o.mono)
		}
		if over := len(f.recent[e]) - keep; over > 0 {
			f.recent[e] = slices.Delete(f.recent[e], 0, over)
		}
	}
}

// often reports whether an end changed n times within d, and since when.
func (f *flaps) often(o *observation, n int, d time.Duration) bool {
	for _, recent := range f.recent {
		if len(recent) < n || n == 0 {
			continue
		}
		if first := recent[len(recent)-n]; o.mono-first <= d {
			f.began = o.at.Add(first - o.mono)
			return true
		}
	}
	return false
}

// start counts from the first of the changes that raise an episode.
func (f *flaps) start(o *observation) {
	since := f.began.Sub(o.at) + o.mono
	for e, recent := range f.recent {
		f.total[e] = 0
		for _, at := range recent {
			if at >= since {
				f.total[e]++
			}
		}
	}
}

// flap keeps the count of an open episode of flapping up to date.
func (ep *Episode) flap(o *observation) {
	f := o.flaps
	if f == nil || o.view == nil {
		return
	}
	if o.view.Changes > 0 {
		ep.Changes = max(ep.Changes, f.total[linkmodel.EndA], f.total[linkmodel.EndZ])
		ep.Changed = o.at
	}
	ep.Figure = flapFigure(ep, o.view.State)
}

// flapping holds back that a line went or came while it does so again and again, until it has kept
// its state for a while.
func (*turn) flapping(s *subject) string {
	l := s.link
	if l == nil || !isStateKind(s.episode.Kind) {
		return ""
	}
	ep := l.episode(linkmodel.KindFlapping, linkmodel.NoDirection)
	if ep == nil || l.flaps != nil && s.now.Mono-l.flaps.last >= settled {
		return ""
	}
	return "flapping #" + ep.ID
}

// flapsDocument is flaps on the disk.
type flapsDocument struct {
	Recent [2][]time.Duration `json:"recent"`
	Total  [2]int             `json:"total"`
	Last   time.Duration      `json:"last"`
}

func (f *flaps) document() *flapsDocument {
	if f == nil {
		return nil
	}
	d := &flapsDocument{Total: f.total, Last: f.last}
	for e := range f.recent {
		d.Recent[e] = slices.Clone(f.recent[e])
	}
	return d
}

// flaps is the document on a clock that is shift ahead of its own.
func (d *flapsDocument) flaps(shift time.Duration) *flaps {
	if d == nil {
		return nil
	}
	f := &flaps{total: d.Total, last: d.Last + shift}
	for e, recent := range d.Recent {
		for _, at := range recent {
			f.recent[e] = append(f.recent[e], at+shift)
		}
	}
	return f
}
