package linkmodel

import (
	"math"
	"strconv"
	"strings"
)

// Text writes a loss as it is shown everywhere: "0.9 % (0.7-1.1 %)" with the bounds of the true
// ratio, "< 0.02 % (cannot see less yet)" where only the upper one says anything, and the reason
// where there is no value.
func (l *Loss) Text() string {
	switch {
	case !l.Known:
		return "no value: " + strings.ReplaceAll(orFirst(l.Reason).String(), "-", " ")
	case l.BelowSight():
		return "< " + percentDigits(l.High) + " % (cannot see less yet)"
	default:
		return l.percent(l.Ratio) + " % (" + l.percent(l.Low) + "-" + l.percent(l.High) + " %)"
	}
}

// percent writes a ratio of the bar in percent, with as many decimals as show how wide the bar is.
func (l *Loss) percent(ratio float64) string {
	half := (l.High - l.Low) / 2 * 100
	if ratio == 0 || !(half > 0) {
		return percentDigits(ratio)
	}
	decimals := max(0, -int(math.Floor(math.Log10(half))))
	return strconv.FormatFloat(ratio*100, 'f', decimals, 64)
}

// percentDigits writes a ratio in percent with two significant digits and without an exponent.
func percentDigits(ratio float64) string {
	v := ratio * 100
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	decimals := max(0, 1-int(math.Floor(math.Log10(math.Abs(v)))))
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
