package configs

import (
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// Source is the text of one inventory file.
type Source struct {
	// Name is shown in problems; ${file:…} is relative to its folder.
	Name string
	Text []byte
	// Mode tells who may read the file; 0 when not known.
	Mode os.FileMode
}

// source is a Source with what is needed to point into it.
type source struct {
	Source
	order int
	// lines are split on first use: a file without problems never needs them.
	lines []string
	// covers are the places of inline secrets by line.
	covers map[int][]cover
	// root is the tree of the whole file, nil when it is not valid YAML: no node tells then where
	// secrets are.
	root *yaml.Node
}

// cover hides the characters [from, to) of a line, counted from 0.
type cover struct{ from, to int }

// endOfLine is the to of a cover that reaches the line's end.
const endOfLine = 1 << 30

const byteOrderMark = "\ufeff"

func newSource(s Source, order int) *source {
	s.Text = []byte(strings.TrimPrefix(string(s.Text), byteOrderMark))
	return &source{Source: s, order: order, covers: map[int][]cover{}}
}

// line returns line n, counted from 1, without its break; empty when there is none.
func (s *source) line(n int) string {
	if s.lines == nil {
		s.lines = splitLines(string(s.Text))
	}
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// splitLines breaks where YAML 1.1 does, so that line numbers are those of the parser: CR, LF,
// CRLF, NEL, LS and PS (YAML 1.1 section 5.4).
func splitLines(text string) []string {
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	return strings.Split(breaks.Replace(text), "\n")
}

// span is a place in a source.
type span struct {
	src              *source
	line, col, width int
}

func (s span) order() int { return s.src.order }

// String returns file:line:col.
func (s span) String() string {
	return fmt.Sprintf("%s:%d:%d", printable(s.src.Name), s.line, s.col)
}

// value is a node and the file it stands in.
type value struct {
	node *yaml.Node
	src  *source
	// name is what messages call the value, for example "circuit id".
	name string
	// key is where the value hangs; a value that is not there has no place of its own.
	key *yaml.Node
	// alias is what the file shows in place of the value; nil when it shows the value itself.
	alias *yaml.Node
}

// span returns the place of the value's text on its first line.
func (v value) span() span {
	return span{src: v.src, line: v.node.Line, col: v.node.Column, width: v.src.width(v.node)}
}

// within returns the place of part inside the value when the source shows it literally, else the
// place of the whole value.
func (v value) within(part string) span {
	whole := v.span()
	line := []rune(v.src.line(whole.line))
	from := min(whole.col-1, len(line))
	rest := string(line[from:])
	i := strings.Index(rest, part)
	if part == "" || i < 0 {
		return whole
	}
	whole.col += len([]rune(rest[:i]))
	whole.width = len([]rune(part))
	return whole
}

// raw returns the value as it is written on its first line.
func (v value) raw() string {
	at := v.span()
	line := []rune(v.src.line(at.line))
	from := min(at.col-1, len(line))
	return string(line[from:min(from+at.width, len(line))])
}
