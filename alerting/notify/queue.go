package notify

import (
	"context"
	"sync"

	"github.com/bothends/bothends/alerting"
)

// maxQueued is how many notifications wait for one receiver. Beyond it the oldest goes: what is
// true now is worth more than what was true.
const maxQueued = 1000

// queue holds what waits for one receiver, oldest first.
type queue struct {
	mu    sync.Mutex
	items []*alerting.Notification
	wake  chan struct{} // holds a token while there may be something to take
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// push adds n and returns what had to go for it, or nil. It never blocks.
func (q *queue) push(n *alerting.Notification) *alerting.Notification {
	q.mu.Lock()
	defer q.mu.Unlock()
	var dropped *alerting.Notification
	if len(q.items) == maxQueued {
		dropped = q.items[0]
		q.items = append(q.items[:0], q.items[1:]...)
	}
	q.items = append(q.items, n)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return dropped
}

// pop returns the oldest at once, or nil.
func (q *queue) pop() *alerting.Notification {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil
	}
	n := q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	return n
}

// next waits for the oldest; it returns nil when ctx ends first.
func (q *queue) next(ctx context.Context) *alerting.Notification {
	for ctx.Err() == nil {
		if n := q.pop(); n != nil {
			return n
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
