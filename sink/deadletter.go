package sink

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"go.uber.org/zap"
)

const (
	// deadLetterBytes bounds the line and the reason of a dead letter in the log.
	deadLetterBytes = 512
	// sameRefusals is how many lines in a row are given up for the same reason before the request
	// itself is suspected: a wrong setting makes every line look bad.
	sameRefusals = 20
)

// Letters keeps lines that cannot be stored for whoever wants to know what they were.
type Letters interface {
	// Keep takes one line and why it was refused.
	Keep(line []byte, reason string) error
	// Sync makes what was kept durable.
	Sync() error
}

// doubt counts lines that were refused alone, one after the other and for the same reason.
type doubt struct {
	mu     sync.Mutex
	reason string
	lines  int
	good   []byte // a line that the database stored, to tell bad lines from a bad request
}

// stored notes that lines were stored and keeps a copy of the first.
func (d *doubt) stored(lines []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = 0
	first, _, _ := bytes.Cut(lines, []byte("\n"))
	d.good = append(append(d.good[:0], first...), '\n')
}

// refused notes that a line was refused alone and reports whether that is one too many.
func (d *doubt) refused(reason string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if reason != d.reason {
		d.reason, d.lines = reason, 0
	}
	d.lines++
	return d.lines > sameRefusals
}

// example returns a line that was stored, nil when there was none yet.
func (d *doubt) example() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.good)
}

// settled forgets the refusals: the lines are to blame.
func (d *doubt) settled() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = 0
}

// question returns what to make of the refusal of a single line. When too many lines were refused
// alike, a line that was stored before is sent again, which overwrites it: unless the database
// still takes that one, its answer is about the request, and the lines are kept.
func (s *Sink) question(writing context.Context, e *WriteError) *WriteError {
	if !e.aboutLines() || !s.doubt.refused(e.Text) {
		return e
	}
	if good := s.doubt.example(); len(good) > 0 {
		err := s.write(writing, good)
		if err == nil {
			s.doubt.settled()
			return e
		}
		if other := asWriteError(err); !other.aboutLines() {
			return other
		}
	}
	return &WriteError{Class: ClassRefused, Text: "every point is refused alike: " + e.Text, Err: e}
}

// setAside keeps and counts a line that cannot be stored, and logs the first of a minute.
func (s *Sink) setAside(line []byte, e *WriteError) {
	if s.cfg.DeadLetters != nil {
		s.noteLetters(s.cfg.DeadLetters.Keep(bytes.TrimSuffix(line, []byte("\n")), e.Text))
	}
	s.metrics.deadLetters.Inc()
	total, news := s.health.deadLetter(e, s.cfg.Now())
	if !news {
		return
	}
	s.log.Error("database refuses a point for good",
		zap.String("line", cut(string(bytes.TrimSuffix(line, []byte("\n"))))),
		zap.String("reason", cut(e.Text)), zap.Uint64("dead_letters", total))
}

// bury makes the dead letters of a batch durable before the batch leaves the queue.
func (s *Sink) bury() {
	if s.cfg.DeadLetters != nil {
		s.noteLetters(s.cfg.DeadLetters.Sync())
	}
}

// noteLetters logs when dead letters cannot be kept: they must not hold up what can be stored.
func (s *Sink) noteLetters(err error) {
	if s.health.letters(err) {
		s.log.Error("dead letters cannot be kept in their file", zap.Error(err))
	}
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), deadLetterBytes)], "") }
