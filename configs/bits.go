package configs

import (
	"regexp"
	"strconv"
	"strings"
)

// siFactors are powers of ten: a 10G link carries 10^10 bit/s.
var siFactors = map[string]float64{"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}

var bitRate = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([kKMGT])$`)

// parseBits reads a rate such as 100G or 2.5G in bit/s.
func parseBits(s string) (float64, bool) {
	m := bitRate.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(m[1], 64)
	if err != nil || f <= 0 {
		return 0, false
	}
	return f * siFactors[m[2]], true
}

// shortBits prints a rate as the inventory writes it.
func shortBits(rate float64) string {
	for _, unit := range []string{"T", "G", "M"} {
		if rate >= siFactors[unit] {
			return strconv.FormatFloat(rate/siFactors[unit], 'f', -1, 64) + unit
		}
	}
	return strconv.FormatFloat(rate/siFactors["k"], 'f', -1, 64) + "k"
}

// bits reads the capacity of one direction, 0 when it is not readable.
func (w *walker) bits(v value) float64 {
	s, ok := w.text(v)
	if !ok {
		return 0
	}
	f, ok := parseBits(s)
	if !ok {
		w.explainBits(v, s)
	}
	return f
}

var looseBits = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([kKmMgGtT]?)(i?)\s*([bB]?)[A-Za-z]*(/s)?$`)

// explainBits tells bytes, missing units and long forms apart.
func (w *walker) explainBits(v value, s string) {
	m := looseBits.FindStringSubmatch(s)
	if m == nil {
		w.report("E008", v.span(), "%s %s is not a rate in bits per second", v.name, quote(s)).
			help("write 10G, 2.5G or 200M")
		return
	}
	prefix := strings.ToUpper(m[2])
	if prefix == "K" {
		prefix = "k"
	}
	plain := m[1] + prefix
	number, _ := strconv.ParseFloat(m[1], 64)
	switch {
	case number == 0:
		w.report("E008", v.span(), "%s %s must be above 0", v.name, quote(s)).
			help("leave it out to take what the routers report")
	case prefix == "":
		w.report("E008", v.span(), "%s %s has no unit", v.name, quote(s)).
			help("write %sM or %sG (M is 10^6 bits per second, G is 10^9)", m[1], m[1])
	case m[4] == "B":
		w.report("E008", v.span(), "%s %s counts bytes; links are measured in bits per second", v.name, quote(s)).
			help("%s (=%s %sb/s) is probably meant. %s%sB/s would be %s%s.", plain, m[1], prefix, m[1], prefix,
				strconv.FormatFloat(8*number, 'f', -1, 64), prefix)
	default:
		w.report("E008", v.span(), "%s %s is not a rate in bits per second", v.name, quote(s)).
			help("write %s", plain)
	}
}
