package influxdb

import (
	"math"
	"strconv"
	"time"
)

// prefix returns the beginning of a series' lines: measurement, escaped tags and the space before
// the fields.
func (m *measurement[S, T]) prefix(s *S) string {
	return string(append(appendTags([]byte(m.name), m.tags, s), ' '))
}

func appendTags[S any](dst []byte, tags []tag[S], s *S) []byte {
	for _, t := range tags {
		dst = append(dst, ',')
		dst = append(dst, t.name...)
		dst = append(dst, '=')
		dst = appendTagValue(dst, t.value(s))
	}
	return dst
}

// appendPoint appends one line that begins with the given parts of its prefix, or nothing when v
// has no known field or the instant cannot be stored. It returns the number of lines appended.
func (m *measurement[S, T]) appendPoint(dst []byte, v *T, at time.Time, prefix ...string) (lines []byte, points int) {
	if !storable(at) {
		return dst, 0
	}
	start := len(dst)
	for _, part := range prefix {
		dst = append(dst, part...)
	}
	first := len(dst)
	dst = m.appendFloats(dst, first, v)
	dst = m.appendInts(dst, first, v)
	dst = m.appendTexts(dst, first, v)
	if len(dst) == first {
		return dst[:start], 0
	}
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, at.UnixMilli(), 10)
	return append(dst, '\n'), 1
}

func (m *measurement[S, T]) appendFloats(dst []byte, first int, v *T) []byte {
	for i := range m.floats {
		x, ok := m.floats[i].value(v)
		if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		dst = appendKey(dst, first, m.floats[i].name)
		dst = appendFloat(dst, x)
	}
	return dst
}

// appendFloat writes a number in as few digits as give it back. Most errors, discards and losses
// are 0, which strconv formats like any other number.
func appendFloat(dst []byte, x float64) []byte {
	if math.Float64bits(x) == 0 {
		return append(dst, '0')
	}
	return strconv.AppendFloat(dst, x, 'g', -1, 64)
}

// appendInts leaves out what does not fit a signed 64-bit integer: InfluxDB 1.8 has no other, and
// refuses the whole batch.
func (m *measurement[S, T]) appendInts(dst []byte, first int, v *T) []byte {
	for i := range m.ints {
		n, ok := m.ints[i].value(v)
		if !ok || n > math.MaxInt64 {
			continue
		}
		dst = appendKey(dst, first, m.ints[i].name)
		dst = strconv.AppendUint(dst, n, 10)
		dst = append(dst, 'i')
	}
	return dst
}

func (m *measurement[S, T]) appendTexts(dst []byte, first int, v *T) []byte {
	for i := range m.texts {
		s, ok := m.texts[i].value(v)
		if !ok {
			continue
		}
		dst = appendKey(dst, first, m.texts[i].name)
		dst = append(dst, '"')
		dst = appendText(dst, s)
		dst = append(dst, '"')
	}
	return dst
}

// appendKey begins a field; first is where the fields of the line begin.
func appendKey(dst []byte, first int, name string) []byte {
	if len(dst) > first {
		dst = append(dst, ',')
	}
	dst = append(dst, name...)
	return append(dst, '=')
}

// InfluxDB counts nanoseconds since 1970 in 64 bits, which ends in 2262.
var lastStorable = time.Unix(0, math.MaxInt64).Add(-time.Second)

// storable reports whether InfluxDB can store a point of this instant. Instants before 1970 are
// refused too: nothing was read then.
func storable(at time.Time) bool {
	return at.Unix() >= 0 && at.Before(lastStorable)
}
