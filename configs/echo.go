package configs

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// coverText stands for a secret in an echoed line, whatever the secret's length.
const coverText = "••••"

// maxEcho is how many characters of a source line are shown; longer ones are cut around the caret.
const maxEcho = 160

// secretWords matches names of secrets, misspelt ones too.
const secretWords = `(?:com+unit|pas+w|secret|token|(?:^|[\W_])(?:url|key))`

var (
	// secretKey finds keys whose values are likely to be secrets.
	secretKey = regexp.MustCompile(`(?i)[\w-]*` + secretWords + `[\w-]*["']?\s*:\s*`)
	// looseKey is secretKey where the colon may be missing.
	looseKey = regexp.MustCompile(`(?i)[\w-]*` + secretWords + `[\w-]*["']?(?:\s*[:=]\s*|\s+|$)`)
	// login finds where the secrets of a login stand.
	login        = regexp.MustCompile(`\b(?:auth|priv)["']?\s*:|\b2c\b["']?`)
	addressStart = regexp.MustCompile(`://`)
	// referenceValue is a value that is nothing but a reference.
	referenceValue = regexp.MustCompile(`^["']?\$\{(?:env|file|credential):[^}]*\}(?:["'}\]]|\s*$|,\s*[\w-]+:\s)`)
)

// place fills in everything of p that depends on where it is.
func (s span) place(p *Problem) {
	p.File, p.Line, p.Col, p.Width = s.src.Name, s.line, s.col, max(1, s.width)
	cells := s.src.echo(s.line)
	first := min(max(s.col-1, 0), len(cells))
	last := min(first+p.Width, len(cells))
	head, tail := 0, len(cells)
	if len(cells) > maxEcho {
		head = max(0, first-maxEcho/2)
		tail = min(len(cells), head+maxEcho)
		last = min(last, tail)
	}
	before := strings.Join(cells[head:first], "")
	if head > 0 {
		before = "…" + before
	}
	marked := strings.Join(cells[first:last], "")
	p.SourceLine = strings.TrimRightFunc(before+marked+strings.Join(cells[last:tail], ""), unicode.IsSpace)
	p.offset = utf8.RuneCountInString(before)
	p.run = max(1, utf8.RuneCountInString(marked))
}

// echo returns line n character by character as it may be shown: tabs as arrows, secrets covered,
// characters without a picture as escapes.
func (s *source) echo(n int) []string {
	line := s.line(n)
	covers := s.covers[n]
	if s.root == nil {
		covers = append(covers, s.guessCovers(n)...)
	} else {
		covers = append(covers, commentCovers(line)...)
	}
	cells := make([]string, 0, len(line))
	hiding := false
	for i, r := range []rune(line) {
		hidden := slices.ContainsFunc(covers, func(c cover) bool { return c.from <= i && i < c.to })
		switch {
		case !hidden:
			cells = append(cells, show(r))
		case hiding:
			cells = append(cells, "")
		default:
			cells = append(cells, coverText)
		}
		hiding = hidden
	}
	return cells
}

// guessCovers hides what follows a key that sounds secret, on its line and on those indented below
// it, in text that is not valid YAML.
func (s *source) guessCovers(n int) []cover {
	line := s.line(n)
	if s.belowSecret(n) {
		return []cover{{utf8.RuneCountInString(line[:indent(line)]), endOfLine}}
	}
	return lineCovers(line)
}

func lineCovers(line string) []cover {
	var covers []cover
	for _, m := range looseKey.FindAllStringIndex(line, -1) {
		rest := line[m[1]:]
		if strings.Trim(rest, ` "'`) == "" || referenceValue.MatchString(rest) {
			continue
		}
		covers = append(covers, cover{utf8.RuneCountInString(line[:m[1]]), endOfLine})
	}
	return append(covers, loginCovers(line)...)
}

// loginCovers hides what stands in a login whose secret has no name that can be found, and what
// stands behind the scheme of an address.
func loginCovers(line string) []cover {
	var covers []cover
	logins := login.FindAllStringIndex(line, -1)
	for i, m := range logins {
		rest := line[m[1]:]
		if i+1 < len(logins) {
			rest = line[m[1]:logins[i+1][0]]
		}
		if !looseKey.MatchString(rest) {
			from := utf8.RuneCountInString(line[:m[1]])
			covers = append(covers, cover{from, from + utf8.RuneCountInString(rest)})
		}
	}
	if before, _, found := strings.Cut(line, "://"); found {
		covers = append(covers, cover{utf8.RuneCountInString(before) + len("://"), endOfLine})
	}
	return covers
}

// commentCovers hides secrets that are commented out.
func commentCovers(line string) []cover {
	before, comment, found := strings.Cut(line, "#")
	at := secretKey.FindStringIndex(comment)
	if at == nil {
		at = addressStart.FindStringIndex(comment)
	}
	if !found || at == nil {
		return nil
	}
	return []cover{{utf8.RuneCountInString(before + "#" + comment[:at[1]]), endOfLine}}
}

// belowSecret reports whether a line continues a secret that begins above it.
func (s *source) belowSecret(n int) bool {
	from := indent(s.line(n))
	item := strings.HasPrefix(s.line(n)[from:], "- ")
	for above := n - 1; above > 0; above-- {
		line := s.line(above)
		if strings.TrimSpace(line) == "" || indent(line) > from || indent(line) == from && !item {
			continue
		}
		if indent(line) == from && strings.HasPrefix(line[from:], "- ") {
			continue
		}
		ends := looseKey.FindStringIndex(line)
		return ends != nil && ends[1] == len(line) || len(lineCovers(line)) > 0 || s.belowSecret(above)
	}
	return false
}

// show returns one character so that it can neither command a terminal nor hide.
func show(r rune) string {
	switch {
	case r == '\t':
		return "→"
	case r == ' ' || strconv.IsPrint(r):
		return string(r)
	}
	return strings.Trim(strconv.QuoteRuneToASCII(r), "'")
}

// quote returns text for use in a message, in quotation marks.
func quote(text string) string {
	const most = 80
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return strconv.Quote(text)
}
