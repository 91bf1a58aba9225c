package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/web"
)

// farthestWork is how far ahead a maintenance may begin.
const farthestWork = 366 * 24 * time.Hour

// Work implements web.Orders.
func (o *orders) Work(order web.WorkOrder) (web.Work, error) {
	now := o.now().At
	from := order.From
	if from.IsZero() {
		from = now
	}
	if !order.To.IsZero() && !order.To.After(from) {
		return web.Work{}, &web.OrderError{
			Text: "it ends " + utcClock(order.To) + ", before it begins " + utcClock(from), Hint: "an end lies after the beginning",
		}
	}
	// How long it lasts counts from its beginning.
	until, err := checkOrder(&order.Giver, &order.Name, &term{order.For, order.To, 0}, from)
	switch {
	case err != nil:
		return web.Work{}, err
	case !until.After(now):
		return web.Work{}, &web.OrderError{Text: "its end " + utcClock(until) + " is over", Hint: "it is " + utcClock(now)}
	case from.Sub(now) > farthestWork:
		return web.Work{}, &web.OrderError{Text: "it begins " + utcClock(from), Hint: "that is more than a year ahead"}
	}
	scope, err := o.scope(&order.Match)
	if err != nil {
		return web.Work{}, err
	}
	if len(order.Match.Kind) > 0 {
		return web.Work{}, &web.OrderError{Text: "a maintenance is of links, whatever happens to them", Hint: "leave out kind"}
	}
	w := alerting.NewWork(alerting.Work{By: order.By, At: now, Window: alerting.Window{
		Name: order.Name, Ticket: alerting.Printable(strings.TrimSpace(order.Ticket)), Scope: scope, From: from, Until: until,
	}})
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.save(workKind, w.ID, until, &w); err != nil {
		return web.Work{}, err
	}
	o.app.engine.AddWork(w)
	shown := o.work(&w.Window, now)
	shown.ID, shown.By = w.ID, w.By
	text := fmt.Sprintf("%s declared maintenance of %s (%s) from %s until %s: %s", origin(order.Giver), matchText(&shown.Match),
		howMany(shown.Links, "link"), utcClock(from), utcClock(until), w.String())
	o.told(&history.Event{Kind: workKind, ID: w.ID, Text: text}, order.Giver)
	return shown, nil
}

// EndWork implements web.Orders.
func (o *orders) EndWork(id string, by web.Giver) (web.Work, error) {
	if err := checkGiver(&by); err != nil {
		return web.Work{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now().At
	all := o.app.engine.Works(now)
	w, err := byID(all, id, "maintenance", func(w *alerting.Work) string { return w.ID })
	if err != nil {
		return web.Work{}, err
	}
	if err := o.save(workKind, w.ID, w.Until, nil); err != nil {
		return web.Work{}, err
	}
	o.app.engine.EndWork(w.ID)
	shown := o.work(&w.Window, now)
	shown.ID, shown.By, shown.Active = w.ID, w.By, false
	text := fmt.Sprintf("%s ended the maintenance of %s by %s: %s", origin(by), matchText(&shown.Match), w.By, w.String())
	o.told(&history.Event{Kind: workKind + endSuffix, ID: w.ID, Text: text}, by)
	return shown, nil
}

// Works implements web.Orders: those that are not over, then those of the inventory that come again or
// are to come.
func (o *orders) Works() []web.Work {
	now := o.now().At
	var out []web.Work
	for _, w := range o.app.engine.Works(now) {
		shown := o.work(&w.Window, now)
		shown.ID, shown.By = w.ID, w.By
		out = append(out, shown)
	}
	for _, w := range o.app.engine.Windows() {
		if shown := o.work(&w, now); shown.Again || now.Before(shown.To) {
			out = append(out, shown)
		}
	}
	return out
}

// work is a window as the API shows it.
func (o *orders) work(w *alerting.Window, now time.Time) web.Work {
	out := web.Work{
		Name: w.Name, Ticket: w.Ticket, Match: matchOf(&w.Scope), From: w.From, To: w.Until, Again: w.Again != nil,
		Links: o.covered(&w.Scope),
	}
	until, inside := w.Inside(now)
	out.Active = inside
	switch {
	case w.Again != nil && inside:
		out.From, out.To = until.Add(-w.Again.For), until
	case w.Again != nil:
		if out.From = w.Next(now); !out.From.IsZero() {
			out.To = out.From.Add(w.Again.For)
		}
	}
	return out
}
