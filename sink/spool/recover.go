package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// Open takes over what an earlier run left in the folder and is ready at once: only the newest file
// is read now, the others are counted meanwhile. It refuses a folder with files of a newer format.
func Open(cfg Config) (*Spool, error) {
	d, err := openDisk(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if cfg.Fail != nil {
		return openIn(brittle{d, cfg.Fail}, cfg)
	}
	return openIn(d, cfg)
}

func openIn(d folder, cfg Config) (*Spool, error) {
	s := &Spool{
		cfg: cfg.withDefaults(), disk: d, nextSeq: 1, closing: make(chan struct{}),
		held: map[uint64]struct{}{}, handed: map[sink.Position]*handout{},
	}
	if err := s.takeOver(); err != nil {
		return nil, fmt.Errorf("open the spool in %s: %w", cfg.Dir, err)
	}
	found := slices.Clone(s.segments)
	s.counting.Go(func() { s.countAll(found) })
	return s, nil
}

func (s *Spool) takeOver() error {
	names, err := s.disk.names()
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasSuffix(name, temporarySuffix) {
			_ = s.disk.remove(name)
			continue
		}
		if number, ok := parseName(name, segmentSuffix); ok {
			s.number = max(s.number, number)
			if err := s.meet(number); errors.Is(err, syscall.EIO) {
				s.leave(&segment{number: number}, err)
			} else if err != nil {
				return err
			}
		}
	}
	if err := s.recoverTail(); err != nil {
		return err
	}
	s.nextSeq += s.unread
	return nil
}

// leave passes over a file on a bad place of the disk: that must not keep the program from starting.
// New sequences begin far behind those that the file may hold.
func (s *Spool) leave(g *segment, err error) {
	s.unread += 1 << 40
	s.damage(g, 0)
	s.cfg.Log.Error("spool file cannot be read; it stays where it is until the next start",
		zap.String("file", g.name()), zap.Error(err))
}

// meet adds a file of an earlier run.
func (s *Spool) meet(number uint64) error {
	g := &segment{number: number}
	f, err := s.disk.open(g.name())
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if g.size, err = f.size(); err != nil {
		return err
	}
	buf := make([]byte, segmentHeaderBytes)
	n, err := f.ReadAt(buf, 0)
	if n < len(buf) && !errors.Is(err, io.EOF) {
		return err
	}
	h, whole := decodeSegmentHeader(buf)
	if whole && h.major > formatMajor {
		return fmt.Errorf("%s has format %d, this bothends reads up to %d: use the newer one, or move the folder away",
			g.name(), h.major, formatMajor)
	}
	if g.size <= segmentHeaderBytes {
		return s.disk.remove(g.name())
	}
	first, _, err := seek(f, segmentHeaderBytes, g.size)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	g.first, g.nonce, g.born, g.newest = first.seq, h.nonce, first.born, first.born
	if whole {
		g.first = h.first
	}
	if acks, err := s.readFile(g.ackName()); err == nil && whole {
		g.acked = decodeAcks(acks, g.nonce)
	}
	s.segments = append(s.segments, g)
	return nil
}

func (s *Spool) readFile(name string) ([]byte, error) {
	f, err := s.disk.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	size, err := f.size()
	if err != nil || size > maxSegment {
		return nil, errors.Join(err, fs.ErrInvalid)
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, err
	}
	return b, nil
}

// recoverTail cuts what was being written when the last run ended, and finds the next sequence.
func (s *Spool) recoverTail() error {
	for i, g := range slices.Backward(s.segments) {
		f, err := s.disk.open(g.name())
		if err != nil {
			return err
		}
		last, err := s.cutTail(f, g)
		_ = f.Close()
		unreadable := errors.Is(err, syscall.EIO)
		if unreadable {
			s.leave(g, err)
		} else if err != nil {
			return err
		}
		s.nextSeq = max(s.nextSeq, g.first, last+1)
		if last > 0 || unreadable {
			return nil
		}
		if i+1 == len(s.segments) { // nothing whole is in it
			s.segments = s.segments[:i]
			s.remove(g)
		}
	}
	return nil
}

// remove deletes a file that holds nothing, without a complaint.
func (s *Spool) remove(g *segment) {
	_ = s.disk.remove(g.ackName())
	_ = s.disk.remove(g.name())
}

// cutTail ends a file behind its last whole record and returns that one's sequence, 0 for none.
func (s *Spool) cutTail(f file, g *segment) (last uint64, err error) {
	end := int64(segmentHeaderBytes)
	var lines, scratch []byte
	var readErr error
	_, err = walk(f, g.size, func(h *header, at int64) {
		var bad error
		lines, scratch, bad = readLines(f, h, at, lines[:0], scratch)
		switch {
		case bad == nil:
			last, end = h.seq, at+h.bytes()
		case errors.Is(bad, errDamaged):
			s.damage(g, at)
		default:
			readErr = bad
		}
	}, func(int64) {})
	if err = errors.Join(err, readErr); err != nil {
		return last, err
	}
	if end < g.size {
		s.cfg.Log.Warn("spool file ends in the middle of a record that was not accepted yet; its end is cut",
			zap.String("file", g.name()), zap.Int64("bytes", g.size-end))
		g.size = end
		if err := f.truncate(end); err != nil && !errors.Is(err, os.ErrPermission) {
			s.cfg.Log.Warn("cut the spool file", zap.Error(err))
		}
	}
	return last, nil
}

// countAll counts what waits in the files of earlier runs, oldest first.
func (s *Spool) countAll(found []*segment) {
	for _, g := range found {
		select {
		case <-s.closing:
			return
		default:
			s.count(g)
		}
	}
}

// tally is what count needs of a record.
type tally struct {
	seq         uint64
	points, raw int
}

// count looks through a file and sets what waits in it. A file that cannot be read counts as empty
// and stays.
func (s *Spool) count(g *segment) {
	s.mu.Lock()
	size := g.size
	s.mu.Unlock()
	all, hurt, newest, err := s.survey(g, size)
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.gone || g.size != size {
		return // it is the present file, which goes on; or it is gone
	}
	for _, at := range hurt {
		s.damage(g, at)
	}
	s.size.Points -= g.points
	s.size.Bytes -= g.bytes
	g.counted, g.records, g.backlog, g.points, g.bytes = true, 0, 0, 0, 0
	if newest.born.After(g.newest) {
		g.newest = newest.born
	}
	if err != nil {
		g.unreadable = true
		s.damage(g, 0)
		s.cfg.Log.Error("spool file cannot be read; it stays where it is until the next start",
			zap.String("file", g.name()), zap.Error(err))
		return
	}
	for _, t := range all {
		s.include(g, t)
	}
	if g.records == 0 {
		g.settled = s.cfg.Now() // or earlier: that is not known
	}
	s.size.Points += g.points
	s.size.Bytes += g.bytes
}

func (s *Spool) include(g *segment, t tally) {
	if !s.belongs(g, t.seq) || g.acked.has(t.seq-g.first) {
		return
	}
	g.records++
	g.points += t.points
	g.bytes += t.raw
	if _, held := s.held[t.seq]; !held {
		g.backlog++
	}
}

// survey reads all headers of a file.
func (s *Spool) survey(g *segment, size int64) (all []tally, hurt []int64, newest header, err error) {
	f, err := s.disk.open(g.name())
	if err != nil {
		return nil, nil, newest, err
	}
	defer func() { _ = f.Close() }()
	end, err := walk(f, size, func(h *header, _ int64) {
		all = append(all, tally{h.seq, h.points, h.raw})
		newest = *h
	}, func(at int64) { hurt = append(hurt, at) })
	if end < size && err == nil {
		hurt = append(hurt, end)
	}
	return all, hurt, newest, err
}
