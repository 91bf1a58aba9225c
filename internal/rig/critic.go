//go:build linux

package rig

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Review is what was found of a run, with figures of what was looked at.
type Review struct {
	Failures []Failure
	Polls    int // requests sent
	Replies  int // to polls that reached a program
	Samples  int // stored, or refused for good and put aside
	Due      int // replies that had to be stored
	Rates    int // computed anew
	Demanded int // rates that had to be there
	Gaps     int // between two polls of a healthy router, held against the interval
	Messages int
	Alarms   int // that had to be told, by receiver
	Told     int // of those
	Lost     int // of those that were over soon after a kill
	Repeats  int // messages that came twice after a kill or from a receiver that forgot
	Runs     int // of the program
}

// String is one line of figures.
func (r *Review) String() string {
	return fmt.Sprintf("%d lives, %d requests, %d replies, %d samples (%d had to be stored), %d rates (%d demanded), %d intervals, %d messages, "+
		"%d of %d alarms told (%d were over soon after a kill), %d repeats",
		r.Runs, r.Polls, r.Replies, r.Samples, r.Due, r.Rates, r.Demanded, r.Gaps, r.Messages, r.Told, r.Alarms, r.Lost, r.Repeats)
}

// critic holds the ledgers of a theatre against each other. It knows nothing of the program but its words.
type critic struct {
	*Theatre
	Review
	ends   map[End]int     // by router and interface, without the link
	rated  map[End][]int64 // when rates are stored, by link and sending end
	letter map[string]bool
	aside  []asideRate
}

// asideRate is a point of a link that was refused for good.
type asideRate struct {
	tags   map[string]string
	millis int64
	fields []Field
}

// Judge tells what was wrong with a run that is over. letters are the lines that the program put aside.
func (t *Theatre) Judge(letters []string) *Review {
	c := &critic{Theatre: t, ends: map[End]int{}, rated: map[End][]int64{}, letter: map[string]bool{}}
	c.Failures = t.failures
	for _, f := range t.Database.Points.Faults() {
		c.fail(f.Rule, "%.300s", f.Text)
	}
	c.Runs, c.Polls, c.Messages = len(t.Lives), t.Ether.Polls(), len(t.Chat.messages)
	for i, e := range t.Ether.ends {
		c.ends[End{Router: e.Router, Interface: e.Interface}] = i
	}
	c.readLetters(letters)
	c.samples()
	c.missing()
	c.rates()
	c.demanded()
	c.cadence()
	c.alarms()
	for _, l := range t.Lives {
		if l.Dropped > 0 {
			c.fail("I1", "life %d dropped %d points", l.Number, l.Dropped)
		}
	}
	return &c.Review
}

func (c *critic) fail(rule, format string, args ...any) {
	const enough = 25
	if len(c.Failures) < enough {
		c.Failures = append(c.Failures, Failure{rule, fmt.Sprintf(format, args...)})
	}
}

// readLetters takes in the lines that were refused for good. Each of them must have been put aside, or be
// stored, because it was sent again after a kill.
func (c *critic) readLetters(lines []string) {
	for _, text := range lines {
		l, err := parseLine(strings.TrimSuffix(text, "\n"))
		if err != nil {
			c.fail("S03", "dead letter %q: %v", text, err)
			continue
		}
		c.letter[pointKey(l.series, l.millis)] = true
		measurement, tags, err := parseSeries(l.series)
		switch {
		case err == nil && measurement == "link_end":
			c.sample(tags, l.millis, l.fields)
		case err == nil && measurement == "link":
			c.aside = append(c.aside, asideRate{tags, l.millis, l.fields})
		}
	}
	refused := c.Database.Refused()
	stored := c.Database.Points.Among(refused)
	for key := range refused {
		if !c.letter[key] && !stored[key] {
			c.fail("F04", "refused for good and not put aside: %s", key)
		}
	}
}

// series ranges over all that was stored, also what a clock that was set back had overwritten.
func (c *critic) series(yield func(*Series) bool) {
	points := c.Database.Points
	for _, s := range points.series {
		if !yield(s) {
			return
		}
	}
	for i := range points.older {
		if !yield(&points.older[i]) {
			return
		}
	}
}

// samples finds for each stored point of an end the reply that it holds.
func (c *critic) samples() {
	for i := range c.Ether.served {
		c.Replies += len(c.Ether.served[i])
	}
	for s := range c.series {
		if s.Measurement != "link_end" {
			continue
		}
		for at, fields := range s.Points {
			c.sample(s.Tags, at, fields)
		}
	}
}

// stampedWithin is how far the stamp of a sample may lie from the middle between its request and its reply.
const stampedWithin = 60 * time.Millisecond

// stamped reports whether a stamp is at most so much later than a sample, by the clock as it stood then, when
// the reply was read, or when the stamp was made.
func (c *critic) stamped(s *Served, at int64, later time.Duration) bool {
	const read = 50 * time.Millisecond // after it came
	for _, off := range [3]time.Duration{c.Clock.off(s.Reply.At), c.Clock.off(s.Came.Add(read)), c.Clock.off(s.Came.Add(later))} {
		if d := time.UnixMilli(at).Sub(s.Reply.At.Add(off)); d >= -stampedWithin && d <= later {
			return true
		}
	}
	return false
}

func (c *critic) sample(tags map[string]string, at int64, fields []Field) {
	i, known := c.ends[End{Router: tags["device"], Interface: tags["interface"]}]
	values, ok := valuesOf(fields)
	if !known || !ok {
		c.fail("I2", "sample of an end that is not there: %v %v", tags, fields)
		return
	}
	for k := range c.Ether.served[i] {
		s := &c.Ether.served[i][k]
		if s.Reply.Values != values || !c.stamped(s, at, stampedWithin) {
			continue
		}
		if s.sampleFound && s.sample != at {
			c.fail("I2", "one reply of %s is a sample at %s and at %s", tags["device"], clock(s.sample), clock(at))
		}
		if !s.sampleFound {
			c.Samples++
		}
		s.sample, s.sampleFound = at, true
		return
	}
	c.fail("I2", "sample %s/%s %s holds what %s never sent: %v", tags["link"], tags["end"], clock(at), tags["device"], fields)
}

// A poll is over when both ends have answered or were given up, and its points are accepted a second later.
const (
	pollTakes   = 8*time.Second + 200*time.Millisecond
	acceptedIn  = time.Second + 200*time.Millisecond
	unsettled   = 75 * time.Second // after a router gave other answers than asked for
	firstOfLife = 15 * time.Second // until routers have been asked for the names of their interfaces
)

// missing tells which replies should be stored and are not.
func (c *critic) missing() {
	for i, all := range c.Ether.served {
		if c.Ether.ends[i].Link == Spare {
			continue
		}
		for k := range all {
			s := &all[k]
			if !s.Clean || !c.outlived(s) || c.disturbed(c.Ether.ends[i].Link, s.Sent.Add(-pollTakes), s.Came) {
				continue
			}
			c.Due++
			if !s.sampleFound {
				e, l := c.Ether.ends[i], c.Lives[s.Life]
				c.fail("F10", "sample %s/%s of %s accepted, not stored (life %d, %v after its start, %v before its end: %s)", e.Link, e.End,
					c.Stamp(s.Came), s.Life, s.Came.Sub(l.Start).Round(time.Millisecond), l.End.Sub(s.Came).Round(time.Millisecond), l.How)
			}
		}
	}
}

// outlived reports whether a life lasted until the points of a reply were accepted.
func (c *critic) outlived(s *Served) bool {
	l := c.Lives[s.Life]
	until := l.End
	for _, w := range c.diskWindows {
		if l.End.After(w.From) && l.End.Before(w.To.Add(acceptedIn)) {
			until = w.From // the rest waited in memory
		}
	}
	return s.Sent.After(l.Start.Add(firstOfLife)) && s.Came.Add(pollTakes+acceptedIn).Before(until)
}

// disturbed reports whether something else than the usual was true of a link's routers in a time.
func (c *critic) disturbed(link string, from, to time.Time) bool {
	return slices.ContainsFunc(c.truths, func(u *Truth) bool {
		return u.Router && slices.Contains(u.Links, link) && to.After(u.From) && (u.To.IsZero() || from.Before(u.To.Add(unsettled)))
	})
}
