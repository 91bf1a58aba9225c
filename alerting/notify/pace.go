package notify

import (
	"context"
	"sync"
	"time"
)

const (
	// messageGap is the least time between two attempts at one receiver: chats take one message a
	// second.
	messageGap = time.Second
	// firstBackoff is the wait after the first failure; it doubles up to maxBackoff.
	firstBackoff = 2 * time.Second
	maxBackoff   = 5 * time.Minute
	// catchUp is how long a receiver that was away gets no more than catchUpMessages.
	catchUp         = time.Minute
	catchUpMessages = 3
)

// pacer lets one attempt through per gap, and few after a receiver was away. Its methods may be called
// from several goroutines.
type pacer struct {
	gap time.Duration

	mu   sync.Mutex
	next time.Time
	// back is when the receiver came back, sent counts what it took since.
	back time.Time
	sent int
}

// wait returns when an attempt may start, or ctx's error when that ends first.
func (p *pacer) wait(ctx context.Context) error {
	for {
		left := p.claim()
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// claim takes the slot that is free now, or returns how long none will be.
func (p *pacer) claim() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	free := p.next
	if end := p.back.Add(catchUp); p.isBack(now) && p.sent >= catchUpMessages && free.Before(end) {
		free = end
	}
	if left := free.Sub(now); left > 0 {
		return left
	}
	p.next = now.Add(max(p.gap, messageGap))
	return 0
}

// catchingUp reports whether the receiver was away a moment ago.
func (p *pacer) catchingUp(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isBack(now)
}

// isBack is catchingUp with p.mu held.
func (p *pacer) isBack(now time.Time) bool {
	return !p.back.IsZero() && now.Before(p.back.Add(catchUp))
}

// returned notes that the receiver takes messages again.
func (p *pacer) returned(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back, p.sent = now, 0
}

// took counts a message that arrived.
func (p *pacer) took() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
}

// backoff returns the wait after so many failures in a row. What the peer asked for is kept, and
// up to a tenth is added; without that, half to all of a doubling time.
func backoff(failures int, asked time.Duration, chance func(below time.Duration) time.Duration) time.Duration {
	if asked > 0 {
		return asked + chance(asked/10+1)
	}
	d := maxBackoff
	if failures < 8 {
		d = min(d, firstBackoff<<(failures-1))
	}
	return d/2 + chance(d/2)
}

// sleep waits for d, or returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
