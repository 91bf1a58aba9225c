package sink

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// slowDisk is how long a flush may take before the disk counts as failing. The kernel waits for a
// broken disk for minutes.
const slowDisk = 5 * time.Second

// flush calls the store and tells when its trouble begins and when it ends.
func (s *Sink) flush() {
	s.fresh.Store(0)
	end := s.watchFlush(time.Now())
	done, err := s.cfg.Store.Flush()
	end()
	s.metrics.accepted.Add(float64(done.Accepted))
	s.health.accepted(done.Accepted)
	s.drop(done.Dropped)
	s.noteStored(err)
	s.measureQueue()
	s.measureHealth()
}

func (s *Sink) measureHealth() {
	healthy := 0.0
	if s.health.snapshot(s.cfg.Now()).OK {
		healthy = 1
	}
	s.metrics.healthy.Set(healthy)
}

func (s *Sink) noteStored(err error) {
	switch news := s.health.stored(err); {
	case news && err != nil:
		s.log.Error("queue cannot be kept on disk; points wait in memory and are lost with the process", zap.Error(err))
	case news:
		s.log.Info("queue is kept on disk again", zap.Int("queued_points", s.cfg.Store.Size().Points))
	}
}

// watchFlush tells of a flush that hangs, and lets the senders send from memory meanwhile, until end is
// called.
func (s *Sink) watchFlush(began time.Time) (end func()) {
	var mu sync.Mutex
	var watch *time.Timer
	ended := false
	mu.Lock()
	defer mu.Unlock()
	watch = time.AfterFunc(slowDisk, func() {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return
		}
		s.noteStored(fmt.Errorf("the disk has not answered for %v", rounded(time.Since(began))))
		s.measureHealth()
		s.wake()
		watch.Reset(flushEvery)
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
		watch.Stop()
	}
}

// wake lets the senders look for something to send.
func (s *Sink) wake() {
	for _, w := range s.senders {
		signal(w.ready)
	}
}
