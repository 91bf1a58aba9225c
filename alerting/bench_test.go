package alerting

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// start is the first reading instant of every test.
var start = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

func testLink() linkmodel.Link {
	return linkmodel.Link{
		Name: "lon1-par2-1", Type: "backbone", Groups: []string{"core", "emea"},
		Circuit: linkmodel.Circuit{Carrier: "Colt", ID: "COLT/LON-PAR/00123", Phone: "+44 20 5550 0100"},
		Ends: [2]linkmodel.LinkEnd{
			{Device: "cr1.lon1", Site: "lon1", Interface: "et-0/0/1:0", CounterCache: 0},
			{Device: "cr1.par2", Site: "par2", Interface: "et-0/0/3", CounterCache: 0},
		},
		Interval: time.Minute,
	}
}

func ratioRule(warn, crit float64, hold time.Duration) Rule {
	r := Rule{For: hold}
	if warn > 0 {
		r.Warn = Threshold{Value: warn, Unit: UnitRatio}
	}
	if crit > 0 {
		r.Crit = Threshold{Value: crit, Unit: UnitRatio}
	}
	return r
}

func downRule(hold time.Duration) Rule {
	return Rule{Crit: Threshold{Unit: UnitTrue}, For: hold}
}

// everyRule judges everything; hold applies to all but down.
func everyRule(hold time.Duration) Rules {
	return Rules{
		Utilization: ratioRule(0.7, 0.85, hold),
		Errors:      ratioRule(0.001, 0.01, hold),
		Discards:    ratioRule(0.001, 0.01, hold),
		Loss:        ratioRule(0.001, 0.01, hold),
		Down:        downRule(0),
		Flapping:    Rule{Warn: surely, Changes: 5, Within: 10 * time.Minute, Quiet: 30 * time.Minute},
	}
}

// bench feeds an engine one poll after the other.
type bench struct {
	*Engine
	decl     linkmodel.Link
	interval time.Duration
	polls    int
	// origin is where the clock of this process begins.
	origin time.Duration
	// noted are the lines of what was told to nobody, with the reason.
	noted []string
}

func newBench(rules Rules) *bench {
	decl := testLink()
	b := &bench{decl: decl, interval: decl.Interval}
	b.Engine = New(Config{
		Rules:   map[string]Rules{decl.Name: rules},
		Default: []string{"noc"},
	}, []linkmodel.Link{decl})
	return b
}

func (b *bench) mono() time.Duration { return b.origin + time.Duration(b.polls)*b.interval }

func (b *bench) at() time.Time { return start.Add(time.Duration(b.polls) * b.interval) }

// signals judges one poll that consists of these signals.
func (b *bench) signals(s ...linkmodel.Signal) []Notification {
	defer func() { b.polls++ }()
	b.observe(b.link(b.decl.Name), &observation{
		link: b.decl.Name, at: b.at(), mono: b.mono(), interval: b.interval,
	}, s)
	return b.advance()
}

// advance returns what is told right after a poll.
func (b *bench) advance() []Notification {
	r := b.Advance(linkmodel.Moment{At: b.at(), Mono: b.mono()})
	for i := range r.Noted {
		b.noted = append(b.noted, r.Noted[i].Summary+": "+r.Noted[i].Episode.HeldBack)
	}
	return r.Told
}

// later is the present so long after the start.
func later(d time.Duration) linkmodel.Moment {
	return linkmodel.Moment{At: start.Add(d), Mono: d}
}

// look judges a view and returns what is told right after it.
func (b *bench) look(v *linkmodel.View) []Notification {
	b.Observe(v)
	return b.advance()
}

// told writes the messages of poll n as "n:kind status severity".
func told(n int, messages []Notification) []string {
	var out []string
	for i := range messages {
		m := &messages[i]
		out = append(out, fmt.Sprintf("%d:%s %s %s", n, m.Episode.Kind, m.Status, m.Episode.Severity))
	}
	return out
}

// parse reads a signal: "?" unknown, a percentage, "low/high" for loss in percent, or for
// the kinds that are true or false "y" and "n".
func parse(t *testing.T, k linkmodel.Kind, d linkmodel.Direction, text string) linkmodel.Signal {
	t.Helper()
	s := linkmodel.Signal{Kind: k, Direction: d, End: linkmodel.NoEnd}
	num := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	switch parts := strings.Split(text, "/"); {
	case text == "?":
		s.Ratio = linkmodel.Unknown(linkmodel.ReasonMissed)
	case text == "y":
		s.Ratio = linkmodel.Known(1)
	case text == "n":
		s.Ratio = linkmodel.Known(0)
	case len(parts) == 2:
		s.Low, s.High = num(parts[0])/100, num(parts[1])/100
		s.Ratio = linkmodel.Known((s.Low + s.High) / 2)
	default:
		s.Ratio = linkmodel.Known(num(text) / 100)
		s.Rate = linkmodel.Known(num(text) * 1e9)
		s.Low, s.High = s.Ratio.Value, s.Ratio.Value
	}
	return s
}

// run judges a timeline of one kind, one word per poll, and returns all messages.
func (b *bench) run(t *testing.T, k linkmodel.Kind, timeline string) []string {
	t.Helper()
	d := linkmodel.AToZ
	if !hasDirection(k) {
		d = linkmodel.NoDirection
	}
	var out []string
	for word := range strings.FieldsSeq(timeline) {
		n := b.polls
		out = append(out, told(n, b.signals(parse(t, k, d, word)))...)
	}
	return out
}
