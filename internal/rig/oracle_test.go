//go:build linux

package rig

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The oracle must be able to fail: each of these changes one thing in the evidence of a sound minute
// and names what it must say then.

var forgedStart = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

const (
	forgedCycles = 20
	forgedOctets = 100_000_000 // per cycle
)

// forged is the evidence of one link, polled for twenty seconds by a program that was killed then.
func forged() *Evidence {
	e := &Evidence{
		Ends:     []End{{"l", "a", "r1", "x"}, {"l", "z", "r2", "y"}},
		Replies:  make([][]Reply, 2),
		Letters:  map[string]bool{},
		Until:    forgedStart.Add(time.Hour),
		Patience: 800 * time.Millisecond, Late: 50 * time.Millisecond, Interval: time.Second, Speed: 10e9,
	}
	ends := [2]map[int64][]Field{{}, {}}
	ways := [2]map[int64][]Field{{}, {}}
	states := map[int64][]Field{}
	for c := range forgedCycles {
		at := forgedStart.Add(time.Duration(c) * time.Second)
		for side := range 2 {
			var v Values
			for i := range numValues {
				v.add(i, uint64(1000+c)) //nolint:gosec // small
			}
			v.Number[InOctets], v.Number[OutOctets] = uint64(c*forgedOctets), uint64(c*forgedOctets) //nolint:gosec // small
			e.Replies[side] = append(e.Replies[side], Reply{At: at, Interface: "x", Values: v})
			var fields []Field
			for i, name := range valueNames {
				fields = append(fields, Field{name, int64(v.Number[i])}) //nolint:gosec // small
			}
			ends[side][at.UnixMilli()] = fields
			ways[side][at.UnixMilli()] = []Field{{"capacity_bps", 10e9}}
			if c > 0 {
				ways[side][at.UnixMilli()] = []Field{{"bps", 8.0 * forgedOctets}, {"source", "both"}}
			}
		}
		states[at.UnixMilli()] = []Field{{"state", "up"}}
	}
	for side, end := range e.Ends {
		e.Series = append(e.Series,
			Series{"link_end", map[string]string{"link": "l", "end": end.End, "device": end.Router, "interface": end.Interface}, ends[side]},
			Series{"link", map[string]string{"link": "l", "direction": [2]string{"a_to_z", "z_to_a"}[side]}, ways[side]})
	}
	e.Series = append(e.Series, Series{"link_state", map[string]string{"link": "l"}, states})
	e.Runs = []Run{{
		Start: forgedStart.Add(-time.Second), End: forgedStart.Add(forgedCycles * time.Second),
		Accepted: 5 * forgedCycles, How: "killed",
	}}
	return e
}

// drop takes all points of a cycle away.
func (e *Evidence) drop(cycle int) {
	for i := range e.Series {
		delete(e.Series[i].Points, forgedStart.Add(time.Duration(cycle)*time.Second).UnixMilli())
	}
}

// change replaces a field in the sample of a cycle.
func (e *Evidence) change(measurement, field string, cycle int, value any) {
	at := forgedStart.Add(time.Duration(cycle) * time.Second).UnixMilli()
	for i := range e.Series {
		if e.Series[i].Measurement != measurement {
			continue
		}
		for k, f := range e.Series[i].Points[at] {
			if f.Name == field {
				e.Series[i].Points[at][k].Value = value
				return
			}
		}
	}
	panic("no such field")
}

var forgeries = []struct {
	name  string
	forge func(e *Evidence)
	want  string // in the first failure; empty for none
}{
	{"sound", func(*Evidence) {}, ""},
	{"the last second was not accepted", func(e *Evidence) {
		e.drop(forgedCycles - 1)
		e.Runs[0].Accepted -= 5
	}, ""},
	{"a count that is not there", func(e *Evidence) { e.drop(forgedCycles - 1) }, "F10: run 0 (killed): 100 points accepted, 95 stored"},
	{"an early reply is missing though the count is right", func(e *Evidence) {
		e.drop(3)
		e.Runs[0].Accepted -= 5
	}, "F10: sample l/a 10:00:03.000 accepted, not stored"},
	{"a drained life misses the last reply", func(e *Evidence) {
		e.drop(forgedCycles - 1)
		e.Runs[0].Accepted, e.Runs[0].Drained = 0, true
	}, "accepted, not stored"},
	{"a reply that was no reading", func(e *Evidence) {
		delete(e.Series[0].Points, forgedStart.Add(3*time.Second).UnixMilli())
		e.Runs[0].Accepted -= 5
		delete(e.Series[1].Points, forgedStart.Add(3*time.Second).UnixMilli())
		delete(e.Series[1].Points, forgedStart.Add(4*time.Second).UnixMilli()) // its rate spans two cycles
	}, ""},
	{"a reply to a request of the life before", func(e *Evidence) {
		e.drop(0)
		e.Runs[0].Accepted -= 5
		e.Runs[0].Start = forgedStart.Add(-time.Millisecond)
		e.Replies[0][0].Waited, e.Replies[1][0].Waited = 5*time.Millisecond, 5*time.Millisecond
	}, ""},
	{"a value that was never sent", func(e *Evidence) { e.change("link_end", "in_errors", 5, int64(7)) }, "never sent"},
	{"a sample at a wrong time", func(e *Evidence) {
		p := e.Series[0].Points
		p[forgedStart.Add(time.Minute).UnixMilli()] = p[forgedStart.UnixMilli()]
	}, "never sent"},
	{"a reply stored twice", func(e *Evidence) {
		p := e.Series[0].Points
		p[forgedStart.Add(300*time.Millisecond).UnixMilli()] = p[forgedStart.UnixMilli()]
	}, "one reply of r1 is stored"},
	{"a rate that the counters do not have", func(e *Evidence) { e.change("link", "bps", 5, 9.0*forgedOctets) }, "but r1 counted"},
	{"a rate above the line", func(e *Evidence) { e.change("link", "bps", 5, 11e9) }, "bps is 1.1e+10"},
	{"a rate across a restart of the router", func(e *Evidence) {
		for c := 10; c < forgedCycles; c++ {
			v := &e.Replies[0][c].Values
			v.Number[OutOctets] -= 10 * forgedOctets
			e.change("link_end", "out_octets", c, int64(v.Number[OutOctets])) //nolint:gosec // small
		}
	}, "but r1 counted -900000000"},
	{"a first rate that nothing explains", func(e *Evidence) {
		e.Series[1].Points[forgedStart.UnixMilli()] = []Field{{"bps", 1e9}, {"source", "both"}}
	}, "in the first sample of a life"},
	{"a first rate that may begin with a reading of long ago", func(e *Evidence) {
		e.Series[1].Points[forgedStart.UnixMilli()] = []Field{{"bps", 1e9}, {"source", "both"}}
		e.Replies[0] = append([]Reply{{At: forgedStart.Add(-lookBack), Interface: "x"}}, e.Replies[0]...)
		e.Judged = forgedStart.Add(-time.Minute)
	}, ""},
	{"a sample that is stamped later than what is judged", func(e *Evidence) { e.cutShort(); e.RepliesUntil = e.Until.Add(-closeTo) }, ""},
	{"a sample that is not there in the end", (*Evidence).cutShort, "accepted, not stored"},
	{"a reply that was not judged before", func(e *Evidence) {
		e.cutShort()
		e.Judged, e.RepliesFrom = e.Until, e.Until.Add(-closeTo)
	}, "accepted, not stored"},
	{"a loss beside its bar", func(e *Evidence) {
		p := e.Series[1].Points
		p[forgedStart.UnixMilli()] = []Field{{"loss_ratio", .1}, {"loss_low", .2}, {"loss_high", .3}}
	}, "loss 0.2..0.1..0.3"},
	{"a series of nobody", func(e *Evidence) { e.Series[0].Tags["device"] = "r9" }, "series of an end that is not there"},
}

// cutShort makes evidence of a program that goes on running, without what belongs to the last reply.
func (e *Evidence) cutShort() {
	last := forgedStart.Add((forgedCycles - 1) * time.Second)
	for i := range e.Series {
		delete(e.Series[i].Points, last.UnixMilli())
	}
	e.Until = last.Add(time.Millisecond)
	e.Runs[0].End, e.Runs[0].Drained, e.Runs[0].Accepted = e.Until, true, 0
}

func TestOracleFindsForgeries(t *testing.T) {
	for _, f := range forgeries {
		t.Run(f.name, func(t *testing.T) {
			e := forged()
			f.forge(e)
			v := Judge(e)
			got := fmt.Sprint(v.Failures)
			if f.want == "" && len(v.Failures) > 0 || !strings.Contains(got, f.want) {
				t.Errorf("failures %s, want %q", got, f.want)
			}
			if v.Proved == 0 {
				t.Error("nothing is proved")
			}
		})
	}
}

func TestPointsFindConflictsAndTheFuture(t *testing.T) {
	p, now := newPoints(), time.Now()
	store := func(text string) {
		l, err := parseLine(text)
		if err != nil {
			t.Fatal(err)
		}
		p.store([]line{l}, now)
	}
	ms := now.UnixMilli()
	store(fmt.Sprintf("m,a=b x=1i %d", ms))
	store(fmt.Sprintf("m,a=b x=1i %d", ms))
	if f := p.Faults(); len(f) > 0 {
		t.Errorf("faults %v of a repetition", f)
	}
	store(fmt.Sprintf("m,a=b x=2i %d", ms))
	store(fmt.Sprintf("m,a=b x=2i %d", ms+1000))
	if f := fmt.Sprint(p.Faults()); !strings.Contains(f, "overwritten") || !strings.Contains(f, "future") {
		t.Errorf("faults %v", f)
	}
}

func TestParserIsStrict(t *testing.T) {
	for _, good := range []string{`m,a=b\ c x=1i,y=2.5,z="q\"r" 12`, `m x=1 12`} {
		l, err := parseLine(good)
		if err != nil {
			t.Errorf("%s: %v", good, err)
		}
		if _, _, err := parseSeries(l.series); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		`m`, `m x=1`, `m x=1 `, `m x=1 1.5`, `m x= 1`, `m x=NaN 1`, `m x=1,x=2 1`, `m x="a 1`, `m x="\n" 1`,
		"m x=\"a\x01\" 1", "m x=\"\xff\" 1", `m x=1x 1`, `m  x=1 1`,
	} {
		if l, err := parseLine(bad); err == nil {
			t.Errorf("%s is read as %v", bad, l)
		}
	}
	for _, bad := range []string{`,a=b`, `m,a`, `m,a=`, `m,=b`, `m,a=b,a=c`} {
		if _, tags, err := parseSeries(bad); err == nil {
			t.Errorf("series %s is read as %v", bad, tags)
		}
	}
}
