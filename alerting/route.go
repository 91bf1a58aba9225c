package alerting

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// route returns the receivers of the first route that matches at an instant, else the default ones.
func (e *Engine) route(l *link, ep *Episode, at time.Time) []string {
	return e.plan.Load().cfg.Trace(l.decl, Letter{ep.Kind, ep.Severity, at}).To
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
