package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/history"
)

const (
	// recordQueue bounds what waits for the disk: a storm of 10,000 links with two events each.
	recordQueue = 20_000
	// recordBatch bounds one transaction.
	recordBatch = 500
	// recordAgain is how often episodes that met a disk error are tried again, also when nothing
	// new happens.
	recordAgain = 5 * time.Second
)

// keeper is the part of the state file the recorder writes to.
type keeper interface {
	SaveEvent(events ...history.Event) error
	SaveTold(t *history.Told) error
	Rename(links map[string]string) error
}

// recorder writes events, episodes and the messages about them to the state file without making the
// pipeline wait for the disk. One transaction takes all that came meanwhile. A message is handed on
// once it is on the disk together with its episode, or the disk had its time. Events that meet a disk error or a full
// queue are lost and counted. Episodes wait until the disk takes them, because a restart without
// them gives an open alarm another id and tells it again.
type recorder struct {
	keep     keeper
	log      *zap.Logger
	queue    chan *happening // pointers: its room is taken at the start, and seldom needed
	episodes unsaved
	outgoing outgoing
	settling chan struct{}      // holds a token while there are messages to forget
	lost     prometheus.Counter // events
	// lostEpisodes counts those for which there was no room to wait.
	lostEpisodes prometheus.Counter
	failing      bool
	// renames wait for the disk: former names by present ones.
	renames map[string]string
}

// happening is what waits for the disk: an event, or that a link has another name from here on.
type happening struct {
	history.Event
	was string // the former name of Link; empty for an event
}

func newRecorder(keep keeper, log *zap.Logger, metrics prometheus.Registerer) *recorder {
	r := &recorder{
		keep: keep, log: log, queue: make(chan *happening, recordQueue), renames: map[string]string{},
		settling: make(chan struct{}, 1),
		episodes: unsaved{latest: make(map[string]history.Episode)},
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bothends_events_lost_total",
			Help: "Events that the state file could not take.",
		}),
		lostEpisodes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bothends_episodes_lost_total",
			Help: "States of episodes that found no room to wait for the state file.",
		}),
	}
	metrics.MustRegister(r.lost, r.lostEpisodes)
	return r
}

// record queues one entry; it never blocks.
func (r *recorder) record(e entry) {
	if e.episode != nil && !r.episodes.put(*e.episode, e.messages) {
		r.lostEpisodes.Inc()
	}
	if e.note != nil {
		r.outgoing.add(e.note)
	}
	select {
	case r.queue <- &happening{Event: e.event}:
	default:
		r.lost.Inc()
	}
}

// settle forgets a message that arrived, or never will. It never blocks.
func (r *recorder) settle(receiver, key string) {
	r.episodes.settle(receiver, key)
	select {
	case r.settling <- struct{}{}:
	default:
	}
}

// rename has what was recorded of a link so far, and what waits to be, be found under its present
// name. It waits for room in the queue.
func (r *recorder) rename(ctx context.Context, was, now string) {
	select {
	case r.queue <- &happening{history.Event{Link: now}, was}:
	case <-ctx.Done():
	}
}

// run writes until ctx ends and then writes what is queued.
func (r *recorder) run(ctx context.Context) error {
	again := time.NewTicker(recordAgain)
	defer again.Stop()
	for {
		select {
		case e := <-r.queue:
			r.save(r.collect(e))
		case <-r.settling:
			r.save(nil)
		case <-again.C:
			if r.waiting() {
				r.save(nil)
			}
		case <-ctx.Done():
			r.finish()
			return nil
		}
	}
}

// finish writes what is queued, each once.
func (r *recorder) finish() {
	for len(r.queue) > 0 {
		r.save(r.collect(<-r.queue))
	}
	if r.waiting() {
		r.save(nil)
	}
	if left, _ := r.episodes.len(); left > 0 {
		r.log.Error("stopped with episodes that the state file did not take; the next start tells them again",
			zap.Int("episodes", left))
	}
}

// waiting reports whether the disk owes something.
func (r *recorder) waiting() bool {
	episodes, messages := r.episodes.len()
	return episodes+messages+len(r.renames) > 0
}

// collect takes first and whatever else is queued, up to one batch that ends with a new name.
func (r *recorder) collect(h *happening) []history.Event {
	var events []history.Event
	for {
		if h.was != "" {
			r.renames[h.Link] = h.was
			return events
		}
		events = append(events, h.Event)
		if len(events) == recordBatch {
			return events
		}
		select {
		case h = <-r.queue:
		default:
			return events
		}
	}
}

// save writes all episodes that wait and then the given events. The episodes matter more: they
// decide whether a restart tells twice.
func (r *recorder) save(events []history.Event) {
	upTo := r.outgoing.mark()
	err := r.saveEpisodes()
	r.outgoing.release(upTo)
	if len(events) > 0 {
		if eventErr := r.keep.SaveEvent(events...); eventErr != nil {
			r.lost.Add(float64(len(events)))
			err = eventErr
		}
	}
	if len(r.renames) > 0 {
		if renameErr := r.keep.Rename(r.renames); renameErr != nil {
			err = renameErr
		} else {
			clear(r.renames)
		}
	}
	switch {
	case err != nil && !r.failing:
		r.log.Error("state file does not take events; alarms go on without it", zap.Error(err))
	case err == nil && r.failing:
		r.log.Info("state file takes events again")
	}
	r.failing = err != nil
}

// saveEpisodes writes what waits, one batch after the other, messages with the first. What fails waits
// on.
func (r *recorder) saveEpisodes() error {
	for {
		batch := r.episodes.take(recordBatch)
		if len(batch.Episodes)+len(batch.Messages)+len(batch.Settled) == 0 {
			return nil
		}
		if err := r.keep.SaveTold(batch); err != nil {
			r.episodes.giveBack(batch)
			return err
		}
	}
}
