package notify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bothends/bothends/alerting"
)

// hold keeps the latest message of an open episode, in memory and on the disk, in place of the one
// before. It returns false for one that need not be kept.
func (w *worker) hold(it *item) bool {
	id := it.note.Episode.ID
	if before := w.held[id]; before != nil && before.key != it.key {
		w.settled(before.receiver, before.key)
	}
	if it.note.Status == alerting.StatusResolved || it.receiver != w.name {
		delete(w.held, id)
		return false
	}
	if len(w.held) == 0 {
		w.repeated = time.Now()
	}
	w.held[id] = it
	return true
}

// repeat sends what is open again, where the receiver wants that and it is time.
func (w *worker) repeat(ctx context.Context) error {
	to, ok := w.current().(repeater)
	now := time.Now()
	if !ok || len(w.held) == 0 || now.Before(w.repeated.Add(alertmanagerRepeat)) {
		return nil
	}
	open := make([]*alerting.Notification, 0, len(w.held))
	for _, id := range slices.Sorted(maps.Keys(w.held)) {
		open = append(open, &w.held[id].note)
	}
	err := to.Repeat(ctx, open)
	if ctx.Err() != nil && err != nil {
		return err
	}
	w.repeated = now
	w.record(err)
	if _, permanent := errors.AsType[*PermanentError](err); err != nil && !permanent {
		w.failed(err)
		return err
	}
	return nil
}
