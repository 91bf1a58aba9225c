//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// scraper asks every target once per interval at an instant of its own, as Prometheus does, and
// leaves one out that has not answered yet.
type scraper struct {
	targets  []string
	interval time.Duration
	perVisit uint64 // link ends
	client   http.Client
	ends     atomic.Uint64 // link ends of the visits that succeeded
	running  sync.WaitGroup
	cancel   context.CancelFunc
}

func newScraper(interval time.Duration, perVisit int) *scraper {
	return &scraper{interval: interval, perVisit: uint64(perVisit), client: http.Client{
		Timeout:   max(interval, 10*time.Second),
		Transport: &http.Transport{MaxIdleConnsPerHost: 2000, DisableCompression: true},
	}}
}

// start visits until stop.
func (s *scraper) start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.running.Go(func() { s.loop(ctx) })
}

func (s *scraper) stop() {
	s.cancel()
	s.running.Wait()
	s.client.CloseIdleConnections()
}

// loop starts what is due every few milliseconds: a target is due at its share of the interval.
func (s *scraper) loop(ctx context.Context) {
	busy := make([]atomic.Bool, len(s.targets))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	begin := time.Now()
	for next := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due := int(time.Since(begin) * time.Duration(len(s.targets)) / s.interval)
		for ; next < due; next++ {
			i := next % len(s.targets)
			if busy[i].Swap(true) {
				continue
			}
			s.running.Go(func() {
				defer busy[i].Store(false)
				if _, err := s.scrape(ctx, s.targets[i]); err == nil {
					s.ends.Add(s.perVisit)
				}
			})
		}
	}
}

// scrape asks one target. A router that does not answer is an error.
func (s *scraper) scrape(ctx context.Context, target string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("scrape: %s: %.300s", response.Status, text)
	}
	return text, err
}
