package configs

import (
	"maps"
	"slices"
	"time"
)

var defaultsBlock = block{
	name: `"defaults"`,
	keys: []string{"interval", "timeout", "retries", "credential", "type", "runbook"}, holds: true,
}

// defaults hold for every device and link that does not say otherwise.
type defaults struct {
	interval, timeout time.Duration
	retries           int
	patience          span // see device
	credential        *credential
	linkType          string
	runbook           string
	fields            *fields
}

func builtinDefaults() defaults {
	return defaults{
		interval: DefaultInterval, timeout: DefaultTimeout, retries: DefaultRetries, linkType: DefaultType,
	}
}

func (w *walker) defaults(v value) {
	f, ok := w.open(v, &defaultsBlock, `"defaults"`, v.span())
	if !ok {
		return
	}
	d := &w.inventory.defaults
	d.fields = f
	if v, ok := f.get("interval"); ok {
		d.interval = w.interval(v)
	}
	w.patience(f, &d.timeout, &d.retries, &d.patience)
	if v, ok := f.get("credential"); ok {
		d.credential = w.credentialOf(v, "defaults.credential", `the credential in "defaults"`)
	}
	if v, ok := f.get("type"); ok {
		d.linkType = w.linkType(v)
	}
	if v, ok := f.get("runbook"); ok {
		d.runbook = w.runbook(v)
	}
}

const (
	minTimeout = 10 * time.Millisecond
	maxTimeout = time.Minute
	maxRetries = 10
)

// patience reads how long and how often a router is asked, and where that is said.
func (w *walker) patience(f *fields, timeout *time.Duration, retries *int, at *span) {
	if v, ok := f.get("retries"); ok {
		*retries = w.integer(v, 0, maxRetries)
		*at = v.span()
	}
	if v, ok := f.get("timeout"); ok {
		*timeout, _ = w.duration(v, minTimeout, maxTimeout)
		*at = v.span()
	}
}

// names returns the keys of m in order, for suggestions.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
