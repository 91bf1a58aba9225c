package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/web"
)

// Kinds of the documents of orders in the state file, and of their events.
const (
	ackKind     = "ack"
	silenceKind = "silence"
	workKind    = "maintenance"
	// endSuffix makes the kind of the event by which an order ends before its time.
	endSuffix = "-end"
)

// orders takes what humans ask of the judge: acknowledgements, silences and maintenance. Each is on the disk before
// it counts, and it counts before the one who asked is answered. It implements web.Orders.
type orders struct {
	app  *app
	keep documentKeeper
	now  func() linkmodel.Moment
	// mu keeps the disk and the judge in step.
	mu sync.Mutex
}

func newOrders(a *app) *orders { return &orders{app: a, keep: a.state, now: a.world.present} }

// restore gives the judge the orders of the last run. One that cannot be read is left out.
func (o *orders) restore() {
	engine := o.app.engine
	read(o, ackKind, engine.Acknowledge)
	read(o, silenceKind, func(s alerting.Silence) {
		o.rename(&s.Scope)
		engine.AddSilence(s)
	})
	read(o, workKind, func(w alerting.Work) {
		o.rename(&w.Scope)
		engine.AddWork(w)
	})
}

// rename has a scope name links as they are called now.
func (o *orders) rename(s *alerting.Scope) {
	for i, was := range s.Link {
		s.Link[i] = presentName(o.app.inv.Was, was)
	}
}

// presentName is what a link is called now; names maps present names to former ones.
func presentName(names map[string]string, was string) string {
	for now, former := range names {
		if former == was {
			return now
		}
	}
	return was
}

// read hands over every document of a kind that is an order.
func read[T any](o *orders, kind string, use func(T)) {
	var left leftOut
	err := o.keep.Documents(kind, func(d history.Document) {
		var order T
		if err := json.Unmarshal(d.Body, &order); err != nil {
			left.add(d.Name, err)
			return
		}
		use(order)
	})
	left.tell(o.app.log, "orders of the last run cannot be read and do not count any more: "+kind, err)
}

// save writes an order; it is kept for as long as it counts, and a while after. A nil order is removed.
func (o *orders) save(kind, name string, until time.Time, order any) error {
	d := history.Document{Kind: kind, Name: name, At: until}
	if order != nil {
		var err error
		if d.Body, err = json.Marshal(order); err != nil {
			return fmt.Errorf("write %s: %w", kind, err)
		}
	}
	return o.keep.SaveDocument(d)
}

// told has the order count at once, and puts it into the event log and the outputs.
func (o *orders) told(e *history.Event, by web.Giver) {
	p := o.app.pipeline
	e.At, e.By, e.Severity = o.now().At, by.By, linkmodel.SeverityInfo.String()
	o.app.log.Info("order", zap.String("kind", e.Kind), zap.String("id", e.ID), zap.String("link", e.Link),
		zap.String("text", e.Text), zap.String("by", by.By), zap.String("from", by.From))
	if err := o.app.state.SaveEvent(*e); err != nil { // now, and not after the answer
		o.app.log.Error("an order is not in the event log", zap.Error(err))
	}
	p.event(influxdb.EventPoint{
		Link: e.Link, Kind: e.Kind, ID: e.ID, At: e.At, Text: e.Text, Severity: e.Severity, By: e.By,
		Direction: linkmodel.NoDirection, End: linkmodel.NoEnd,
	})
	p.advance(o.now())
}

// origin says who asked for something, and from where.
func origin(g web.Giver) string { return g.By + " (from " + g.From + ")" }

// Acknowledge implements web.Orders.
func (o *orders) Acknowledge(id string, order web.AckOrder) (web.Alert, error) {
	now := o.now().At
	until, err := checkOrder(&order.Giver, &order.Text, &term{order.For, order.Until, defaultAck}, now)
	if err != nil {
		return web.Alert{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	ep, err := o.find(id)
	if err != nil {
		return web.Alert{}, err
	}
	ack := alerting.Ack{
		Episode: ep.ID, Link: ep.Link, Kind: ep.Kind, By: order.By, Text: order.Text, At: now, Until: until,
		Severity: ep.Severity, Sticky: order.Sticky,
	}
	if err := o.save(ackKind, ack.Episode, until, &ack); err != nil {
		return web.Alert{}, err
	}
	o.app.engine.Acknowledge(ack)
	text := origin(order.Giver) + " works on " + episodeName(&ep) + " until " + utcClock(until) + ": " + order.Text
	if ack.Sticky {
		text += " (also when it gets worse)"
	}
	o.told(&history.Event{Link: ep.Link, Kind: ackKind, ID: ep.ID, Text: text}, order.Giver)
	ep.Ack = &ack
	return o.shown(&ep), nil
}

// EndAck implements web.Orders.
func (o *orders) EndAck(id string, by web.Giver) (web.Alert, error) {
	if err := checkGiver(&by); err != nil {
		return web.Alert{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	ep, err := o.find(id)
	switch {
	case err != nil:
		return web.Alert{}, err
	case ep.Ack == nil:
		return web.Alert{}, &web.OrderError{Text: "nobody acknowledged alert " + ep.ID, Hint: "bothends problems lists who did", Missing: true}
	}
	if err := o.save(ackKind, ep.ID, time.Time{}, nil); err != nil {
		return web.Alert{}, err
	}
	o.app.engine.Unacknowledge(ep.ID)
	text := origin(by) + " ended the acknowledgement of " + episodeName(&ep) + " by " + ep.Ack.By
	o.told(&history.Event{Link: ep.Link, Kind: ackKind + endSuffix, ID: ep.ID, Text: text}, by)
	return o.shown(&ep), nil
}

// find returns the open episode that is meant.
func (o *orders) find(id string) (alerting.Episode, error) {
	ep, err := o.app.engine.Find(id)
	if ambiguous, ok := errors.AsType[*alerting.AmbiguousError](err); ok {
		return ep, &web.OrderError{Text: ambiguous.Error(), Hint: "write more of the id"}
	}
	if err != nil {
		return ep, &web.OrderError{
			Text: "there is no open alert " + alerting.Printable(id), Hint: "bothends problems lists them", Missing: true,
		}
	}
	return ep, nil
}

// shown is the alert as it is now, or as it was where it just ended.
func (o *orders) shown(ep *alerting.Episode) web.Alert {
	if now, err := o.app.engine.Find(ep.ID); err == nil {
		return alertOf(&now)
	}
	return alertOf(ep)
}

// episodeName names an episode for humans.
func episodeName(ep *alerting.Episode) string {
	return strings.Join(strings.Fields(ep.Link+" "+string(ep.Kind)+" #"+ep.ID), " ")
}

func ackOf(a *alerting.Ack) *web.Ack {
	if a == nil {
		return nil
	}
	return &web.Ack{By: a.By, Text: a.Text, At: a.At, Until: a.Until, Sticky: a.Sticky}
}

// utcClock writes an instant for the log and for messages.
func utcClock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }
