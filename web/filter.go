package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// filters tell for each parameter which words of a link it is compared with. A link passes when
// every given parameter equals one of them, in either case of letters; one given twice means "or".
var filters = map[string]func(*linkmodel.View) []string{
	"site": func(v *linkmodel.View) []string {
		return []string{v.Link.Ends[linkmodel.EndA].Site, v.Link.Ends[linkmodel.EndZ].Site}
	},
	"device": func(v *linkmodel.View) []string {
		return []string{v.Link.Ends[linkmodel.EndA].Device, v.Link.Ends[linkmodel.EndZ].Device}
	},
	"carrier": func(v *linkmodel.View) []string { return []string{v.Link.Circuit.Carrier} },
	"type":    func(v *linkmodel.View) []string { return []string{v.Link.Type} },
	"state":   func(v *linkmodel.View) []string { return []string{v.State.String()} },
	"group":   func(v *linkmodel.View) []string { return v.Link.Groups },
}

const filterNames = "site, device, carrier, type, state, group"

// newFilter refuses parameters it does not know: a misspelt filter would show every link. Those
// in others belong to somebody else.
func newFilter(query url.Values, others ...string) (func(*linkmodel.View) bool, *problem) {
	for name, values := range query {
		if filters[name] == nil && !slices.Contains(others, name) {
			return nil, &problem{
				code: http.StatusBadRequest, text: "there is no filter " + clean(name),
				hint: "filters are " + filterNames,
			}
		}
		if name == "state" {
			if p := checkStates(values); p != nil {
				return nil, p
			}
		}
	}
	return func(v *linkmodel.View) bool {
		for name, wanted := range query {
			if words := filters[name]; words != nil && !shareAny(words(v), wanted) {
				return false
			}
		}
		return true
	}, nil
}

func checkStates(values []string) *problem {
	known := make([]string, 0, len(worstFirst))
	for _, s := range worstFirst {
		known = append(known, s.String())
	}
	for _, v := range values {
		if !slices.Contains(known, v) {
			return &problem{
				code: http.StatusBadRequest, text: "there is no state " + clean(v),
				hint: "states are " + strings.Join(known, ", "),
			}
		}
	}
	return nil
}

func shareAny(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool {
		return slices.ContainsFunc(b, func(wanted string) bool { return strings.EqualFold(s, wanted) })
	})
}

// selectLinks returns the views that pass the request's filters.
func (s *Server) selectLinks(query url.Values, others ...string) ([]*linkmodel.View, *problem) {
	keep, p := newFilter(query, others...)
	if p != nil {
		return nil, p
	}
	var views []*linkmodel.View
	for _, v := range s.source.Links() {
		if keep(v) {
			views = append(views, v)
		}
	}
	return views, nil
}

// alertFilters tell for each parameter of an alert alone which word it is compared with.
var alertFilters = map[string]func(*Alert) string{
	"link":     func(a *Alert) string { return a.Link },
	"kind":     func(a *Alert) string { return a.Kind },
	"severity": func(a *Alert) string { return a.Severity },
}

// newAlertFilter keeps the alerts of the links that pass the filters, and that have the given words
// themselves.
func (s *Server) newAlertFilter(query url.Values) (func(*Alert) bool, *problem) {
	ofLinks := false
	for name := range query {
		ofLinks = ofLinks || filters[name] != nil
		if filters[name] == nil && alertFilters[name] == nil {
			return nil, &problem{
				code: http.StatusBadRequest, text: "there is no filter " + clean(name),
				hint: "filters are " + filterNames + ", link, kind, severity",
			}
		}
	}
	passes, p := newFilter(query, "link", "kind", "severity")
	if p != nil {
		return nil, p
	}
	return func(a *Alert) bool {
		for name, wanted := range query {
			if word := alertFilters[name]; word != nil && !shareAny([]string{word(a)}, wanted) {
				return false
			}
		}
		if !ofLinks {
			return true
		}
		v, ok := s.source.Link(a.Link)
		return ok && passes(v)
	}, nil
}
