package alerting

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// percent writes a ratio with two significant digits, without an exponent: "86 %", "1.3 %",
// "0.0012 %".
func percent(ratio float64) string { return significant(ratio*100, 2) + " %" }

// significant writes v with n significant digits before and after the point, but never rounds
// away digits before it.
func significant(v float64, n int) string {
	if v == 0 {
		return "0"
	}
	decimals := max(0, n-1-int(math.Floor(math.Log10(math.Abs(v)))))
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// bits writes a number of bits with an SI prefix: "86.1 G".
func bits(v float64) string {
	for _, p := range []struct {
		factor float64
		prefix string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(v) >= 0.9995*p.factor {
			return significant(v/p.factor, 3) + " " + p.prefix
		}
	}
	return significant(v, 3) + " "
}

// bitrate writes bit/s: "86.1 Gb/s".
func bitrate(v float64) string { return bits(v) + "b/s" }

// capacity writes bit/s as operators name a line: "100G".
func capacity(v float64) string { return strings.ReplaceAll(bits(v), " ", "") }

// events writes a number of events per second, per minute where they are few.
func events(perSecond float64) string {
	if perSecond < 10 {
		return significant(perSecond*60, 3) + "/min"
	}
	return significant(perSecond, 3) + "/s"
}

// lasting writes a duration as a human would say it, to two units at most.
func lasting(d time.Duration) string {
	switch d = max(0, d).Round(time.Second); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	default:
		d = d.Round(time.Hour)
		return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}

// clock writes an instant in UTC, with the day where it is not the day of now.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}
