package spool

import (
	"errors"
	"io"
	"slices"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// maxReadErrors is how often in a row one place of a file is tried before the file is left alone.
const maxReadErrors = 5

// reader goes through the files from the oldest record on and hands out what is not in memory. The
// place, at and off, is guarded by Spool.mu, because a record that leaves memory moves it back.
type reader struct {
	at  *segment
	off int64

	open    *segment // what from belongs to
	from    file
	scratch []byte
	errors  int
}

// back makes the reader come past a record once more. It is called with mu held.
func (s *Spool) back(r *record) {
	g := r.segment
	switch {
	case s.at == nil: // it has not begun
	case g.number < s.at.number:
		s.at, s.off = g, r.offset
	case g == s.at:
		s.off = min(s.off, r.offset)
	}
}

// nextBacklog hands out records from disk until a request is full.
func (s *Spool) nextBacklog() (sink.Batch, bool) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.mu.Lock()
	s.spill()
	h := &handout{owned: true}
	room := func() {
		if h.lines == nil {
			h.lines = s.room(1)
		}
	}
	s.mu.Unlock()
	points := 0
	for points < sink.MaxBatchPoints {
		s.recountPassed()
		g, off, size, ok := s.place()
		if !ok {
			break
		}
		hd, at, err := s.peek(g, off, size)
		if err != nil {
			if !s.endOf(g, off, err) {
				break
			}
			continue
		}
		if len(h.parts) > 0 && (points+hd.points > sink.MaxBatchPoints || len(h.lines)+hd.raw > s.batchBytes()) {
			break
		}
		if !s.claim(g, &hd, off, at) {
			continue
		}
		s.mu.Lock()
		room()
		s.mu.Unlock()
		var bad error
		h.lines, s.scratch, bad = readLines(s.from, &hd, at, h.lines, s.scratch)
		if bad != nil {
			s.unclaim(g, &hd, at, bad)
			if errors.Is(bad, errDamaged) {
				continue
			}
			break
		}
		if len(h.parts) == 0 {
			h.born = hd.born
		}
		points += hd.points
		h.parts = append(h.parts, part{segment: g, seq: hd.seq, points: hd.points, bytes: hd.raw})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(h.parts) == 0 {
		s.keepRoom(h.lines)
		return sink.Batch{}, false
	}
	return s.handOut(h), true
}

// place returns where to read on: in the present file or in the next that holds backlog.
func (s *Spool) place() (g *segment, off, size int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil || s.off >= s.at.size || !s.at.waits() {
		from := uint64(0)
		if s.at != nil {
			from = s.at.number
		}
		i := slices.IndexFunc(s.segments, func(g *segment) bool {
			return g.waits() && (g.number > from || s.at == nil)
		})
		if i < 0 {
			return nil, 0, 0, false
		}
		s.at, s.off = s.segments[i], segmentHeaderBytes
	}
	return s.at, s.off, s.at.size, true
}

// recountPassed looks through a file again that was read to its end and still seems to hold
// something: damage hides it.
func (s *Spool) recountPassed() {
	s.mu.Lock()
	g := s.at
	passed := g != nil && g.counted && g.waits() && s.off >= g.size && len(g.damaged) > 0
	s.mu.Unlock()
	if passed {
		s.count(g)
	}
}

// peek reads the next record's header.
func (s *Spool) peek(g *segment, off, size int64) (header, int64, error) {
	if s.open != g {
		s.closeFile()
		f, err := s.disk.open(g.name())
		if err != nil {
			return header{}, 0, err
		}
		s.open, s.from = g, f
	}
	return seek(s.from, off, size)
}

func (s *Spool) closeFile() {
	if s.from != nil {
		_ = s.from.Close()
	}
	s.open, s.from = nil, nil
}

// endOf moves on from a place where no record can be read. It returns false when it is better to
// try there again later.
func (s *Spool) endOf(g *segment, off int64, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at != g || s.off != off || g.gone {
		return true
	}
	if errors.Is(err, io.EOF) {
		s.damage(g, off)
		s.off = g.size
		return true
	}
	if s.errors++; s.errors < maxReadErrors {
		return false
	}
	s.errors = 0
	s.damage(g, off)
	g.unreadable = true
	s.cfg.Log.Error("spool file cannot be read; it stays where it is until the next start",
		zap.String("file", g.name()), zap.Error(err))
	return true
}

// claim takes a record unless it is in memory, handed out or done. The reader moves behind it.
func (s *Spool) claim(g *segment, h *header, off, at int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors = 0
	if s.at != g || s.off != off || g.gone {
		return false // a record came back to the disk meanwhile
	}
	if at > off {
		s.damage(g, off)
	}
	s.off = at + h.bytes()
	if !s.belongs(g, h.seq) {
		return false
	}
	if _, held := s.held[h.seq]; held || g.acked.has(h.seq-g.first) {
		return false
	}
	s.held[h.seq] = struct{}{}
	g.handed++
	if g.counted {
		g.backlog--
	}
	return true
}

// belongs reports whether a record counts where it stands: a later file repeats what was written and
// never accepted.
func (s *Spool) belongs(g *segment, seq uint64) bool {
	i := slices.Index(s.segments, g)
	return seq >= g.first && (i < 0 || i+1 == len(s.segments) || seq < s.segments[i+1].first)
}

// unclaim gives up a record whose lines are damaged, and keeps one that could not be read.
func (s *Spool) unclaim(g *segment, h *header, at int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, h.seq)
	g.handed--
	if errors.Is(err, errDamaged) {
		s.damage(g, at)
		s.acknowledge(g, h.seq, h.points, h.raw)
		return
	}
	if g.counted {
		g.backlog++
	}
	if s.errors++; s.errors >= maxReadErrors {
		s.errors, g.unreadable = 0, true
		s.damage(g, at)
		return
	}
	if s.at == g {
		s.off = min(s.off, at)
	}
}

// damage counts a damaged place of a file once.
func (s *Spool) damage(g *segment, at int64) {
	if g.noteDamage(at) {
		s.size.Damaged++
	}
}
