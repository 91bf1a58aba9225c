package spool

import (
	"slices"
	"time"

	"go.uber.org/zap"
)

// Replayed tells what was queued again.
type Replayed struct {
	Points int
	// From and To are when the first and the last of these points came; zero when there are none. The
	// points of a batch came within a second.
	From, To time.Time
	// Kept is when the oldest point came that is still on disk, stored or not; zero when there is none.
	Kept time.Time
}

// Replay queues the points again that came at or after an instant and that the output has stored
// already, for an output that lost them. It reads what is kept on disk, up to an hour after it was
// stored, and may be called at any time. A second call before the points are stored again finds none.
func (s *Spool) Replay(since time.Time) (Replayed, error) {
	s.mu.Lock()
	kept := slices.Clone(s.segments)
	s.mu.Unlock()
	var done Replayed
	for _, g := range kept {
		stored, err := s.storedSince(g, since, &done)
		if err != nil {
			return done, err
		}
		s.requeue(g, stored, &done)
	}
	return done, nil
}

// kept is a record on disk.
type keptRecord struct {
	tally
	born   time.Time
	offset int64
}

// storedSince lists the records of a file that came at or after an instant.
func (s *Spool) storedSince(g *segment, since time.Time, done *Replayed) (all []keptRecord, err error) {
	s.mu.Lock()
	size, skip := g.size, g.gone || g.unreadable
	if !skip && (done.Kept.IsZero() || g.born.Before(done.Kept)) {
		done.Kept = g.born
	}
	// Clocks step: a file is left out only when it ended long before.
	skip = skip || g.counted && g.newest.Before(since.Add(-maxSegmentAge))
	s.mu.Unlock()
	if skip {
		return nil, nil
	}
	f, err := s.disk.open(g.name())
	if err != nil {
		s.cfg.Log.Warn("spool file cannot be read again", zap.Error(err)) // it may just have gone
		return nil, nil
	}
	defer func() { _ = f.Close() }()
	_, err = walk(f, size, func(h *header, at int64) {
		if !h.born.Before(since) {
			all = append(all, keptRecord{tally{h.seq, h.points, h.raw}, h.born, at})
		}
	}, func(int64) {})
	return all, err
}

// requeue makes stored records wait again, and the reader come past them.
func (s *Spool) requeue(g *segment, all []keptRecord, done *Replayed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.gone {
		return
	}
	for i := range all {
		k := &all[i]
		if !s.belongs(g, k.seq) || !g.acked.has(k.seq-g.first) {
			continue
		}
		g.acked.clear(k.seq - g.first)
		g.dirty = true
		if g.counted {
			s.include(g, k.tally)
			s.size.Points += k.points
			s.size.Bytes += k.raw
		}
		s.back(&record{segment: g, offset: k.offset})
		done.note(k)
	}
}

func (d *Replayed) note(k *keptRecord) {
	d.Points += k.points
	if d.From.IsZero() || k.born.Before(d.From) {
		d.From = k.born
	}
	if k.born.After(d.To) {
		d.To = k.born
	}
}
