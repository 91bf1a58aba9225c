package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/sink/spool"
)

// outputs makes one sink per InfluxDB, with a spool in the state folder.
func (a *app) outputs() error {
	if len(a.inv.InfluxDB) == 0 {
		return nil
	}
	metrics := sink.NewMetrics(a.registry)
	for i := range a.inv.InfluxDB {
		if err := a.output(&a.inv.InfluxDB[i], metrics); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) output(cfg *influxdb.Config, metrics *sink.Metrics) error {
	writer, err := influxdb.NewWriter(*cfg, time.Now)
	if err != nil {
		return err
	}
	log := a.log.Named("sink")
	store, err := spool.Open(spool.Config{
		Dir: filepath.Join(a.inv.StateDir, "spool", cfg.ID), Quota: cfg.Spool, Log: log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	letters := spool.NewLetters(filepath.Join(a.inv.StateDir, "deadletter-"+cfg.ID+".log"), time.Now)
	a.spools = append(a.spools, store, letters)
	a.writers = append(a.writers, writer)
	a.sinks = append(a.sinks, sink.New(sink.Config{
		ID: cfg.ID, Store: store, Output: writer, DeadLetters: letters, Log: log, Metrics: metrics, Now: time.Now,
	}))
	return nil
}

// runSinks runs all sinks as one task: stopped one after the other, the last attempts of several
// hanging databases would add up.
func (a *app) runSinks(ctx context.Context) error {
	errs := make([]error, len(a.sinks))
	var all sync.WaitGroup
	for i, s := range a.sinks {
		all.Go(func() {
			errs[i] = s.Run(ctx)
			a.writers[i].Close()
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// sinksName names every output, because the task's name is what an operator reads when it fails.
func (a *app) sinksName() string {
	ids := make([]string, 0, len(a.inv.InfluxDB))
	for _, cfg := range a.inv.InfluxDB {
		ids = append(ids, cfg.ID)
	}
	return "influxdb " + strings.Join(ids, ", ")
}
