package configs

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A slip of the finger turns a secret into something else than a value: without the space after
// its colon "community:word" is a key, *word is an alias, {word} is a map. What is said about such
// a mistake must not repeat it.

var (
	// secretWord finds names of secrets, misspelt ones too.
	secretWord = regexp.MustCompile(`(?i)` + secretWords)
	// wordKey is how keys are written; most secrets are not.
	wordKey = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]*$`)
)

// leaky reports whether a text that stands where a name belongs may hold a secret: it is an
// address, or begins with a key.
func leaky(s string) bool { return strings.Contains(s, "://") || secretKey.MatchString(s) }

// leakyKey is leaky for keys, behind which an equals sign or a space may stand for the colon.
func leakyKey(s string) bool {
	return leaky(s) || !wordKey.MatchString(s) && secretWord.MatchString(s)
}

// startOf keeps what stands before the colon of a leaky text, for messages.
func startOf(s string) string {
	if word, _, found := strings.Cut(s, ":"); found && wordKey.MatchString(word) {
		return quote(word + ":…")
	}
	return quote("…")
}

// shown returns a key for messages, and whether that is the whole of it. A key without a value may
// be the rest of a secret that holds a comma.
func (b *block) shown(e entry) (string, bool) {
	key := e.key.node.Value
	switch {
	case slices.Contains(b.keys, key) || slices.Contains(b.later, key):
	case leakyKey(key):
		return startOf(key), false
	case isNull(e.val.node) && (b.secret || !wordKey.MatchString(key)), b.secret && !wordKey.MatchString(key):
		return quote("…"), false
	}
	return quote(key), true
}

// coverKeys covers the keys of a map that may not be shown, with what follows them.
func (b *block) coverKeys(v value) {
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := resolve(value{node: v.node.Content[i], src: v.src})
		odd := key.node.Kind != yaml.ScalarNode || key.node.Style&yaml.TaggedStyle != 0 || key.node.Anchor != ""
		if _, whole := b.shown(entry{key, value{node: v.node.Content[i+1]}}); !whole || b.secret && odd {
			value{node: v.node.Content[i], src: v.src}.hideRest()
		}
	}
}

// leakyName refuses a name in which a secret may stand: a key and its value without the space
// between them, what a comma cut off from a value, or, where secrets are near, an address.
func (w *walker) leakyName(what string, e entry, flow bool) bool {
	name := e.key.node.Value
	near := what == "receiver" || what == "credential" || what == "device"
	switch {
	case near && leaky(name):
	case isNull(e.val.node) && (leakyKey(name) || flow && !wordKey.MatchString(name)):
	default:
		return false
	}
	e.key.hideRest()
	p := w.report("E014", e.key.span(), "%s cannot be the name of a %s", startOf(name), what)
	switch {
	case strings.Contains(name, "://"):
		p.help("write a name of your own, and the address below it")
	case strings.Contains(name, ":"):
		p.help("put one space after the colon")
	default:
		p.help("it has no value; quote a value that holds a comma")
	}
	return true
}

// secretText reads a value that no message may repeat. Text that YAML takes for something else is
// refused: what is left of it would be a wrong secret.
func (w *walker) secretText(v value) (string, bool) {
	if v.alias != nil {
		w.report("E043", value{node: v.alias, src: v.src}.span(), "%s begins with *, which YAML takes for an alias", v.name).
			help("put the value in quotes; to use a secret twice, write its ${…} twice")
		return "", false
	}
	if v.node.Anchor != "" {
		w.report("E043", v.span(), "%s begins with &, which YAML takes for an anchor", v.name).
			help("put the value in quotes")
		return "", false
	}
	if v.node.Kind == yaml.MappingNode && v.node.Style&yaml.TaggedStyle == 0 {
		w.report("E032", v.span(), "%s must be text, but without quotes it is a YAML map", v.name).
			help("put the value in quotes")
		return "", false
	}
	text, ok := w.scalar(v)
	if !ok || w.invisible(v, v.name) || w.blankSecret(v, text) {
		return "", false
	}
	return text, true
}
