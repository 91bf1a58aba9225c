package poller

import (
	"context"
	"sync"
	"time"
)

// emitChunk is how many cycles one worker takes at a time, so that several share a long list.
const emitChunk = 64

// emitter hands finished cycles over in goroutines of its own: whoever takes them may be slow, and
// the transport must not be.
type emitter struct {
	emit func(context.Context, *cycle)
	kick chan struct{}
	// since is when nothing was in line, as the transport's loop saw it.
	since time.Duration

	mu     sync.Mutex
	landed []*cycle // protected by mu
	spare  []*cycle // protected by mu; to be used again
}

func newEmitter(emit func(context.Context, *cycle)) *emitter {
	return &emitter{emit: emit, kick: make(chan struct{}, 1)}
}

// add puts a cycle in line; turn has a worker look after it.
func (e *emitter) add(c *cycle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.landed = append(e.landed, c)
}

// emitDelay is how long a cycle waits for others at most, so that a worker is not woken for each.
const emitDelay = 50 * time.Millisecond

// turn has a worker look after what is in line, once that is much or has waited for long. It
// reports whether something goes on waiting.
func (e *emitter) turn(now time.Duration) (waiting bool) {
	e.mu.Lock()
	n := len(e.landed)
	e.mu.Unlock()
	switch {
	case n == 0:
		e.since = now
	case n >= emitChunk || now-e.since >= emitDelay:
		e.since = now
		e.wake()
	default:
		return true
	}
	return false
}

// wake has a worker look after what is in line.
func (e *emitter) wake() {
	select {
	case e.kick <- struct{}{}:
	default:
	}
}

// run is a worker; it ends with ctx.
func (e *emitter) run(ctx context.Context) {
	batch := make([]*cycle, 0, emitChunk)
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.kick:
		}
		for more := true; more; {
			if batch, more = e.take(batch[:0]); more {
				e.wake() // another worker may help with the rest
			}
			for _, c := range batch {
				e.emit(ctx, c)
			}
			e.giveBack(batch)
		}
	}
}

// take appends some of the cycles in line to batch; more tells that there are others.
func (e *emitter) take(batch []*cycle) (_ []*cycle, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(e.landed), emitChunk)
	batch = append(batch, e.landed[:n]...)
	left := copy(e.landed, e.landed[n:])
	clear(e.landed[left:])
	e.landed = e.landed[:left]
	return batch, left > 0
}

// maxSpare is how many cycles are kept for the next ones.
const maxSpare = 1024

// borrow returns a cycle to poll a link with.
func (e *emitter) borrow() *cycle {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.spare)
	if n == 0 {
		return &cycle{landed: e.add}
	}
	c := e.spare[n-1]
	e.spare = e.spare[:n-1]
	return c
}

// giveBack keeps cycles that were emitted.
func (e *emitter) giveBack(batch []*cycle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spare = append(e.spare, batch[:min(len(batch), max(maxSpare-len(e.spare), 0))]...)
}
