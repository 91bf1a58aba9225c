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

// field is one thing that a route may ask for.
type field struct {
	name string
	want []string
	have func(l *linkmodel.Link, m *Letter) []string
}

// fields are what a route asks for, in the order of the inventory's reference.
func (r *Route) fields() [9]field {
	ends := func(of func(*linkmodel.LinkEnd) string) func(*linkmodel.Link, *Letter) []string {
		return func(l *linkmodel.Link, _ *Letter) []string {
			return []string{of(&l.Ends[linkmodel.EndA]), of(&l.Ends[linkmodel.EndZ])}
		}
	}
	own := func(of func(*linkmodel.Link) string) func(*linkmodel.Link, *Letter) []string {
		return func(l *linkmodel.Link, _ *Letter) []string { return []string{of(l)} }
	}
	return [...]field{
		{"severity", texts(r.Severity, linkmodel.Severity.String), func(_ *linkmodel.Link, m *Letter) []string { return []string{m.Severity.String()} }},
		{"kind", texts(r.Kind, func(k linkmodel.Kind) string { return string(k) }), func(_ *linkmodel.Link, m *Letter) []string { return []string{string(m.Kind)} }},
		{"link", r.Link, own(func(l *linkmodel.Link) string { return l.Name })},
		{"type", r.Type, own(func(l *linkmodel.Link) string { return l.Type })},
		{"group", r.Group, func(l *linkmodel.Link, _ *Letter) []string { return l.Groups }},
		{"carrier", r.Carrier, own(func(l *linkmodel.Link) string { return l.Circuit.Carrier })},
		{"circuit", r.Circuit, own(func(l *linkmodel.Link) string { return l.Circuit.ID })},
		{"site", r.Site, ends(func(e *linkmodel.LinkEnd) string { return e.Site })},
		{"device", r.Device, ends(func(e *linkmodel.LinkEnd) string { return e.Device })},
	}
}

// try matches a route field by field.
func (r *Route) try(l *linkmodel.Link, m Letter) Tried {
	for _, f := range r.fields() {
		want := f.want
		if f.name == "severity" && len(want) == 0 && m.Severity == linkmodel.SeverityInfo {
			// Without a severity a route takes what asks for a human.
			want = []string{linkmodel.SeverityWarning.String(), linkmodel.SeverityCritical.String()}
		}
		if have := f.have(l, &m); !anyOf(want, have...) {
			return Tried{Field: f.name, Want: want, Have: said(have)}
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

// Severities are those that an alert of a kind may have, the lowest first; none where there is no
// threshold for it.
func (r *Rules) Severities(k linkmodel.Kind) []linkmodel.Severity {
	rule, out := r.rule(k), []linkmodel.Severity(nil)
	for i, t := range [...]Threshold{rule.Info, rule.Warn, rule.Crit} {
		if t.Unit != UnitNone {
			out = append(out, linkmodel.SeverityInfo+linkmodel.Severity(i))
		}
	}
	return out
}

// String is in words what a route takes: "severity critical, group core or emea".
func (r *Route) String() string {
	var parts []string
	for _, f := range r.fields() {
		if len(f.want) > 0 {
			parts = append(parts, f.name+" "+strings.Join(f.want, " or "))
		}
	}
	if r.Hours != nil {
		parts = append(parts, r.Hours.Text)
	}
	if len(parts) == 0 {
		return "every warning and critical alert"
	}
	return strings.Join(parts, ", ")
}
