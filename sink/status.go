package sink

import (
	"strings"
	"sync"
	"time"
)

// Status is what an operator wants to know about one output.
type Status struct {
	ID string
	// OK is false from a failed write until the next one that works, while an answer or the disk lets
	// wait for long, while the queue or dead letters are not kept on disk, and for a minute after each
	// lost or refused point.
	OK bool
	// Cause says why OK is false, in sentences separated by semicolons; empty when it is true.
	Cause string
	// QueuedBytes and QueuedPoints wait to be written.
	QueuedBytes, QueuedPoints int
	// Oldest is when the oldest of them came; zero when nothing waits.
	Oldest time.Time
	// Trouble is a sentence about why the queue is not kept on disk now; empty when it is.
	Trouble string
	// Accepted counts points that the queue has made safe since the start of the program.
	Accepted uint64
	// Damaged counts the places of the queue on disk that could not be read, each a batch or more.
	Damaged int
	// LastError is a sentence about the latest failure, at LastErrorAt; both stay after recovery.
	LastError   string
	LastErrorAt time.Time
	// LastSuccess is when the database last stored points; zero when it never did.
	LastSuccess time.Time
	// Dropped counts points lost because the queue was full, DeadLetters points that the
	// database refused on their own.
	Dropped, DeadLetters uint64
}

// quiet is how long something must not have happened before it is logged again.
const quiet = time.Minute

// health is the part of the status that changes with writes. It tells its callers which changes
// are worth a log line.
type health struct {
	mu          sync.Mutex
	status      Status
	failing     bool
	failure     string // what the latest failure said
	class       Class
	since       time.Time // start of the present trouble
	lastDrop    time.Time
	lastDead    time.Time
	deadTold    time.Time // when a dead letter was last worth a log line
	deadText    string    // why the database refused the latest one
	lettersFail string    // why dead letters are not kept
	renewal     string    // why the token could not be read again
	requests    map[*time.Time]struct{}
}

// failed notes a failure and reports whether it is a new kind of trouble.
func (h *health) failed(e *WriteError, now time.Time) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.LastError, h.status.LastErrorAt = e.Text, now
	news = !h.failing || h.class != e.Class
	if !h.failing {
		h.since = now
	}
	h.failing, h.class, h.failure = true, e.Class, e.Text
	return news
}

// succeeded notes a success; trouble is how long writes had failed before, 0 when they had not.
func (h *health) succeeded(now time.Time) (trouble time.Duration, news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.LastSuccess, h.renewal = now, ""
	news, h.failing = h.failing, false
	return now.Sub(h.since), news
}

// dropped notes lost points and reports whether the loss has just begun.
func (h *health) dropped(points int, now time.Time) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.Dropped += uint64(points)
	news = isQuiet(h.lastDrop, now)
	h.lastDrop = now
	return news
}

// deadLetter notes a refused line. It returns how many there are by now and whether this one is
// the first of a minute.
func (h *health) deadLetter(e *WriteError, now time.Time) (total uint64, news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.DeadLetters++
	h.status.LastError, h.status.LastErrorAt = e.Text, now
	h.lastDead, h.deadText = now, e.Text
	if news = isQuiet(h.deadTold, now); news {
		h.deadTold = now
	}
	return h.status.DeadLetters, news
}

// accepted notes points that are safe.
func (h *health) accepted(points int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.Accepted += uint64(points)
}

// stored notes how a flush of the queue ended and reports whether that is news.
func (h *health) stored(err error) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.status.Trouble
	h.status.Trouble = errorText(err)
	return (before == "") != (err == nil)
}

// letters notes whether dead letters are kept and reports whether they just began to be lost.
func (h *health) letters(err error) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	news = err != nil && h.lettersFail == ""
	h.lettersFail = errorText(err)
	return news
}

// renewed notes whether the token could be read again and reports whether that is news.
func (h *health) renewed(err error) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.renewal
	h.renewal = errorText(err)
	return h.renewal != before
}

// asked notes that a request begins; answered must be called at its end.
func (h *health) asked(at time.Time) (answered func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.requests == nil {
		h.requests = map[*time.Time]struct{}{}
	}
	h.requests[&at] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.requests, &at)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (h *health) snapshot(now time.Time) Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.status
	s.Cause = strings.Join(h.causes(now), "; ")
	s.OK = s.Cause == ""
	return s
}

// isQuiet reports whether the last time something happened, zero for never, is long enough ago.
func isQuiet(last, now time.Time) bool { return last.IsZero() || now.Sub(last) > quiet }
