package spool

import (
	"slices"

	"github.com/bothends/bothends/sink"
)

// Next implements sink.Store. The live lane is served from memory, the backlog from disk and in
// order. While the disk takes nothing, both are served from memory: better stored than kept.
func (s *Spool) Next(lane sink.Lane) (sink.Batch, bool) {
	if lane == sink.BacklogLane {
		if b, ok := s.nextBacklog(); ok {
			return b, ok
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if lane == sink.LiveLane {
		s.spill()
		if h := s.gather(s.live, lane); h != nil {
			s.live = slices.DeleteFunc(s.live, func(r *record) bool { return r.taken })
			return s.handOut(h), true
		}
	}
	hangs := s.hangs()
	if n := len(s.memory); hangs && n > 0 {
		s.memory[n-1].closed = true
	}
	if s.trouble || hangs {
		if h := s.gather(s.memory, lane); h != nil {
			return s.handOut(h), true
		}
	}
	return sink.Batch{}, false
}

// gather takes records of a lane until a request is full. It returns nil when there is none.
func (s *Spool) gather(from []*record, lane sink.Lane) *handout {
	h, points, bytes := &handout{}, 0, 0
	now := s.cfg.Now()
	for _, r := range from {
		waited := now.Sub(r.born) > sink.LiveFor
		if r.taken || !r.closed || waited != (lane == sink.BacklogLane) {
			continue
		}
		if len(h.parts) > 0 && (points+r.points > sink.MaxBatchPoints || bytes+len(r.lines) > s.batchBytes()) {
			break
		}
		points, bytes = points+r.points, bytes+len(r.lines)
		h.parts = append(h.parts, part{rec: r, seq: r.seq, points: r.points, bytes: len(r.lines)})
	}
	if len(h.parts) == 0 {
		return nil
	}
	for _, p := range h.parts {
		if p.rec.segment != nil {
			p.rec.segment.handed++
			s.liveBytes -= p.bytes
		}
		p.rec.taken = true
	}
	s.join(h, bytes)
	return h
}

// join makes one run of lines of a handout's records. A single record is handed out as it is.
func (s *Spool) join(h *handout, bytes int) {
	first := h.parts[0].rec
	h.born = first.born
	if len(h.parts) == 1 {
		h.lines = first.lines
		return
	}
	h.lines, h.owned = s.room(bytes), true
	for _, p := range h.parts {
		h.lines = append(h.lines, p.rec.lines...)
	}
}

func (s *Spool) handOut(h *handout) sink.Batch {
	s.last++
	s.handed[s.last] = h
	b := sink.Batch{Position: s.last, Lines: h.lines}
	for _, p := range h.parts {
		b.Points += p.points
	}
	return b
}

// spill leaves to the disk what is not live any more, and the oldest of what is too much.
func (s *Spool) spill() {
	now := s.cfg.Now()
	n := 0
	for _, r := range s.live {
		if s.liveBytes <= maxLive && now.Sub(r.born) <= sink.LiveFor {
			break
		}
		s.liveBytes -= len(r.lines)
		delete(s.held, r.seq)
		s.recycle(r)
		if !r.segment.gone {
			r.segment.backlog++
			s.back(r)
		}
		n++
	}
	s.live = slices.Delete(s.live, 0, n)
}

// Ack implements sink.Store.
func (s *Spool) Ack(pos sink.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.handed[pos]
	if !ok {
		return
	}
	delete(s.handed, pos)
	for _, p := range h.parts {
		s.settle(p)
	}
	if h.owned {
		s.keepRoom(h.lines)
	}
}

// settle removes a record that was stored.
func (s *Spool) settle(p part) {
	g := p.segment
	if p.rec != nil {
		g, p.rec.taken = p.rec.segment, false
	}
	if g == nil { // it never came to disk
		if i := slices.Index(s.memory, p.rec); i >= 0 {
			s.forget(i)
		}
		return
	}
	if p.rec != nil {
		s.recycle(p.rec)
	}
	delete(s.held, p.seq)
	g.handed--
	s.acknowledge(g, p.seq, p.points, p.bytes)
}

// acknowledge marks a record of a file as stored, or as lost.
func (s *Spool) acknowledge(g *segment, seq uint64, points, bytes int) {
	if g.gone || g.acked.has(seq-g.first) {
		return
	}
	g.acked.set(seq - g.first)
	g.dirty = true
	if g.counted {
		g.records--
		g.points -= points
		g.bytes -= bytes
		s.size.Points -= points
		s.size.Bytes -= bytes
		if g.records == 0 {
			g.settled = s.cfg.Now()
		}
	}
}
