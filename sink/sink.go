package sink

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	// flushEvery is how long a point waits at most before it is sent.
	flushEvery = time.Second
	// grace is how long the last attempt may take once Run is told to end. Whoever waits for the
	// whole program to stop waits for it too.
	grace = time.Second
	// connections is how many requests an output gets at once; half of them are for the backlog.
	connections = 4
)

// Config is what a Sink is made of; everything but DeadLetters is needed.
type Config struct {
	// ID names the output in logs, metrics and the status.
	ID     string
	Store  Store
	Output Output
	// DeadLetters, when set, keeps the lines that the database refuses for good.
	DeadLetters Letters
	Log         *zap.Logger
	Metrics     *Metrics
	Now         func() time.Time
	// Chance returns a random time below one that is above 0; nil is math/rand's.
	Chance func(below time.Duration) time.Duration
}

// Sink takes lines without blocking and writes them to one output.
type Sink struct {
	cfg     Config
	log     *zap.Logger // names the output in each line
	metrics outputMetrics
	health  health
	gate    gate
	doubt   doubt
	senders []*sender
	full    chan struct{} // a batch waits to be flushed
	fresh   atomic.Int64  // bytes since the last flush
	flushed chan struct{} // closed after the last flush
}

// New returns a Sink. It takes lines at once and sends them while Run runs.
func New(cfg Config) *Sink {
	s := &Sink{
		cfg:     cfg,
		log:     cfg.Log.With(zap.String("output", cfg.ID)),
		metrics: cfg.Metrics.of(cfg.ID),
		gate:    newGate(cfg.Chance),
		full:    make(chan struct{}, 1),
		flushed: make(chan struct{}),
	}
	if r, ok := cfg.Output.(Renewer); ok {
		s.gate.renew = func() bool { return s.renewed(r) }
	}
	for range connections / 2 {
		for _, lane := range []Lane{LiveLane, BacklogLane} {
			s.senders = append(s.senders, &sender{Sink: s, lane: lane, ready: make(chan struct{}, 1)})
		}
	}
	return s
}

// Accept queues a copy of complete lines, each ending in a newline, that hold the given number
// of points. It never waits for the output nor for a disk: when the queue is full, the oldest points
// make room. The points count as accepted once the store has made them safe, within a second.
func (s *Sink) Accept(lines []byte, points int) {
	if points == 0 {
		return
	}
	dropped, err := s.cfg.Store.Append(lines, points)
	if err != nil {
		dropped += points
	}
	s.drop(dropped)
	s.measureQueue()
	if s.fresh.Add(int64(len(lines))) >= MaxBatchBytes {
		signal(s.full)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (s *Sink) drop(points int) {
	if points == 0 {
		return
	}
	s.metrics.dropped.Add(float64(points))
	if s.health.dropped(points, s.cfg.Now()) {
		s.log.Error("queue is full, points are lost", zap.Int("queued_points", s.cfg.Store.Size().Points))
	}
}

func (s *Sink) measureQueue() {
	size := s.cfg.Store.Size()
	s.metrics.queuedBytes.Set(float64(size.Bytes))
	s.metrics.queuedPoints.Set(float64(size.Points))
	s.metrics.damaged.Set(float64(size.Damaged))
	age := 0.0
	if !size.Oldest.IsZero() {
		age = max(0, s.cfg.Now().Sub(size.Oldest).Seconds())
	}
	s.metrics.queueAge.Set(age)
}

// Status returns the present state of the output.
func (s *Sink) Status() Status {
	status := s.health.snapshot(s.cfg.Now())
	size := s.cfg.Store.Size()
	status.ID, status.QueuedBytes, status.QueuedPoints = s.cfg.ID, size.Bytes, size.Points
	status.Oldest, status.Damaged = size.Oldest, size.Damaged
	return status
}

// Run sends what is accepted until ctx ends. Then it makes one last attempt of at most a second and
// logs how many points are left. A disk that hangs does not hold it up. It always returns nil.
func (s *Sink) Run(ctx context.Context) error {
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()

	go s.flushAll(ctx)
	var all sync.WaitGroup
	for _, w := range s.senders {
		all.Go(func() { w.run(ctx, writing) })
	}
	all.Wait()
	select {
	case <-s.flushed:
	case <-writing.Done():
		s.log.Error("the disk does not answer: stopped without a last sync of the queue")
	}
	if left := s.cfg.Store.Size().Points; left > 0 {
		s.log.Warn("stopped with points unsent", zap.Int("points", left))
	}
	return nil
}

// flushAll makes accepted lines safe and available to the senders, a last time when ctx ends.
func (s *Sink) flushAll(ctx context.Context) {
	defer close(s.flushed)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-s.full:
		}
		s.flush()
		s.wake()
		if ctx.Err() != nil {
			return
		}
	}
}
