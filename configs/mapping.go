package configs

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// block is a mapping with a fixed set of keys.
type block struct {
	// name is how messages call the block: `unknown key "x" in link "r1-r2"`.
	name string
	keys []string
	// later are keys of features that are not there yet.
	later []string
	// prefix goes before the key where messages name one of its values.
	prefix string
	// secret blocks may hold secrets, so what is wrong in them is never echoed.
	secret bool
	// holds is set for blocks that hold secret ones: an unknown key may be one of those.
	holds bool
}

// entry is one key of a mapping with its value.
type entry struct{ key, val value }

// fields is a block as it stands in a file.
type fields struct {
	block *block
	// what names this very block in messages.
	what string
	at   span
	list []entry
}

// has reports whether the block has a key.
func (b *block) has(key string) bool { return slices.Contains(b.keys, key) }

// get returns the value of a key of the block.
func (f *fields) get(key string) (value, bool) {
	for i := range f.list {
		if f.list[i].key.node.Value == key {
			v := resolve(f.list[i].val)
			v.name, v.key = f.block.prefix+key, f.list[i].key.node
			if written := f.list[i].val.node; written.Kind == yaml.AliasNode {
				v.alias = written
			}
			return v, true
		}
	}
	return value{}, false
}

// need is get for a key without which the block means nothing.
func (w *walker) need(f *fields, key, example string) (value, bool) {
	v, ok := f.get(key)
	if !ok {
		w.report("E012", f.at, "%s has no %s", f.what, quote(key)).help("add %s", example)
	}
	return v, ok
}

// open reads a block and refuses keys it does not know. at is where missing keys are reported.
func (w *walker) open(v value, b *block, what string, at span) (*fields, bool) {
	v = resolve(v)
	if b.secret && (v.node.Kind != yaml.MappingNode || v.node.Style&yaml.TaggedStyle != 0) {
		v.conceal()
	}
	v.name = what
	if !w.present(v) || !w.isMap(v) {
		return nil, false
	}
	b.coverKeys(v)
	f := &fields{block: b, what: what, at: at}
	f.list = w.entries(v, func(first, second entry) {
		if b.secret {
			second.val.hide()
		}
		key, _ := b.shown(second)
		w.twice("key "+key+" of "+what, first.key.span(), second.key.span())
	})
	for _, e := range f.list {
		w.checkKey(f, e)
	}
	return f, true
}

func (w *walker) isMap(v value) bool {
	if v.node.Kind == yaml.MappingNode {
		return true
	}
	w.report("E013", v.span(), "%s must be a map of keys and values, but is %s", v.name, kindName(v.node))
	return false
}

func (w *walker) twice(what string, first, second span) {
	w.report("E005", second, "%s is defined twice", what).
		note("first defined at %s", first)
}

// checkKey refuses keys that are misspelt or that belong to later releases.
func (w *walker) checkKey(f *fields, e entry) {
	key := e.key.node.Value
	if slices.Contains(f.block.keys, key) {
		return
	}
	text, whole := f.block.shown(e)
	if !whole {
		// The key may have come from a map that was merged.
		e.key.hideRest()
	}
	if f.block.secret || !whole || f.block.holds && e.val.node.Kind != yaml.ScalarNode || secretKey.MatchString(key+":") {
		e.val.conceal()
	}
	switch {
	case slices.Contains(f.block.later, key):
		w.later(e.key.span(), key)
	case !w.invisible(e.key, "key "+text):
		p := w.report("E001", e.key.span(), "unknown key %s in %s", text, f.what)
		w.helpKey(p, f.block, key, whole)
	}
}

func (w *walker) helpKey(p *Problem, b *block, key string, whole bool) {
	switch word, _, colon := strings.Cut(key, ":"); {
	case !whole && colon && wordKey.MatchString(word) && !strings.Contains(key, "://"),
		colon && slices.Contains(b.keys, word):
		p.help("put one space after the colon")
	case w.suggest(p, key, slices.Concat(b.keys, b.later)):
	case !whole:
		p.help("known here: %s; quote a value that holds a comma", strings.Join(b.keys, ", "))
	default:
		p.help("known here: %s", strings.Join(b.keys, ", "))
	}
}

func (w *walker) later(at span, what string) {
	w.report("E099", at, "%s is not available yet", quote(what)).
		help("take it out for now: what this release cannot do, it refuses rather than ignores")
}

// entries returns the keys of a mapping: its own, then those of its merge keys (<<) that it does
// not override.
func (w *walker) entries(v value, twice func(first, second entry)) []entry {
	content := v.node.Content
	seen := newKeySet(len(content) / 2)
	var merges []value
	for i := 0; i+1 < len(content); i += 2 {
		e := entry{value{node: content[i], src: v.src}, value{node: content[i+1], src: v.src}}
		if content[i].Tag == "!!merge" {
			merges = append(merges, e.val)
			continue
		}
		e.key = resolve(e.key)
		if !w.scalarKey(e.key) {
			continue
		}
		if first, dup := seen.add(e); dup {
			twice(first, e)
		}
	}
	for _, m := range merges {
		for _, e := range w.merged(m) {
			seen.add(e)
		}
	}
	return seen.list
}

// keySet holds the entries of one map in order. Small ones, which are nearly all, are searched
// without an index.
type keySet struct {
	list  []entry
	index map[string]int
}

const indexFrom = 16

func newKeySet(n int) *keySet {
	return &keySet{list: make([]entry, 0, n)}
}

// add appends an entry unless its key is there already; it then returns the first one.
func (s *keySet) add(e entry) (first entry, dup bool) {
	key := e.key.node.Value
	if i := s.find(key); i >= 0 {
		return s.list[i], true
	}
	s.list = append(s.list, e)
	if s.index != nil {
		s.index[key] = len(s.list) - 1
	}
	return entry{}, false
}

func (s *keySet) find(key string) int {
	if s.index == nil && len(s.list) < indexFrom {
		return slices.IndexFunc(s.list, func(e entry) bool { return e.key.node.Value == key })
	}
	if s.index == nil {
		s.index = make(map[string]int, cap(s.list))
		for i := range s.list {
			s.index[s.list[i].key.node.Value] = i
		}
	}
	if i, ok := s.index[key]; ok {
		return i
	}
	return -1
}

// merged returns the keys a merge key brings: from one map or from a list of maps, of which the
// earlier wins (YAML merge key type).
func (w *walker) merged(v value) []entry {
	v.name = "<<"
	maps, ok := w.items(v, true)
	if !ok {
		return nil
	}
	var list []entry
	for _, m := range maps {
		m.name = "<<"
		if w.present(m) && w.isMap(m) {
			list = append(list, w.entries(m, func(_, _ entry) {})...)
		}
	}
	return list
}

func (w *walker) scalarKey(key value) bool {
	if key.node.Kind != yaml.ScalarNode {
		w.report("E013", key.span(), "a key must be text, but this one is %s", kindName(key.node)).
			help("quote it, and put one space after the colon that ends it")
		return false
	}
	key.name = "this key"
	return w.present(key)
}

// named reads maps whose keys are names given by the user, one map per file, and calls each for
// every name that is new.
func (w *walker) named(maps []entry, what string, each func(name string, key, val value)) {
	seen := map[string]entry{}
	for _, m := range maps {
		v := resolve(m.val)
		v.name, v.key = m.key.node.Value, m.key.node
		if !w.present(v) || !w.isMap(v) {
			continue
		}
		flow := v.node.Style&yaml.FlowStyle != 0
		twice := func(first, second entry) {
			if !w.leakyName(what, second, flow) {
				w.twice(what+" "+quote(second.key.node.Value), first.key.span(), second.key.span())
			}
		}
		for _, e := range w.entries(v, twice) {
			name := e.key.node.Value
			if first, dup := seen[name]; dup {
				twice(first, e)
				continue
			}
			seen[name] = e
			e.key.name, e.val.key = what+" name", e.key.node
			if !w.leakyName(what, e, flow) && w.goodName(e.key) {
				each(name, e.key, e.val)
			}
		}
	}
}
