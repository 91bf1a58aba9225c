package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// testimony is what one end of a link last said about itself.
type testimony struct {
	// lost is when the first of the latest polls was that the router gave no answer to, on the clock of
	// the readings; never while it answers. lostAt is the same by the wall clock.
	lost   time.Duration
	lostAt time.Time
	// down is its latest ifOperStatus; it counts only while the router answers.
	down bool
}

// silent reports whether the router gave no answer to the latest poll of this end.
func (s *testimony) silent() bool { return s.lost != never }

// hear takes down what the ends said in a view. The link's lock is held.
func (l *link) hear(v *linkmodel.View) {
	for e := range v.Ends {
		end, s := &v.Ends[e], &l.ends[e]
		switch {
		case end.Answered:
			s.lost, s.down = never, end.Last.Oper.IsDown()
		case answers(end.Miss):
			s.lost, s.down = never, false
		case end.Miss == linkmodel.MissOverrun:
			continue // nobody was asked
		case s.lost == never:
			s.lost, s.lostAt = v.Mono, v.At
		}
		d := l.at[e]
		if d == nil {
			continue
		}
		if s.lost == never {
			forward(&d.said.answered, v.Mono)
		} else {
			forward(&d.said.missed, v.Mono)
		}
	}
}

// answers reports whether a poll without a reading was answered all the same: the router is there.
func answers(m linkmodel.Miss) bool {
	return m == linkmodel.MissIdentity || m == linkmodel.MissBadReply || m == linkmodel.MissDenied
}

// isDown reports whether an end that answers says that the line is down.
func (l *link) isDown() bool {
	for e := range l.ends {
		if !l.ends[e].silent() && l.ends[e].down {
			return true
		}
	}
	return false
}
