package configs

import "strings"

// protection is a link that says which other one it protects.
type protection struct {
	link string
	name value
}

// protects reads which link takes over, or gives up, together with this one.
func (w *walker) protects(link string, v value) {
	v.name = "protected link"
	if _, ok := w.label(v); ok {
		w.inventory.protections = append(w.inventory.protections, protection{link, v})
	}
}

// protectionsFit makes sure that each protected link is another one that is there, and that none
// protects itself by way of others.
func (w *walker) protectionsFit() {
	of := map[string]string{}
	for _, p := range w.inventory.protections {
		name := p.name.node.Value
		switch {
		case name == p.link:
			w.report("E017", p.name.span(), "link %s protects itself", quote(p.link)).
				help("name the other link of the pair, in one of the two")
		case !w.inventory.linkNames[name]:
			problem := w.report("E017", p.name.span(), "link %s protects %s, which is not a link", quote(p.link), quote(name))
			w.suggest(problem, name, names(w.inventory.linkNames))
		default:
			of[p.link] = name
		}
	}
	for _, p := range w.inventory.protections {
		if way := circle(of, p.link); way != nil {
			w.report("E017", p.name.span(), "links protect each other in a circle: %s", printable(strings.Join(way, " → "))).
				help("one of a pair protects the other; say so in one of them")
			for _, link := range way {
				delete(of, link) // told once
			}
		}
	}
	for link, protected := range of {
		if w.inventory.polled(link) && w.inventory.polled(protected) {
			w.inventory.alerting.Protects = with(w.inventory.alerting.Protects, link, protected)
		}
	}
}

// circle returns the way from a link back to itself, or nil.
func circle(of map[string]string, start string) []string {
	way := []string{start}
	for next, ok := of[start]; ok && len(way) <= len(of); next, ok = of[next] {
		if way = append(way, next); next == start {
			return way
		}
	}
	return nil
}

// polled reports whether a link is enabled.
func (d *draft) polled(name string) bool {
	for i := range d.links {
		if d.links[i].config.Name == name {
			return true
		}
	}
	return false
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}
