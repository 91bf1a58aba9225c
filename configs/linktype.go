package configs

import (
	"strconv"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// percent is a built-in limit; 0 is no limit.
func percent(p float64) limit {
	if p == 0 {
		return limit{text: none}
	}
	return limit{
		Threshold: alerting.Threshold{Value: p / 100, Unit: alerting.UnitRatio},
		text:      strconv.FormatFloat(p, 'f', -1, 64) + "%",
	}
}

func pair(warn, crit float64, hold time.Duration) rule {
	return rule{warn: percent(warn), crit: percent(crit), hold: hold}
}

func downCritical(after time.Duration) rule {
	return rule{crit: limit{Threshold: isTrue, text: shortTime(after)}, hold: after}
}

func downWarning(after time.Duration) rule {
	return rule{warn: limit{Threshold: isTrue, text: shortTime(after)}, hold: after}
}

// builtinTypes is what is normal for each kind of link, in percent of capacity (utilization) or of
// the direction's packets. Fibre loses next to nothing; radio and tunnels lose some by nature; a
// customer's tail is full when its customer fills it, and policed to what was sold.
func builtinTypes() map[string]rules {
	const m = time.Minute
	core := rules{
		"utilization": pair(70, 85, 5*m), "errors": pair(0.001, 0.01, 5*m),
		"discards": pair(0.01, 0.1, 5*m), "loss": pair(0.1, 1, 3*m), "down": downCritical(0),
	}
	leased := rules{
		"utilization": pair(80, 90, 5*m), "errors": pair(0.01, 0.1, 5*m),
		"discards": pair(0.1, 1, 5*m), "loss": pair(0.2, 1, 5*m), "down": downCritical(0),
	}
	lossy := rules{
		"utilization": pair(80, 90, 10*m), "errors": pair(0.1, 1, 10*m),
		"discards": pair(0.1, 1, 10*m), "loss": pair(0.5, 2, 5*m), "down": downCritical(m),
	}
	tail := rules{
		"utilization": pair(90, 0, 30*m), "errors": pair(0.1, 1, 10*m),
		"discards": pair(1, 0, 30*m), "loss": pair(1, 5, 10*m), "down": downWarning(3 * m),
	}
	for _, t := range []rules{core, leased, lossy, tail} {
		t["flapping"] = rule{severity: linkmodel.SeverityWarning, changes: 5, within: 10 * m, quiet: 30 * m}
	}
	tail["policed"] = rule{set: true, severity: linkmodel.SeverityInfo}
	return map[string]rules{
		"backbone": core, "fiber": core,
		"ethernet": leased, "mpls": leased, "leased-line": leased,
		"microwave": lossy, "tunnel": lossy,
		"customer-tail": tail,
	}
}

// declareType reads an entry of link_types: a built-in type with other thresholds, or a type of
// the user's own, which starts from the default type.
func (w *walker) declareType(name string, key, v value) {
	base, known := w.inventory.types[name]
	if !known {
		base = builtinTypes()[DefaultType]
		w.inventory.ownTypes[name] = key.span()
	}
	w.inventory.types[name] = base
	f, ok := w.open(v, &linkTypeBlock, "link type "+quote(name), key.span())
	if !ok {
		return
	}
	own := w.override(base, f, name)
	if v, ok := f.get("severity"); ok {
		r := rule{severity: w.loudest(v)}
		r.say(f, name)
		own["severity"] = r
	}
	w.inventory.types[name] = own
}

// linkType reads the name of a type.
func (w *walker) linkType(v value) string {
	s, ok := w.text(v)
	if !ok {
		return ""
	}
	if _, known := w.inventory.types[s]; !known {
		p := w.report("E016", v.span(), "%s is not a link type", quote(s))
		if !w.suggest(p, s, names(w.inventory.types)) {
			p.help("define it under link_types:, or use one of the built-in types, for example %s", DefaultType)
		}
	}
	w.inventory.usedTypes[s] = true
	return s
}

// strayTypes warns about a type that no link uses and whose name is almost that of a built-in one.
func (w *walker) strayTypes() {
	for _, name := range names(w.inventory.ownTypes) {
		near := Nearest(name, names(builtinTypes()))
		if near == "" || w.inventory.usedTypes[name] {
			continue
		}
		w.report("W071", w.inventory.ownTypes[name], "link type %s is new and no link uses it", quote(name)).
			help("did you mean %s?", quote(near))
	}
}
