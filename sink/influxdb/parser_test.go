package influxdb

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// point is one line as the strict parser below reads it.
type point struct {
	measurement string
	tags        map[string]string
	fields      map[string]any // float64, int64 or string
	millis      int64
}

// parse reads line protocol more strictly than InfluxDB does, so that what it accepts means the
// same to every server. It shares no code with the encoder.
func parse(lines []byte) ([]point, error) {
	var points []point
	text := string(lines)
	for text != "" {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return nil, fmt.Errorf("line %q does not end", line)
		}
		p, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		points = append(points, p)
		text = rest
	}
	return points, nil
}

func parseLine(line string) (point, error) {
	p := point{tags: map[string]string{}, fields: map[string]any{}}
	if !utf8.ValidString(line) {
		return p, errors.New("not UTF-8")
	}
	for _, r := range line {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return p, fmt.Errorf("control character %U", r)
		}
	}
	s := &scanner{rest: line}
	p.measurement = s.word(", ")
	for s.take(',') {
		key := s.word("=")
		if !s.take('=') {
			return p, fmt.Errorf("tag %q without =", key)
		}
		value := s.word(", ")
		if _, twice := p.tags[key]; twice || key == "" || value == "" {
			return p, fmt.Errorf("tag %q=%q", key, value)
		}
		p.tags[key] = value
	}
	if !s.take(' ') {
		return p, errors.New("no fields")
	}
	for {
		if err := s.field(p.fields); err != nil {
			return p, err
		}
		if !s.take(',') {
			break
		}
	}
	if !s.take(' ') {
		return p, fmt.Errorf("no timestamp at %q", s.rest)
	}
	var err error
	p.millis, err = strconv.ParseInt(s.rest, 10, 64)
	return p, err
}

type scanner struct {
	rest string
}

func (s *scanner) take(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// word reads up to one of the bytes in stop. Only comma, space and equals may be escaped, and a
// backslash may stand for itself only where no reader could take it for an escape.
func (s *scanner) word(stop string) string {
	var b strings.Builder
	for i := 0; i < len(s.rest); i++ {
		c := s.rest[i]
		switch {
		case c == '\\' && i+1 < len(s.rest) && strings.IndexByte(", =", s.rest[i+1]) >= 0:
			i++
			b.WriteByte(s.rest[i])
		case strings.IndexByte(stop, c) >= 0:
			s.rest = s.rest[i:]
			return b.String()
		case c == ',' || c == ' ' || c == '=':
			b.WriteString("<unescaped>")
		default:
			b.WriteByte(c)
		}
	}
	s.rest = ""
	return b.String()
}

func (s *scanner) field(fields map[string]any) error {
	key := s.word("=, ")
	if _, twice := fields[key]; twice || key == "" || !s.take('=') {
		return fmt.Errorf("field %q", key)
	}
	if s.take('"') {
		text, err := s.quoted()
		fields[key] = text
		return err
	}
	end := strings.IndexAny(s.rest, ", ")
	if end < 0 {
		return fmt.Errorf("field %q does not end", key)
	}
	number := s.rest[:end]
	s.rest = s.rest[end:]
	if digits, isInt := strings.CutSuffix(number, "i"); isInt {
		n, err := strconv.ParseInt(digits, 10, 64)
		fields[key] = n
		return err
	}
	x, err := strconv.ParseFloat(number, 64)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("field %q is %v", key, x)
	}
	fields[key] = x
	return err
}

func (s *scanner) quoted() (string, error) {
	var b strings.Builder
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.rest = s.rest[i+1:]
			return b.String(), nil
		case '\\':
			i++
			if i == len(s.rest) || s.rest[i] != '"' && s.rest[i] != '\\' {
				return "", errors.New("bad escape in a string")
			}
			b.WriteByte(s.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("string does not end")
}
