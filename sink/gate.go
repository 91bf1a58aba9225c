package sink

import (
	"context"
	"sync"
	"time"
)

// gate holds the senders back while the database fails: then one of them at a time makes an
// attempt, and only after the wait. While it works, all may send.
type gate struct {
	token chan struct{} // held by whoever makes an attempt while writes fail

	mu      sync.Mutex
	closed  bool
	until   time.Time // no attempt before
	backoff backoff
}

func newGate() gate { return gate{token: make(chan struct{}, 1)} }

// enter waits until an attempt may be made; leave must be called after it. It returns false when ctx
// ends meanwhile. Once ctx has ended, there is no time left to wait.
func (g *gate) enter(ctx context.Context) (leave func(), ok bool) {
	if _, closed := g.state(); !closed || ctx.Err() != nil {
		return func() {}, true
	}
	select {
	case g.token <- struct{}{}:
	case <-ctx.Done():
		return nil, false
	}
	leave = func() { <-g.token }
	until, closed := g.state()
	if !closed { // it works again: who waited behind this one need not wait for it
		leave()
		return func() {}, true
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return leave, true
	case <-ctx.Done():
		leave()
		return nil, false
	}
}

func (g *gate) state() (until time.Time, closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until, g.closed
}

// open lets all senders through again.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = false
	g.backoff.reset()
}

// close begins a wait after a failure of an attempt that began at the given time. It returns false
// when a later failure was noted already, as by requests that were on their way together.
func (g *gate) close(e *WriteError, began time.Time) (wait time.Duration, news bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.closed && began.Before(g.until) {
		return 0, false
	}
	wait = g.backoff.wait(e)
	g.closed, g.until = true, now.Add(wait)
	return wait, true
}
