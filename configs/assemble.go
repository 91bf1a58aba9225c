package configs

import (
	"cmp"
	"slices"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
)

// assemble turns a draft without errors into the Config of every room.
func (d *draft) assemble() *Inventory {
	inv := &Inventory{
		Sites: d.sites, Alerting: d.alerting, InfluxDB: d.outputs, Web: d.web, History: d.history,
		Log: d.log, StateDir: d.stateDir, Counts: d.counts, Places: d.places,
	}
	inv.Poller.Devices = d.routers()
	inv.Receivers = make([]notify.Config, 0, len(d.receivers))
	for _, name := range names(d.receivers) {
		inv.Receivers = append(inv.Receivers, d.receivers[name])
	}
	d.addLinks(inv)
	inv.Alerting.PageURL = "http://" + d.web.Listen
	return inv
}

func (d *draft) routers() []poller.Device {
	list := make([]poller.Device, 0, len(d.devices))
	for _, name := range names(d.devices) {
		r := d.devices[name]
		r.config.Credential, r.config.CounterCache = r.credential.config, r.counterCache
		list = append(list, r.config)
	}
	return list
}

func (d *draft) addLinks(inv *Inventory) {
	slices.SortFunc(d.links, func(a, b link) int { return cmp.Compare(a.config.Name, b.config.Name) })
	inv.Links = make([]linkmodel.Link, 0, len(d.links))
	inv.Poller.Links = make([]poller.Link, 0, len(d.links))
	inv.Alerting.Rules = make(map[string]alerting.Rules, len(d.links))
	inv.Alerting.Runbook = map[string]string{}
	inv.Was = map[string]string{}
	for i := range d.links {
		l := &d.links[i]
		inv.Links = append(inv.Links, l.config)
		if l.was != "" {
			inv.Was[l.config.Name] = l.was
		}
		p := poller.Link{Name: l.config.Name, Was: l.was, Interval: l.config.Interval}
		for _, e := range linkmodel.Ends {
			p.Ends[e] = poller.Endpoint{Device: l.config.Ends[e].Device, Interface: l.config.Ends[e].Interface}
		}
		inv.Poller.Links = append(inv.Poller.Links, p)
		inv.Alerting.Rules[l.config.Name] = l.rules
		if l.runbook != "" {
			inv.Alerting.Runbook[l.config.Name] = l.runbook
		}
	}
}
