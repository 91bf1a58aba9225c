package spool

import (
	"slices"
	"time"

	"go.uber.org/zap"
)

// keepQuota removes the oldest files until some more bytes fit: first those of which all is stored.
// It returns how many points were lost. Files of which something is handed out are left.
func (s *Spool) keepQuota(more int64) (dropped int) {
	for {
		s.mu.Lock()
		var total int64
		for _, g := range s.segments {
			total += g.size
		}
		total += s.end - s.activeSize() + more
		g := s.oldestOf(func(g *segment) bool { return g.counted && g.records == 0 })
		if g == nil {
			g = s.oldestOf(func(g *segment) bool { return g.handed == 0 })
		}
		s.mu.Unlock()
		if total <= s.cfg.Quota.MaxBytes || g == nil {
			return dropped
		}
		dropped += s.drop(g)
	}
}

func (s *Spool) activeSize() int64 {
	if s.active == nil {
		return 0
	}
	return s.active.size
}

// oldestOf returns the oldest file, but the present one, that meets a condition.
func (s *Spool) oldestOf(which func(*segment) bool) *segment {
	i := slices.IndexFunc(s.segments, func(g *segment) bool { return g != s.active && which(g) })
	if i < 0 {
		return nil
	}
	return s.segments[i]
}

// retire removes the files of which all has been stored for long enough, and those that are too
// old. It returns how many points were lost.
func (s *Spool) retire(keep time.Duration) (dropped int) {
	now := s.cfg.Now()
	s.seal(now)
	for {
		s.mu.Lock()
		g := s.oldestOf(func(g *segment) bool {
			age := now.Sub(g.newest)
			kept := max(0, min(age, now.Sub(g.settled)))
			stored := g.records == 0 && !g.unreadable && kept >= keep
			return g.counted && (stored || age > s.cfg.Quota.MaxAge && g.handed == 0)
		})
		s.mu.Unlock()
		if g == nil {
			return dropped
		}
		dropped += s.drop(g)
	}
}

// drop removes a file. It returns how many points in it were not stored.
func (s *Spool) drop(g *segment) (dropped int) {
	s.mu.Lock()
	if !g.counted {
		s.mu.Unlock()
		s.count(g)
		s.mu.Lock()
	}
	if g.gone {
		s.mu.Unlock()
		return 0
	}
	g.gone = true
	dropped = g.points
	s.size.Points -= g.points
	s.size.Bytes -= g.bytes
	s.segments = slices.DeleteFunc(s.segments, func(o *segment) bool { return o == g })
	s.live = slices.DeleteFunc(s.live, func(r *record) bool {
		if r.segment != g {
			return false
		}
		s.liveBytes -= len(r.lines)
		delete(s.held, r.seq)
		return true
	})
	s.mu.Unlock()
	for _, name := range []string{g.ackName(), g.name()} {
		if err := s.disk.remove(name); err != nil && name == g.name() {
			s.cfg.Log.Warn("old spool file stays", zap.Error(err))
		}
	}
	return dropped
}
