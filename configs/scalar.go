package configs

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// maxName is the longest name in bytes. Names become tag values of InfluxDB, and many tools
// around it stop at 255.
const maxName = 255

// scalar makes sure that v is a single value and returns its text as it was written.
func (w *walker) scalar(v value) (string, bool) {
	if !w.present(v) {
		return "", false
	}
	if v.node.Kind == yaml.MappingNode && v.node.Style&yaml.FlowStyle != 0 {
		w.braces(v)
		return "", false
	}
	if v.node.Kind != yaml.ScalarNode {
		w.report("E013", v.span(), "%s must be a single value, but is %s", v.name, kindName(v.node))
		return "", false
	}
	return v.node.Value, true
}

// braces explains a text that is a map because it begins with a brace.
func (w *walker) braces(v value) {
	if leakyKey(v.raw()) {
		v.hideRest()
		w.report("E032", v.span(), "%s must be text, but without quotes it is a YAML map", v.name).
			help("put the value in quotes")
		return
	}
	w.report("E032", v.span(), "%s must be text, but %s without quotes is a YAML map", v.name, v.raw()).
		help("%s: %s", lastWord(v.name), strconv.Quote(v.raw()))
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

// text reads a value that must not be empty and in which ${…} has no meaning.
func (w *walker) text(v value) (string, bool) {
	s, ok := w.scalar(v)
	if !ok || w.invisible(v, v.name) {
		return "", false
	}
	if strings.TrimSpace(s) == "" {
		w.report("E046", v.span(), "%s is empty", v.name).help("give it a value or remove the line")
		return "", false
	}
	if !strings.Contains(s, "${") {
		return s, true
	}
	if ref := reference.FindString(s); ref != "" {
		w.report("E014", v.within(ref), "%s is not replaced in %s", printable(ref), v.name).
			help("${…} works in communities, passwords, tokens and urls only")
		return "", false
	}
	return s, true
}

// label reads a text that names something and is stored and shown as it stands.
func (w *walker) label(v value) (string, bool) {
	s, ok := w.text(v)
	return s, ok && w.goodName(v)
}

// goodName refuses names that could not be stored or shown, and warns about those that other
// YAML tools change.
func (w *walker) goodName(v value) bool {
	name := v.node.Value
	switch {
	case w.invisible(v, v.name):
		return false
	case strings.TrimSpace(name) != name || name == "":
		w.report("E014", v.span(), "%s %s begins or ends with a space, or is empty", v.name, quote(name))
		return false
	case strings.ContainsFunc(name, unicode.IsControl):
		w.report("E014", v.span(), "%s holds a control character: %s", v.name, quote(name))
		return false
	case len(name) > maxName:
		w.report("E014", v.span(), "%s has %d bytes; at most %d can be stored", v.name, len(name), maxName)
		return false
	}
	if other := readElsewhere(v.node); other != "" {
		w.report("W033", v.span(), "%s %s is not quoted; other YAML tools read it as %s", v.name, name, other).
			help("quote it: %s  (bothends keeps the text either way)", strconv.Quote(name))
	}
	return true
}

var sexagesimal = regexp.MustCompile(`^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$`)

// truths are the words that YAML 1.1 reads as true or false.
var truths = []string{"yes", "no", "on", "off", "true", "false"}

// readElsewhere tells what a plain scalar becomes in tools that guess types; empty when it keeps
// its text.
func readElsewhere(n *yaml.Node) string {
	if n.Style&(quoted|blocky) != 0 {
		return ""
	}
	s := n.Value
	switch n.Tag {
	case "!!int":
		if i, ok := yamlInt(s); ok && i != s {
			return "the number " + i
		}
	case "!!float":
		f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return "a number"
		}
		if text := strconv.FormatFloat(f, 'f', -1, 64); text != s {
			return "the number " + text
		}
	case "!!timestamp":
		return "a date"
	}
	switch {
	case strings.Contains(s, ":") && sexagesimal.MatchString(s):
		return "a number in base 60"
	case len(s) <= len("false") && slices.Contains(truths, strings.ToLower(s)):
		return "true or false"
	}
	return ""
}

// yamlInt returns the decimal form of an integer as YAML 1.1 reads it: a leading 0 is octal.
func yamlInt(s string) (string, bool) {
	var i int64
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: s}
	if err := n.Decode(&i); err != nil {
		return "", false
	}
	return strconv.FormatInt(i, 10), true
}

// invisible refuses characters that come from word processors and chats and that nobody sees:
// no-break spaces, zero-width and direction marks, and curly quotes where straight ones are meant.
// Text in straight quotes is taken as it stands.
func (w *walker) invisible(v value, what string) bool {
	if v.node.Style&(quoted|blocky) != 0 {
		return false
	}
	for _, r := range v.node.Value {
		switch {
		case r <= unicode.MaxASCII:
		case r == '\u201c' || r == '\u201d' || r == '\u201e' || r == '\u201f':
			w.report("E039", v.within(string(r)), "%s holds a curly quote (U+%04X)", what, r).
				help("type straight quotes: \"")
			return true
		case r == '\u00a0' || unicode.Is(unicode.Zs, r) && r != ' ' || unicode.Is(unicode.Cf, r):
			w.report("E039", v.within(string(r)), "%s holds the invisible character U+%04X", what, r).
				help("it comes from copying out of a document or a chat; type a plain space, or nothing")
			return true
		}
	}
	return false
}

// choice reads one of a few words.
func (w *walker) choice(v value, words ...string) (string, bool) {
	s, ok := w.text(v)
	if !ok || slices.Contains(words, s) {
		return s, ok
	}
	text := quote(s)
	if leaky(s) {
		v.hideRest()
		text = startOf(s)
	}
	p := w.report("E014", v.span(), "%s is not a value of %s", text, v.name)
	if !w.suggest(p, s, words) {
		p.help("one of: %s", strings.Join(words, ", "))
	}
	return "", false
}

// boolean reads true or false; anything else is reported and false.
func (w *walker) boolean(v value) bool {
	s, ok := w.text(v)
	if !ok || s == "true" || s == "false" {
		return s == "true"
	}
	p := w.report("E014", v.span(), "%s is neither true nor false", quote(s))
	switch strings.ToLower(s) {
	case "yes", "on", "true", "1":
		p.help("write true")
	case "no", "off", "false", "0":
		p.help("write false")
	}
	return false
}

// whole is a number in the one way to write it.
var whole = regexp.MustCompile(`^(?:0|[1-9][0-9]*)$`)

// integer reads a whole number in [low, high]; anything else is reported and 0.
func (w *walker) integer(v value, low, high int) int {
	s, ok := w.text(v)
	if !ok {
		return 0
	}
	i, err := strconv.Atoi(s)
	if err == nil && low <= i && i <= high && whole.MatchString(s) {
		return i
	}
	p := w.report("E014", v.span(), "%s %s is not a whole number from %d to %d", v.name, quote(s), low, high)
	if strings.HasPrefix(s, "0") {
		p.help("write it without the 0 in front, which other YAML tools take for octal")
	}
	return 0
}

var decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// degrees reads a coordinate in [-limit, limit]; anything else is reported and 0.
func (w *walker) degrees(v value, limit float64) float64 {
	s, ok := w.text(v)
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !decimal.MatchString(s) || math.Abs(f) > limit {
		w.report("E014", v.span(), "%s %s is not a number of degrees from %g to %g", v.name, quote(s), -limit, limit)
		return 0
	}
	return f
}

// commented reports whether a comment follows on the value's line.
func (v value) commented() bool {
	line := []rune(v.src.line(v.node.Line))
	return strings.Contains(string(line[min(max(v.node.Column-1, 0), len(line)):]), "#")
}
