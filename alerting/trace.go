package alerting

import (
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Letter is what routes look at.
type Letter struct {
	Kind     linkmodel.Kind
	Severity linkmodel.Severity
	// At is when it is told.
	At time.Time
}

// Tried is what one route made of a letter.
type Tried struct {
	// Route counts from 1, in the order of the inventory.
	Route   int
	Matches bool
	// Field is the first field of the route that does not fit, Want what it asks for and Have what there
	// is; empty where the route matches.
	Field      string
	Want, Have []string
	To         []string
}

// Way is where a letter about a link goes, and why.
type Way struct {
	// Tried are the routes up to the one that decided.
	Tried []Tried
	// Route is the one that decided, 0 where none matches and the default is told.
	Route int
	// To names the receivers; nobody where it is empty.
	To []string
}

// Trace returns the way of a letter about a link. Information goes only where a route asks for it by
// its severity.
func (c *Config) Trace(l *linkmodel.Link, m Letter) Way {
	var way Way
	for i := range c.Routes {
		r := &c.Routes[i]
		t := r.try(l, m)
		t.Route, t.To = i+1, r.To
		way.Tried = append(way.Tried, t)
		if t.Matches {
			way.Route, way.To = i+1, r.To
			return way
		}
	}
	if m.Severity != linkmodel.SeverityInfo {
		way.To = c.Default
	}
	return way
}

// try matches a route field by field, in the order of the inventory's reference.
func (r *Route) try(l *linkmodel.Link, m Letter) Tried {
	a, z := &l.Ends[linkmodel.EndA], &l.Ends[linkmodel.EndZ]
	severities := texts(r.Severity, linkmodel.Severity.String)
	if m.Severity == linkmodel.SeverityInfo && len(severities) == 0 {
		// Without a severity a route takes what asks for a human.
		severities = []string{linkmodel.SeverityWarning.String(), linkmodel.SeverityCritical.String()}
	}
	for _, f := range []struct {
		name       string
		want, have []string
	}{
		{"severity", severities, []string{m.Severity.String()}},
		{"kind", texts(r.Kind, func(k linkmodel.Kind) string { return string(k) }), []string{string(m.Kind)}},
		{"link", r.Link, []string{l.Name}},
		{"type", r.Type, []string{l.Type}},
		{"group", r.Group, l.Groups},
		{"carrier", r.Carrier, []string{l.Circuit.Carrier}},
		{"circuit", r.Circuit, []string{l.Circuit.ID}},
		{"site", r.Site, []string{a.Site, z.Site}},
		{"device", r.Device, []string{a.Device, z.Device}},
	} {
		if !anyOf(f.want, f.have...) {
			return Tried{Field: f.name, Want: f.want, Have: said(f.have)}
		}
	}
	if !r.Hours.Open(m.At) {
		return Tried{Field: "hours", Want: []string{r.Hours.Text}, Have: []string{r.Hours.clock(m.At)}}
	}
	return Tried{Matches: true}
}

func texts[T any](list []T, text func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, text(v))
	}
	return out
}

// said leaves out what is not declared.
func said(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// Equal reports whether two routes match alike and tell the same receivers.
func (r *Route) Equal(o *Route) bool {
	return slices.Equal(r.Severity, o.Severity) && slices.Equal(r.Kind, o.Kind) &&
		slices.Equal(r.Link, o.Link) && slices.Equal(r.Type, o.Type) && slices.Equal(r.Group, o.Group) &&
		slices.Equal(r.Carrier, o.Carrier) && slices.Equal(r.Circuit, o.Circuit) &&
		slices.Equal(r.Site, o.Site) && slices.Equal(r.Device, o.Device) &&
		r.Hours.Equal(o.Hours) && slices.Equal(r.To, o.To)
}

// Worst is the highest severity that an alert of a kind may have; SeverityNone where there is no
// threshold for it.
func (r *Rules) Worst(k linkmodel.Kind) linkmodel.Severity {
	switch rule := r.rule(k); {
	case rule.Crit.Unit != UnitNone:
		return linkmodel.SeverityCritical
	case rule.Warn.Unit != UnitNone:
		return linkmodel.SeverityWarning
	case rule.Info.Unit != UnitNone:
		return linkmodel.SeverityInfo
	default:
		return linkmodel.SeverityNone
	}
}
