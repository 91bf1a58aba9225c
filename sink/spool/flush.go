package spool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// writeChunk bounds what is packed before it is written.
const writeChunk = 1 << 20

// The probe is as large as a second of a large network, so that a disk does not count as working that
// has room for a few bytes only. At a start it is swept away like any temporary file.
const (
	probeName  = "probe" + temporarySuffix
	probeBytes = usualRecord
)

// writer appends to the newest file.
type writer struct {
	active  *segment // nil until something is written, and after an error
	number  uint64   // of the newest file that was begun: a name is not used twice, even if it was removed
	to      file
	end     int64 // bytes in the file, accepted or not
	packed  []byte
	pending []placed
}

// placed is a record in the file that is not accepted yet.
type placed struct {
	rec    *record
	offset int64
}

// Flush implements sink.Store: it writes what was appended, makes it durable and only then counts it
// as accepted. After an error the lines stay in memory, and the next Flush writes them to a new
// file, because a file system may forget after a failed fsync what it had not written.
func (s *Spool) Flush() (sink.Flushed, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.noteFlush(time.Now())
	defer s.noteFlush(time.Time{})
	var f sink.Flushed
	batch := s.closeMemory()
	for _, r := range batch {
		if err := s.write(r, &f); err != nil {
			return s.failed(f, err)
		}
	}
	if err := s.commit(&f); err != nil {
		return s.failed(f, err)
	}
	if f.Accepted == 0 {
		if err := s.probe(); err != nil {
			return s.failed(f, err)
		}
	}
	s.done(batch)
	s.mu.Lock()
	s.trouble = false
	s.mu.Unlock()
	s.saveAcks()
	f.Dropped += s.retire(keepFor)
	return f, nil
}

func (s *Spool) noteFlush(began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushing = began
}

// hangs reports whether the disk lets a Flush wait for so long that points are better sent from
// memory.
func (s *Spool) hangs() bool { return !s.flushing.IsZero() && time.Since(s.flushing) >= hangsAfter }

// probe finds out whether a disk that failed works again when there is nothing to write to it, because
// points are sent from memory meanwhile.
func (s *Spool) probe() error {
	s.mu.Lock()
	trouble := s.trouble
	s.mu.Unlock()
	if !trouble {
		return nil
	}
	_ = s.disk.remove(probeName)
	to, err := s.disk.create(probeName)
	if err != nil {
		return fmt.Errorf("try the disk: %w", err)
	}
	_, err = to.Write(make([]byte, probeBytes))
	if err == nil {
		err = to.sync()
	}
	_ = to.Close()
	_ = s.disk.remove(probeName)
	return err
}

// closeMemory returns what waits for the disk. Nothing is appended to it any more.
func (s *Spool) closeMemory() []*record {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.memory {
		r.closed, r.writing = true, true
	}
	return slices.Clone(s.memory)
}

// done ends the reading of records' lines.
func (s *Spool) done(batch []*record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range batch {
		r.writing = false
	}
}

// write packs a record and writes when enough is packed.
func (s *Spool) write(r *record, f *sink.Flushed) error {
	s.mu.Lock()
	lines, gone := r.lines, r.done
	s.mu.Unlock()
	if gone {
		return nil
	}
	if err := s.roll(r, int64(len(lines)), f); err != nil {
		return err
	}
	at := len(s.packed)
	s.packed = appendRecord(s.packed, r.seq, r.born, r.points, lines)
	s.pending = append(s.pending, placed{r, s.end + int64(at)})
	if len(s.packed) >= writeChunk {
		return s.put()
	}
	return nil
}

// put writes what is packed.
func (s *Spool) put() error {
	n, err := s.to.Write(s.packed)
	s.end += int64(n)
	s.packed = s.packed[:0]
	if err != nil {
		return fmt.Errorf("write to the spool: %w", err)
	}
	return nil
}

// roll begins a new file when the present one is full or old, and keeps the quota.
func (s *Spool) roll(r *record, bytes int64, f *sink.Flushed) error {
	size := s.end + int64(len(s.packed))
	if s.active != nil && (size+bytes > s.cfg.segmentBytes() || s.cfg.Now().Sub(s.active.born) > maxSegmentAge) {
		if err := s.commit(f); err != nil {
			return err
		}
		s.closeActive()
	}
	f.Dropped += s.keepQuota(bytes + recordHeaderBytes + int64(len(s.packed)))
	if s.active != nil {
		return nil
	}
	return s.create(r)
}

// create begins a new file and makes its name durable.
func (s *Spool) create(r *record) error {
	s.number++
	g := &segment{number: s.number, first: r.seq, nonce: rand.Uint64() | 1, born: r.born, newest: r.born, counted: true}
	to, err := s.disk.create(g.name())
	if err != nil {
		return fmt.Errorf("begin a spool file: %w", err)
	}
	s.active, s.to, s.end = g, to, 0
	s.packed = append(s.packed[:0], segmentHeader{formatMajor, g.first, g.nonce}.encode()...)
	if err := s.put(); err != nil {
		return err
	}
	if err := s.disk.sync(); err != nil {
		return fmt.Errorf("sync the spool's folder: %w", err)
	}
	return nil
}

// closeActive ends the present file.
func (s *Spool) closeActive() {
	if s.to != nil {
		_ = s.to.Close()
	}
	s.active, s.to, s.end = nil, nil, 0
	s.packed, s.pending = s.packed[:0], s.pending[:0]
}

// commit makes what was written durable and accepts it.
func (s *Spool) commit(f *sink.Flushed) error {
	if len(s.pending) == 0 {
		return nil
	}
	if err := s.put(); err != nil {
		return err
	}
	if err := s.to.sync(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.active
	if n := len(s.segments); n == 0 || s.segments[n-1] != g {
		s.segments = append(s.segments, g)
	}
	g.size = s.end
	for _, p := range s.pending {
		f.Accepted += s.accept(g, p)
	}
	s.memory = slices.DeleteFunc(s.memory, func(r *record) bool { return r.segment != nil })
	s.pending = s.pending[:0]
	s.spill()
	return nil
}

// accept moves a record that is durable from memory to its file, and keeps its lines to be sent.
func (s *Spool) accept(g *segment, p placed) (points int) {
	r := p.rec
	g.newest = r.born
	if r.done { // stored or dropped while it was written
		g.acked.set(r.seq - g.first)
		g.dirty = true
		return 0
	}
	r.segment, r.offset = g, p.offset
	s.memoryBytes -= len(r.lines)
	g.records++
	g.points += r.points
	g.bytes += len(r.lines)
	s.held[r.seq] = struct{}{}
	if r.taken {
		g.handed++
	} else {
		s.live = append(s.live, r)
		s.liveBytes += len(r.lines)
	}
	return r.points
}

// failed gives up the present file: nothing is written to it again. What was accepted of it stays.
func (s *Spool) failed(f sink.Flushed, err error) (sink.Flushed, error) {
	g, to := s.active, s.to
	s.mu.Lock()
	s.trouble = true
	for _, r := range s.memory {
		r.writing = false
	}
	accepted := g != nil && g.size > 0
	s.mu.Unlock()
	switch {
	case accepted:
		_ = to.truncate(g.size)
	case g != nil:
		_ = s.disk.remove(g.name())
	}
	s.closeActive()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		f.Dropped += s.retire(0) // what is stored already must not keep new points out
	}
	return f, err
}

// saveAcks writes the acknowledgements that changed. They may be lost, so nothing waits for the disk.
func (s *Spool) saveAcks() {
	for _, w := range s.changedAcks() {
		if err := s.disk.replace(w.name, w.content); err != nil {
			s.mu.Lock()
			w.segment.dirty = !w.segment.gone
			s.mu.Unlock()
			s.cfg.Log.Debug("acknowledgements stay in memory", zap.Error(err))
		}
	}
}

type ackFile struct {
	segment *segment
	name    string
	content []byte
}

func (s *Spool) changedAcks() []ackFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	var changed []ackFile
	for _, g := range s.segments {
		if g.dirty {
			g.dirty = false
			changed = append(changed, ackFile{g, g.ackName(), encodeAcks(g.nonce, g.acked)})
		}
	}
	return changed
}

// Close makes a last Flush and closes all files. Nothing may be called after it.
func (s *Spool) Close() error {
	close(s.closing)
	s.counting.Wait()
	_, err := s.Flush()
	s.reading.Lock()
	s.closeFile()
	s.reading.Unlock()
	s.writing.Lock()
	defer s.writing.Unlock()
	s.closeActive()
	if err != nil {
		return fmt.Errorf("%s: %w", s.cfg.Dir, err)
	}
	return nil
}

// seal ends the present file when it is old, so that it can go once all of it is stored.
func (s *Spool) seal(now time.Time) {
	if s.active != nil && now.Sub(s.active.born) > maxSegmentAge {
		s.closeActive()
	}
}
