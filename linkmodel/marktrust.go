package linkmodel

import "time"

// mark is something by which an agent says that counters may not be subtracted.
type mark uint8

const (
	markUpTime        mark = iota // sysUpTime did not run as our clock did
	markDiscontinuity             // ifCounterDiscontinuityTime changed
	markSpeed                     // ifHighSpeed changed: other hardware, or a radio that adapts
	numMarks
)

// markSet is a set of marks, one bit each.
type markSet uint8

func (m mark) set() markSet               { return 1 << m }
func (s markSet) has(m mark) bool         { return s&m.set() != 0 }
func (s *markSet) add(m mark)             { *s |= m.set() }
func (s markSet) minus(o markSet) markSet { return s &^ o }

// markTrust learns which marks of an interface may be believed. Some agents have an uptime that
// stands still or runs twice as fast, or stamp the discontinuity anew in every reply; a radio
// reports another speed with every cloud. Believed, each would make every interval a gap for ever.
// A mark that keeps being set although the counters went on is not believed until it has been
// quiet for a while. Counters that go back are noticed all the same.
type markTrust struct {
	score       [numMarks]uint8
	disbelieved markSet
}

const (
	// falseMark is what a mark that proved false counts for, against quiet intervals at 1 each.
	falseMark = 4
	// disbelief is the score from which a mark is not believed: three false ones running.
	disbelief = falseMark * doubtAfter
)

// observe looks at the marks between two readings and returns those newly disbelieved.
func (t *markTrust) observe(base, cur *Reading, elapsed time.Duration) (fresh markSet) {
	set := marksSet(base, cur, elapsed)
	if set == 0 && t.score == [numMarks]uint8{} {
		return 0
	}
	before := t.disbelieved
	wrong := set & falseMarks(base, cur, elapsed)
	for m := range numMarks {
		switch {
		case wrong.has(m):
			t.score[m] = min(t.score[m]+falseMark, 2*disbelief)
		case !set.has(m) && t.score[m] > 0:
			t.score[m]--
		}
		switch {
		case t.score[m] >= disbelief:
			t.disbelieved.add(m)
		case t.score[m] == 0:
			t.disbelieved &^= m.set()
		}
	}
	return t.disbelieved.minus(before)
}

// marksSet returns what the agent's marks say, believed or not.
func marksSet(base, cur *Reading, elapsed time.Duration) (set markSet) {
	if uptimeOff(base, cur, elapsed) {
		set.add(markUpTime)
	}
	if base.HasDiscontinuity && cur.HasDiscontinuity && base.Discontinuity != cur.Discontinuity {
		set.add(markDiscontinuity)
	}
	if base.HighSpeed != 0 && cur.HighSpeed != 0 && base.HighSpeed != cur.HighSpeed {
		set.add(markSpeed)
	}
	return set
}

// falseMarks returns the marks that something else proves false: an uptime that cannot be of an
// agent that started since, and other marks between counters that went on.
func falseMarks(base, cur *Reading, elapsed time.Duration) (wrong markSet) {
	if !startedSince(base, cur, elapsed) {
		wrong.add(markUpTime)
	}
	if wentOn(&base.Counters, &cur.Counters) {
		wrong.add(markDiscontinuity)
		wrong.add(markSpeed)
	}
	return wrong
}

// wentOn reports whether counters did not start anew. Those that stood still say nothing.
func wentOn(prev, cur *Counters) bool { return prev.Value != cur.Value && !isReset(prev, cur) }

var markTexts = [numMarks]string{
	markUpTime:        "sysUpTime does not run as time does, poll after poll: no longer taken for restarts unless it falls to a new start",
	markDiscontinuity: "ifCounterDiscontinuityTime keeps changing while the counters go on: no longer taken for cleared counters",
	markSpeed:         "ifHighSpeed keeps changing while the counters go on: no longer taken for other hardware",
}
