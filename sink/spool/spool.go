package spool

import (
	"slices"
	"sync"
	"time"

	"github.com/bothends/bothends/sink"
)

// Spool is a sink.Store on disk. Append, Ack, Size and Next for the live lane never wait for the
// disk. Locks are taken in the order of the fields.
type Spool struct {
	cfg  Config
	disk folder

	writing sync.Mutex // guards what only Flush and Close use
	writer

	reading sync.Mutex // guards what only the backlog lane uses
	reader

	counting sync.WaitGroup
	closing  chan struct{}

	mu sync.Mutex // guards the rest; never held while a file is read or written
	// memory holds what the disk has not taken, oldest first. The last one takes lines until it is
	// closed.
	memory      []*record
	memoryBytes int
	live        []*record // on disk, and in memory to be sent from there, oldest first
	liveBytes   int
	// held are the sequences on disk that are live or handed out: the reader of the disk passes them.
	held     map[uint64]struct{}
	handed   map[sink.Position]*handout
	last     sink.Position
	nextSeq  uint64
	unread   uint64     // sequences that files may hold which could not be read at the start
	segments []*segment // oldest first
	// trouble is set while the disk does not take lines. They are sent from memory then.
	trouble bool
	// flushing is when the Flush under way began; zero when there is none. One that hangs is trouble too.
	flushing time.Time
	size     sink.Size
	spare    [][]byte
}

// record is a batch of lines that is in memory.
type record struct {
	seq    uint64
	born   time.Time
	points int
	lines  []byte
	closed bool // takes no more lines
	// segment and offset are set once the record is on disk.
	segment *segment
	offset  int64
	writing bool // the flusher reads lines
	done    bool // acknowledged or dropped before it came to disk
	taken   bool
}

// handout is a batch on its way to the output, made of one record or more.
type handout struct {
	parts []part
	born  time.Time
	lines []byte
	// owned is true when lines are a copy of the records'.
	owned bool
}

// part is a record of a handout: rec when it is in memory, else where it is on disk.
type part struct {
	rec           *record
	segment       *segment
	seq           uint64
	points, bytes int
}

// Append implements sink.Store.
func (s *Spool) Append(lines []byte, points int) (dropped int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(lines) > min(maxRecord, s.cfg.MaxMemory) {
		return 0, sink.ErrFull
	}
	dropped, ok := s.makeRoom(len(lines))
	if !ok {
		return dropped, sink.ErrFull
	}
	r := s.openRecord(len(lines), points)
	r.lines = append(r.lines, lines...)
	r.points += points
	s.memoryBytes += len(lines)
	s.size.Bytes += len(lines)
	s.size.Points += points
	return dropped, nil
}

// makeRoom drops the oldest lines that wait for the disk until n more bytes fit.
func (s *Spool) makeRoom(n int) (dropped int, ok bool) {
	for s.memoryBytes+n > s.cfg.MaxMemory {
		i := slices.IndexFunc(s.memory, func(r *record) bool { return !r.taken })
		if i < 0 {
			return dropped, false
		}
		dropped += s.memory[i].points
		s.forget(i)
	}
	return dropped, true
}

// forget removes a record that never came to disk.
func (s *Spool) forget(i int) {
	r := s.memory[i]
	r.done = true
	s.memoryBytes -= len(r.lines)
	s.size.Bytes -= len(r.lines)
	s.size.Points -= r.points
	s.memory = slices.Delete(s.memory, i, i+1)
	s.recycle(r)
}

// openRecord returns the record that takes the next lines.
func (s *Spool) openRecord(bytes, points int) *record {
	if n := len(s.memory); n > 0 {
		r := s.memory[n-1]
		if !r.closed && r.points+points <= sink.MaxBatchPoints && len(r.lines)+bytes <= s.batchBytes() {
			return r
		}
		r.closed = true
	}
	r := &record{seq: s.nextSeq, born: s.cfg.Now(), lines: s.room(bytes)}
	s.nextSeq++
	s.memory = append(s.memory, r)
	return r
}

// batchBytes keeps records small against what is dropped at once.
func (s *Spool) batchBytes() int {
	return int(min(sink.MaxBatchBytes, int64(s.cfg.MaxMemory)/16, s.cfg.segmentBytes()/4))
}

const (
	// maxSpare is how many batches of a busy second are on their way or being filled.
	maxSpare = 4
	// usualRecord is the room of a record at first: a second of a large network.
	usualRecord = 64 << 10
)

// room returns memory for lines: without it, lines would be nearly all the garbage that the program
// makes.
func (s *Spool) room(bytes int) []byte {
	if n := len(s.spare); n > 0 && cap(s.spare[n-1]) >= bytes {
		b := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return b
	}
	return make([]byte, 0, max(bytes, min(usualRecord, s.batchBytes())))
}

// recycle takes back the memory of a record that nobody reads.
func (s *Spool) recycle(r *record) {
	if !r.writing && !r.taken {
		s.keepRoom(r.lines)
	}
	r.lines = nil
}

func (s *Spool) keepRoom(b []byte) {
	if b != nil && len(s.spare) < maxSpare {
		s.spare = append(s.spare, b[:0])
	}
}

// Size implements sink.Store.
func (s *Spool) Size() sink.Size {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.size
	size.Oldest = s.oldest()
	return size
}

// oldest returns when the oldest batch began, up to the age of its file.
func (s *Spool) oldest() time.Time {
	var oldest time.Time
	note := func(t time.Time) {
		if oldest.IsZero() || t.Before(oldest) {
			oldest = t
		}
	}
	if i := slices.IndexFunc(s.segments, (*segment).waits); i >= 0 && !s.segments[i].born.IsZero() {
		note(s.segments[i].born)
	}
	if len(s.live) > 0 {
		note(s.live[0].born)
	}
	if len(s.memory) > 0 {
		note(s.memory[0].born)
	}
	for _, h := range s.handed {
		note(h.born)
	}
	return oldest
}
