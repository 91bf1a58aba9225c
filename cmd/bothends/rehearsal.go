package main

import (
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// rehearsal plays the record of one link through an engine of its own.
type rehearsal struct {
	link     *linkmodel.Link
	engine   *alerting.Engine
	from, to time.Time
	last     time.Time // the latest sample; zero before the first
	// spacing are the latest distances of samples, by which a gap is told from another interval.
	spacing [8]time.Duration
	rehearsed
	episodes map[string]*alerting.Episode
}

// rehearsed is what came of it.
type rehearsed struct {
	link *linkmodel.Link
	// samples is how many there were, silent those without an answer of either end, lost the time of which
	// there are none.
	samples, silent int
	lost            time.Duration
	alerts          []alerting.Episode
}

func newRehearsal(l *linkmodel.Link, rules alerting.Rules, from, to time.Time) *rehearsal {
	// Nobody is told anything, so that routes, reminders and waits have no place here.
	engine := alerting.New(alerting.Config{Rules: map[string]alerting.Rules{l.Name: rules}}, []linkmodel.Link{*l})
	return &rehearsal{
		link: l, engine: engine, from: from, to: to, rehearsed: rehearsed{link: l}, episodes: map[string]*alerting.Episode{},
	}
}

// observe takes one sample.
func (r *rehearsal) observe(v *linkmodel.View) {
	if v.At.Before(r.from) || !v.At.Before(r.to) || !r.last.IsZero() && !v.At.After(r.last) {
		return
	}
	r.bridge(v.At)
	r.last = v.At
	r.samples++
	if !v.Ends[linkmodel.EndA].Answered && !v.Ends[linkmodel.EndZ].Answered {
		r.silent++
	}
	for d, declared := range r.link.Capacity {
		if in := &v.Directions[d]; declared > 0 && in.BPS.Known {
			in.Capacity, in.Utilization = linkmodel.Known(declared), linkmodel.Known(in.BPS.Value/declared)
		}
	}
	r.judge(v)
}

// bridge judges the polls of a gap as polls that were not answered. Three are as good as a thousand.
func (r *rehearsal) bridge(next time.Time) {
	if r.last.IsZero() {
		r.lost = next.Sub(r.from)
		return
	}
	gap := next.Sub(r.last)
	every := r.every()
	r.spacing[r.samples%len(r.spacing)] = gap
	if 2*gap <= 3*every {
		return
	}
	r.lost += gap - every
	for n := range min(int((gap-1)/every), 3) {
		r.judge(&linkmodel.View{Link: r.link, At: r.last.Add(time.Duration(n+1) * every), State: linkmodel.StateUnknown})
	}
}

// every is the time between two polls as they were recorded: the rules may have another interval.
func (r *rehearsal) every() time.Duration {
	var least time.Duration
	for _, s := range r.spacing {
		if s > 0 && (least == 0 || s < least) {
			least = s
		}
	}
	return max(least, r.link.Interval)
}

func (r *rehearsal) judge(v *linkmodel.View) {
	v.Mono = v.At.Sub(r.from)
	r.engine.Observe(v)
	report := r.engine.Advance(linkmodel.Moment{At: v.At, Mono: v.Mono})
	for _, notes := range [][]alerting.Notification{report.Told, report.Noted} {
		for i := range notes {
			r.episodes[notes[i].Episode.ID] = &notes[i].Episode
		}
	}
}

// finish returns what came of it. What is open at the end lasted until then.
func (r *rehearsal) finish() *rehearsed {
	if r.last.IsZero() {
		r.lost = r.to.Sub(r.from)
	} else if rest := r.to.Sub(r.last) - r.every(); rest > 0 {
		r.lost += rest
	}
	for _, e := range r.engine.Episodes() {
		r.episodes[e.ID] = &e
	}
	for _, e := range r.episodes {
		if e.Until.IsZero() {
			e.Until = r.last
		}
		if e.Severity > linkmodel.SeverityInfo {
			r.alerts = append(r.alerts, *e)
		}
	}
	return &r.rehearsed
}
