package sink

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// sender is one connection's worth of work on one lane.
type sender struct {
	*Sink
	lane    Lane
	ready   chan struct{} // there may be something to send
	current *delivery
}

// run sends until ctx ends, and then what is left as long as writing lasts.
func (w *sender) run(ctx, writing context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-w.ready:
			w.drain(ctx, writing)
		}
	}
	select {
	case <-w.flushed:
	case <-writing.Done():
	}
	w.drain(ctx, writing)
}

// drain sends until the store has nothing to send in the lane or the time is up.
func (w *sender) drain(ctx, writing context.Context) {
	for {
		if w.current == nil {
			batch, ok := w.cfg.Store.Next(w.lane)
			if !ok {
				return
			}
			w.current = newDelivery(batch)
		}
		if !w.deliver(ctx, writing) {
			return
		}
	}
}

// deliver sends the current batch until all its lines are settled. It returns false when the end
// of ctx leaves no time to wait for another attempt.
func (w *sender) deliver(ctx, writing context.Context) bool {
	d := w.current
	for !d.done() {
		leave, ok := w.gate.enter(ctx)
		if !ok {
			return false
		}
		e, began := w.attempt(writing, d)
		leave()
		if e == nil {
			continue
		}
		w.failed(e, began)
		if ctx.Err() != nil {
			return false
		}
	}
	w.bury()
	w.cfg.Store.Ack(d.batch.Position)
	w.current = nil
	w.measureQueue()
	return true
}

// attempt makes one request and settles the lines it can. It returns an answer that asks for a wait
// and when the request began.
func (w *sender) attempt(writing context.Context, d *delivery) (*WriteError, time.Time) {
	began, to := time.Now(), d.upTo()
	lines := d.lines(to)
	err := w.write(writing, lines)
	if err == nil {
		d.stored(to)
		w.doubt.stored(lines)
		return nil, began
	}
	e := asWriteError(err)
	if to-d.next == 1 {
		e = w.question(writing, e)
	}
	if w.settle(d, to, e, began) {
		return nil, began
	}
	return e, began
}

// settle acts on answers that concern the lines themselves, to a request that began at the given time.
// It returns false for an answer that asks for a wait.
func (s *Sink) settle(d *delivery, to int, e *WriteError, began time.Time) bool {
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
	s.gate.open(began)
	if alone {
		s.setAside(line, e)
	}
	return true
}

// write makes one request and notes how it went.
func (s *Sink) write(ctx context.Context, lines []byte) error {
	start := time.Now()
	answered := s.health.asked(start)
	err := s.cfg.Output.Write(ctx, lines)
	answered()
	s.metrics.writeSeconds.Observe(time.Since(start).Seconds())
	if err == nil {
		s.gate.open(start)
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

// failed makes all senders wait before the next attempt.
func (s *Sink) failed(e *WriteError, began time.Time) {
	wait, news := s.gate.close(e, began)
	if news && s.health.failed(e, s.cfg.Now()) {
		s.complain(e, wait)
	}
}

// renewed reads again what the database refused and reports whether it changed.
func (s *Sink) renewed(r Renewer) bool {
	changed, err := r.Renew()
	switch news := s.health.renewed(err); {
	case err != nil && news:
		s.log.Error("the token cannot be read again", zap.Error(err))
	case changed:
		s.log.Info("the token has changed and is tried at once")
	}
	return changed
}

func (s *Sink) complain(e *WriteError, wait time.Duration) {
	log := s.log.Warn
	if e.Class == ClassRefused {
		log = s.log.Error
	}
	log("writes fail, points are kept", zap.String("reason", e.Text), zap.Duration("next_attempt", wait), zap.Int("queued_points", s.cfg.Store.Size().Points))
}
