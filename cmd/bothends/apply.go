package main

import (
	"context"
	"slices"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/sink/influxdb"
)

// apply puts another inventory into use. Everything that can fail comes first; then the links change
// in one piece, between two polls: no room knows a link that another does not.
func (a *app) apply(ctx context.Context, inv *configs.Inventory) (*change, error) {
	before := a.current.Load()
	restart := a.keepFixed(inv)
	c := compareInventories(before, inv)
	c.restart = restart
	moving, err := a.moveOutputs(inv)
	if err != nil {
		return nil, err
	}
	refit := a.pipeline.fleet.Load().refit(inv)
	if err := a.poller.Reload(inv.Poller, func() { a.exchange(inv, refit, moving, c) }); err != nil {
		moving.abandon()
		return nil, err
	}
	for now, was := range refit.was {
		a.recorder.rename(ctx, was, now)
	}
	a.leave(moving.gone)
	return c, nil
}

// exchange is the moment from which on the inventory is in use.
func (a *app) exchange(inv *configs.Inventory, r *refit, m *moving, c *change) {
	p := a.pipeline
	p.speaking.Lock()
	defer p.speaking.Unlock()
	p.telling.Lock()
	defer p.telling.Unlock()
	p.relink(r)
	a.outputs.take(m)
	p.sinks = a.outputs.sinks()
	rules := alerting.Reload{Config: inv.Alerting, Was: r.was, Anew: r.anew}
	for _, name := range r.next.names {
		rules.Links = append(rules.Links, r.next.decls[name])
	}
	told, judged := a.engine.Reload(&rules, a.world.present())
	for _, name := range judged {
		if r.was[name] == "" {
			c.links.changed[name] = append(c.links.changed[name], "thresholds")
		}
	}
	a.store.Reload(inv.History, r.next.names, r.was)
	p.notify(told) // by those who were told before
	a.dispatcher.Reload(inv.Receivers)
	inv.Alerting.Rules = nil // the engine has what it needs of them
	a.current.Store(inv)
}

// otherwiseFixed names the settings of an inventory that are read at start only and are otherwise in
// another.
func otherwiseFixed(fixed, inv *configs.Inventory) (names []string) {
	for _, s := range []struct {
		name string
		same bool
	}{
		{"state_dir", inv.StateDir == fixed.StateDir},
		{"web", inv.Web == fixed.Web},
		{"log", inv.Log == fixed.Log},
	} {
		if !s.same {
			names = append(names, s.name)
		}
	}
	return names
}

// keepFixed leaves as they are the settings that cannot change while the program runs, and names
// those that the inventory wants otherwise.
func (a *app) keepFixed(inv *configs.Inventory) (restart []string) {
	fixed := a.inv
	restart = otherwiseFixed(fixed, inv)
	inv.StateDir, inv.Web, inv.Log = fixed.StateDir, fixed.Web, fixed.Log
	for _, o := range a.outputs.list() {
		for i := range inv.InfluxDB {
			if now := &inv.InfluxDB[i]; now.ID == o.id && now.Spool != o.cfg.Spool {
				now.Spool = o.cfg.Spool
				restart = append(restart, "spool of influxdb "+now.ID)
			}
		}
	}
	inv.Alerting.PageURL = fixed.Alerting.PageURL
	return restart
}

func sameOutput(a, b *influxdb.Config) bool { return a.Equal(*b) }

// sameRoutes reports whether notifications go the same ways.
func sameRoutes(a, b *configs.Inventory) bool {
	x, y := &a.Alerting, &b.Alerting
	return slices.EqualFunc(x.Routes, y.Routes, func(r, o alerting.Route) bool { return r.Equal(&o) }) && slices.Equal(x.Default, y.Default) && x.RemindEvery == y.RemindEvery && x.GroupWait == y.GroupWait
}
