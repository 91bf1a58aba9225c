package main

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/web"
)

// reloader reads the inventory again when it changed or somebody asks for it. All readings are made
// by one task, one after the other.
type reloader struct {
	*rereading
	app   *app
	log   *zap.Logger
	asked chan chan<- reloaded
	ended chan struct{} // closed when run ends
	disk  settling
	// told tells that an inventory which never comes to rest was logged.
	told bool
}

// reloaded is the answer to who asked for a reload.
type reloaded struct {
	web.Reloaded
	err error
}

// restlessAfter is for how long the inventory may change without a pause before that is logged.
const restlessAfter = 30 * time.Second

var errStopping = errors.New("bothends is stopping")

func newReloader(a *app, how *rereading) *reloader {
	r := &reloader{
		rereading: how, app: a, log: a.log.Named("reload"),
		asked: make(chan chan<- reloaded), ended: make(chan struct{}),
	}
	r.disk.read(how.first)
	return r
}

// ask has the inventory read at once and waits until it is in use or refused. It implements
// web.Deps.Reload.
func (r *reloader) ask(ctx context.Context) (web.Reloaded, error) {
	answer := make(chan reloaded, 1)
	select {
	case r.asked <- answer:
	case <-r.ended:
		return web.Reloaded{}, errStopping
	case <-ctx.Done():
		return web.Reloaded{}, ctx.Err()
	}
	select {
	case done := <-answer:
		return done.Reloaded, done.err
	case <-ctx.Done():
		return web.Reloaded{}, ctx.Err()
	}
}

// run reads the inventory whenever that is due, until ctx ends. What is under way then is finished.
func (r *reloader) run(ctx context.Context) error {
	defer close(r.ended)
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.now:
			r.read(ctx, true)
		case answer := <-r.asked:
			answer <- r.read(ctx, true)
		case <-looks.C:
			if now := time.Now(); r.disk.observe(lookAt(r.path, r.secrets), now) {
				r.read(ctx, false)
			} else {
				r.restless(now)
			}
		}
	}
}

// restless logs once that the inventory does not come to rest.
func (r *reloader) restless(now time.Time) {
	busy := !r.disk.busy.IsZero() && now.Sub(r.disk.busy) >= restlessAfter
	if busy && !r.told {
		r.log.Warn("the inventory changes all the time and is read once it has come to rest",
			zap.String("inventory", r.path), zap.Duration("for", now.Sub(r.disk.busy).Round(time.Second)))
	}
	r.told = busy
}

// steadyTries is how often a reading is made again that found the files change meanwhile, when
// somebody waits for it.
const steadyTries = 5

// read reads the inventory and puts it into use where it has no errors. What changed while it was
// read may be half of each, and is not used.
func (r *reloader) read(ctx context.Context, asked bool) reloaded {
	defer r.app.supervisor.reloading()()
	for try := 1; ; try++ {
		before, began := lookAt(r.path, r.secrets), time.Now()
		result, files := readInventory(r.path)
		after := lookAt(r.path, r.secrets)
		if after.equal(before) {
			r.disk.read(lookAt(r.path, files).readSince(before, r.secrets))
			r.secrets = files
			return r.decide(ctx, &result, began, asked)
		}
		if !asked || try == steadyTries || pause(ctx, lookEvery) != nil {
			return reloaded{err: errors.New("the inventory was being written while it was read; it is read again once it has come to rest")}
		}
	}
}

// pause waits, or returns ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// decide uses what was read, or says why not.
func (r *reloader) decide(ctx context.Context, result *configs.Result, began time.Time, asked bool) reloaded {
	if result.Inventory == nil {
		return r.refuse(result, began)
	}
	if ctx.Err() != nil {
		return reloaded{err: errStopping}
	}
	links := len(result.Inventory.Links)
	c, err := r.app.apply(ctx, result.Inventory)
	switch {
	case err != nil && ctx.Err() != nil:
		return reloaded{err: errStopping}
	case err != nil: // what it needs is not there now, as the folder of a queue
		if r.app.config.refused(began, err.Error(), 1) {
			r.log.Error("the inventory cannot be used; the one before stays in use, and bothends reload tries again",
				zap.String("inventory", r.path), zap.Error(err))
		}
		return reloaded{err: err}
	}
	since := r.app.config.taken(began, c.restart)
	lines := c.lines()
	if asked || len(lines) > 0 || !since.IsZero() {
		r.log.Info("the inventory was read again", zap.String("inventory", r.path), zap.String("summary", c.summary()),
			zap.Strings("changes", lines), zap.Int("links", links), zap.Duration("took", time.Since(began)))
	}
	return reloaded{Reloaded: c.answer()}
}

// refuse keeps the inventory in use and tells what is wrong with the other, once for each new mistake.
func (r *reloader) refuse(result *configs.Result, began time.Time) reloaded {
	first, n := firstError(result.Problems), result.Problems.Errors()
	if r.app.config.refused(began, first, n) {
		r.log.Error("the inventory has errors and is not used; the one before stays in use",
			zap.String("problem", first), zap.Int("errors", n),
			zap.Time("in_use_since", r.app.config.status().LoadedAt))
	}
	return reloaded{err: refusalOf(result, began)}
}

// answer is the change as the API shows it.
func (c *change) answer() web.Reloaded {
	out := web.Reloaded{
		Summary: c.summary(), Changes: c.lines(), NeedsRestart: c.restart,
		Added: c.links.added, Removed: c.links.removed, Renamed: c.renamed,
	}
	for name := range c.links.changed {
		out.Changed = append(out.Changed, name)
	}
	return out
}
