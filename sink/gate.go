package sink

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// gate holds the senders back while the database fails: then one of them at a time makes an
// attempt, and only after the wait. While it works, all may send.
type gate struct {
	token chan struct{} // held by whoever makes an attempt while writes fail
	// renew, when set, is called now and then while the database refuses us. True ends the wait.
	renew func() bool

	mu      sync.Mutex
	closed  bool
	refused bool
	until   time.Time // no attempt before
	// asked is when the database asked to wait until then; zero when it did not.
	asked   time.Time
	backoff backoff
}

func newGate(chance func(time.Duration) time.Duration) gate {
	if chance == nil {
		chance = rand.N[time.Duration]
	}
	return gate{token: make(chan struct{}, 1), backoff: backoff{chance: chance}}
}

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
	if !g.wait(ctx, until) {
		leave()
		return nil, false
	}
	return leave, true
}

// wait returns true at the given time, or when what was refused has changed, and false at the end of
// ctx.
func (g *gate) wait(ctx context.Context, until time.Time) bool {
	for {
		left := time.Until(until)
		if left <= 0 {
			return true
		}
		timer := time.NewTimer(min(left, renewEvery))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
		if g.renews() && g.renew() {
			return true
		}
	}
}

func (g *gate) renews() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused && g.renew != nil
}

func (g *gate) state() (until time.Time, closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until, g.closed
}

// open lets all senders through again, after an attempt that began at the given time worked. One that was
// on its way when the database asked to wait does not end that wait.
func (g *gate) open(began time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed && began.Before(g.asked) {
		return
	}
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
	g.closed, g.until, g.asked = true, now.Add(wait), time.Time{}
	if e.RetryAfter > 0 {
		g.asked = now
	}
	g.refused = e.Class == ClassRefused
	return wait, true
}
