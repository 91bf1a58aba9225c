package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/web"
)

// scopeWord is one word by which orders select links.
type scopeWord struct {
	name string
	in   func(*web.Match) *web.Words
	of   func(*alerting.Scope) *[]string
	// values are those of a link.
	values func(*linkmodel.Link) []string
}

var scopeWords = [...]scopeWord{
	{
		"link", func(m *web.Match) *web.Words { return &m.Link }, func(s *alerting.Scope) *[]string { return &s.Link },
		func(l *linkmodel.Link) []string { return []string{l.Name} },
	},
	{
		"type", func(m *web.Match) *web.Words { return &m.Type }, func(s *alerting.Scope) *[]string { return &s.Type },
		func(l *linkmodel.Link) []string { return []string{l.Type} },
	},
	{
		"group", func(m *web.Match) *web.Words { return &m.Group }, func(s *alerting.Scope) *[]string { return &s.Group },
		func(l *linkmodel.Link) []string { return l.Groups },
	},
	{
		"carrier", func(m *web.Match) *web.Words { return &m.Carrier }, func(s *alerting.Scope) *[]string { return &s.Carrier },
		func(l *linkmodel.Link) []string { return []string{l.Circuit.Carrier} },
	},
	{
		"circuit", func(m *web.Match) *web.Words { return &m.Circuit }, func(s *alerting.Scope) *[]string { return &s.Circuit },
		func(l *linkmodel.Link) []string { return []string{l.Circuit.ID} },
	},
	{
		"site", func(m *web.Match) *web.Words { return &m.Site }, func(s *alerting.Scope) *[]string { return &s.Site },
		func(l *linkmodel.Link) []string { return []string{l.Ends[0].Site, l.Ends[1].Site} },
	},
	{
		"device", func(m *web.Match) *web.Words { return &m.Device }, func(s *alerting.Scope) *[]string { return &s.Device },
		func(l *linkmodel.Link) []string { return []string{l.Ends[0].Device, l.Ends[1].Device} },
	},
}

func scopeNames() string {
	names := make([]string, 0, len(scopeWords))
	for i := range scopeWords {
		names = append(names, scopeWords[i].name)
	}
	return strings.Join(names, ", ")
}

// scope turns what a human wrote into what the judge compares with: values as the inventory has them. A
// value that no link has is a slip, and so are values that no link has together.
func (o *orders) scope(m *web.Match) (alerting.Scope, error) {
	var scope alerting.Scope
	given := false
	for i := range scopeWords {
		w := &scopeWords[i]
		for _, value := range *w.in(m) {
			known, err := o.value(w, value)
			if err != nil {
				return scope, err
			}
			*w.of(&scope) = append(*w.of(&scope), known)
			given = true
		}
	}
	switch {
	case given && m.All:
		return scope, &web.OrderError{Text: "it says both all links and which", Hint: "leave out one of them"}
	case m.All:
		return scope, nil
	case !given:
		return scope, &web.OrderError{Text: "it does not say which links", Hint: "write one or more of " + scopeNames() + "; or all"}
	case o.covered(&scope) == 0:
		return scope, &web.OrderError{
			Text: "no link matches " + matchText(m), Hint: "all words must match; bothends links -o wide shows what links have",
		}
	}
	return scope, nil
}

// value returns a value as the inventory writes it, whatever the case of the letters.
func (o *orders) value(w *scopeWord, value string) (string, error) {
	near := ""
	for l := range o.links() {
		for _, v := range w.values(l) {
			switch {
			case v == "" || value == "":
			case strings.EqualFold(v, value):
				return v, nil
			case near == "" && (strings.HasPrefix(strings.ToLower(v), strings.ToLower(value)) ||
				strings.HasPrefix(strings.ToLower(value), strings.ToLower(v))):
				near = v
			}
		}
	}
	hint := "bothends links -o wide shows what links have"
	if near != "" {
		hint = "did you mean " + quoted(near) + "?"
	}
	return "", &web.OrderError{Text: fmt.Sprintf("no link has the %s %s", w.name, quoted(value)), Hint: hint}
}

// links ranges over the declarations of all links, in order of their names.
func (o *orders) links() func(yield func(*linkmodel.Link) bool) {
	f := o.app.pipeline.fleet.Load()
	return func(yield func(*linkmodel.Link) bool) {
		for _, name := range f.names {
			if !yield(f.decls[name]) {
				return
			}
		}
	}
}

// covered counts the links of a scope.
func (o *orders) covered(s *alerting.Scope) (links int) {
	for l := range o.links() {
		if s.Includes(l) {
			links++
		}
	}
	return links
}

func matchOf(s *alerting.Scope) (m web.Match) {
	m.All = true
	for i := range scopeWords {
		words := slices.Clone(*scopeWords[i].of(s))
		*scopeWords[i].in(&m), m.All = words, m.All && len(words) == 0
	}
	return m
}

// allLinks is the word for all links.
const allLinks = "all"

// matchText writes a match as it is written on the command line.
func matchText(m *web.Match) string {
	var words []string
	if m.All {
		words = append(words, allLinks)
	}
	for i := range scopeWords {
		for _, v := range *scopeWords[i].in(m) {
			words = append(words, scopeWords[i].name+":"+alerting.Printable(v))
		}
	}
	for _, k := range m.Kind {
		words = append(words, "kind:"+alerting.Printable(k))
	}
	return strings.Join(words, " ")
}

// quotedMost bounds a word that is repeated in an answer, in characters.
const quotedMost = 60

// quoted repeats what somebody wrote.
func quoted(s string) string {
	if utf8.RuneCountInString(s) > quotedMost {
		s = string([]rune(s)[:quotedMost-1]) + "…"
	}
	return `"` + alerting.Printable(s) + `"`
}
