package notify

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

const (
	// lastAttempt bounds what is still sent after the program was asked to stop.
	lastAttempt = 1500 * time.Millisecond
	// missedAfter is how long a receiver may be away before others are told.
	missedAfter = 10 * time.Minute
)

// Status is how a receiver does.
type Status struct {
	Name string
	// OK is false from a failed attempt to the next that succeeds.
	OK bool
	// Closed tells that nothing will be taken until somebody does something.
	Closed      bool
	LastSuccess time.Time // zero when there was none
	LastError   string    // one sentence; empty when there was none
	LastErrorAt time.Time
	// FailingSince is the first failed attempt since the last that succeeded; zero when OK.
	FailingSince time.Time
	// Queued counts notifications that wait, including the one being tried. Lost counts those
	// that were dropped or refused.
	Queued int
	Lost   int
}

// worker delivers to one receiver, oldest first.
type worker struct {
	name   string
	traits traits
	queue  *queue
	// redirected holds a token from when there is another receiver to the first attempt there.
	redirected chan struct{}
	pacer      pacer
	chance     func(below time.Duration) time.Duration
	log        *zap.Logger
	count      *prometheus.CounterVec
	// settled is told what need not be kept on the disk any longer.
	settled func(receiver, key string)
	// instead gives a message to another receiver; it returns false where there is none that can take it.
	instead func(from *worker, it *item) bool
	// pageURL is the address of the page, for digests.
	pageURL string

	// held are the latest messages of open episodes, for a service that forgets, by the episode's id;
	// repeated is when they were sent again.
	held     map[string]*item
	repeated time.Time
	// behind tells that what waits may be late: the last attempt failed.
	behind bool
	// toldOthers tells that other receivers know of the present failure.
	toldOthers bool

	mu       sync.Mutex
	receiver Receiver
	status   Status
	// removed tells that the configuration no longer has the receiver.
	removed bool
}

func newWorker(name string, r Receiver, tr traits, d *Dispatcher) *worker {
	chance := d.deps.Chance
	if chance == nil {
		chance = rand.N[time.Duration]
	}
	return &worker{
		chance: chance,
		name:   name, receiver: r, traits: tr, queue: newQueue(), count: d.count, redirected: make(chan struct{}, 1),
		pacer: pacer{gap: tr.gap}, settled: d.settled, instead: d.instead, pageURL: d.deps.PageURL,
		log:    d.deps.Log.With(zap.String("receiver", name)),
		held:   map[string]*item{},
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

// add queues a message without blocking.
func (w *worker) add(it *item) {
	if dropped := w.queue.push(it); dropped != nil {
		w.lose(dropped, resultDropped, "the queue is full")
		w.settled(dropped.receiver, dropped.key)
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
	failures := 0
	for w.await(ctx) && w.pacer.wait(ctx) == nil {
		err := w.turn(grace)
		if err == nil {
			failures = 0
			continue
		}
		failures++
		if w.pause(ctx, backoff(failures, askedWait(err), w.chance)) != nil {
			break
		}
	}
	w.finish(grace)
}

// await waits until there is something to send or to repeat; it returns false when ctx ends first.
func (w *worker) await(ctx context.Context) bool {
	if len(w.held) == 0 {
		return w.queue.await(ctx)
	}
	soon, cancel := context.WithDeadline(ctx, w.repeated.Add(alertmanagerRepeat))
	defer cancel()
	return w.queue.await(soon) || ctx.Err() == nil
}

// turn makes one attempt with what is due. It returns an error when the same is due again later.
func (w *worker) turn(ctx context.Context) error {
	w.expire(time.Now())
	batch := w.choose(time.Now())
	if len(batch) == 0 {
		return w.repeat(ctx)
	}
	err := w.current().Send(ctx, w.messageOf(batch, time.Now()))
	if ctx.Err() != nil && err != nil {
		return err // the program ends; that says nothing about the receiver
	}
	since, told := w.away(), w.toldOthers
	w.record(err)
	if _, permanent := errors.AsType[*PermanentError](err); permanent {
		w.refuse(batch, err)
		return nil
	}
	if err != nil {
		w.failed(err)
		return err
	}
	w.count.WithLabelValues(w.name, resultSent).Inc()
	w.pacer.took()
	w.settle(batch)
	if told {
		w.instead(w, w.recovered(since, time.Now()))
	}
	return nil
}

// away tells since when the receiver took nothing; zero when it does.
func (w *worker) away() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status.FailingSince
}

// failed tells others once it looks like more than a moment.
func (w *worker) failed(err error) {
	now := time.Now()
	w.behind = true
	w.count.WithLabelValues(w.name, resultRetry).Inc()
	_, closed := errors.AsType[*ClosedError](err)
	if !w.toldOthers && (closed || now.Sub(w.away()) >= missedAfter) {
		w.toldOthers = true
		w.instead(w, w.trouble(err, now))
	}
}

// settle forgets what the receiver took.
func (w *worker) settle(batch []*item) {
	if len(batch) > 1 && w.traits.states {
		batch = overOf(batch)
	}
	w.queue.remove(batch...)
	for _, it := range batch {
		if !w.traits.holds || !w.hold(it) {
			w.settled(it.receiver, it.key)
		}
	}
}

// refuse hands on what the receiver will never take: a digest message by message, a message to
// another receiver.
func (w *worker) refuse(batch []*item, err error) {
	if len(batch) > 1 {
		for _, it := range batch {
			it.alone = true
		}
		return
	}
	it := batch[0]
	w.queue.remove(it)
	w.lose(it, resultRefused, err.Error())
	if it.receiver != w.name || !w.instead(w, w.refused(it, err)) {
		w.settled(it.receiver, it.key)
	}
}

// expire drops what waited for too long.
func (w *worker) expire(now time.Time) {
	if w.traits.holds {
		return // an open episode may be older
	}
	for _, it := range w.queue.all() {
		if now.Sub(it.at) < maxAge {
			return
		}
		w.queue.remove(it)
		w.lose(it, resultDropped, "it waited for "+maxAge.String())
		w.settled(it.receiver, it.key)
	}
}

// finish makes the attempts that are left when the program ends, or the receiver is removed.
func (w *worker) finish(grace context.Context) {
	w.mu.Lock()
	removed, ok := w.removed, w.status.OK
	w.mu.Unlock()
	for w.queue.len() > 0 && (ok || removed) {
		if w.pacer.wait(grace) != nil || w.turn(grace) != nil {
			break
		}
	}
	left := w.queue.all()
	if !removed && len(left) > 0 {
		w.log.Info("messages wait for the next start", zap.Int("messages", len(left)))
		return
	}
	for _, it := range left {
		w.queue.remove(it)
		w.lose(it, resultDropped, "the receiver was removed from the inventory")
		w.settled(it.receiver, it.key)
	}
}

// remove notes that the receiver was removed.
func (w *worker) remove() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removed = true
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
	now, was := time.Now(), w.status.OK
	_, closed := errors.AsType[*ClosedError](err)
	w.status.OK, w.status.Closed = err == nil, closed
	if err == nil {
		w.status.LastSuccess = now
		if !was {
			w.log.Info("receiver takes notifications again", zap.Int("lost", w.status.Lost))
		}
		if w.behind && (w.traits.chat || w.traits.states) {
			w.pacer.returned(now)
		}
		w.status.FailingSince, w.behind, w.toldOthers = time.Time{}, false, false
		return
	}
	w.status.LastError, w.status.LastErrorAt = err.Error(), now
	if was {
		w.status.FailingSince = now
		w.log.Warn("receiver takes no notifications", zap.Error(err))
	}
}

// lose counts and logs a notification that will not arrive.
func (w *worker) lose(it *item, result, why string) {
	w.count.WithLabelValues(w.name, result).Inc()
	w.mu.Lock()
	w.status.Lost++
	w.mu.Unlock()
	w.log.Error("notification lost",
		zap.String("key", it.key), zap.String("link", it.note.Episode.Link), zap.String("why", why))
}

func (w *worker) snapshot() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status
	s.Queued = w.queue.len()
	return s
}
