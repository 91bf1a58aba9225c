package samples

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"go.uber.org/zap"
)

// batchSamples bounds what is written at once.
const batchSamples = 4096

// writer puts samples into an open store.
type writer struct {
	db        *tsdb.DB
	positions []int
	opened    int // counts the openings, so that no link uses a reference of an earlier one
	metrics   *metrics
}

// write writes what is queued once a second. It returns nil when ctx ended or something else is to be
// kept, with all that was queued written.
func (s *Store) write(ctx context.Context, db *databases, k *kept) error {
	s.openings++
	w := &writer{db: db.raw, positions: k.positions, opened: s.openings, metrics: &s.metrics}
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return w.drain(k.queue)
		case <-s.changed:
			return w.drain(k.queue)
		case <-tick.C:
			s.saveKeys()
			if err := s.room(); err != nil {
				s.fail(err)
				s.metrics.lost.Add(float64(discard(k.queue)))
				continue
			}
			s.tellKept()
			if err := w.drain(k.queue); err != nil {
				return err
			}
		}
	}
}

// drain writes all that is queued.
func (w *writer) drain(queue chan sample) error {
	for len(queue) > 0 {
		if err := guard(func() error { return w.batch(queue) }); err != nil {
			return err
		}
	}
	return nil
}

// batch writes up to batchSamples in one piece.
func (w *writer) batch(queue chan sample) error {
	app := w.db.Appender(context.Background())
	n := 0
	for ; n < batchSamples; n++ {
		select {
		case sm := <-queue:
			if err := w.append(app, &sm); err != nil {
				w.metrics.lost.Add(float64(n + 1))
				return errors.Join(fmt.Errorf("write samples: %w", err), app.Rollback())
			}
			continue
		default:
		}
		break
	}
	if err := app.Commit(); err != nil {
		w.metrics.lost.Add(float64(n))
		return fmt.Errorf("write samples: %w", err)
	}
	w.metrics.written.Add(float64(n))
	return nil
}

func (w *writer) append(app storage.Appender, sm *sample) error {
	if sm.link.opened != w.opened {
		sm.link.refs, sm.link.opened = [1 + numValues]storage.SeriesRef{}, w.opened
	}
	for _, position := range w.positions {
		value := float64(sm.facts)
		if position > 0 {
			if value = float64(sm.values[position-1]); value != value { //nolint:gocritic // not a number: unknown
				continue
			}
		}
		ref := &sm.link.refs[position]
		got, err := app.Append(*ref, labels.EmptyLabels(), sm.at, value)
		if errors.Is(err, tsdb.ErrInvalidSample) { // a series that is new, or that was forgotten meanwhile
			got, err = app.Append(0, seriesLabels(sm.link.key, position), sm.at, value)
		}
		switch {
		case err == nil:
			*ref = got
		case refused(err):
			w.metrics.refused.Inc()
		default:
			return err
		}
	}
	return nil
}

// refused reports whether an error is about one value and not about the store.
func refused(err error) bool {
	for _, reason := range []error{
		storage.ErrOutOfOrderSample, storage.ErrOutOfBounds, storage.ErrTooOldSample, storage.ErrDuplicateSampleForTimestamp,
	} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// saveKeys remembers the keys that were made since. What the state file does not take now it takes later;
// after a kill before that, the link gets another key.
func (s *Store) saveKeys() {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	for link, key := range s.unsaved {
		if err := s.deps.Names.SaveSeriesKey(link, key); err != nil {
			s.deps.Log.Debug("the key of a link is not remembered yet", zap.String("link", link), zap.Error(err))
			return
		}
		delete(s.unsaved, link)
	}
}
