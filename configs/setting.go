package configs

import (
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// Layer is the part of the inventory that decides a setting: the later ones win.
type Layer string

// Layers in their order.
const (
	LayerBuiltin  Layer = "built-in"
	LayerDefaults Layer = "defaults"
	LayerType     Layer = "type"
	LayerDevice   Layer = "device"
	LayerLink     Layer = "link"
	// LayerRouter is for what no inventory says and the router is asked for.
	LayerRouter Layer = "router"
)

// Setting is one value that holds for a link, and where it comes from.
type Setting struct {
	// Name is the key that sets it, Part what it belongs to: a threshold such as "loss", an end "a" or
	// "z", or nothing where it is the link's own.
	Part string `json:"part,omitempty"`
	Name string `json:"name"`
	// Value is as the inventory writes it. Of a credential it is the name; no secret is in it.
	Value string `json:"value"`
	Layer Layer  `json:"layer"`
	// Path names the key from the top of the inventory: link_types.backbone.loss.crit.
	Path string `json:"path,omitempty"`
	// Place is file:line:col, empty for what is built in.
	Place string `json:"place,omitempty"`
}

// Explained is what an inventory says of one link.
type Explained struct {
	Settings []Setting
	// Names are those of all links, also of disabled ones.
	Names []string
	Result
}

// Explain reads an inventory and tells where each setting of one link comes from. Settings are nil
// when there is no such link, or the inventory has errors.
//
// Nothing is kept of where settings stand while a program runs: the sources are read again.
func Explain(path string, env Environment, link string) Explained {
	w := &walker{env: env, explaining: link}
	return w.explain(path, w.readAll(path))
}

// ExplainText is Explain for texts that are already read.
func ExplainText(files []Source, env Environment, link string) Explained {
	w := &walker{env: env, explaining: link}
	sources := make([]*source, 0, len(files))
	for i, f := range files {
		sources = append(sources, newSource(f, i))
	}
	return w.explain("", sources)
}

func (w *walker) explain(path string, sources []*source) Explained {
	e := Explained{Result: w.check(path, sources), Names: names(w.inventory.linkNames)}
	if e.Inventory != nil {
		e.Settings = w.settings
	}
	return e
}

// layer is one place where a setting may stand.
type layer struct {
	name Layer
	path string
	f    *fields // nil where the inventory has no such block
}

// settle adds the setting of the first layer that has the key, else what holds without any.
func (w *walker) settle(s Setting, otherwise Layer, layers ...layer) {
	for _, l := range layers {
		if l.f == nil {
			continue
		}
		if v, ok := l.f.get(s.Name); ok {
			s.Value, s.Layer, s.Path, s.Place = v.written(), l.name, l.path+"."+s.Name, v.span().String()
			w.settings = append(w.settings, s)
			return
		}
	}
	s.Layer = otherwise
	w.settings = append(w.settings, s)
}

// written is a value as the inventory writes it, a list with commas. A map is only named: it may hold
// secrets.
func (v value) written() string {
	switch {
	case v.node.Value != "":
		return printable(v.node.Value)
	case len(v.node.Content) == 0:
		return ""
	case kindName(v.node) == "a list":
		parts := make([]string, 0, len(v.node.Content))
		for _, n := range v.node.Content {
			parts = append(parts, resolve(value{node: n, src: v.src}).written())
		}
		return strings.Join(parts, ", ")
	default:
		return "written in place"
	}
}

// note takes in the settings of the link that is to be explained.
func (w *walker) note(f *fields, l *link, own rules) {
	inv, at := &w.inventory, "links."+l.config.Name
	mine, above := layer{LayerLink, at, f}, layer{LayerDefaults, "defaults", inv.defaults.fields}
	add := func(name, value string, otherwise Layer, layers ...layer) {
		w.settle(Setting{Name: name, Value: value}, otherwise, layers...)
	}
	add("type", DefaultType, LayerBuiltin, mine, above)
	for _, quantity := range thresholdsBlock.keys {
		if ruleBlocks[quantity].has("severity") {
			w.noteParts(quantity, own[quantity].values(quantity), l.config.Type, at)
			continue
		}
		w.noteRule(quantity, own[quantity], l.config.Type, at)
	}
	if loudest, ok := own["severity"].said["severity"]; ok {
		w.noteParts("", map[string]limit{"severity": loudest}, l.config.Type, at)
	}
	w.noteCapacity(f, at)
	w.noteInterval(l, mine, above)
	for _, e := range linkmodel.Ends {
		w.noteEnd(e, l.config.Ends[e].Device, above)
	}
	add("runbook", none, LayerBuiltin, mine, above)
	for _, name := range []string{"groups", "was", "notes", "enabled"} {
		if _, ok := f.get(name); ok {
			add(name, "", LayerLink, mine)
		}
	}
	if v, ok := f.get("circuit"); ok {
		if c, ok := w.open(v, &circuitBlock, "circuit", v.span()); ok {
			for _, key := range circuitBlock.keys {
				if _, ok := c.get(key); ok {
					w.settle(Setting{Part: "circuit", Name: key}, LayerLink, layer{LayerLink, at + ".circuit", c})
				}
			}
		}
	}
}

// noteRule tells where the thresholds of a quantity come from.
func (w *walker) noteRule(quantity string, r rule, kind, link string) {
	for _, part := range []struct {
		name string
		limit
	}{{"warn", r.warn}, {"crit", r.crit}, {"for", limit{text: shortTime(r.hold), at: r.holdAt, from: r.holdFrom}}} {
		if part.text == "" || quantity == "down" && part.name == "for" {
			continue // a link that is down has one threshold, which is how long that must last
		}
		w.notePart(quantity, part.name, part.limit, kind, link)
	}
}

// noteParts tells where the parts of a rule that has a severity come from.
func (w *walker) noteParts(quantity string, parts map[string]limit, kind, link string) {
	for _, name := range []string{"severity", "changes", "within", "quiet", "for"} {
		if part, ok := parts[name]; ok {
			w.notePart(quantity, name, part, kind, link)
		}
	}
}

func (w *walker) notePart(quantity, name string, part limit, kind, link string) {
	s := Setting{Part: quantity, Name: name, Value: printable(part.text), Layer: LayerBuiltin}
	if part.at.src != nil {
		path := strings.TrimPrefix(quantity+"."+name, ".")
		s.Layer, s.Path, s.Place = LayerType, "link_types."+kind+"."+path, part.at.String()
		if part.from != kind {
			s.Layer, s.Path = LayerLink, link+".thresholds."+path
		}
	}
	w.settings = append(w.settings, s)
}

func (w *walker) noteCapacity(f *fields, link string) {
	mine := layer{LayerLink, link, f}
	v, ok := f.get("capacity")
	if !ok || v.node.Value != "" {
		w.settle(Setting{Name: "capacity", Value: "what both ends report"}, LayerRouter, mine)
		return
	}
	if c, ok := w.open(v, &capacityBlock, "capacity", v.span()); ok {
		for _, d := range linkmodel.Directions {
			w.settle(Setting{Part: "capacity", Name: d.String()}, LayerRouter, layer{LayerLink, link + ".capacity", c})
		}
	}
}

// noteInterval follows linkInterval: of two devices the larger decides.
func (w *walker) noteInterval(l *link, mine, above layer) {
	layers := []layer{mine}
	for _, e := range l.config.Ends {
		if d := w.inventory.devices[e.Device]; d != nil && d.interval > 0 && d.interval == l.config.Interval {
			layers = append(layers, layer{LayerDevice, "devices." + e.Device, d.fields})
		}
	}
	w.settle(Setting{Name: "interval", Value: shortTime(DefaultInterval)}, LayerBuiltin, append(layers, above)...)
}

// noteEnd tells how the router of an end is asked.
func (w *walker) noteEnd(e linkmodel.End, device string, above layer) {
	d := w.inventory.devices[device]
	if d == nil {
		return
	}
	own := layer{LayerDevice, "devices." + device, d.fields}
	for _, s := range []struct {
		name, value string
		otherwise   Layer
		layers      []layer
	}{
		{"credential", "", LayerBuiltin, []layer{own, above}},
		{"timeout", shortTime(DefaultTimeout), LayerBuiltin, []layer{own, above}},
		{"retries", "3", LayerBuiltin, []layer{own, above}},
		{"counter_cache", "learned", LayerRouter, []layer{own}},
	} {
		w.settle(Setting{Part: e.String(), Name: s.name, Value: s.value}, s.otherwise, s.layers...)
	}
}
