package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
)

// BenchmarkReload has the program read and take up the inventory of 5,000 links every second while it
// polls them, each time with other notes for one in ten, and reports how late polls are beside a
// minute half without and half with reloads. Run it with -benchtime 1x.
func BenchmarkReload(b *testing.B) {
	l := &loads[1]
	folder := b.TempDir()
	rewrite := writeInventory(b, l, folder)
	first, files := readInventory(folder)
	if first.Inventory == nil {
		b.Fatal(first.Problems.Text())
	}
	inv := first.Inventory
	inv.StateDir, inv.Web.Listen = filepath.Join(b.TempDir(), "state"), "127.0.0.1:0"
	a, err := newApp(inv, options{inventory: folder, log: zap.NewNop(), reload: &rereading{path: folder, first: lookAt(folder, files), secrets: files}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	time.Sleep(4 * l.every)
	for b.Loop() {
		quiet := a.loadNow()
		time.Sleep(30 * time.Second)
		before := a.loadNow()
		reloads, took := 0, time.Duration(0)
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Second) {
			rewrite(reloads)
			began := time.Now()
			if _, err := a.reloader.ask(ctx); err != nil {
				b.Fatal(err)
			}
			reloads, took = reloads+1, took+time.Since(began)
		}
		after := a.loadNow()
		b.ReportMetric(before.lateness.quantile(.99, &quiet.lateness)*1e3, "ms-late-p99-quiet")
		b.ReportMetric(after.lateness.quantile(.99, &before.lateness)*1e3, "ms-late-p99-reloads")
		b.ReportMetric(after.lateness.quantile(1, &before.lateness)*1e3, "ms-late-max-reloads")
		b.ReportMetric(after.lost-before.lost, "ticks-lost")
		b.ReportMetric(float64(reloads), "reloads")
		b.ReportMetric(float64(took.Milliseconds())/float64(reloads), "ms-each")
	}
	all, _ := residentMB(b)
	b.ReportMetric(all, "MB-RSS")
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// writeInventory writes the inventory of the simulated routers into a folder, and returns how to give
// one link in ten another note.
func writeInventory(b *testing.B, l *load, folder string) (rewrite func(n int)) {
	b.Helper()
	sources := startRouters(b, l)
	for i := range sources {
		sources[i].Text = bytes.Replace(sources[i].Text, []byte("interval: 2s"), fmt.Appendf(nil, "interval: %v", l.every), 1)
	}
	rewrite = func(n int) {
		for i := range sources {
			text := bytes.ReplaceAll(sources[i].Text, []byte("0:\n    a:"), fmt.Appendf(nil, "0:\n    notes: n%d\n    a:", n))
			if err := os.WriteFile(filepath.Join(folder, sources[i].Name), text, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	rewrite(0)
	return rewrite
}
