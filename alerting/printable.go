package alerting

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a name inside a message; names in an inventory are shorter.
const maxName = 100

// Printable returns s without anything that a terminal or a chat could take for more than text:
// control characters, line ends, invisible and direction-changing characters and broken UTF-8
// become U+FFFD.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

// name returns a name from the inventory or a router fit for a message.
func name(s string) string { return cut(Printable(s), maxName) }

// cut shortens s to at most n characters, the last of which then is an ellipsis.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
