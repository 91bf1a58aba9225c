//go:build linux

package rig

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Points is the ledger of the fake InfluxDB: every point that it stored, by series and time.
type Points struct {
	mu     sync.Mutex
	series map[string]*Series
	faults []Failure
	// twice, when set, tells that the clock has shown a time more than once. Points of such a time may be
	// overwritten: they are in older then.
	twice func(millis int64) bool
	older []Series
}

// Series is one series of the ledger.
type Series struct {
	Measurement string
	Tags        map[string]string
	Points      map[int64][]Field // by milliseconds since 1970
}

func newPoints() *Points { return &Points{series: map[string]*Series{}} }

// future is how far ahead of its arrival a point may be: the clock is the same, but rounded.
const future = 5 * time.Millisecond

// store notes parsed lines, which are stored together.
func (p *Points) store(lines []line, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range lines {
		p.storeOne(&lines[i], now)
	}
}

func (p *Points) storeOne(l *line, now time.Time) {
	s := p.series[l.series]
	if s == nil {
		s = p.meet(l.series)
	}
	if l.millis > now.Add(future).UnixMilli() {
		p.fail("I2", "point of %s at %s came at %s: it is in the future", l.series, clock(l.millis), now.Format(clockForm))
	}
	before, there := s.Points[l.millis]
	if there {
		same := slices.Equal(before, l.fields)
		if !same && p.twice != nil && p.twice(l.millis) {
			p.older = append(p.older, Series{s.Measurement, s.Tags, map[int64][]Field{l.millis: before}})
			s.Points[l.millis] = l.fields
			return
		}
		if !same {
			p.fail("I2", "%s at %s was %v and is overwritten with %v", l.series, clock(l.millis), before, l.fields)
		}
		return
	}
	s.Points[l.millis] = l.fields
}

func (p *Points) meet(text string) *Series {
	measurement, tags, err := parseSeries(text)
	if err != nil {
		p.fail("S03", "series %q: %v", text, err)
	}
	// The text is a part of a request, which must not be kept.
	s := &Series{Measurement: measurement, Tags: tags, Points: map[int64][]Field{}}
	p.series[strings.Clone(text)] = s
	return s
}

const clockForm = "15:04:05.000"

func clock(millis int64) string { return time.UnixMilli(millis).UTC().Format(clockForm) }

func (p *Points) fail(rule, format string, args ...any) {
	const enough = 1000
	if len(p.faults) < enough {
		p.faults = append(p.faults, Failure{rule, fmt.Sprintf(format, args...)})
	}
}

// bad notes what no InfluxDB should get to see.
func (p *Points) bad(rule, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail(rule, format, args...)
}

// Take returns what was stored of instants before one, and forgets what is older than keep.
func (p *Points) Take(before, keep time.Time) []Series {
	p.mu.Lock()
	defer p.mu.Unlock()
	var taken []Series
	limit, old := before.UnixMilli(), keep.UnixMilli()
	for _, s := range p.series {
		out := Series{s.Measurement, s.Tags, map[int64][]Field{}}
		for at, fields := range s.Points {
			if at < limit {
				out.Points[at] = fields
			}
			if at < old {
				delete(s.Points, at)
			}
		}
		if len(out.Points) > 0 {
			taken = append(taken, out)
		}
	}
	return taken
}

// Among returns which of the given points are stored.
func (p *Points) Among(keys map[string]bool) map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[string]bool{}
	for key := range keys {
		at, ok := lettersAt(key)
		if s := p.series[key[:max(strings.LastIndexByte(key, ' '), 0)]]; ok && s != nil && s.Points[at] != nil {
			found[key] = true
		}
	}
	return found
}

// Faults returns what was wrong with points as they came, and forgets it.
func (p *Points) Faults() []Failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.faults
	p.faults = nil
	return f
}
