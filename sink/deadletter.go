package sink

import (
	"bytes"
	"context"
	"strings"

	"go.uber.org/zap"
)

const (
	// deadLetterBytes bounds the line and the reason of a dead letter in the log.
	deadLetterBytes = 512
	// sameRefusals is how many lines in a row are given up for the same reason before the request
	// itself is suspected: a wrong setting makes every line look bad.
	sameRefusals = 20
)

// doubt counts lines that were refused alone, one after the other and for the same reason.
type doubt struct {
	reason string
	lines  int
	good   []byte // a line that the database stored, to tell bad lines from a bad request
}

// stored notes that lines were stored and keeps a copy of the first.
func (d *doubt) stored(lines []byte) {
	d.lines = 0
	first, _, _ := bytes.Cut(lines, []byte("\n"))
	d.good = append(append(d.good[:0], first...), '\n')
}

// refused notes that a line was refused alone and reports whether that is one too many.
func (d *doubt) refused(reason string) bool {
	if reason != d.reason {
		d.reason, d.lines = reason, 0
	}
	d.lines++
	return d.lines > sameRefusals
}

// question returns what to make of the refusal of a single line. When too many lines were refused
// alike, a line that was stored before is sent again, which overwrites it: unless the database
// still takes that one, its answer is about the request, and the lines are kept.
func (s *Sink) question(writing context.Context, e *WriteError) *WriteError {
	if !e.aboutLines() || !s.doubt.refused(e.Text) {
		return e
	}
	if len(s.doubt.good) > 0 {
		err := s.write(writing, s.doubt.good)
		if err == nil {
			s.doubt.lines = 0
			return e
		}
		if other := asWriteError(err); !other.aboutLines() {
			return other
		}
	}
	return &WriteError{Class: ClassRefused, Text: "every point is refused alike: " + e.Text, Err: e}
}

// setAside counts a line that cannot be stored, and logs the first of a minute.
func (s *Sink) setAside(line []byte, e *WriteError) {
	s.metrics.deadLetters.Inc()
	total, news := s.health.deadLetter(e, s.cfg.Now())
	if !news {
		return
	}
	s.log.Error("database refuses a point for good",
		zap.String("line", cut(string(bytes.TrimSuffix(line, []byte("\n"))))),
		zap.String("reason", cut(e.Text)), zap.Uint64("dead_letters", total))
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), deadLetterBytes)], "") }
