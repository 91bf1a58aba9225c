package configs

// former is a name that a link had before.
type former struct {
	link string
	name value
}

// formerName reads what a link was called before.
func (w *walker) formerName(link string, v value) string {
	v.name = "former name"
	name, ok := w.label(v)
	if !ok {
		return ""
	}
	w.inventory.formers = append(w.inventory.formers, former{link, v})
	return name
}

// formerNamesFit makes sure that each former name is that of one link only, which has no other.
func (w *walker) formerNamesFit() {
	first := map[string]former{}
	for _, f := range w.inventory.formers {
		name := f.name.node.Value
		other, taken := first[name]
		switch {
		case name == f.link:
			w.report("E018", f.name.span(), "link %s was never called otherwise: that is its name", quote(f.link)).
				help("was: is for the name before this one")
		case w.inventory.linkNames[name]:
			w.report("E018", f.name.span(), "link %s cannot have been %s: there is a link of that name", quote(f.link), quote(name)).
				help("take one of the two out; a link that is renamed no longer stands under its old name")
		case taken:
			w.report("E018", f.name.span(), "%s became two links: %s and %s", quote(name), quote(other.link), quote(f.link)).
				note("first at %s", other.name.span()).
				help("the history goes on in one of them")
		default:
			first[name] = f
		}
	}
}
