package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
)

// lastAttempt bounds what is still sent after the program was asked to stop.
const lastAttempt = 1500 * time.Millisecond

// Status is how a receiver does.
type Status struct {
	Name string
	// OK is false from a failed attempt to the next that succeeds.
	OK          bool
	LastSuccess time.Time // zero when there was none
	LastError   string    // one sentence; empty when there was none
	LastErrorAt time.Time
	// Queued counts notifications that wait, including the one being tried. Lost counts those
	// that were dropped or refused.
	Queued int
	Lost   int
}

// worker delivers to one receiver, oldest first.
type worker struct {
	name  string
	queue *queue
	// redirected holds a token from when there is another receiver to the first attempt there.
	redirected chan struct{}
	pacer      pacer
	log        *zap.Logger
	count      *prometheus.CounterVec

	mu       sync.Mutex
	receiver Receiver
	status   Status
	trying   int // 1 while a notification is out of the queue and not settled
	// removed tells that the configuration no longer has the receiver.
	removed bool
}

func newWorker(name string, r Receiver, deps Deps, count *prometheus.CounterVec) *worker {
	return &worker{
		name: name, receiver: r, queue: newQueue(), count: count, redirected: make(chan struct{}, 1),
		log:    deps.Log.With(zap.String("receiver", name)),
		status: Status{Name: name, OK: true},
	}
}

// redirect has the next attempt go to another receiver of the same name.
func (w *worker) redirect(r Receiver) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receiver = r
	select {
	case w.redirected <- struct{}{}:
	default:
	}
}

// pause waits until the next attempt is due, or promises more than it did.
func (w *worker) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	case <-w.redirected:
	}
	return nil
}

// current returns the receiver that the next attempt goes to: it shortens no later wait that it was moved.
func (w *worker) current() Receiver {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.redirected:
	default:
	}
	return w.receiver
}

// add queues n without blocking.
func (w *worker) add(n *alerting.Notification) {
	if dropped := w.queue.push(n); dropped != nil {
		w.lose(dropped, resultDropped, "the queue is full")
	}
}

// run delivers until ctx ends, and then for at most lastAttempt what is left.
func (w *worker) run(ctx context.Context) {
	grace, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if sleep(grace, lastAttempt) == nil {
			cancel()
		}
	})
	defer stop()
	for {
		n := w.queue.next(ctx)
		if n == nil {
			break
		}
		w.setTrying(1)
		if !w.deliver(ctx, grace, n) {
			w.finish(grace, n)
		}
		w.setTrying(0)
	}
	for n := w.queue.pop(); n != nil; n = w.queue.pop() {
		w.finish(grace, n)
	}
}

// deliver tries until the receiver takes n or refuses it for good. It returns false when ctx ends
// first.
func (w *worker) deliver(ctx, grace context.Context, n *alerting.Notification) bool {
	for failures := 1; ; failures++ {
		if w.pacer.wait(ctx) != nil {
			return false
		}
		err := w.attempt(grace, n)
		if settled(err) {
			return true
		}
		w.count.WithLabelValues(w.name, resultRetry).Inc()
		if w.pause(ctx, backoff(failures, askedWait(err))) != nil {
			return false
		}
	}
}

// finish makes the one attempt that is left when the program ends.
func (w *worker) finish(grace context.Context, n *alerting.Notification) {
	err := w.pacer.wait(grace)
	if err == nil {
		err = w.attempt(grace, n)
	}
	if !settled(err) {
		w.lose(n, resultDropped, w.ending())
	}
}

// ending says why there is no further attempt.
func (w *worker) ending() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.removed {
		return "the receiver was removed from the inventory"
	}
	return "bothends is stopping"
}

// remove notes that the receiver was removed.
func (w *worker) remove() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removed = true
}

// attempt sends n once and records how that went.
func (w *worker) attempt(ctx context.Context, n *alerting.Notification) error {
	err := w.current().Send(ctx, n)
	w.record(err)
	if err == nil {
		w.count.WithLabelValues(w.name, resultSent).Inc()
	} else if settled(err) {
		w.lose(n, resultRefused, err.Error())
	}
	return err
}

// settled reports whether nothing is left to do after an attempt: it succeeded, or never will.
func settled(err error) bool {
	_, permanent := errors.AsType[*PermanentError](err)
	return err == nil || permanent
}

// askedWait returns how long the peer asked to be left alone.
func askedWait(err error) time.Duration {
	if retry, ok := errors.AsType[*RetryError](err); ok {
		return retry.After
	}
	return 0
}

// record keeps the outcome of an attempt, and logs where it differs from the one before.
func (w *worker) record(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.status.OK
	w.status.OK = err == nil
	if err == nil {
		w.status.LastSuccess = time.Now()
		if !was {
			w.log.Info("receiver takes notifications again", zap.Int("lost", w.status.Lost))
		}
		return
	}
	w.status.LastError, w.status.LastErrorAt = err.Error(), time.Now()
	if was {
		w.log.Warn("receiver takes no notifications", zap.Error(err))
	}
}

// lose counts and logs a notification that will not arrive.
func (w *worker) lose(n *alerting.Notification, result, why string) {
	w.count.WithLabelValues(w.name, result).Inc()
	w.mu.Lock()
	w.status.Lost++
	w.mu.Unlock()
	w.log.Error("notification lost",
		zap.String("key", idempotencyKey(n)), zap.String("link", n.Episode.Link), zap.String("why", why))
}

func (w *worker) setTrying(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trying = n
}

func (w *worker) snapshot() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	s.Queued = w.queue.len() + w.trying
	return s
}
