package configs

import (
	"strings"

	"gopkg.in/yaml.v3"
)

var topBlock = block{
	name: "the inventory",
	keys: []string{
		"version", "defaults", "credentials", "sites", "devices", "link_types", "links", "notify",
		"influxdb", "web", "history", "log", "state_dir", "maintenance",
	},
	holds: true,
}

// formatVersion is the only version of the inventory there is.
const formatVersion = "1"

// walk reads all files and returns the inventory they make together. A file that is not YAML stops
// it: whatever refers to that file's content would be reported as unknown.
func (w *walker) walk(sources []*source) *Inventory {
	w.inventory = newDraft()
	var roots []value
	for _, src := range sources {
		if root := w.decode(src); root != nil {
			roots = append(roots, value{node: root, src: src, name: "the inventory"})
		}
	}
	if len(roots) == 0 || len(roots) < len(sources) || hasErrors(w.drafts) {
		return nil
	}
	var files []*fields
	for _, root := range roots {
		if f, ok := w.openTop(root); ok {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil
	}
	w.version(files)
	w.blocks(files)
	if hasErrors(w.drafts) {
		return nil
	}
	return w.inventory.assemble()
}

func hasErrors(drafts []*Problem) bool {
	for _, p := range drafts {
		if p.Severity == SeverityError {
			return true
		}
	}
	return false
}

// openTop opens a file; its keys that begin with x- are the user's own.
func (w *walker) openTop(root value) (*fields, bool) {
	if root.node.Kind == yaml.MappingNode {
		kept := make([]*yaml.Node, 0, len(root.node.Content))
		for i := 0; i+1 < len(root.node.Content); i += 2 {
			if !strings.HasPrefix(root.node.Content[i].Value, "x-") {
				kept = append(kept, root.node.Content[i], root.node.Content[i+1])
			}
		}
		node := *root.node
		node.Content = kept
		root.node = &node
	}
	return w.open(root, &topBlock, "the inventory", span{root.src, 1, 1, 1})
}

// version makes sure that the first file says which version it is, and that all agree.
func (w *walker) version(files []*fields) {
	found := false
	for _, f := range files {
		v, ok := f.get("version")
		if !ok {
			continue
		}
		found = true
		if s, ok := w.text(v); ok && s != formatVersion {
			w.report("E000", v.span(), "this file is written for version %s of the inventory; this bothends reads version %s",
				quote(s), formatVersion).help("write version: 1, or use the bothends that the file was written for")
		}
	}
	if !found {
		w.report("E012", files[0].at, `the inventory has no "version"`).help("add version: 1 as the first line")
	}
}

// blocks reads everything in the order in which one part refers to another.
func (w *walker) blocks(files []*fields) {
	inv := &w.inventory
	w.named(entriesOf(files, "credentials"), "credential", func(name string, key, v value) {
		what := "credential " + quote(name)
		inv.credentials[name] = w.credential(name, what, v, key.span())
	})
	w.named(entriesOf(files, "sites"), "site", w.site)
	w.named(entriesOf(files, "link_types"), "link type", w.declareType)
	w.single(files, "defaults", w.defaults)
	w.devices(files)
	links := w.required(files, "links")
	w.named(links, "link", w.link)
	w.formerNamesFit()
	w.protectionsFit()
	w.patienceFits()
	w.nothingToWatch(links)
	w.strayTypes()
	w.notifyBlocks(files)
	w.maintenance(entriesOf(files, "maintenance"))
	w.single(files, "influxdb", w.influxdb)
	w.single(files, "web", w.web)
	w.single(files, "history", w.history)
	w.single(files, "log", w.log)
	w.single(files, "state_dir", w.stateDir)
}

func (w *walker) devices(files []*fields) {
	w.named(w.required(files, "devices"), "device", w.device)
	w.inventory.counts.Devices = len(w.inventory.devices)
	for _, name := range names(w.inventory.credentials) {
		w.secrets(w.inventory.credentials[name])
	}
	for _, c := range w.inventory.inline {
		w.secrets(c)
	}
}

func (w *walker) notifyBlocks(files []*fields) {
	var parts []*fields
	for _, e := range entriesOf(files, "notify") {
		if f, ok := w.open(e.val, &notifyBlock, `"notify"`, e.key.span()); ok {
			parts = append(parts, f)
		}
	}
	for _, key := range notifyBlock.keys[1:] {
		w.once(entriesOf(parts, key), key+" of notify")
	}
	if len(parts) > 0 {
		w.notify(parts)
	}
}

// entriesOf returns the entries of one key in all files that have it.
func entriesOf(files []*fields, key string) []entry {
	var list []entry
	for _, f := range files {
		for _, e := range f.list {
			if e.key.node.Value == key {
				list = append(list, e)
			}
		}
	}
	return list
}

// required is entriesOf for a key without which there is nothing to watch.
func (w *walker) required(files []*fields, key string) []entry {
	list := entriesOf(files, key)
	if len(list) == 0 {
		w.report("E012", files[0].at, "the inventory has no %s", quote(key)).
			help("the smallest inventory is configs/minimal.yaml")
	}
	return list
}

// nothingToWatch warns of an inventory that is right and makes the program useless.
func (w *walker) nothingToWatch(links []entry) {
	counts := w.inventory.counts
	if len(links) > 0 && counts.Links == counts.Disabled && !hasErrors(w.drafts) {
		w.report("W012", links[0].key.span(), "no link is watched").
			help("add a link, or take enabled: false out of one")
	}
}

// single reads a key that may stand in one file only.
func (w *walker) single(files []*fields, key string, read func(value)) {
	list := entriesOf(files, key)
	w.once(list, quote(key))
	if len(list) > 0 {
		v := resolve(list[0].val)
		v.name, v.key = key, list[0].key.node
		read(v)
	}
}

func (w *walker) once(list []entry, what string) {
	for _, e := range list[min(1, len(list)):] {
		w.twice(what, list[0].key.span(), e.key.span())
	}
}
