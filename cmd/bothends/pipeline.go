package main

import (
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
)

// pipeline is the way of the data: it alone knows who hands what to whom.
//
//	poll -> tracker -> judge -> InfluxDB, history, page
//	every second: judge -> record, InfluxDB, chat
//
// Nothing after the tracker waits for anything: sinks, recorder and dispatcher queue.
type pipeline struct {
	fleet  atomic.Pointer[fleet]
	engine *alerting.Engine
	// matcher sees all views, to find the interface that belongs to an end whose far end does not.
	matcher *linkmodel.Matcher
	store   history.Store
	sinks   []*sink.Sink // changed with speaking and telling held alone only
	log     *zap.Logger
	// record keeps an entry, and hands on the message in it once it is on the disk.
	record func(entry)
	// moved is told the links to which something happened.
	moved func(link string)
	desks sync.Pool // of *desk
	// telling is held shared while a poll is handled, and alone while the links change: no poll meets one
	// room that knows its link and another that does not.
	telling sync.RWMutex
	// speaking is held while what the judge decided is handed on, and while the links change: what was
	// decided first is told first. It is taken before telling.
	speaking sync.Mutex
	// cycles tell whether polling works.
	cycles *cycles
}

// watched is one link on its way through the pipeline.
type watched struct {
	// encoder changes with telling held alone only.
	encoder *influxdb.Encoder
	// mu guards the tracker and its view against readers. The poller never hands over two polls of
	// a link at a time.
	mu      sync.Mutex
	tracker *linkmodel.Tracker
}

// desk is what a poll needs while it is handled, and no link needs afterwards.
type desk struct {
	lines    []byte
	findings []linkmodel.Finding
}

// newPipeline wires the rooms for the given links.
func newPipeline(links []linkmodel.Link, engine *alerting.Engine, store history.Store) *pipeline {
	p := &pipeline{
		engine: engine, matcher: linkmodel.NewMatcher(), store: store, cycles: newCycles(),
	}
	p.desks.New = func() any { return new(desk) }
	p.fleet.Store(newFleet(links))
	return p
}

// handle takes one poll of one link through all rooms. Calls for different links may overlap.
func (p *pipeline) handle(poll *linkmodel.Poll) {
	p.telling.RLock()
	defer p.telling.RUnlock()
	w := p.fleet.Load().links[poll.Link]
	if w == nil {
		return
	}
	on := p.desks.Get().(*desk) //nolint:errcheck,forcetypeassert // nothing else is put there
	defer p.desks.Put(on)
	v := p.observe(w, poll, on)
	p.store.Append(v)
	p.write(w, v, on)
	for i := range v.Events {
		p.linkEvent(v.Link.Name, &v.Events[i])
	}
	if p.moved != nil && len(v.Events) > 0 {
		p.moved(v.Link.Name)
	}
	p.cycles.finished(v.Link.Interval)
}

// observe brings the link's view up to date. Nobody else changes it until the next poll.
func (p *pipeline) observe(w *watched, poll *linkmodel.Poll, on *desk) *linkmodel.View {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.tracker.Observe(poll)
	v.Maintenance = p.engine.Maintained(v.Link.Name, v.At)
	p.matcher.Observe(v)
	p.engine.Observe(v)
	on.findings = p.engine.Open(v.Link.Name, on.findings[:0])
	return w.tracker.Judge(on.findings)
}

// write encodes the view once for all outputs.
func (p *pipeline) write(w *watched, v *linkmodel.View, on *desk) {
	if len(p.sinks) == 0 {
		return
	}
	var points int
	on.lines, points = w.encoder.AppendView(on.lines[:0], v)
	p.accept(on.lines, points)
}

func (p *pipeline) accept(lines []byte, points int) {
	for _, s := range p.sinks {
		s.Accept(lines, points)
	}
}

// advance tells what is to be told at now.
func (p *pipeline) advance(now linkmodel.Moment) {
	p.speaking.Lock()
	defer p.speaking.Unlock()
	p.notify(p.engine.Advance(now))
}

// notify hands on what the judge decided: to the record and from there to the receivers, and to the
// outputs.
func (p *pipeline) notify(r alerting.Report) {
	for i := range r.Noted {
		n := &r.Noted[i]
		p.log.Info("alert is told to nobody", zap.String("status", string(n.Status)), zap.String("summary", n.Summary),
			zap.String("id", n.Episode.ID), zap.String("reason", n.Episode.HeldBack))
		p.record(episodeEntry(n))
		p.event(episodePoint(n))
	}
	for i := range r.Told {
		n := &r.Told[i]
		p.log.Info("alert", zap.String("status", string(n.Status)), zap.String("summary", n.Summary),
			zap.String("id", n.Episode.ID), zap.Strings("to", n.To))
		p.record(toldEntry(n))
		p.event(episodePoint(n))
	}
}

func (p *pipeline) linkEvent(link string, e *linkmodel.Event) {
	p.log.Info("link event", zap.String("link", link), zap.String("kind", string(e.Kind)),
		zap.Stringer("end", e.End), zap.String("text", e.Text))
	p.record(eventEntry(link, e))
	p.event(eventPoint(link, e))
}

func (p *pipeline) event(point influxdb.EventPoint) {
	if len(p.sinks) == 0 {
		return
	}
	line, points := influxdb.AppendEvent(nil, point)
	p.accept(line, points)
}

// view returns a copy of the latest view.
func (w *watched) view() *linkmodel.View {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tracker.View().Clone()
}

// state returns the latest state without the rest of the view, which is large.
func (w *watched) state() linkmodel.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tracker.View().State
}

// link returns a link by its name, or nil.
func (p *pipeline) link(name string) *watched { return p.fleet.Load().links[name] }

// linkNames returns the names of all links, in order; they are not to be changed.
func (p *pipeline) linkNames() []string { return p.fleet.Load().names }
