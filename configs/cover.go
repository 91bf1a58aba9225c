package configs

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// hideBut covers all text under a map except the values of one key.
func (v value) hideBut(key string) {
	if v.node.Kind != yaml.MappingNode {
		v.hide()
		return
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value != key {
			v.src.hide(v.node.Content[i+1], 0)
		}
	}
}

// hide covers all text under the value wherever its lines are shown.
func (v value) hide() { v.src.hide(v.node, 0) }

// hideRest covers the value with its keys, tag and anchor, and what follows it on its line.
func (v value) hideRest() { v.src.hideRest(v.node) }

// conceal covers the values under v, and the keys that do not look like keys.
func (v value) conceal() { v.src.conceal(v.node) }

func (s *source) conceal(n *yaml.Node) {
	switch {
	case plainScalar(n):
		s.hide(n, 0)
	case n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		s.hideRest(n)
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !plainWord(n.Content[i]) || isNull(n.Content[i+1]) {
				s.hideRest(n.Content[i])
			}
			s.conceal(n.Content[i+1])
		}
	default:
		for _, c := range n.Content {
			s.conceal(c)
		}
	}
}

func (s *source) hideRest(n *yaml.Node) {
	for _, c := range n.Content {
		s.hideRest(c)
	}
	switch {
	case isNull(n) && n.Value == "" && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0:
		// What is not there has no place.
	case n.Kind == yaml.ScalarNode && !s.oneLine(n):
		s.hideLines(n)
	default:
		s.covers[n.Line] = append(s.covers[n.Line], cover{n.Column - 1, endOfLine})
	}
}

func (s *source) hide(n *yaml.Node, depth int) {
	if depth > maxDepth {
		return
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		s.hide(c, depth+1)
	}
	if n.Kind != yaml.ScalarNode || n.Value == "" || onlyReferences(n.Value) {
		return
	}
	if s.oneLine(n) {
		end := n.Column - 1 + s.width(n)
		s.covers[n.Line] = append(s.covers[n.Line], cover{n.Column - 1, end})
		s.hideComment(n.Line, end)
		return
	}
	s.hideLines(n)
}

// hideComment covers a comment behind a secret: it is often the rest of one with a # in it.
func (s *source) hideComment(line, from int) {
	rest := []rune(s.line(line))
	rest = rest[min(from, len(rest)):]
	if before, _, found := strings.Cut(string(rest), " #"); found {
		s.covers[line] = append(s.covers[line], cover{from + len([]rune(before)) + 1, endOfLine})
	}
}

// hideLines covers a scalar that goes on below its first line: everything indented deeper than
// the line it starts on.
func (s *source) hideLines(n *yaml.Node) {
	s.covers[n.Line] = append(s.covers[n.Line], cover{n.Column - 1, endOfLine})
	start := indent(s.line(n.Line))
	for l := n.Line + 1; l <= len(s.lines); l++ {
		text := s.line(l)
		if strings.TrimSpace(text) != "" && indent(text) <= start && n.Style&quoted == 0 {
			return
		}
		s.covers[l] = append(s.covers[l], cover{0, endOfLine})
		if n.Style&quoted != 0 && strings.ContainsAny(text, `"'`) {
			return
		}
	}
}

// hideSecrets covers the values under all keys that sound secret, read or not: a line may be shown
// because of something else on it.
func (s *source) hideSecrets() {
	if s.root != nil {
		h := hider{src: s, sounds: map[string]bool{}}
		h.walk(s.root)
	}
}

// hider covers secrets in a whole tree.
type hider struct {
	src *source
	// sounds remembers which keys sound secret: most keys of a file are the same few.
	sounds map[string]bool
	// addresses is set where a web address is a secret.
	addresses bool
}

func (h *hider) walk(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		h.pairs(n)
		return
	}
	if n.Kind == yaml.ScalarNode && h.leaks(n.Value) {
		h.src.hideRest(n)
	}
	for _, c := range n.Content {
		h.walk(c)
	}
}

// leaks reports whether a value is an address where that is a secret, or a key and its secret
// without the space between them.
func (h *hider) leaks(s string) bool {
	at := secretKey.FindStringIndex(s)
	return at != nil && at[0] == 0 || h.addresses && strings.Contains(s, "://")
}

func (h *hider) pairs(n *yaml.Node) {
	after := false // a secret stands before, of which a comma may have cut off the rest
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		sounds := h.soundsSecret(key)
		switch {
		case sounds && !plainWord(key) || after && isNull(val):
			h.src.hideRest(key)
			h.src.hideRest(val)
		case sounds && plainScalar(val):
			h.src.hide(val, 0)
		case sounds:
			h.src.hideRest(val)
		default:
			inner := *h
			inner.addresses = h.addresses || key.Value == "notify"
			inner.walk(key)
			inner.walk(val)
		}
		after = after || sounds && n.Style&yaml.FlowStyle != 0
	}
}

// soundsSecret judges a key, or what stands in place of one.
func (h *hider) soundsSecret(key *yaml.Node) bool {
	if key.Kind != yaml.ScalarNode {
		return slices.ContainsFunc(key.Content, h.soundsSecret)
	}
	sounds, judged := h.sounds[key.Value]
	if !judged {
		sounds = leakyKey(key.Value) || secretKey.MatchString(key.Value+":")
		h.sounds[key.Value] = sounds
	}
	return sounds
}

func plainScalar(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0
}

// plainWord is a scalar that nothing but a key can be.
func plainWord(n *yaml.Node) bool { return plainScalar(n) && wordKey.MatchString(n.Value) }

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
