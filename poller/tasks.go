package poller

import (
	"context"
	"sync"
)

// tasks are the goroutines of one Run. They are all told to end by one context and all waited
// for.
type tasks struct {
	ctx   context.Context //nolint:containedctx // it is the life of Run, given to what outlives a poll
	group sync.WaitGroup
}

func (t *tasks) start(f func(ctx context.Context)) {
	t.group.Go(func() { f(t.ctx) })
}
