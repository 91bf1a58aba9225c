package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// lineReader hands out one line per Read, so that after a syntax error the number of lines handed
// out tells where the parser stopped. The parser's own messages name the start of the enclosing
// block, which may be thousands of lines above.
type lineReader struct {
	rest  []byte
	lines int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(r.rest, '\n') + 1
	if end == 0 || end > len(p) {
		end = min(len(r.rest), len(p))
	}
	n := copy(p, r.rest[:end])
	if r.rest[n-1] == '\n' {
		r.lines++
	}
	r.rest = r.rest[n:]
	return n, nil
}

// decode returns the only document of a file as a tree, or nil after reporting why not.
func (w *walker) decode(src *source) *yaml.Node {
	if !w.readable(src) {
		return nil
	}
	r := &lineReader{rest: src.Text}
	d := yaml.NewDecoder(r)
	doc, err := decodeNode(d)
	switch {
	case errors.Is(err, io.EOF):
		w.report("E048", span{src, 1, 1, 1}, "%s is empty", printable(src.Name)).
			help("the smallest inventory is configs/minimal.yaml")
		return nil
	case err != nil:
		w.syntax(src, err.Error(), r.lines)
		return nil
	}
	if !w.only(d, src, r) {
		return nil
	}
	src.root = doc.Content[0]
	if !w.guard(doc, src) {
		return nil
	}
	return src.root
}

// decodeNode turns a panic of the parser into an error: it is fed with text that people type.
func decodeNode(d *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML parser gave up: %v", r)
		}
	}()
	doc = &yaml.Node{}
	err = d.Decode(doc)
	return doc, err
}

// only refuses a second document, which the parser would leave unread in silence.
func (w *walker) only(d *yaml.Decoder, src *source, r *lineReader) bool {
	second, err := decodeNode(d)
	switch {
	case errors.Is(err, io.EOF):
		return true
	case err != nil:
		w.syntax(src, err.Error(), r.lines)
		return false
	case isNull(second.Content[0]):
		return true
	}
	src.covers[second.Line] = []cover{{second.Column + 2, endOfLine}}
	w.report("E034", span{src, second.Line, second.Column, 3}, "a second YAML document begins here; only one per file is read").
		help("remove the line ---, or move what follows into a file of its own in a folder of *.yaml")
	return false
}

// readable refuses bytes that are not text before the parser sees them.
func (w *walker) readable(src *source) bool {
	if len(src.Text) > maxFile {
		w.report("E047", span{src, 1, 1, 1}, "%s is %s", printable(src.Name), errTooLarge).
			help("split it into a folder of *.yaml files")
		src.lines = []string{}
		return false
	}
	line, col := 1, 1
	for i := 0; i < len(src.Text); {
		r, size := utf8.DecodeRune(src.Text[i:])
		if r == utf8.RuneError && size == 1 {
			w.report("E037", span{src, line, col, 1}, "byte 0x%02x is not UTF-8 text", src.Text[i]).
				help("save the file as UTF-8")
			return false
		}
		if !yamlText(r) {
			// The name by which a secret would be found may be what the character broke.
			src.covers[line] = []cover{{col, endOfLine}}
			w.report("E037", span{src, line, col, 1}, "control character U+%04X", r).
				help("remove it")
			return false
		}
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
		i += size
	}
	return true
}

// yamlText reports whether YAML 1.1 allows the character in a file (section 5.1).
func yamlText(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == '\u0085':
		return true
	case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff || r == 0xfeff:
		return false
	}
	return true
}
