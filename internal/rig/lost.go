//go:build linux

package rig

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	// closeTo is how far the instant of a point may lie from the reply it holds: the middle between
	// request and reply, as a busy machine saw them.
	closeTo = 2 * time.Second
	// perReply is how many points a reply brings at most: both directions, the state and its end,
	// where the other end brings none.
	perReply = 4
	// ignoredShare is the part of all replies that may come too late for their poll, on a machine that
	// has no time for the program.
	ignoredShare = 0.5
	ignoredFew   = 20
)

// match finds for each stored point of an end the reply that it holds.
func (j *judge) match(l *endLedger) {
	byValues := make(map[Values][]*noted, len(l.replies))
	for i := range l.replies {
		r := &l.replies[i]
		byValues[r.Values] = append(byValues[r.Values], r)
	}
	for at, fields := range l.points {
		values, ok := valuesOf(fields)
		var found *noted
		for _, r := range byValues[values] {
			if d := time.UnixMilli(at).Sub(r.At); ok && d.Abs() <= closeTo && (found == nil || r.stored == 0) {
				found = r
			}
		}
		switch {
		case found == nil && j.known(at):
			continue // it came once more, long after its reply was forgotten
		case found == nil:
			j.fail("I2", "sample %s/%s %s holds what %s never sent: %v", l.Link, l.End.End, clock(at), l.Router, fields)
			continue
		case found.stored != 0:
			j.fail("I2", "one reply of %s is stored as sample %s/%s at %s and at %s",
				l.Router, l.Link, l.End.End, clock(found.stored), clock(at))
		}
		found.stored = at
		l.readings = append(l.readings, reading{at, found.Reply})
	}
	slices.SortFunc(l.readings, func(a, b reading) int { return cmp.Compare(a.millis, b.millis) })
	for i := range l.replies {
		switch r := &l.replies[i]; {
		case r.stored != 0 || !j.due(r):
		case r.Waited > j.Late:
			j.TooLate++
		case !j.excused(r.At) && !j.isLetter(r):
			j.missing = append(j.missing, r)
		}
	}
}

// due reports whether a reply must be in a sample by now, and was not judged before.
func (j *judge) due(r *noted) bool {
	from := j.Judged
	if !j.RepliesFrom.IsZero() {
		from = j.RepliesFrom
	}
	return !r.At.Before(from) && (j.RepliesUntil.IsZero() || r.At.Before(j.RepliesUntil))
}

// valuesOf reads the fields of link_end; ok is false when one is not of the measurement.
func valuesOf(fields []Field) (v Values, ok bool) {
	for _, f := range fields {
		i := slices.Index(valueNames[:], f.Name)
		if i < 0 {
			if f.Name != "snmp_rtt_ms" {
				return v, false
			}
			continue
		}
		switch n := f.Value.(type) {
		case int64:
			v.add(Value(i), uint64(n))
		case float64:
			v.add(Value(i), uint64(n))
		default:
			return v, false
		}
	}
	return v, true
}

func (j *judge) excused(at time.Time) bool {
	return slices.ContainsFunc(j.Excuses, func(w Window) bool { return !at.Before(w.From) && !at.After(w.To) })
}

// isLetter reports whether the point of a reply was refused for good and put aside.
func (j *judge) isLetter(r *noted) bool {
	return slices.ContainsFunc(r.end.letters, func(at int64) bool {
		return time.UnixMilli(at).Sub(r.At).Abs() < j.Interval/2
	})
}

func lettersAt(key string) (millis int64, ok bool) {
	at := strings.LastIndexByte(key, ' ')
	n, err := strconv.ParseInt(key[at+1:], 10, 64)
	return n, err == nil
}

// judgeRun tells which replies of one life are lost.
func (j *judge) judgeRun(run *Run) {
	begin, end := max(run.Start.UnixMilli(), j.Judged.UnixMilli()), run.End.UnixMilli()+1
	from, _ := sort.Find(len(j.instant), func(i int) int { return cmp.Compare(begin, j.instant[i]) })
	until, _ := sort.Find(len(j.instant), func(i int) int { return cmp.Compare(end, j.instant[i]) })
	stored := j.instant[from:until]
	j.Accepted += run.Accepted
	if len(stored) < run.Accepted-run.Dropped {
		j.fail("F10", "run %d (%s): %d points accepted, %d stored", run.Number, run.How, run.Accepted, len(stored))
	}
	var missing []*noted
	for _, r := range j.missing {
		if !r.asked().Before(run.Start) && !r.At.After(run.End) {
			missing = append(missing, r)
		}
	}
	slices.SortFunc(missing, func(a, b *noted) int { return a.At.Compare(b.At) })
	if run.Dropped > 0 {
		return // the count says nothing about which
	}
	j.Proved += j.provable(run, stored, missing)
	for _, r := range missing {
		if !run.Drained && j.queuedUntil(stored, missing, r.At.Add(j.Patience)) > run.Accepted {
			return // the later ones were queued later
		}
		if !j.missed(r) && !j.repeated(r) {
			j.fail("F10", "sample %s/%s %s accepted, not stored (run %d, %s; %v after its start, %v before its end)",
				r.end.Link, r.end.End.End, r.At.UTC().Format(clockForm), run.Number, run.How,
				r.At.Sub(run.Start).Round(time.Millisecond), run.End.Sub(r.At).Round(time.Millisecond))
		}
	}
}

// queuedUntil is how many points can have been queued for replies until an instant.
func (j *judge) queuedUntil(stored []int64, missing []*noted, until time.Time) int {
	n, _ := sort.Find(len(stored), func(i int) int { return cmp.Compare(until.UnixMilli()+1, stored[i]) })
	m := sort.Search(len(missing), func(i int) bool { return missing[i].At.After(until) })
	return n + perReply*m
}

// provable counts the replies of a life that the count of accepted points covers.
func (j *judge) provable(run *Run, stored []int64, missing []*noted) (n int) {
	last := sort.Search(int(run.End.Sub(run.Start).Milliseconds()), func(ms int) bool {
		at := run.Start.Add(time.Duration(ms) * time.Millisecond)
		return !run.Drained && j.queuedUntil(stored, missing, at.Add(j.Patience)) > run.Accepted
	})
	until := run.Start.Add(time.Duration(last) * time.Millisecond)
	for _, l := range j.ends {
		for i := range l.replies {
			if r := &l.replies[i]; !r.asked().Before(run.Start) && r.At.Before(until) {
				n++
			}
		}
	}
	return n
}

// longAgo is how long before its reply a poll may have been due on a busy machine.
const longAgo = 3 * time.Second

// missed reports whether the link has a state without a sample of the end in the cycle of a reply: the
// program took the reply for none, because another came first or it came too late. A cycle without any
// answer has the instant at which it was due.
func (j *judge) missed(r *noted) bool {
	from := r.At.Add(-longAgo).UnixMilli()
	to := r.At.Add(j.Interval * 6 / 10).UnixMilli()
	all := j.links[r.end.Link].states
	i := sort.Search(len(all), func(i int) bool { return all[i] >= from })
	for ; i < len(all) && all[i] <= to; i++ {
		if !r.end.hasReading(all[i], j.Interval*3/10) {
			return true
		}
	}
	return false
}

// hasReading reports whether a sample is stored near an instant.
func (l *endLedger) hasReading(millis int64, near time.Duration) bool {
	i := sort.Search(len(l.readings), func(i int) bool { return l.readings[i].millis >= millis-near.Milliseconds() })
	return i < len(l.readings) && l.readings[i].millis <= millis+near.Milliseconds()
}

// judgeIgnored bounds how many replies came to nothing.
func (j *judge) judgeIgnored() {
	var first *noted
	for _, r := range j.missing {
		if j.missed(r) && !j.repeated(r) {
			if first == nil {
				first = r
			}
			j.Ignored++
		}
	}
	if j.Ignored > ignoredFew+int(ignoredShare*float64(j.Figures.Replies)) {
		j.fail("I1", "%d of %d replies are in no sample although their polls are stored, the first is %s/%s %s",
			j.Ignored, j.Figures.Replies, first.end.Link, first.end.End.End, first.At.UTC().Format(clockForm))
	}
}

// repeated reports whether another reply of the same cycle is stored.
func (j *judge) repeated(r *noted) bool {
	for i := range r.end.replies {
		if o := &r.end.replies[i]; o.stored != 0 && o.At.Sub(r.At).Abs() < j.Interval*7/10 {
			return true
		}
	}
	return false
}
