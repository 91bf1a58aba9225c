package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

var (
	routeBlock = block{name: "route", keys: []string{"match", "to", "hours"}}
	matchBlock = block{
		name: "match",
		keys: []string{"severity", "kind", "link", "type", "group", "carrier", "circuit", "site", "device"},
	}
	severities = []linkmodel.Severity{
		linkmodel.SeverityWarning, linkmodel.SeverityCritical, linkmodel.SeverityInfo,
	}
	kinds = []string{
		string(linkmodel.KindSaturated), string(linkmodel.KindLossy), string(linkmodel.KindErrors),
		string(linkmodel.KindDiscards), string(linkmodel.KindHalfDown), string(linkmodel.KindDown),
		string(linkmodel.KindUnreachable), string(linkmodel.KindDeadPath), string(linkmodel.KindNotMatching),
		string(linkmodel.KindMismatch), string(linkmodel.KindCapacityUntrusted), string(linkmodel.KindFraming),
		string(linkmodel.KindCountersFrozen), string(linkmodel.KindPoliced),
		string(linkmodel.KindFlapping), string(linkmodel.KindRedundancyLost), string(linkmodel.KindPairDown),
	}
)

// Kinds lists the kinds of alerts that a route may name.
func Kinds() []string { return slices.Clone(kinds) }

// route is a route as declared; match holds the words of each field it sets.
type route struct {
	at    span
	match map[string][]string
	hours *alerting.Hours // nil is always
}

func (w *walker) routes(v value) {
	list, _ := w.items(v, false)
	for i, item := range list {
		what := fmt.Sprintf("route %d", i+1)
		f, ok := w.open(item, &routeBlock, what, item.span())
		if !ok {
			continue
		}
		r := route{at: item.span(), match: map[string][]string{}}
		if m, ok := f.get("match"); ok {
			w.match(m, what, r.match)
		}
		if h, ok := f.get("hours"); ok {
			r.hours = w.hours(h)
		}
		to, ok := w.need(f, "to", "to: [receiver]")
		var receivers []string
		if ok {
			receivers = w.receiverNames(w.some(to), what)
		}
		w.inventory.routes = append(w.inventory.routes, r)
		w.inventory.places.Routes = append(w.inventory.places.Routes, r.at.String())
		w.inventory.alerting.Routes = append(w.inventory.alerting.Routes, r.resolve(receivers))
	}
}

func (w *walker) match(v value, what string, into map[string][]string) {
	f, ok := w.open(v, &matchBlock, "match of "+what, v.span())
	if !ok {
		return
	}
	for _, key := range matchBlock.keys {
		v, ok := f.get(key)
		if !ok {
			continue
		}
		list := w.some(v)
		words := make([]string, 0, len(list))
		for _, item := range list {
			if s, ok := w.matchWord(item, key, what); ok {
				words = append(words, s)
			}
		}
		into[key] = words
	}
}

// matchWord refuses words that do not exist and warns about names that no link has.
func (w *walker) matchWord(v value, key, what string) (string, bool) {
	switch key {
	case "severity":
		return w.choice(v, "warning", "critical", "info")
	case "kind":
		return w.choice(v, kinds...)
	}
	s, ok := w.text(v)
	if !ok {
		return "", false
	}
	if all := w.inventory.matchable(key); !all[s] {
		p := w.report("W054", v.span(), "%s matches nothing: no link has %s %s", what, key, quote(s))
		w.suggest(p, s, names(all))
	}
	return s, true
}

func (r route) resolve(to []string) alerting.Route {
	out := alerting.Route{
		Link: r.match["link"], Type: r.match["type"], Group: r.match["group"],
		Carrier: r.match["carrier"], Circuit: r.match["circuit"], Site: r.match["site"],
		Device: r.match["device"], Hours: r.hours, To: to,
	}
	for _, k := range r.match["kind"] {
		out.Kind = append(out.Kind, linkmodel.Kind(k))
	}
	for _, s := range severities {
		if slices.Contains(r.match["severity"], s.String()) {
			out.Severity = append(out.Severity, s)
		}
	}
	return out
}

// covers reports whether every alert that other matches is matched by r first.
func (r route) covers(other route) bool {
	if r.hours != nil && !r.hours.Equal(other.hours) {
		return false
	}
	for key, words := range r.match {
		narrower, set := other.match[key]
		if !set {
			return false
		}
		for _, word := range narrower {
			if !slices.Contains(words, word) {
				return false
			}
		}
	}
	return true
}

func (r route) String() string {
	at := ""
	if r.hours != nil {
		at = " at " + printable(r.hours.Text)
	}
	if len(r.match) == 0 {
		return "every alert" + at
	}
	var parts []string
	for _, key := range matchBlock.keys {
		if words := r.match[key]; len(words) > 0 {
			parts = append(parts, key+" "+printable(strings.Join(words, " or ")))
		}
	}
	return "every alert with " + strings.Join(parts, " and ") + at
}

func (w *walker) shadowedRoutes() {
	routes := w.inventory.routes
	for i := range routes {
		for j := range i {
			if routes[j].covers(routes[i]) {
				w.report("W051", routes[i].at, "route %d can never match: route %d above takes %s", i+1, j+1, routes[j]).
					help("put the narrower route first")
				break
			}
		}
	}
}
