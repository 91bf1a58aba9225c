package alerting

import (
	"net/url"
	"slices"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// route returns the receivers of the first route that matches, else the default ones. Information
// goes only where a route asks for it by its severity.
func (e *Engine) route(l *link, ep *Episode) []string {
	cfg := &e.plan.Load().cfg
	info := ep.Severity == linkmodel.SeverityInfo
	for i := range cfg.Routes {
		r := &cfg.Routes[i]
		if r.matches(l.decl, ep) && (!info || len(r.Severity) > 0) {
			return r.To
		}
	}
	if info {
		return nil
	}
	return cfg.Default
}

func (r *Route) matches(l *linkmodel.Link, ep *Episode) bool {
	a, z := &l.Ends[linkmodel.EndA], &l.Ends[linkmodel.EndZ]
	return anyOf(r.Severity, ep.Severity) &&
		anyOf(r.Kind, ep.Kind) &&
		anyOf(r.Link, l.Name) &&
		anyOf(r.Type, l.Type) &&
		anyOf(r.Group, l.Groups...) &&
		anyOf(r.Carrier, l.Circuit.Carrier) &&
		anyOf(r.Circuit, l.Circuit.ID) &&
		anyOf(r.Site, a.Site, z.Site) &&
		anyOf(r.Device, a.Device, z.Device)
}

// anyOf reports whether one of the values is wanted. A field that wants nothing matches all.
func anyOf[T comparable](want []T, values ...T) bool {
	if len(want) == 0 {
		return true
	}
	for _, v := range values {
		if slices.Contains(want, v) {
			return true
		}
	}
	return false
}

// urls returns the addresses that go with a message about the episode. Names are escaped, so that
// none can lead anywhere but to its own page.
func (e *Engine) urls(l *link, ep *Episode) URLs {
	var u URLs
	cfg := &e.plan.Load().cfg
	if cfg.PageURL != "" {
		u.Link = cfg.PageURL + "/links/" + escape(l.decl.Name)
	}
	u.Runbook = strings.NewReplacer(
		"{{.Alert}}", escape(string(ep.Kind)),
		"{{.Link}}", escape(l.decl.Name),
		"{{.Type}}", escape(l.decl.Type),
	).Replace(cfg.Runbook[l.decl.Name])
	return u
}

// escape makes a name fit for any place in an address: path, query or fragment.
func escape(s string) string {
	return strings.NewReplacer("&", "%26", "=", "%3D", "+", "%2B").Replace(url.PathEscape(s))
}
