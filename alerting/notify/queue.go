package notify

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/bothends/bothends/alerting"
)

const (
	// maxQueued is how many messages wait for one receiver. Beyond it the oldest goes: what is true now
	// is worth more than what was true.
	maxQueued = 5000
	// maxAge is how long a message waits for its receiver.
	maxAge = 7 * 24 * time.Hour
)

// item is one message that waits. It stays in the queue while it is tried.
type item struct {
	note alerting.Notification
	// receiver and key name what is kept on the disk for it; the receiver is another one where the
	// message goes to whom it was not meant for.
	receiver, key string
	// at is when it was taken.
	at time.Time
	// listed tells that a digest has named it already, alone that no digest may.
	listed, alone bool
}

// queue holds what waits for one receiver, oldest first.
type queue struct {
	mu    sync.Mutex
	items []*item
	wake  chan struct{} // holds a token while there may be something to take
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// push adds an item and returns what had to go for it, or nil. It never blocks. A message that waits
// already is not added again.
func (q *queue) push(it *item) (dropped *item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, known := range q.items {
		if known.key == it.key && known.receiver == it.receiver {
			return nil
		}
	}
	if len(q.items) == maxQueued {
		dropped = q.items[0]
		q.items = slices.Delete(q.items, 0, 1)
	}
	q.items = append(q.items, it)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return dropped
}

// all returns what waits, oldest first.
func (q *queue) all() []*item {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.items)
}

// remove takes items out.
func (q *queue) remove(items ...*item) {
	gone := make(map[*item]bool, len(items))
	for _, it := range items {
		gone[it] = true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = slices.DeleteFunc(q.items, func(it *item) bool { return gone[it] })
}

// await waits until something waits; it returns false when ctx ends first.
func (q *queue) await(ctx context.Context) bool {
	for ctx.Err() == nil {
		if q.len() > 0 {
			return true
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
		}
	}
	return false
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
