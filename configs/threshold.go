package configs

import (
	"maps"
	"slices"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

var (
	ruleKeys = []string{"warn", "crit", "for"}

	thresholdsBlock = block{
		name:  "thresholds",
		keys:  slices.Concat([]string{"utilization", "errors", "discards", "loss", "down", "flapping"}, verdictKeys),
		later: []string{"rtt", "slo"},
	}
	linkTypeBlock = block{
		name:  "link type",
		keys:  slices.Concat(thresholdsBlock.keys, []string{"severity"}),
		later: []string{"rtt", "slo"},
	}
	ruleBlocks = withVerdicts(map[string]*block{
		"utilization": {name: "utilization", keys: ruleKeys, prefix: "utilization "},
		"errors":      {name: "errors", keys: ruleKeys, prefix: "errors "},
		"discards":    {name: "discards", keys: ruleKeys, prefix: "discards "},
		"loss":        {name: "loss", keys: ruleKeys, prefix: "loss "},
		"down":        {name: "down", keys: []string{"warn", "crit"}, prefix: "down "},
		"flapping":    {name: "flapping", keys: []string{"severity", "changes", "within", "quiet"}, prefix: "flapping "},
	})
	measures = map[string]*measure{
		"utilization": {name: "utilization", bits: true, ofWhat: "capacity", example: "80%, or 8G (bits per second)"},
		"errors":      {name: "errors", rates: true, ofWhat: "packets", example: "0.01%, or 5/min"},
		"discards":    {name: "discards", rates: true, ofWhat: "packets", example: "0.1%, or 5/min"},
		"loss":        {name: "loss", ofWhat: "packets", example: "0.5%"},
	}
)

// rule is one quantity's pair of thresholds with their origin.
type rule struct {
	warn, crit limit
	hold       time.Duration
	// holdAt and holdFrom are those of hold, as in limit.
	holdAt   span
	holdFrom string
	// severity is that of flapping, and of what is true or false where the inventory says so (set).
	severity linkmodel.Severity
	set      bool
	// said are their values by key as they are written, where they are.
	said map[string]limit
	// changes within within are flapping until there was none for quiet.
	changes       int
	within, quiet time.Duration
}

// rules are the thresholds of a link type or a link by quantity.
type rules map[string]rule

// override returns base with everything that f sets replaced, field by field.
func (w *walker) override(base rules, f *fields, what string) rules {
	out := maps.Clone(base)
	for _, quantity := range thresholdsBlock.keys {
		v, ok := f.get(quantity)
		if !ok {
			continue
		}
		v.name = quantity
		inner, ok := w.open(v, ruleBlocks[quantity], quantity+" of "+what, v.span())
		if !ok {
			continue
		}
		switch {
		case quantity == "down":
			out[quantity] = w.down(out[quantity], inner, what)
			continue
		case quantity == "flapping":
			out[quantity] = w.flapping(out[quantity], inner, what)
			continue
		case slices.Contains(verdictKeys, quantity):
			out[quantity] = w.verdict(out[quantity], inner, what)
			continue
		}
		out[quantity] = w.rule(out[quantity], inner, measures[quantity], what)
	}
	return out
}

func (w *walker) rule(r rule, f *fields, m *measure, what string) rule {
	for _, side := range []struct {
		key string
		to  *limit
	}{{"warn", &r.warn}, {"crit", &r.crit}} {
		v, ok := f.get(side.key)
		if !ok {
			continue
		}
		if l, ok := w.limit(v, m); ok {
			l.from = what
			*side.to = l
		}
	}
	if v, ok := f.get("for"); ok {
		r.hold, _ = w.hold(v)
		r.holdAt, r.holdFrom = v.span(), what
	}
	w.inOrder(r, m, what)
	return r
}

// inOrder refuses a warning that would come after the critical alert. Thresholds of different
// units cannot be compared before the link carries traffic.
func (w *walker) inOrder(r rule, m *measure, what string) {
	same := r.warn.Unit == r.crit.Unit && r.warn.Unit != alerting.UnitNone
	if !same || r.warn.Value < r.crit.Value {
		return
	}
	at, other := r.warn, r.crit
	if at.at.src == nil || other.from == what && at.from != what {
		at, other = other, at
	}
	if at.at.src == nil {
		return
	}
	p := w.report("E010", at.at, "%s %s: warn %s is not below crit %s", what, m.name, r.warn.text, r.crit.text)
	switch {
	case other.from == what:
		p.help("warn must come first; swap them?")
	case other.at.src != nil:
		p.note("%s is set at %s", other.text, other.at).help("warn must come first; set both here")
	default:
		p.note("%s is built into the link type", other.text).help("warn must come first; set both here")
	}
}

// inOrderOn is inOrder for a percentage and bits per second, which the capacity of a link makes
// comparable. at is the place of the capacity.
func (w *walker) inOrderOn(r rule, capacity [2]float64, at span, what string) {
	none := r.warn.Unit == alerting.UnitNone || r.crit.Unit == alerting.UnitNone
	if none || r.warn.Unit == r.crit.Unit {
		return
	}
	for _, whole := range capacity {
		if whole == 0 || r.warn.on(whole) < r.crit.on(whole) {
			continue
		}
		switch what {
		case r.crit.from:
			at = r.crit.at
		case r.warn.from:
			at = r.warn.at
		}
		w.report("E010", at, "%s utilization: warn %s is not below crit %s", what, r.warn.textOn(whole), r.crit.textOn(whole)).
			help("warn must come first; write both as a percentage or both in bits per second")
		return
	}
}

// down reads after how long a link that is down is reported, and how loudly: one of warn or crit,
// which replaces what the type says.
func (w *walker) down(r rule, f *fields, what string) rule {
	warn, hasWarn := f.get("warn")
	crit, hasCrit := f.get("crit")
	switch {
	case hasWarn && hasCrit:
		w.report("E014", warn.span(), "%s has both warn and crit", f.what).
			help("a link that is down has one severity: keep one of them")
		return r
	case hasWarn:
		l, hold := w.downAfter(warn, what)
		return rule{warn: l, hold: hold}
	case hasCrit:
		l, hold := w.downAfter(crit, what)
		return rule{crit: l, hold: hold}
	}
	w.report("E012", f.at, "%s has neither warn nor crit", f.what).help("write {crit: 0s}, or {crit: none} to hear nothing")
	return r
}

// isTrue is the threshold of signals that are either true or not.
var isTrue = alerting.Threshold{Value: 1, Unit: alerting.UnitTrue}

func (w *walker) downAfter(v value, what string) (limit, time.Duration) {
	s, ok := w.scalar(v)
	l := limit{text: s, at: v.span(), from: what}
	if ok && s == none {
		return l, 0
	}
	hold, _ := w.hold(v)
	l.Threshold = isTrue
	return l, hold
}

// resolved drops the origins.
func (r rules) resolved() alerting.Rules {
	one := func(quantity string) alerting.Rule {
		from := r[quantity]
		return alerting.Rule{Warn: from.warn.Threshold, Crit: from.crit.Threshold, For: from.hold}
	}
	out := alerting.Rules{
		Utilization: one("utilization"), Errors: one("errors"), Discards: one("discards"),
		Loss: one("loss"), Down: one("down"), Flapping: r["flapping"].flaps(),
		AtMost: r["severity"].severity,
	}
	r.verdicts(&out)
	return out
}
