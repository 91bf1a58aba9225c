package configs

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// walker reads the node trees of one inventory and collects what is wrong with them.
type walker struct {
	env         Environment
	drafts      []*Problem
	suggestions int
	inventory   draft
	// explaining is the link of which settings are to be noted; empty for none.
	explaining string
	settings   []Setting
}

// report adds a problem; help and note lines may be chained to the result.
func (w *walker) report(code string, at span, format string, args ...any) *Problem {
	p := newProblem(code, at, fmt.Sprintf(format, args...))
	w.drafts = append(w.drafts, p)
	return p
}

// resolve follows an alias to what it stands for. guard has made sure that there is no loop.
func resolve(v value) value {
	for v.node.Kind == yaml.AliasNode {
		v.node = v.node.Alias
	}
	return v
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// standardTags may be named in messages; any other may be a secret that begins with !.
var standardTags = []string{
	"!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!map", "!!seq", "!!set",
}

// present refuses a missing value and an explicit tag; both would be read as something else by
// others.
func (w *walker) present(v value) bool {
	n := v.node
	if n.Style&yaml.TaggedStyle != 0 {
		tag := "a YAML tag"
		if slices.Contains(standardTags, n.Tag) {
			tag = "the YAML tag " + quote(n.Tag)
		}
		w.report("E045", v.span(), "%s has %s; tags mean nothing here", v.name, tag).
			help("remove the tag, or quote the value if the ! belongs to it")
		return false
	}
	if isNull(n) {
		if v.key != nil && n.Value == "" {
			v.node = v.key
		}
		p := w.report("E046", v.span(), "%s has no value", v.name)
		if v.commented() {
			p.help("what follows # is a comment; quote a value that begins with #")
		} else {
			p.help("give it a value or remove the line")
		}
		return false
	}
	return true
}

// kindName says what a node is, as an operator would.
func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Style&(quoted|blocky) == 0 && (n.Tag == "!!int" || n.Tag == "!!float") {
			return "a number"
		}
		return "text"
	case yaml.DocumentNode, yaml.AliasNode:
	}
	return "something else"
}

// some is items for a list that means nothing when it is empty.
func (w *walker) some(v value) []value {
	list, ok := w.items(v, true)
	if ok && len(list) == 0 {
		w.report("E046", v.span(), "%s is an empty list", v.name).help("name at least one, or remove the line")
	}
	return list
}

// items returns the elements of a list, or the value itself as the only one where one is allowed
// in place of a list.
func (w *walker) items(v value, orSingle bool) ([]value, bool) {
	v = resolve(v)
	if !w.present(v) {
		return nil, false
	}
	if v.node.Kind != yaml.SequenceNode {
		if orSingle {
			return []value{v}, true
		}
		p := w.report("E013", v.span(), "%s must be a list, but is %s", v.name, kindName(v.node))
		if raw := v.raw(); leakyKey(raw) {
			v.hideRest()
		} else {
			p.help("write [%s]", raw)
		}
		return nil, false
	}
	list := make([]value, 0, len(v.node.Content))
	for _, n := range v.node.Content {
		list = append(list, resolve(value{node: n, src: v.src, name: v.name}))
	}
	return list, true
}
