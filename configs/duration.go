package configs

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day,
}

var durationPart = regexp.MustCompile(`^([0-9]+)(ms|s|m|h|d)`)

// parseDuration reads whole numbers with units, for example 30s or 1h30m.
func parseDuration(s string) (time.Duration, bool) {
	var sum time.Duration
	for rest := s; rest != ""; {
		part := durationPart.FindStringSubmatch(rest)
		if part == nil {
			return 0, false
		}
		n, err := strconv.ParseInt(part[1], 10, 64)
		unit := units[part[2]]
		if err != nil || n > (math.MaxInt64-int64(sum))/int64(unit) {
			return 0, false
		}
		sum += time.Duration(n) * unit
		rest = rest[len(part[0]):]
	}
	return sum, s != ""
}

// duration reads a length of time in [low, high].
func (w *walker) duration(v value, low, high time.Duration) (time.Duration, bool) {
	s, ok := w.text(v)
	if !ok {
		return 0, false
	}
	d, ok := parseDuration(s)
	if !ok {
		w.report("E007", v.span(), "%s is not a duration I can read", quote(s)).
			help("%sUnits: ms, s, m, h, d.  (A bare 30 is refused too: it could be minutes.)", guessDuration(s))
		return 0, false
	}
	if d < low || d > high {
		w.report("E014", v.span(), "%s %s is not between %s and %s", v.name, s, shortTime(low), shortTime(high))
		return 0, false
	}
	return d, true
}

var looseDuration = regexp.MustCompile(`^\s*([0-9]+)\s*([A-Za-z]*)\s*$`)

// guessDuration rewrites what is probably meant: "30 seconds" is 30s.
func guessDuration(s string) string {
	m := looseDuration.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	word := strings.ToLower(m[2])
	switch {
	case word == "":
		return "write " + m[1] + "s or " + m[1] + "m. "
	case strings.HasPrefix(word, "milli") || word == "msec" || word == "ms":
		return "write " + m[1] + "ms. "
	case strings.HasPrefix(word, "s"):
		return "write " + m[1] + "s. "
	case strings.HasPrefix(word, "mi") || word == "m":
		return "write " + m[1] + "m. "
	case strings.HasPrefix(word, "h"):
		return "write " + m[1] + "h. "
	case strings.HasPrefix(word, "d"):
		return "write " + m[1] + "d. "
	}
	return ""
}

// shortTime prints a duration as the inventory writes it.
func shortTime(d time.Duration) string {
	for _, u := range []string{"d", "h", "m", "s", "ms"} {
		if d >= units[u] && d%units[u] == 0 {
			return strconv.FormatInt(int64(d/units[u]), 10) + u
		}
	}
	return "0s"
}

// interval reads the time between polls. Routers refresh their counters every 5 to 15 s, so a
// faster poll mostly reads old figures. It is 0 when it is not usable.
func (w *walker) interval(v value) time.Duration {
	s, ok := w.text(v)
	if !ok {
		return 0
	}
	d, readable := parseDuration(s)
	if readable && d < time.Second {
		w.report("E065", v.span(), "interval %s is below 1s", s).
			help("the shortest interval is 1s; 60s is usual")
		return 0
	}
	if readable && d < 10*time.Second {
		w.report("W065", v.span(), "interval %s is below 10s", s).
			note("a router must answer within %s of it", shortTime(deadline(d))).
			help("many routers refresh their counters every 5 to 15 s only, and feel the load")
		return d
	}
	d, _ = w.duration(v, time.Second, time.Hour)
	return d
}
