package influxdb

import (
	"unicode"
	"unicode/utf8"
)

const (
	// maxTagBytes bounds a tag's value before escaping.
	maxTagBytes = 255
	// maxTextBytes bounds a string field before escaping; InfluxDB takes up to 64 KiB.
	maxTextBytes = 4096
	// noValue stands for an empty tag: the set of tags of a measurement is always the same.
	noValue = "none"
)

// appendTagValue appends a tag's value or a key, cleaned and escaped. Control characters are
// removed and invalid UTF-8 is replaced. A backslash before a character that must be escaped, or
// at the end, would undo the escaping or swallow the next tag, and line protocol has no escape
// for the backslash itself: there it becomes a slash.
func appendTagValue(dst []byte, value string) []byte {
	start, room := len(dst), maxTagBytes
	backslash := false // the last character appended is a backslash
	for _, r := range value {
		if unicode.IsControl(r) {
			continue
		}
		if room -= utf8.RuneLen(r); room < 0 {
			break
		}
		special := r == ',' || r == ' ' || r == '='
		if special {
			if backslash {
				dst[len(dst)-1] = '/'
			}
			dst = append(dst, '\\')
		}
		dst = utf8.AppendRune(dst, r)
		backslash = r == '\\'
	}
	if backslash {
		dst[len(dst)-1] = '/'
	}
	if len(dst) == start {
		return append(dst, noValue...)
	}
	return dst
}

// appendText appends the inside of a quoted string field. Control characters, line breaks among
// them, become spaces.
func appendText(dst []byte, value string) []byte {
	room := maxTextBytes
	for _, r := range value {
		if room -= utf8.RuneLen(r); room < 0 {
			break
		}
		switch {
		case unicode.IsControl(r):
			dst = append(dst, ' ')
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
