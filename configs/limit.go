package configs

import (
	"regexp"
	"strconv"
	"time"

	"github.com/bothends/bothends/alerting"
)

// limit is one threshold and where it was set, for messages about two that do not fit together.
type limit struct {
	alerting.Threshold
	text string
	// at has no source when the limit is built in.
	at   span
	from string
}

// on is the limit in bit/s on a link of this capacity in bit/s.
func (l limit) on(capacity float64) float64 {
	if l.Unit == alerting.UnitRatio {
		return l.Value * capacity
	}
	return l.Value
}

func (l limit) textOn(capacity float64) string {
	if l.Unit == alerting.UnitRatio {
		return l.text + " of " + shortBits(capacity)
	}
	return l.text
}

// measure tells which units a threshold may have.
type measure struct {
	name    string
	rates   bool // events per second
	bits    bool // bits per second
	ofWhat  string
	example string
}

var (
	percentText = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s?%$`)
	rateText    = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)/(s|min|h)$`)
	bareNumber  = regexp.MustCompile(`^[0-9]+(?:\.[0-9]+)?$`)
	perSecond   = map[string]float64{"s": 1, "min": 60, "h": 3600}
)

// none is the word for "no threshold here", where a link type would give one.
const none = "none"

// limit reads one threshold: a percentage, a rate, or none.
func (w *walker) limit(v value, m *measure) (limit, bool) {
	s, ok := w.text(v)
	if !ok {
		return limit{}, false
	}
	l := limit{text: s, at: v.span()}
	if s == none {
		return l, true
	}
	l.Threshold, ok = parseThreshold(s, m)
	switch {
	case !ok:
		w.explainLimit(v, s, m)
	case l.Value <= 0:
		w.report("E014", v.span(), "%s %s must be above 0", v.name, quote(s)).help("write none for no threshold")
	case l.Unit == alerting.UnitRatio && l.Value > 1:
		w.report("E014", v.span(), "%s %s is above 100%%", v.name, quote(s))
	default:
		return l, true
	}
	return l, false
}

func parseThreshold(s string, m *measure) (alerting.Threshold, bool) {
	if p := percentText.FindStringSubmatch(s); p != nil {
		f, err := strconv.ParseFloat(p[1], 64)
		return alerting.Threshold{Value: f / 100, Unit: alerting.UnitRatio}, err == nil
	}
	if p := rateText.FindStringSubmatch(s); p != nil && m.rates {
		f, err := strconv.ParseFloat(p[1], 64)
		return alerting.Threshold{Value: f / perSecond[p[2]], Unit: alerting.UnitPerSecond}, err == nil
	}
	if f, ok := parseBits(s); ok && m.bits {
		return alerting.Threshold{Value: f, Unit: alerting.UnitPerSecond}, true
	}
	return alerting.Threshold{}, false
}

// explainLimit never guesses between 80 and 0.8.
func (w *walker) explainLimit(v value, s string, m *measure) {
	if !bareNumber.MatchString(s) {
		w.report("E009", v.span(), "%s %s is not a threshold", v.name, quote(s)).help("write %s", m.example)
		return
	}
	p := w.report("E009", v.span(), "%s %s has no unit", v.name, s)
	switch {
	case m.bits:
		p.help("write %s%% (of %s) or %sM (bits per second)", s, m.ofWhat, s)
	case m.rates:
		p.help("write %s%% (of %s) or %s/min", s, m.ofWhat, s)
	default:
		p.help("write %s%% (of %s)", s, m.ofWhat)
	}
}

const maxFor = day

// hold reads how long a threshold must be passed.
func (w *walker) hold(v value) (time.Duration, bool) { return w.duration(v, 0, maxFor) }
