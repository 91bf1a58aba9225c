package configs

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/alerting"
)

var (
	windowBlock = block{
		name: "maintenance",
		keys: []string{"name", "ticket", "match", "from", "to", "every", "cron", "for", "timezone"},
	}
	scopeBlock = block{
		name: "match",
		keys: []string{"link", "type", "group", "carrier", "circuit", "site", "device"},
	}
)

const (
	// maxWindow bounds what mutes a link again and again: more than a week of every week is no window.
	maxWindow = 7 * day
	// maxOnce bounds a window that comes once.
	maxOnce = 366 * day
	// minWindow is the shortest one: messages wait for about as long anyway.
	minWindow = time.Minute
)

// maintenance reads the planned windows. Each stands for itself, so that files may bring their own.
func (w *walker) maintenance(lists []entry) {
	for _, e := range lists {
		v := resolve(e.val)
		v.name, v.key = "maintenance", e.key.node
		items, _ := w.items(v, false)
		for i, item := range items {
			w.window(item, fmt.Sprintf("maintenance %d", i+1))
		}
	}
}

// window reads one planned maintenance.
func (w *walker) window(v value, what string) {
	f, ok := w.open(v, &windowBlock, what, v.span())
	if !ok {
		return
	}
	var window alerting.Window
	if v, ok := w.need(f, "name", "name: what is done, as messages will show it"); ok {
		if window.Name, ok = w.text(v); ok {
			f.what = "maintenance " + quote(window.Name)
		}
	}
	if v, ok := f.get("ticket"); ok {
		window.Ticket, _ = w.text(v)
	}
	if v, ok := w.need(f, "match", "match: {site: …}, or match: all"); ok {
		window.Scope = w.scope(v, f.what)
	}
	zone := w.windowZone(f, &window.Scope)
	if zone == nil {
		return
	}
	_, every := f.get("every")
	_, spec := f.get("cron")
	if every || spec {
		window.Again = w.recurrence(f, zone)
	} else {
		w.oneOff(f, &window, zone)
	}
	w.inventory.alerting.Maintenance = append(w.inventory.alerting.Maintenance, window)
}

// scope reads which links are meant.
func (w *walker) scope(v value, what string) alerting.Scope {
	if v.node.Kind == yaml.ScalarNode && v.node.Value == "all" {
		return alerting.Scope{}
	}
	f, ok := w.open(v, &scopeBlock, "match of "+what, v.span())
	if !ok {
		return alerting.Scope{}
	}
	words := map[string][]string{}
	for _, key := range scopeBlock.keys {
		if v, ok := f.get(key); ok {
			words[key] = w.scopeWords(v, key)
		}
	}
	if len(f.list) == 0 {
		w.report("E046", v.span(), "match of %s says nothing", what).help("write match: all where every link is meant")
	}
	s := alerting.Scope{
		Link: words["link"], Type: words["type"], Group: words["group"], Carrier: words["carrier"],
		Circuit: words["circuit"], Site: words["site"], Device: words["device"],
	}
	w.scopeMatches(v, &s, words, what)
	return s
}

func (w *walker) scopeWords(v value, key string) []string {
	var words []string
	for _, item := range w.some(v) {
		item.name = key + " of match"
		if s, ok := w.text(item); ok {
			words = append(words, s)
		}
	}
	return words
}

// scopeMatches warns of a window that mutes nothing: a slip here is found out at night.
func (w *walker) scopeMatches(v value, s *alerting.Scope, words map[string][]string, what string) {
	if len(words) == 0 {
		return
	}
	for i := range w.inventory.links {
		if s.Includes(&w.inventory.links[i].config) {
			return
		}
	}
	for _, key := range scopeBlock.keys {
		all := w.inventory.matchable(key)
		for _, word := range words[key] {
			if !all[word] {
				p := w.report("W044", v.span(), "%s matches no link: no link has %s %s", what, key, quote(word))
				w.suggest(p, word, names(all))
				return
			}
		}
	}
	w.report("W044", v.span(), "%s matches no link: none has all of this at once", what)
}

// windowZone is the zone in which the times of a window are meant: its own, else that of its sites.
func (w *walker) windowZone(f *fields, s *alerting.Scope) *time.Location {
	if v, ok := f.get("timezone"); ok {
		return w.timezone(v)
	}
	var zones []string
	for _, site := range s.Site {
		zone := w.inventory.sites[site].Zone
		if zone == nil {
			zones = nil
			break
		}
		zones = append(zones, zone.String())
	}
	slices.Sort(zones)
	if zones = slices.Compact(zones); len(zones) == 1 {
		return w.inventory.sites[s.Site[0]].Zone
	}
	w.need(f, "timezone", "timezone: Europe/London, for example; a window at a site has that of the site")
	return nil
}
