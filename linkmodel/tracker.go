package linkmodel

import "time"

// Tracker turns the polls of one link into views. It is not safe for concurrent use; the poller
// never hands over two polls of one link at a time.
type Tracker struct {
	link *Link
	ends [2]endTracker
	loss lossWindow
	view View
	// checks are what both ends say together beyond rates and loss.
	checks checks

	// state is the one published last, entered when; published is false before the first.
	state     State
	entered   time.Duration
	published bool
}

// NewTracker returns a tracker for l, which must not change afterwards.
func NewTracker(l *Link) *Tracker {
	t := &Tracker{link: l}
	t.view.Link = l
	t.view.State = StateUnknown
	for _, e := range Ends {
		t.ends[e].decl = &l.Ends[e]
		t.ends[e].cache.known = declaredCache(&l.Ends[e])
		t.view.Ends[e].CounterCache = t.ends[e].cache.known
	}
	return t
}

// Relink has the tracker go on for another declaration of the same two interfaces, which must not
// change afterwards. Counts, windows and what was learned stay; the latest view shows the new
// declaration at once, and its numbers with the next poll.
func (t *Tracker) Relink(l *Link) {
	for _, e := range Ends {
		if l.Ends[e].CounterCache != t.link.Ends[e].CounterCache {
			t.ends[e].cache.known = declaredCache(&l.Ends[e])
		}
		t.ends[e].decl = &l.Ends[e]
	}
	t.link, t.view.Link = l, l
}

// Observe folds one poll in and returns the link's view, before findings are judged. The view is
// valid until the next call.
func (t *Tracker) Observe(p *Poll) *View {
	v := &t.view
	v.Events, v.Findings, v.Changes = v.Events[:0], v.Findings[:0], 0
	before := [2]endBefore{
		t.ends[EndA].remember(&v.Ends[EndA]), t.ends[EndZ].remember(&v.Ends[EndZ]),
	}
	for _, e := range Ends {
		// Either direction may fill the port, so the larger contract bounds it.
		declared := max(t.link.Capacity[AToZ], t.link.Capacity[ZToA])
		t.ends[e].observe(&v.Ends[e], &p.Ends[e], declared)
	}
	v.At, v.Mono = instant(p)
	for _, e := range Ends {
		v.Ends[e].Changes = 0
		t.endEvents(e, &before[e], p.Ends[e].Context)
		v.Changes += v.Ends[e].Changes
		t.ends[e].observeAge(&v.Ends[e], &before[e], p.Ends[e].Context)
	}
	for _, d := range Directions {
		dv := &v.Directions[d]
		dv.Capacity = capacity(t.link.Capacity[d], &v.Ends, &t.ends)
		dv.reconcile(d, &v.Ends)
	}
	t.loss.observe(&v.Directions, &v.Ends, &t.ends)
	t.checks.observe(v, &t.ends, &t.loss.control)
	shut := [2]bool{t.ends[EndA].isShut(&v.Ends[EndA]), t.ends[EndZ].isShut(&v.Ends[EndZ])}
	v.State = baseState(&v.Ends, shut, [2]bool{t.ends[EndA].rated, t.ends[EndZ].rated}, v.dead())
	return v
}

// Judge completes the latest view with the findings that are open after it was judged, worst
// first, and gives the state its last word for this cycle. They are copied.
func (t *Tracker) Judge(open []Finding) *View {
	v := &t.view
	v.Findings = append(v.Findings[:0], open...)
	v.State = withFindings(v.State, open)
	t.enter(v.State)
	return v
}

// View returns the link's latest view, valid until the next Observe.
func (t *Tracker) View() *View { return &t.view }

// enter publishes state s; a change is an event that tells how long the state before lasted.
func (t *Tracker) enter(s State) {
	v := &t.view
	if t.published && s == t.state {
		return
	}
	if t.published {
		v.addEvent(Event{
			Kind: EventState, End: NoEnd, Duration: v.Mono - t.entered,
			Text: "link went from " + t.state.String() + " to " + s.String(),
		})
	}
	t.state, t.entered, t.published = s, v.Mono, true
	v.Since = v.At
}

// instant returns when the view is true: at the later of the two readings, else as scheduled.
func instant(p *Poll) (time.Time, time.Duration) {
	at, mono, answered := p.Scheduled, p.ScheduledMono, false
	for e := range p.Ends {
		o := &p.Ends[e]
		if o.Answered() && (!answered || o.Reading.Mono > mono) {
			at, mono, answered = o.Reading.At, o.Reading.Mono, true
		}
	}
	return at, mono
}
