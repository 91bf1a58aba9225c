package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/sink/influxdb"
)

// change is what one inventory has other than another, for people.
type change struct {
	links, routers, receivers, outputs difference
	// renamed holds the former names of links by their present ones.
	renamed map[string]string
	// routes tells that notifications go other ways.
	routes bool
	// hints name links that seem to have another name now and do not say so.
	hints []string
	// restart names the settings that wait for a restart.
	restart []string
}

// difference is what was added, removed and changed of one kind, each in order of names; changed maps
// a name to what is different about it.
type difference struct {
	added, removed []string
	changed        map[string][]string
}

// compare collects what is different between two lists. same returns what differs.
func compare[T any](before, now []T, name func(*T) string, differs func(before, now *T) []string) difference {
	d := difference{changed: map[string][]string{}}
	known := make(map[string]*T, len(before))
	for i := range before {
		known[name(&before[i])] = &before[i]
	}
	for i := range now {
		n := name(&now[i])
		was, ok := known[n]
		delete(known, n)
		if !ok {
			d.added = append(d.added, n)
		} else if what := differs(was, &now[i]); len(what) > 0 {
			d.changed[n] = what
		}
	}
	for n := range known {
		d.removed = append(d.removed, n)
	}
	slices.Sort(d.added)
	slices.Sort(d.removed)
	return d
}

// compareInventories finds what now has other than before. Thresholds are not looked at: the judge
// tells which of them changed.
func compareInventories(before, now *configs.Inventory) *change {
	c := &change{
		links: compare(before.Links, now.Links, func(l *linkmodel.Link) string { return l.Name }, differentLinks),
		routers: compare(before.Poller.Devices, now.Poller.Devices,
			func(d *poller.Device) string { return d.Name }, differentRouters),
		receivers: compare(before.Receivers, now.Receivers,
			func(r *notify.Config) string { return r.Name }, whole((*notify.Config).Equal)),
		outputs: compare(before.InfluxDB, now.InfluxDB,
			func(o *influxdb.Config) string { return o.ID }, whole(sameOutput)),
		renamed: map[string]string{},
		routes:  !sameRoutes(before, now),
	}
	for n, was := range now.Was {
		if slices.Contains(c.links.added, n) && slices.Contains(c.links.removed, was) {
			c.renamed[n] = was
		}
	}
	c.links.added = slices.DeleteFunc(c.links.added, func(n string) bool { return c.renamed[n] != "" })
	c.hints = renameHints(c, before, now)
	for _, was := range c.renamed {
		c.links.removed = slices.DeleteFunc(c.links.removed, func(n string) bool { return n == was })
	}
	return c
}

// renameHints finds links that were removed while one between the same interfaces was added.
func renameHints(c *change, before, now *configs.Inventory) []string {
	gone := map[[2]linkmodel.LinkEnd]string{}
	bare := func(e linkmodel.LinkEnd) linkmodel.LinkEnd {
		return linkmodel.LinkEnd{Device: e.Device, Interface: e.Interface}
	}
	for i := range before.Links {
		if l := &before.Links[i]; slices.Contains(c.links.removed, l.Name) {
			gone[[2]linkmodel.LinkEnd{bare(l.Ends[0]), bare(l.Ends[1])}] = l.Name
		}
	}
	if len(gone) == 0 {
		return nil
	}
	var hints []string
	for i := range now.Links {
		l := &now.Links[i]
		was := gone[[2]linkmodel.LinkEnd{bare(l.Ends[0]), bare(l.Ends[1])}]
		if was != "" && slices.Contains(c.links.added, l.Name) {
			hints = append(hints, fmt.Sprintf("%s has the ends of %s: with was: %s its history and open alerts go on", l.Name, was, was))
		}
	}
	return hints[:min(len(hints), maxListed)]
}

// whole is for things of which it is enough to know that they changed.
func whole[T any](same func(a, b *T) bool) func(a, b *T) []string {
	return func(a, b *T) []string {
		if same(a, b) {
			return nil
		}
		return []string{""}
	}
}

func differentLinks(a, b *linkmodel.Link) []string {
	var what []string
	for _, field := range []struct {
		name string
		same bool
	}{
		{"ends", a.SameEnds(b)},
		{"interval", a.Interval == b.Interval},
		{"type", a.Type == b.Type},
		{"capacity", a.Capacity == b.Capacity},
		{"circuit", a.Circuit == b.Circuit},
		{"groups", slices.Equal(a.Groups, b.Groups)},
		{"notes", a.Notes == b.Notes},
		{"site", a.Ends[0].Site == b.Ends[0].Site && a.Ends[1].Site == b.Ends[1].Site},
		{"counter_cache", a.Ends[0].CounterCache == b.Ends[0].CounterCache && a.Ends[1].CounterCache == b.Ends[1].CounterCache},
	} {
		if !field.same {
			what = append(what, field.name)
		}
	}
	return what
}

func differentRouters(a, b *poller.Device) []string {
	if a.Equal(b) && a.CounterCache == b.CounterCache {
		return nil
	}
	return []string{""}
}

// lines tells the change in words, one line for each kind of it; none when nothing changed.
func (c *change) lines() []string {
	var out []string
	add := func(word string, names []string) {
		if len(names) > 0 {
			out = append(out, word+": "+listed(names))
		}
	}
	kind := func(noun string, d *difference) {
		add(noun+" added", d.added)
		add(noun+" removed", d.removed)
		add(noun+" changed", d.named())
	}
	kind("links", &c.links)
	renamed := make([]string, 0, len(c.renamed))
	for now, was := range c.renamed {
		renamed = append(renamed, was+" is now "+now)
	}
	slices.Sort(renamed)
	add("links renamed", renamed)
	kind("routers", &c.routers)
	kind("receivers", &c.receivers)
	kind("outputs", &c.outputs)
	if c.routes {
		out = append(out, "routes changed")
	}
	out = append(out, c.hints...)
	add("needs a restart", c.restart)
	return out
}

// named lists what changed, with what is different about it where that is known.
func (d *difference) named() []string {
	out := make([]string, 0, len(d.changed))
	for name, what := range d.changed {
		if text := strings.Join(what, ", "); text != "" {
			name += " (" + text + ")"
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// maxListed is how many names a line shows.
const maxListed = 20

func listed(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// summary is the change in one line.
func (c *change) summary() string {
	var parts []string
	for _, n := range []struct {
		count int
		text  string
	}{
		{len(c.links.added), "added"},
		{len(c.links.removed), "removed"},
		{len(c.links.changed), "changed"},
		{len(c.renamed), "renamed"},
	} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.text))
		}
	}
	switch {
	case len(parts) > 0:
		return "links: " + strings.Join(parts, ", ")
	case len(c.lines()) > 0:
		return "no link changed, but something else did"
	default:
		return "nothing changed"
	}
}
