package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxShown bounds a string on the page; what routers send may be long.
const maxShown = 255

// clean makes a string harmless to look at: characters that move the cursor, reverse the reading
// direction or cannot be seen are shown as escapes. It does not escape HTML; templates do.
func clean(s string) string {
	var b strings.Builder
	shown := 0
	for i, r := range s {
		if shown == maxShown {
			b.WriteString("…")
			break
		}
		shown++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r):
			escaped := strconv.QuoteRuneToASCII(r)
			b.WriteString(escaped[1 : len(escaped)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var prefixes = [...]string{"", "k", "M", "G", "T", "P"}

// si shows a rate with three digits and a decimal prefix: "86.0 Gb/s", "0 /s".
func si(v float64, unit string) string {
	if math.Abs(v) < 0.0005 {
		return "0 " + unit
	}
	i := 0
	// 999.5 would be shown as 1000 with the smaller prefix.
	for math.Abs(v) >= 999.5 && i < len(prefixes)-1 {
		v /= 1000
		i++
	}
	return threeDigits(v) + " " + prefixes[i] + unit
}

// threeDigits shows at least three significant digits of a number below 1000.
func threeDigits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.9995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// percent shows a ratio: "86 %", "0.013 %". Something small is not shown as nothing.
func percent(ratio float64) string {
	p := ratio * 100
	switch {
	case p == 0:
		return "0 %"
	case math.Abs(p) < 0.0001:
		return "< 0.0001 %"
	case math.Abs(p) < 0.095:
		return strconv.FormatFloat(p, 'g', 2, 64) + " %"
	case math.Abs(p) < 9.95:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// span shows a duration with its two largest units: "3 m 10 s", "41 d 3 h".
func span(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d m %d s", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%d h %d m", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d %d h", s/86400, s%86400/3600)
}

// loadSteps are the upper bounds of the load colours in percent, as network weather maps have
// used them for decades: grey, white, violet, blue, light blue, green, yellow, orange, red.
var loadSteps = [...]float64{1, 10, 25, 40, 55, 70, 85}

// loadClass is the CSS class of a utilisation: load0 for idle to load8 for full.
func loadClass(utilization float64) string {
	p := utilization * 100
	if p <= 0 {
		return "load0"
	}
	step := 1
	for _, bound := range loadSteps {
		if p >= bound {
			step++
		}
	}
	return "load" + strconv.Itoa(step)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
