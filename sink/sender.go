package sink

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// drain sends until the store has nothing to send or the time is up. The lanes take turns.
func (s *Sink) drain(ctx, writing context.Context) {
	for lane, empty := LiveLane, 0; empty < 2; lane = 1 - lane {
		if s.current == nil {
			batch, ok := s.cfg.Store.Next(lane)
			if !ok {
				empty++
				continue
			}
			s.current = newDelivery(batch)
		}
		empty = 0
		if !s.deliver(ctx, writing) {
			return
		}
	}
}

// deliver sends the current batch until all its lines are settled. It returns false when the end
// of ctx leaves no time to wait for another attempt.
func (s *Sink) deliver(ctx, writing context.Context) bool {
	d := s.current
	for !d.done() {
		to := d.upTo()
		lines := d.lines(to)
		err := s.write(writing, lines)
		if err == nil {
			d.stored(to)
			s.doubt.stored(lines)
			s.backoff.reset()
			continue
		}
		e := asWriteError(err)
		if to-d.next == 1 {
			e = s.question(writing, e)
		}
		if !s.settle(d, to, e) && !s.pause(ctx, e) {
			return false
		}
	}
	s.cfg.Store.Ack(d.batch.Position)
	s.current = nil
	s.measureQueue()
	return true
}

// settle acts on answers that concern the lines themselves. It returns false for an answer that
// asks for a wait.
func (s *Sink) settle(d *delivery, to int, e *WriteError) bool {
	line := d.lines(to)
	var alone bool
	switch e.Class {
	case ClassRejected:
		alone = d.rejected(to)
	case ClassTooLarge:
		alone = d.tooLarge(to)
	case ClassRetry, ClassRefused:
		return false
	}
	s.backoff.reset()
	if alone {
		s.setAside(line, e)
	}
	return true
}

// write makes one request and notes how it went.
func (s *Sink) write(ctx context.Context, lines []byte) error {
	start := time.Now()
	err := s.cfg.Output.Write(ctx, lines)
	s.metrics.writeSeconds.Observe(time.Since(start).Seconds())
	if err == nil {
		s.metrics.writes.WithLabelValues("ok").Inc()
		if trouble, news := s.health.succeeded(s.cfg.Now()); news {
			s.log.Info("writes work again", zap.Duration("after", trouble),
				zap.Int("queued_points", s.cfg.Store.Size().Points))
		}
		return nil
	}
	s.metrics.writes.WithLabelValues(asWriteError(err).Class.String()).Inc()
	return err
}

// pause waits before the next attempt. It returns false when ctx has ended.
func (s *Sink) pause(ctx context.Context, e *WriteError) bool {
	wait := s.backoff.wait(e)
	if s.health.failed(e, s.cfg.Now()) {
		s.complain(e, wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (s *Sink) complain(e *WriteError, wait time.Duration) {
	log := s.log.Warn
	if e.Class == ClassRefused {
		log = s.log.Error
	}
	log("writes fail, points are kept", zap.String("reason", e.Text), zap.Duration("next_attempt", wait), zap.Int("queued_points", s.cfg.Store.Size().Points))
}
