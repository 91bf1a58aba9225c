package configs

import (
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

var (
	linkBlock = block{
		name: "link",
		keys: []string{
			"a", "z", "type", "capacity", "circuit", "groups", "thresholds", "interval", "enabled",
			"notes", "runbook", "was", "protects",
		},
		later: []string{"slo"},
	}
	circuitBlock  = block{name: "circuit", keys: []string{"carrier", "id", "phone"}, prefix: "circuit "}
	capacityBlock = block{name: "capacity", keys: []string{"a_to_z", "z_to_a"}, prefix: "capacity "}
)

// link is a link as declared.
type link struct {
	config  linkmodel.Link
	rules   alerting.Rules
	runbook string
	enabled bool
	was     string
}

func (w *walker) link(name string, key, v value) {
	inv := &w.inventory
	inv.counts.Links++
	what := "link " + quote(name)
	f, ok := w.open(v, &linkBlock, what, key.span())
	if !ok {
		return
	}
	l := link{enabled: true, runbook: inv.defaults.runbook}
	l.config = linkmodel.Link{Name: name, Type: inv.defaults.linkType}
	if v, ok := f.get("enabled"); ok {
		l.enabled = w.boolean(v)
	}
	w.ends(f, &l)
	w.describe(f, &l.config)
	base, known := inv.types[l.config.Type]
	own := base
	if v, ok := f.get("thresholds"); ok && known {
		if t, ok := w.open(v, &thresholdsBlock, "thresholds of "+what, v.span()); ok {
			own = w.override(base, t, what)
		}
	}
	l.rules = own.resolved()
	if v, ok := f.get("capacity"); ok {
		w.inOrderOn(own["utilization"], l.config.Capacity, v.span(), what)
	}
	l.config.Interval = w.linkInterval(f, &l)
	if v, ok := f.get("runbook"); ok {
		l.runbook = w.runbook(v)
	}
	if v, ok := f.get("was"); ok {
		l.was = w.formerName(name, v)
	}
	if v, ok := f.get("protects"); ok {
		w.protects(name, v)
	}
	inv.linkNames[name] = true
	if w.explaining == name {
		w.note(f, &l, own)
	}
	if !l.enabled {
		w.inventory.alerting.Disabled[name] = true
		inv.counts.Disabled++
		return
	}
	inv.links = append(inv.links, l)
	w.pollOften(&l)
}

// describe reads what a link says about itself.
func (w *walker) describe(f *fields, l *linkmodel.Link) {
	if v, ok := f.get("type"); ok {
		l.Type = w.linkType(v)
	} else {
		w.inventory.usedTypes[l.Type] = true
	}
	if v, ok := f.get("capacity"); ok {
		l.Capacity = w.capacity(v, f.what)
	}
	if v, ok := f.get("circuit"); ok {
		l.Circuit = w.circuit(v, f.what)
	}
	if v, ok := f.get("groups"); ok {
		l.Groups = w.groups(v)
	}
	if v, ok := f.get("notes"); ok {
		l.Notes, _ = w.text(v)
	}
}

func (w *walker) groups(v value) []string {
	list, _ := w.items(v, false)
	groups := make([]string, 0, len(list))
	for _, item := range list {
		item.name = "group"
		if g, ok := w.label(item); ok {
			groups = append(groups, g)
		}
	}
	return groups
}

func (w *walker) circuit(v value, what string) linkmodel.Circuit {
	var c linkmodel.Circuit
	f, ok := w.open(v, &circuitBlock, "circuit of "+what, v.span())
	if !ok {
		return c
	}
	if v, ok := f.get("carrier"); ok {
		c.Carrier, _ = w.label(v)
	}
	if v, ok := f.get("id"); ok {
		c.ID, _ = w.label(v)
	}
	if v, ok := f.get("phone"); ok {
		c.Phone, _ = w.label(v)
	}
	return c
}

// capacity reads what the contract says in bit/s, for both directions or for each.
func (w *walker) capacity(v value, what string) [2]float64 {
	if v.node.Kind != yaml.MappingNode {
		bits := w.bits(v)
		return [2]float64{bits, bits}
	}
	var capacity [2]float64
	f, ok := w.open(v, &capacityBlock, "capacity of "+what, v.span())
	if !ok {
		return capacity
	}
	for _, d := range linkmodel.Directions {
		if v, ok := w.need(f, d.String(), d.String()+": 100M"); ok {
			capacity[d] = w.bits(v)
		}
	}
	return capacity
}

// linkInterval is the link's own, else the larger of what its devices declare, else the default.
func (w *walker) linkInterval(f *fields, l *link) time.Duration {
	if v, ok := f.get("interval"); ok {
		return w.interval(v)
	}
	var interval time.Duration
	for _, e := range l.config.Ends {
		if d := w.inventory.devices[e.Device]; d != nil {
			interval = max(interval, d.interval)
		}
	}
	if interval == 0 {
		interval = w.inventory.defaults.interval
	}
	return interval
}

// ends reads both ends and makes sure that they are two interfaces of known devices, each used by
// one link only.
func (w *walker) ends(f *fields, l *link) {
	var places [2]value
	for _, e := range linkmodel.Ends {
		v, ok := w.need(f, e.String(), e.String()+": device:interface")
		if !ok {
			continue
		}
		places[e] = v
		l.config.Ends[e] = w.end(v, f.what, e)
	}
	a, z := l.config.Ends[linkmodel.EndA], l.config.Ends[linkmodel.EndZ]
	if a.Interface != "" && a.Device == z.Device && a.Interface == z.Interface {
		w.report("E006", places[linkmodel.EndZ].span(), "both ends of %s are the same interface %s:%s",
			f.what, printable(a.Device), printable(a.Interface)).
			help("same router, different interfaces is allowed (a back-to-back cable); the same interface is not")
		return
	}
	for _, e := range linkmodel.Ends {
		if l.enabled && l.config.Ends[e].Interface != "" {
			w.own(l.config.Ends[e], l.config.Name, places[e].span())
		}
	}
}

// end splits device:interface at the first colon; interfaces may hold more of them.
func (w *walker) end(v value, what string, e linkmodel.End) linkmodel.LinkEnd {
	v.name = "end " + e.String()
	s, ok := w.text(v)
	if !ok {
		return linkmodel.LinkEnd{}
	}
	name, port, _ := strings.Cut(s, ":")
	d, known := w.inventory.devices[name]
	if !known {
		w.unknownDevice(v, name, what, e)
	}
	if strings.TrimSpace(port) == "" {
		w.report("E003", v.span(), "end %s of %s has no interface", quote(e.String()), what).
			help("write device:interface, for example %s:ge-0/0/0", printable(name))
		return linkmodel.LinkEnd{}
	}
	w.port(v, port)
	if !known {
		return linkmodel.LinkEnd{Device: name, Interface: port, CounterCache: -1}
	}
	return linkmodel.LinkEnd{Device: name, Site: d.site, Interface: port, CounterCache: d.counterCache}
}

func (w *walker) port(v value, port string) {
	index, numbered := strings.CutPrefix(port, "#")
	switch {
	case strings.TrimSpace(port) != port:
		w.report("E014", v.within(port), "%s is not the name of an interface", quote(port)).
			help("write device:interface without spaces around the colon")
	case numbered && !ifIndex(index):
		w.report("E014", v.within(port), "%s is not an ifIndex", quote(port)).
			help("#12 stands for ifIndex 12; write a number from 1 to 4294967295 as the router prints it")
	}
}

// ifIndex reports whether s is what stands behind # in one way only, so that no interface has two
// names.
func ifIndex(s string) bool {
	n, err := strconv.ParseUint(s, 10, 32)
	return err == nil && n > 0 && whole.MatchString(s)
}

func (w *walker) unknownDevice(v value, name, what string, e linkmodel.End) {
	p := w.report("E002", v.within(name), `%s end %s names a device that is not in "devices": %s`, what, e, quote(name))
	w.suggest(p, name, w.inventory.deviceNames())
	p.note("%s known", plural(len(w.inventory.devices), "device"))
}

// own lets a link take an interface.
func (w *walker) own(e linkmodel.LinkEnd, name string, at span) {
	id := e.Device + ":" + e.Interface
	first, taken := w.inventory.interfaces[id]
	if !taken {
		w.inventory.interfaces[id] = owner{name, at}
		return
	}
	w.report("E004", at, "interface %s is used by two links: %s and %s", quote(id), quote(first.link), quote(name)).
		note("first used at %s", first.at).
		help("a point-to-point link owns its interface; for sub-interfaces name the unit (%s.300)", printable(e.Interface))
}
