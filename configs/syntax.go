package configs

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var parserLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax explains why a file is not YAML. read is how many lines the parser had taken when it
// stopped.
func (w *walker) syntax(src *source, message string, read int) {
	m := parserLine.FindStringSubmatch(strings.SplitN(message, "\n", 2)[0])
	line, text := max(read, 1), message
	if m != nil {
		text = m[2]
		n, _ := strconv.Atoi(m[1])
		line = faultLine(text, n, line)
	}
	_ = src.line(line)
	line = min(line, len(src.lines))
	for line > 1 && strings.TrimSpace(src.line(line)) == "" {
		line--
	}
	switch {
	case w.tabs(src, line) || w.oddSpaces(src, line) || w.colonInBraces(src, line, text):
	case strings.Contains(text, "mapping values are not allowed"):
		w.misplacedColon(src, line)
	case strings.Contains(text, "unknown anchor"):
		w.unknownAnchor(src, text)
	case strings.Contains(text, "cannot start any token"):
		w.badStart(src, line)
	case strings.Contains(text, "end of stream"):
		w.openQuote(src, line)
	default:
		w.notYAML(src, line, text)
	}
}

// faultLine tells where a fault is from the line the parser names (0 when it names none) and the
// number of lines it had read. The scanner counts lines from 1 and names that of the fault. The
// parser counts from 0; for braces it names the line that opens them, and for blocks the start of
// the block, which may be thousands of lines above.
func faultLine(text string, named, read int) int {
	switch {
	case strings.Contains(text, "expected key") || strings.Contains(text, "'-' indicator") ||
		strings.Contains(text, "document start"):
		return read
	case strings.HasPrefix(text, "did not find expected"):
		return named + 1
	case named > 0:
		return named
	}
	return min(read, 1)
}

// tabs reports the first line of the file that is indented with a tab, if the parser stopped at
// or below one.
func (w *walker) tabs(src *source, stopped int) bool {
	first, count := 0, 0
	for n := 1; n <= len(src.lines); n++ {
		blank := src.line(n)[:indent(src.line(n))]
		if strings.Contains(blank, "\t") && strings.TrimSpace(src.line(n)) != "" {
			count++
			if first == 0 {
				first = n
			}
		}
	}
	if first == 0 || first > stopped {
		return false
	}
	col := strings.IndexByte(src.line(first), '\t') + 1
	p := w.report("E030", span{src, first, col, 1}, "line starts with a tab; YAML indents with spaces")
	if count > 1 {
		p.note("and %s below", plural(count-1, "line"))
	}
	p.help("replace each tab by spaces, two for each level")
	return true
}

// oddSpaces finds a line that is indented with spaces YAML does not know, at or just above the
// line where the parser stopped.
func (w *walker) oddSpaces(src *source, stopped int) bool {
	for n := stopped; n >= max(1, stopped-2); n-- {
		text := src.line(n)
		blank := text[:len(text)-len(strings.TrimLeftFunc(text, unicode.IsSpace))]
		if i := strings.IndexFunc(blank, func(r rune) bool { return r != ' ' && r != '\t' }); i >= 0 {
			r, _ := utf8.DecodeRuneInString(blank[i:])
			w.report("E039", span{src, n, utf8.RuneCountInString(blank[:i]) + 1, 1},
				"this line is indented with the invisible character U+%04X", r).
				help("it comes from copying out of a document or a chat; type plain spaces")
			return true
		}
	}
	return false
}

// bracedColon is a value in {…} that holds a colon and a space.
var bracedColon = regexp.MustCompile(`([\w-]+): ([^,:{}\[\]"'#]+): `)

func (w *walker) colonInBraces(src *source, line int, text string) bool {
	m := bracedColon.FindStringSubmatchIndex(src.line(line))
	if m == nil || !strings.Contains(text, "',' or '}'") {
		return false
	}
	at := src.line(line)[:m[5]]
	w.colon(src, line, utf8.RuneCountInString(at)+1, at[m[2]:m[3]], "")
	return true
}

// misplacedColon tells a colon inside a value from a line that is indented too far.
func (w *walker) misplacedColon(src *source, line int) {
	text := src.line(line)
	key, value, _ := cutColon(text)
	second, _, found := cutColon(value)
	if flow := strings.TrimSpace(value); !found || strings.HasPrefix(flow, "{") || strings.HasPrefix(flow, "[") {
		w.report("E036", span{src, line, indent(text) + 1, utf8.RuneCountInString(strings.TrimSpace(text))},
			"this line is indented deeper than the one above, which already has a value").
			help("indent it like the lines it belongs to")
		return
	}
	col := utf8.RuneCountInString(key) + 1 + utf8.RuneCountInString(second) + 1
	w.colon(src, line, col, strings.TrimLeft(key, " -"), strings.TrimSpace(value))
}

// colon explains a colon inside the value of the key name; rest is the whole value when known.
func (w *walker) colon(src *source, line, col int, name, rest string) {
	p := w.report("E031", span{src, line, col, 1}, `": " inside an unquoted value`)
	switch {
	case name == "a" || name == "z":
		p.help("write device:interface without a space after the colon")
	case rest == "" || secretKey.MatchString(name+": "+rest) || len(src.guessCovers(line)) > 0:
		p.help("quote the value")
	default:
		p.help("quote it:  %s: %s", printable(name), strconv.Quote(rest))
	}
}

// cutColon splits a line at the first colon that ends a key.
func cutColon(s string) (before, after string, found bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\t') {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

var anchorName = regexp.MustCompile(`unknown anchor '([^']*)' referenced`)

func (w *walker) unknownAnchor(src *source, text string) {
	m := anchorName.FindStringSubmatch(text)
	if m == nil {
		w.notYAML(src, 1, text)
		return
	}
	at, covered := span{src, 1, 1, 1}, false
	for n := 1; n <= len(src.lines); n++ {
		if i := strings.Index(src.line(n), "*"+m[1]); i >= 0 {
			at = span{src, n, utf8.RuneCountInString(src.line(n)[:i]) + 1, utf8.RuneCountInString(m[1]) + 1}
			covered = len(src.guessCovers(n)) > 0
			break
		}
	}
	if covered {
		w.report("E038", at, "this alias has no anchor above it").
			help("quote the value if the * belongs to it")
		return
	}
	w.report("E038", at, "alias *%s has no anchor above it", printable(m[1])).
		help("quote the value if the * belongs to it, or set the anchor &%s further up in this file", printable(m[1]))
}

// badStart finds the value that begins with a character YAML keeps for itself.
func (w *walker) badStart(src *source, line int) {
	text := src.line(line)
	i := strings.IndexAny(text, "@`%")
	if i < 0 {
		w.notYAML(src, line, "a character stands where no value may begin")
		return
	}
	w.report("E036", span{src, line, utf8.RuneCountInString(text[:i]) + 1, 1}, "an unquoted value cannot begin with %q", text[i]).
		help("put the value in quotes")
}

// openQuote points at the last quote that may be the open one.
func (w *walker) openQuote(src *source, line int) {
	for n := line; n >= 1; n-- {
		text := src.line(n)
		for _, q := range []string{`"`, `'`} {
			if strings.Count(text, q)%2 == 1 {
				i := strings.LastIndex(text, q)
				w.report("E036", span{src, n, utf8.RuneCountInString(text[:i]) + 1, 1}, "this quote is never closed").
					help("add the closing %s", q)
				return
			}
		}
	}
	w.notYAML(src, line, "the file ends in the middle of a value")
}

// plainWords are the parser's phrases in an operator's words.
var plainWords = map[string]string{
	"did not find expected key":              "a key with a colon should stand here, or the indentation does not fit the lines above",
	"did not find expected ',' or '}'":       `"," or "}" is missing in what begins on this line`,
	"did not find expected ',' or ']'":       `"," or "]" is missing in what begins on this line`,
	"did not find expected node content":     "a value should stand here",
	"did not find expected '-' indicator":    `"-" should stand here: this list goes on with something that is not an item`,
	"found unknown escape character":         `a backslash in double quotes begins an escape; use single quotes to keep it`,
	"did not find expected <document start>": "this line is indented less than the first line of the file",
	"could not find expected ':'":            "a colon and a space are missing after the key at or above this line",
}

func (w *walker) notYAML(src *source, line int, text string) {
	shown := src.line(line)
	words, known := plainWords[text]
	if !known {
		words = "this is not YAML: " + printable(text)
	}
	w.report("E036", span{src, line, indent(shown) + 1, max(1, utf8.RuneCountInString(strings.TrimSpace(shown)))}, "%s", words).
		help("look at this line and the one above")
}
