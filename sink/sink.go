package sink

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// flushEvery is how long a point waits at most before it is sent.
	flushEvery = time.Second
	// grace is how long the last attempt may take once Run is told to end. Whoever waits for the
	// whole program to stop waits for it too.
	grace = time.Second
)

// Config is what a Sink is made of; everything is needed.
type Config struct {
	// ID names the output in logs, metrics and the status.
	ID      string
	Store   Store
	Output  Output
	Log     *zap.Logger
	Metrics *Metrics
	Now     func() time.Time
}

// Sink takes lines without blocking and writes them to one output.
type Sink struct {
	cfg     Config
	log     *zap.Logger // names the output in each line
	metrics outputMetrics
	health  health
	backoff backoff
	doubt   doubt
	ready   chan struct{} // a flush made lines available
	current *delivery     // what the sender is working on
}

// New returns a Sink. It takes lines at once and sends them while Run runs.
func New(cfg Config) *Sink {
	return &Sink{
		cfg:     cfg,
		log:     cfg.Log.With(zap.String("output", cfg.ID)),
		metrics: cfg.Metrics.of(cfg.ID),
		ready:   make(chan struct{}, 1),
	}
}

// Accept queues a copy of complete lines, each ending in a newline, that hold the given number
// of points. It never waits for the output: when the queue is full, the oldest points make room.
func (s *Sink) Accept(lines []byte, points int) {
	if points == 0 {
		return
	}
	dropped, err := s.cfg.Store.Append(lines, points)
	if err != nil {
		dropped += points
	} else {
		s.metrics.accepted.Add(float64(points))
	}
	if dropped > 0 {
		s.drop(dropped)
	}
	s.measureQueue()
}

func (s *Sink) drop(points int) {
	s.metrics.dropped.Add(float64(points))
	if s.health.dropped(points, s.cfg.Now()) {
		s.log.Error("queue is full, points are lost", zap.Int("queued_points", s.cfg.Store.Size().Points))
	}
}

func (s *Sink) measureQueue() {
	size := s.cfg.Store.Size()
	s.metrics.queuedBytes.Set(float64(size.Bytes))
	s.metrics.queuedPoints.Set(float64(size.Points))
}

// Status returns the present state of the output.
func (s *Sink) Status() Status {
	status := s.health.snapshot(s.cfg.Now())
	size := s.cfg.Store.Size()
	status.ID, status.QueuedBytes, status.QueuedPoints = s.cfg.ID, size.Bytes, size.Points
	return status
}

// Run sends what is accepted until ctx ends. Then it makes one last attempt of at most a second and
// logs how many points are left. It always returns nil.
func (s *Sink) Run(ctx context.Context) error {
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()

	var flusher sync.WaitGroup
	flusher.Go(func() { s.flush(ctx) })
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.ready:
			s.drain(ctx, writing)
		}
	}
	flusher.Wait()
	s.drain(ctx, writing)
	if left := s.cfg.Store.Size().Points; left > 0 {
		s.log.Warn("stopped with points unsent", zap.Int("points", left))
	}
	return nil
}

// flush makes accepted lines available to the sender, a last time when ctx ends.
func (s *Sink) flush(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		if err := s.cfg.Store.Flush(); err != nil {
			s.log.Error("flush the queue", zap.Error(err))
		}
		select {
		case s.ready <- struct{}{}:
		default:
		}
		if ctx.Err() != nil {
			return
		}
	}
}
