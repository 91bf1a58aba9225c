package alerting

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// roundEvery is how often all links with episodes are looked at: for reminders, and for what holds
// back an episode that owes nothing yet.
const roundEvery = 5 * time.Second

// Report is what one Advance has to say.
type Report struct {
	// Told are messages. What they tell is on their episodes, which are to be kept.
	Told []Notification
	// Noted are episodes that begin or end without a message: HeldBack of the episode says why. They
	// belong into the event log, and are to be kept too.
	Noted []Notification
}

// turn is one Advance, or one Reload, on its way.
type turn struct {
	*Engine
	Report
	plan *plan
	now  linkmodel.Moment
	// round tells that all links with episodes are looked at.
	round bool
	// pending are the episodes that begin and that nothing holds back, also those that still wait; fresh
	// are the causes found for them.
	pending, fresh []item
	// began is when the first of them was raised, by the clock of readings.
	began time.Duration
}

// Advance sends the episodes that changed, and those that wait, through the line of stages, and
// returns what is to be told at the present instant now. Call it every second or so.
func (e *Engine) Advance(now linkmodel.Moment) Report {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := &turn{Engine: e, plan: e.plan.Load(), now: now}
	t.endOrphans()
	for _, l := range e.takeNews() {
		e.active[l], e.waiting[l] = struct{}{}, struct{}{}
	}
	links := e.waiting
	t.round = e.orders.turned(now.At) || now.Mono >= e.nextRound || e.nextRound-now.Mono > roundEvery
	if t.round {
		links, e.nextRound = e.active, now.Mono+roundEvery
		for _, c := range e.byID {
			c.still, c.links, c.loud, c.excuse = 0, 0, 0, ""
		}
	}
	// A look changes both sets, and what is added while a map is walked may come again.
	e.looking = slices.AppendSeq(e.looking[:0], maps.Keys(links))
	for _, l := range e.looking {
		t.look(l)
	}
	clear(e.looking)
	t.decide()
	if t.round {
		t.follow()
	}
	return t.report()
}

// takeNews returns the links of which something is to be told since it was called last.
func (e *Engine) takeNews() []*link {
	e.newsMu.Lock()
	defer e.newsMu.Unlock()
	news := e.news
	e.news = nil
	return news
}

// look sends the episodes of a link through the line.
func (t *turn) look(l *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queued = false
	delete(t.waiting, l)
	for ep := range l.episodes {
		s := subject{episode: ep, link: l, now: t.now}
		if by := ep.By; ep.open() || ep.N > 0 {
			ep.HeldBack = t.holds(&s)
			if ep.By == by {
				t.recount(&s)
			}
		}
		if c := t.byID[ep.By]; c != nil && ep.Until.After(c.lastEnd) {
			c.lastEnd = ep.Until
		}
		t.tell(&s)
		if ep.open() && ep.N == 0 && ep.By == "" && ep.HeldBack != "" {
			t.waiting[l] = struct{}{} // what holds it back may end at any time
		}
	}
	l.ended = slices.DeleteFunc(l.ended, func(ep *Episode) bool { return ep.HeldBack == "" || ep.N == 0 })
	if !l.hasEpisodes() {
		delete(t.active, l)
	}
}

func (l *link) hasEpisodes() bool {
	for range l.episodes {
		return true
	}
	return false
}

// report is what came together, in an order that does not hang on that of a map: link by link, and of
// one link what is over first.
func (t *turn) report() Report {
	byLink := func(a, b Notification) int { return cmp.Compare(a.Episode.Link, b.Episode.Link) }
	slices.SortStableFunc(t.Told, byLink)
	slices.SortStableFunc(t.Noted, byLink)
	return t.Report
}
