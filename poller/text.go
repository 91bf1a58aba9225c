package poller

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is where strings of routers are cut, in bytes (DisplayString ends there, RFC 2579).
const maxText = 255

// clean makes a string of a router safe to compare and to show: control and invisible formatting
// characters are dropped, bytes that are not UTF-8 become "?", blanks at the ends go, and what
// is longer than 255 bytes is cut. Some switches prefix names with Control-A.
func clean(s string) string {
	if plainText(s) {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			r = '?'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			continue
		}
		if b.Len()+utf8.RuneLen(r) > maxText {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// plainText reports whether s is printable ASCII, as nearly all names are, and not too long.
func plainText(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= maxText
}
