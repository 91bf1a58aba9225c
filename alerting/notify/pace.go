package notify

import (
	"context"
	"math/rand/v2"
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
)

// pacer lets one attempt through per messageGap.
type pacer struct {
	mu   sync.Mutex
	next time.Time
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
	if left := p.next.Sub(now); left > 0 {
		return left
	}
	p.next = now.Add(messageGap)
	return 0
}

// backoff returns the wait after so many failures in a row. What the peer asked for is kept, and
// up to a tenth is added; without that, half to all of a doubling time.
func backoff(failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked + rand.N(asked/10+1)
	}
	d := maxBackoff
	if failures < 8 {
		d = min(d, firstBackoff<<(failures-1))
	}
	return d/2 + rand.N(d/2)
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
