package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/web"
)

// wouldChange tells what a reload would change. It implements web.Deps.Differ.
func (a *app) wouldChange() (web.Difference, error) {
	began := time.Now()
	result, _ := readInventory(a.reload.path)
	if result.Inventory == nil {
		return web.Difference{}, refusalOf(&result, began)
	}
	inv := result.Inventory
	restart := a.keepFixed(inv)
	c := compareInventories(a.current.Load(), inv)
	c.restart = restart
	for i := range inv.Links {
		l := &inv.Links[i]
		if c.stays(l.Name) && !a.engine.JudgesBy(l, inv.Alerting.Rules[l.Name]) {
			c.links.changed[l.Name] = append(c.links.changed[l.Name], "thresholds")
		}
	}
	return c.difference(a.ending(c)), nil
}

// ending are the open alerts that end with a change.
func (a *app) ending(c *change) []web.Ending {
	var out []web.Ending
	episodes := a.engine.Episodes()
	for i := range episodes {
		if e := &episodes[i]; e.Until.IsZero() && c.ends(e.Link) {
			out = append(out, web.Ending{ID: e.ID, Link: e.Link, Kind: string(e.Kind)})
		}
	}
	return out
}

// ends reports whether nothing of a link goes on.
func (c *change) ends(link string) bool {
	return slices.Contains(c.links.removed, link) || slices.Contains(c.links.changed[link], "ends")
}

// stays reports whether a link is there before and after, under the same name.
func (c *change) stays(link string) bool {
	return !slices.Contains(c.links.added, link) && c.renamed[link] == ""
}

// differ compares two inventories of which none is in use.
func differ(before, now *configs.Inventory) *change {
	restart := otherwiseFixed(before, now)
	c := compareInventories(before, now)
	c.restart = restart
	for i := range now.Links {
		name := now.Links[i].Name
		if c.stays(name) && !reflect.DeepEqual(before.Alerting.Rules[name], now.Alerting.Rules[name]) {
			c.links.changed[name] = append(c.links.changed[name], "thresholds")
		}
	}
	return c
}

// difference is the change as the API shows it before it is made.
func (c *change) difference(ending []web.Ending) web.Difference {
	d := web.Difference{Reloaded: c.answer(), Ending: append([]web.Ending{}, ending...)}
	d.Summary = c.signs(ending)
	return d
}

// signs is the change in one line: "+2 links, ~1 link, -1 link (1 open alert ends)".
func (c *change) signs(ending []web.Ending) string {
	var parts []string
	add := func(sign string, n int, what string) {
		if n > 0 {
			parts = append(parts, sign+howMany(n, what))
		}
	}
	add("+", len(c.links.added), "link")
	add("~", len(c.links.changed), "link")
	add("-", len(c.links.removed), "link")
	if len(ending) == 1 {
		parts[len(parts)-1] += " (1 open alert ends)"
	} else if len(ending) > 1 {
		parts[len(parts)-1] += fmt.Sprintf(" (%d open alerts end)", len(ending))
	}
	if len(c.renamed) > 0 {
		parts = append(parts, howMany(len(c.renamed), "link")+" renamed")
	}
	for _, k := range []struct {
		what string
		d    *difference
	}{{"router", &c.routers}, {"receiver", &c.receivers}, {"output", &c.outputs}} {
		add("+", len(k.d.added), k.what)
		add("~", len(k.d.changed), k.what)
		add("-", len(k.d.removed), k.what)
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case len(c.lines()) > 0:
		return "no link changes, but something else does"
	default:
		return "nothing would change"
	}
}
