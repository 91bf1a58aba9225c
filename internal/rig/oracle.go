//go:build linux

package rig

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Failure is one broken promise.
type Failure struct {
	Rule string // a row of the bar, such as F10 or I2
	Text string
}

// String names both.
func (f Failure) String() string { return "FAIL " + f.Rule + ": " + f.Text }

// Run is one life of the program.
type Run struct {
	Number     int
	Start, End time.Time // of the process
	// Accepted and Dropped are the last figures it told before its end, of points since its start.
	Accepted, Dropped int
	// Scraped is when it told them.
	Scraped time.Time
	How     string // how it ended
	// Drained tells that everything of it was given the time to be stored: nothing may be missing,
	// however much it told to be accepted.
	Drained bool
}

// Window is a time in which replies may stay without a reading: the program was stopped, or routers
// gave other answers than asked for.
type Window struct{ From, To time.Time }

// Evidence is what the oracle judges. All points and replies of the runs must be in it.
type Evidence struct {
	Ends    []End
	Replies [][]Reply // by end, oldest first
	Series  []Series
	Runs    []Run // oldest first
	Excuses []Window
	// Letters are the points, as pointKey says, that were refused for good and that the program
	// put aside; they count as stored.
	Letters map[string]bool
	// Patience is how long after a reply its points may at most be handed to the queue: a link's
	// poll ends when both ends answered or were given up.
	Patience time.Duration
	// Late is how long a request may have waited for its reply at most: the program may have given
	// up a reply that came later.
	Late time.Duration
	// Judged is until when everything was judged before; what is older is only there to explain what
	// is not.
	Judged time.Time
	// Until is the end of what is judged. Replies may be newer, because the instants of their samples
	// are a little older.
	Until time.Time
	// RepliesUntil is until when replies must be in samples, RepliesFrom what it was the time before. While
	// the program goes on running the latest are judged the next time: a sample may be stamped later than
	// its reply, and so after Until. Zero is no bound.
	RepliesFrom, RepliesUntil time.Time
	// Interval is the time between two polls, Speed the speed of every link in bit/s.
	Interval time.Duration
	Speed    float64
}

// Verdict is what the oracle found.
type Verdict struct {
	Failures []Failure
	Figures
}

// Figures count what was looked at.
type Figures struct {
	Replies  int // to polls, as the routers sent them
	Points   int // in the database
	Accepted int // points, as the program told before it ended
	Proved   int // replies that the count of accepted points puts before the end of the queue
	Ignored  int // replies that the program counted as no answer
	TooLate  int // replies that were in no sample because the rig made them too late
	Rates    int // rates that were computed anew
	LongAgo  int // first rates of a life that may begin with a reading older than the replies kept
}

// Add sums up.
func (f *Figures) Add(g *Figures) {
	f.Replies += g.Replies
	f.Points += g.Points
	f.Accepted += g.Accepted
	f.Proved += g.Proved
	f.Ignored += g.Ignored
	f.TooLate += g.TooLate
	f.Rates += g.Rates
	f.LongAgo += g.LongAgo
}

// Judge holds both ledgers against each other.
//
// Points are accepted in the order in which they are queued, so the count that the program told last
// is the length of a prefix of that order. A reply whose points are missing was accepted for sure when
// fewer points than were accepted can have been queued until its poll was over: those that are stored
// with an instant until then, and those of replies that are missing as well.
func Judge(e *Evidence) Verdict {
	j := &judge{Evidence: e, byEnd: map[End]*endLedger{}}
	j.sortIn()
	for _, l := range j.ends {
		j.match(l)
	}
	for i := range e.Runs {
		j.judgeRun(&e.Runs[i])
	}
	j.judgeIgnored()
	j.judgeRates()
	return j.Verdict
}

type judge struct {
	*Evidence
	Verdict
	ends    []*endLedger
	byEnd   map[End]*endLedger
	links   map[string]*linkLedger
	instant []int64 // ms of all points but those of the program about itself, sorted
	missing []*noted
}

// noted is a reply and the instant of its point, 0 when there is none.
type noted struct {
	*Reply
	end    *endLedger
	stored int64
}

// endLedger is what is known of one end.
type endLedger struct {
	End
	replies  []noted
	points   map[int64][]Field
	readings []reading // stored, oldest first
	letters  []int64   // ms of samples that were refused for good
}

// reading is a stored point of an end.
type reading struct {
	millis int64
	*Reply
}

// linkLedger is what is known of one link.
type linkLedger struct {
	states     []int64 // ms, sorted
	directions [2]map[int64][]Field
	ends       [2]*endLedger
}

func (j *judge) fail(rule, format string, args ...any) {
	const enough = 200
	if len(j.Failures) < enough {
		j.Failures = append(j.Failures, Failure{rule, fmt.Sprintf(format, args...)})
	}
}

// sortIn brings replies and points of one end and one link together.
func (j *judge) sortIn() {
	j.links = map[string]*linkLedger{}
	for i, end := range j.Ends {
		l := &endLedger{End: end, points: map[int64][]Field{}}
		for k := range j.Replies[i] {
			l.replies = append(l.replies, noted{Reply: &j.Replies[i][k], end: l})
		}
		for k := range l.replies {
			if at := l.replies[k].At; !at.Before(j.Judged) && at.Before(j.Until) {
				j.Figures.Replies++
			}
		}
		j.ends = append(j.ends, l)
		j.byEnd[End{Link: end.Link, End: end.End}] = l
		link := j.links[end.Link]
		if link == nil {
			link = &linkLedger{}
			j.links[end.Link] = link
		}
		link.ends[sideOf(end.End)] = l
	}
	for i := range j.Series {
		j.place(&j.Series[i])
	}
	for key := range j.Letters {
		j.placeLetter(key)
	}
	slices.Sort(j.instant)
}

func (j *judge) placeLetter(key string) {
	at, ok := lettersAt(key)
	if !ok {
		return
	}
	j.instant = append(j.instant, at)
	measurement, tags, err := parseSeries(key[:strings.LastIndexByte(key, ' ')])
	if end := j.byEnd[End{Link: tags["link"], End: tags["end"]}]; err == nil && measurement == "link_end" && end != nil {
		end.letters = append(end.letters, at)
	}
}

// known reports whether what has an instant was judged before.
func (j *judge) known(millis int64) bool { return time.UnixMilli(millis).Before(j.Judged) }

func sideOf(end string) int {
	if end == "z" {
		return 1
	}
	return 0
}

func (j *judge) place(s *Series) {
	link := j.links[s.Tags["link"]]
	switch s.Measurement {
	case "bothends":
	case "link_end":
		end := j.byEnd[End{Link: s.Tags["link"], End: s.Tags["end"]}]
		if end == nil || s.Tags["device"] != end.Router || s.Tags["interface"] != end.Interface {
			j.fail("I2", "series of an end that is not there: %v", s.Tags)
			return
		}
		end.points = s.Points
	case "link":
		if link == nil {
			j.fail("I2", "series of a link that is not there: %v", s.Tags)
			return
		}
		way := 0
		if s.Tags["direction"] == "z_to_a" {
			way = 1
		}
		link.directions[way] = s.Points
	case "link_state":
		for at := range s.Points {
			link.states = append(link.states, at)
		}
		slices.Sort(link.states)
	case "link_event":
	default:
		j.fail("I2", "measurement %q", s.Measurement)
	}
	for at := range s.Points {
		if !j.known(at) {
			j.Points++
			j.instant = append(j.instant, at)
		}
	}
}
