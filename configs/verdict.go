package configs

import (
	"cmp"
	"maps"
	"strconv"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// verdictKeys are the findings that are true or false and that have a rule of their own only where the
// inventory gives them one.
var verdictKeys = []string{
	string(linkmodel.KindHalfDown), string(linkmodel.KindDeadPath), string(linkmodel.KindUnreachable),
	string(linkmodel.KindNotMatching), string(linkmodel.KindMismatch), string(linkmodel.KindCountersFrozen),
	string(linkmodel.KindPoliced), string(linkmodel.KindCapacityUntrusted), string(linkmodel.KindFraming),
	string(linkmodel.KindRedundancyLost), string(linkmodel.KindPairDown),
}

func withVerdicts(blocks map[string]*block) map[string]*block {
	for _, key := range verdictKeys {
		blocks[key] = &block{name: key, keys: []string{"severity", "for"}, prefix: key + " "}
	}
	return blocks
}

// severity reads how loud something is; none is SeverityNone.
func (w *walker) severity(v value) linkmodel.Severity {
	word, _ := w.choice(v, "info", "warning", "critical", none)
	return severityOf(word)
}

// severityOf is SeverityNone for every other word.
func severityOf(word string) linkmodel.Severity {
	for _, s := range severities {
		if s.String() == word {
			return s
		}
	}
	return linkmodel.SeverityNone
}

// loudest reads how loud the alerts of a link type may be.
func (w *walker) loudest(v value) linkmodel.Severity {
	word, _ := w.choice(v, "info", "warning", "critical")
	if word == linkmodel.SeverityCritical.String() {
		return linkmodel.SeverityNone // that is no limit
	}
	return severityOf(word)
}

// say notes what is written of the rule, and where.
func (r *rule) say(f *fields, what string) {
	said := maps.Clone(r.said)
	if said == nil {
		said = map[string]limit{}
	}
	for _, key := range f.block.keys {
		if v, ok := f.get(key); ok {
			said[key] = limit{text: v.node.Value, at: v.span(), from: what}
		}
	}
	r.said = said
}

// values are the parts of a rule that has a severity, as they are written or built in.
func (r rule) values(quantity string) map[string]limit {
	out := map[string]limit{}
	switch {
	case quantity == "flapping":
		out["changes"] = limit{text: strconv.Itoa(r.changes)}
		out["within"], out["quiet"] = limit{text: shortTime(r.within)}, limit{text: shortTime(r.quiet)}
	case !r.set:
		return nil
	default:
		out["for"] = limit{text: shortTime(r.hold)}
	}
	out["severity"] = limit{text: cmp.Or(r.severity.String(), none)}
	maps.Copy(out, r.said)
	return out
}

// verdict reads the rule of a finding that is true or false. Without a severity it keeps the one that it
// has, and needs one where that is built in.
func (w *walker) verdict(r rule, f *fields, what string) rule {
	r.say(f, what)
	if v, ok := f.get("severity"); ok {
		r.severity, r.set = w.severity(v), true
	} else if !r.set {
		w.report("E012", f.at, "%s has no %s", f.what, quote("severity")).
			help("write %s: {severity: warning}, or none to hear nothing", f.block.name)
	}
	if v, ok := f.get("for"); ok {
		r.hold, _ = w.hold(v)
	}
	return r
}

const (
	minChanges, maxChanges = 2, 100
	minWithin              = time.Minute
)

// flapping reads how often a line must go and come to be told once instead of each time.
func (w *walker) flapping(r rule, f *fields, what string) rule {
	r.say(f, what)
	if v, ok := f.get("severity"); ok {
		r.severity = w.severity(v)
	}
	if v, ok := f.get("changes"); ok {
		r.changes = w.integer(v, minChanges, maxChanges)
	}
	if v, ok := f.get("within"); ok {
		r.within, _ = w.duration(v, minWithin, day)
	}
	if v, ok := f.get("quiet"); ok {
		r.quiet, _ = w.duration(v, minWithin, day)
	}
	return r
}

// flaps is the rule of flapping as the judge takes it.
func (r rule) flaps() alerting.Rule {
	if r.severity == linkmodel.SeverityNone {
		return alerting.Rule{}
	}
	out := at(r.severity, isTrue)
	out.Changes, out.Within, out.Quiet = r.changes, r.within, r.quiet
	return out
}

// verdicts adds the rules of findings that are true or false to those of a link, where the inventory
// gives others than those that hold anyway.
func (r rules) verdicts(to *alerting.Rules) {
	for _, key := range verdictKeys {
		v, ok := r[key]
		if !ok || !v.set {
			continue
		}
		one := at(v.severity, isTrue)
		if key == string(linkmodel.KindMismatch) && v.severity > linkmodel.SeverityInfo {
			one.Info = explained // differences that are explained stay information
		}
		one.For = v.hold
		if one == to.BuiltIn(linkmodel.Kind(key)) {
			continue
		}
		if to.Own == nil {
			to.Own = map[linkmodel.Kind]alerting.Rule{}
		}
		to.Own[linkmodel.Kind(key)] = one
	}
}

// explained is where a mismatch lies that is explained.
var explained = alerting.Threshold{Value: 0.5, Unit: alerting.UnitTrue}

// at is a rule with one threshold, none for SeverityNone.
func at(s linkmodel.Severity, t alerting.Threshold) alerting.Rule {
	switch s {
	case linkmodel.SeverityInfo:
		return alerting.Rule{Info: t}
	case linkmodel.SeverityWarning:
		return alerting.Rule{Warn: t}
	case linkmodel.SeverityCritical:
		return alerting.Rule{Crit: t}
	default:
		return alerting.Rule{}
	}
}
