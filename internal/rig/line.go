//go:build linux

package rig

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unique"
)

// Field is one field of a point. Its value is a float64, an int64 or a string.
type Field struct {
	Name  string
	Value any
}

// line is one line of line protocol, as strictly as any server of the family reads it.
type line struct {
	series string // measurement and tags as they came
	fields []Field
	millis int64
}

// parseLine splits a line. The series is checked by parseSeries, once for each.
func parseLine(text string) (l line, err error) {
	if !utf8.ValidString(text) {
		return l, errors.New("not UTF-8")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }); i >= 0 {
		return l, fmt.Errorf("control character at %d", i)
	}
	at := unescaped(text, 0, ' ')
	if at < 0 {
		return l, errors.New("no fields")
	}
	l.series = text[:at]
	rest := text[at+1:]
	for {
		var f Field
		if f, rest, err = parseField(rest); err != nil {
			return l, err
		}
		for i := range l.fields {
			if l.fields[i].Name == f.Name {
				return l, fmt.Errorf("field %q twice", f.Name)
			}
		}
		l.fields = append(l.fields, f)
		if rest == "" || rest[0] != ',' {
			break
		}
		rest = rest[1:]
	}
	stamp, found := strings.CutPrefix(rest, " ")
	if !found {
		return l, fmt.Errorf("no time at %q", rest)
	}
	l.millis, err = strconv.ParseInt(stamp, 10, 64)
	return l, err
}

// unescaped returns where a byte stands that no backslash escapes, -1 for nowhere.
func unescaped(text string, from int, c byte) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

func parseField(text string) (f Field, rest string, err error) {
	at := unescaped(text, 0, '=')
	if at <= 0 {
		return f, "", fmt.Errorf("no field at %q", text)
	}
	f.Name, rest = kept(text[:at]), text[at+1:]
	if strings.ContainsAny(f.Name, `\, "`) {
		return f, "", fmt.Errorf("field name %q", f.Name)
	}
	if strings.HasPrefix(rest, `"`) {
		f.Value, rest, err = parseText(rest[1:])
		return f, rest, err
	}
	end := strings.IndexAny(rest, ", ")
	if end < 0 {
		return f, "", fmt.Errorf("field %q does not end", f.Name)
	}
	f.Value, err = parseNumber(rest[:end])
	return f, rest[end:], err
}

// kept returns a copy that does not hold the request's body in memory.
func kept(text string) string { return unique.Make(text).Value() }

func parseNumber(text string) (any, error) {
	if digits, isInt := strings.CutSuffix(text, "i"); isInt {
		return strconv.ParseInt(digits, 10, 64)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) {
		err = fmt.Errorf("number %q", text)
	}
	return x, err
}

// parseText reads the rest of a quoted string.
func parseText(text string) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return kept(b.String()), text[i+1:], nil
		case '\\':
			i++
			if i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", "", errors.New("bad escape in a string")
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", errors.New("string does not end")
}

// parseSeries takes measurement and tags apart.
func parseSeries(text string) (measurement string, tags map[string]string, err error) {
	tags = map[string]string{}
	at := unescaped(text, 0, ',')
	if at < 0 {
		at = len(text)
	}
	measurement = text[:at]
	for at < len(text) {
		end := unescaped(text, at+1, ',')
		if end < 0 {
			end = len(text)
		}
		pair := text[at+1 : end]
		equals := unescaped(pair, 0, '=')
		if equals <= 0 || equals == len(pair)-1 {
			return "", nil, fmt.Errorf("tag %q", pair)
		}
		key, value := plainTag(pair[:equals]), plainTag(pair[equals+1:])
		if _, twice := tags[key]; twice {
			return "", nil, fmt.Errorf("tag %q twice", key)
		}
		tags[key] = value
		at = end
	}
	if measurement == "" {
		return "", nil, errors.New("no measurement")
	}
	return measurement, tags, nil
}

var tagEscapes = strings.NewReplacer(`\,`, ",", `\ `, " ", `\=`, "=")

func plainTag(text string) string { return tagEscapes.Replace(text) }
