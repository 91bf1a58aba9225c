package configs

import (
	"gopkg.in/yaml.v3"
)

const (
	// maxDepth is how deep values may be nested; the inventory itself needs 7.
	maxDepth = 64
	// maxExpansion is how many values the aliases of a file may stand for in all, beyond ten
	// times those that are written out.
	maxExpansion = 100_000
)

// guard measures a tree as it is with all aliases replaced, without replacing them.
type guard struct {
	measured map[*yaml.Node]extentOf
	open     map[*yaml.Node]bool
	written  int
	// loop and deep are the first nodes found that contain themselves or lie too deep.
	loop, deep *yaml.Node
}

// extentOf is the size of a subtree in nodes and its height, with aliases replaced.
type extentOf struct{ size, height int }

// check refuses trees that would take unbounded work to walk.
func (w *walker) guard(root *yaml.Node, src *source) bool {
	g := &guard{measured: map[*yaml.Node]extentOf{}, open: map[*yaml.Node]bool{}}
	all := g.measure(root, 0)
	switch {
	case g.loop != nil:
		w.report("E035", span{src, g.loop.Line, g.loop.Column, src.width(g.loop)}, "this alias stands inside the value it stands for").
			help("an anchor cannot contain itself")
	case g.deep != nil || all.height > maxDepth:
		at := root
		if g.deep != nil {
			at = g.deep
		}
		w.report("E035", span{src, at.Line, at.Column, 1}, "values are nested more than %d deep", maxDepth)
	case all.size > 10*g.written+maxExpansion:
		w.report("E035", span{src, 1, 1, 1}, "the aliases of this file stand for more values than an inventory may have").
			note("%d values are written", g.written)
	default:
		return true
	}
	return false
}

func (g *guard) measure(n *yaml.Node, depth int) extentOf {
	if n.Kind == yaml.AliasNode {
		return g.alias(n, depth)
	}
	g.written++
	if depth > maxDepth {
		g.deep = n
		return extentOf{size: 1, height: 1}
	}
	if len(n.Content) == 0 {
		return extentOf{size: 1, height: 1}
	}
	g.open[n] = true
	sum := extentOf{size: 1}
	for _, c := range n.Content {
		x := g.measure(c, depth+1)
		sum.size = min(sum.size+x.size, 1<<40)
		sum.height = max(sum.height, x.height)
	}
	delete(g.open, n)
	sum.height++
	if n.Anchor != "" {
		g.measured[n] = sum
	}
	return sum
}

func (g *guard) alias(n *yaml.Node, depth int) extentOf {
	if g.open[n.Alias] || depth > maxDepth {
		g.loop = n
		return extentOf{size: 1, height: 1}
	}
	if x, ok := g.measured[n.Alias]; ok {
		return x
	}
	return extentOf{size: 1, height: 1}
}
