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
	SaveEpisode(episodes ...history.Episode) error
	Rename(links map[string]string) error
}

// recorder writes events and episodes to the state file without making the pipeline wait for the
// disk. One transaction takes all that came meanwhile. Events that meet a disk error or a full
// queue are lost and counted. Episodes wait until the disk takes them, because a restart without
// them gives an open alarm another id and tells it again.
type recorder struct {
	keep     keeper
	log      *zap.Logger
	queue    chan *happening // pointers: its room is taken at the start, and seldom needed
	episodes unsaved
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
	if e.episode != nil && !r.episodes.put(*e.episode) {
		r.lostEpisodes.Inc()
	}
	select {
	case r.queue <- &happening{Event: e.event}:
	default:
		r.lost.Inc()
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
		case <-again.C:
			if r.episodes.len() > 0 || len(r.renames) > 0 {
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
	if r.episodes.len() > 0 || len(r.renames) > 0 {
		r.save(nil)
	}
	if left := r.episodes.len(); left > 0 {
		r.log.Error("stopped with episodes that the state file did not take; the next start tells them again",
			zap.Int("episodes", left))
	}
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
	err := r.saveEpisodes()
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

// saveEpisodes writes what waits, one batch after the other. What fails waits on.
func (r *recorder) saveEpisodes() error {
	for {
		batch := r.episodes.take(recordBatch)
		if len(batch) == 0 {
			return nil
		}
		if err := r.keep.SaveEpisode(batch...); err != nil {
			r.episodes.giveBack(batch)
			return err
		}
	}
}
