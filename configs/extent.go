package configs

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle
	blocky = yaml.LiteralStyle | yaml.FoldedStyle
)

// width returns how many characters of its first line a node takes, at least 1.
func (s *source) width(n *yaml.Node) int {
	rest := s.from(n)
	switch n.Kind {
	case yaml.ScalarNode:
		return max(1, scalarWidth(n, rest))
	case yaml.AliasNode:
		return len([]rune(n.Value)) + 1
	case yaml.MappingNode, yaml.SequenceNode:
		if n.Style&yaml.FlowStyle != 0 {
			return max(1, flowWidth(rest))
		}
		if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
			return s.width(n.Content[0])
		}
	case yaml.DocumentNode:
	}
	return 1
}

// from returns the node's first line from the node on.
func (s *source) from(n *yaml.Node) []rune {
	line := []rune(s.line(n.Line))
	return line[min(max(n.Column-1, 0), len(line)):]
}

// oneLine reports whether a scalar ends on the line it starts on.
func (s *source) oneLine(n *yaml.Node) bool {
	if n.Style&blocky != 0 {
		return false
	}
	rest := s.from(n)
	if n.Style&quoted == 0 {
		return strings.HasPrefix(string(rest), n.Value)
	}
	w := scalarWidth(n, rest)
	return w > 1 && w <= len(rest) && (rest[w-1] == '"' || rest[w-1] == '\'')
}

func scalarWidth(n *yaml.Node, rest []rune) int {
	switch {
	case n.Style&blocky != 0:
		return 1
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quoteWidth(rest, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quoteWidth(rest, '\'')
	case strings.HasPrefix(string(rest), n.Value):
		return utf8.RuneCountInString(n.Value)
	}
	text, _, _ := strings.Cut(string(rest), " #")
	return utf8.RuneCountInString(strings.TrimRight(text, " \t"))
}

// quoteWidth counts up to the closing quote; a tag or anchor may stand before the opening one.
func quoteWidth(rest []rune, quote rune) int {
	open := false
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == quote && !open:
			open = true
		case rest[i] == '\\' && quote == '"' && open:
			i++
		case rest[i] == quote && quote == '\'' && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case rest[i] == quote:
			return i + 1
		}
	}
	return len(rest)
}

// flowWidth counts up to the bracket that closes the first one.
func flowWidth(rest []rune) int {
	depth := 0
	for i, r := range rest {
		switch r {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(rest)
}
