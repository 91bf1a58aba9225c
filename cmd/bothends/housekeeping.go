package main

import (
	"context"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
	"go.uber.org/zap"

	"github.com/bothends/bothends/history"
)

const (
	// pruneAt is when the state file forgets what is too old: a quiet hour, not on the hour.
	pruneAt = "17 3 * * *"
	// tellEvery is how often is looked for what is to be told.
	tellEvery = time.Second
)

// housekeeping runs what belongs to the calendar, until ctx ends.
func (a *app) housekeeping(ctx context.Context) error {
	// A job that panicked keeps its slot unless it is recovered inside of the skip.
	calendar := cron.New(cron.WithChain(
		cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(cronLog{a.log}),
	))
	if _, err := calendar.AddFunc(pruneAt, a.prune); err != nil {
		return fmt.Errorf("schedule housekeeping: %w", err)
	}
	calendar.Start()
	<-ctx.Done()
	<-calendar.Stop().Done()
	return nil
}

func (a *app) prune() {
	retention := a.current.Load().History.Retention
	if retention <= 0 {
		retention = history.DefaultRetention
	}
	if err := a.state.Prune(a.world.now().Add(-retention)); err != nil {
		a.log.Error("old events stay in the state file", zap.Error(err))
	}
}

// cronLog hands a job's panic to the log.
type cronLog struct{ log *zap.Logger }

// Info implements cron.Logger.
func (c cronLog) Info(string, ...any) {}

// Error implements cron.Logger.
func (c cronLog) Error(err error, msg string, _ ...any) {
	c.log.Error("housekeeping job", zap.String("cron", msg), zap.Error(err))
}

// alerts tells what is to be told, until ctx ends.
func (a *app) alerts(ctx context.Context) error {
	a.pipeline.advance(a.world.present()) // what held back in the last run does so from the start
	every(ctx, tellEvery, func() { a.pipeline.advance(a.world.present()) })
	return nil
}

// every calls do once a period until ctx ends.
func every(ctx context.Context, period time.Duration, do func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}
