package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// fakeDocuments is a state file in memory that may fail.
type fakeDocuments struct {
	mu   sync.Mutex
	err  error
	docs map[string]map[string][]byte // by kind and name
	most int                          // documents in one transaction
	n    int                          // documents saved
	slow time.Duration                // of one transaction
}

func (f *fakeDocuments) SaveDocument(docs ...history.Document) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	time.Sleep(f.slow)
	f.most, f.n = max(f.most, len(docs)), f.n+len(docs)
	for _, d := range docs {
		if f.docs == nil {
			f.docs = map[string]map[string][]byte{trackerKind: {}, judgesKind: {}}
		}
		f.docs[d.Kind][d.Name] = bytes.Clone(d.Body)
	}
	return nil
}

func (f *fakeDocuments) Documents(kind string, use func(history.Document)) error {
	for name, body := range f.docs[kind] {
		if len(body) > 0 {
			use(history.Document{Kind: kind, Name: name, Body: body})
		}
	}
	return f.err
}

func (f *fakeDocuments) EndedEpisodes([]string) (map[string]bool, error) { return nil, f.err }

// noSamples keeps no samples.
type noSamples struct{ history.Store }

func (noSamples) Append(*linkmodel.View) {}

// memoryOf returns a memory for n links that were polled once, and its log.
func memoryOf(keep documentKeeper, n int) (*memory, *observer.ObservedLogs) {
	links := make([]linkmodel.Link, n)
	for i := range links {
		links[i] = linkmodel.Link{Name: fmt.Sprintf("l%04d", i), Type: "ethernet", Interval: time.Minute}
	}
	p := newPipeline(links, alerting.New(alerting.Config{}, links), noSamples{})
	core, logs := observer.New(zap.InfoLevel)
	m := newMemory(keep, p, zap.New(core), prometheus.NewRegistry())
	for i := range links {
		tracker := p.link(links[i].Name).tracker
		silent := linkmodel.Outcome{Miss: linkmodel.MissTimeout}
		tracker.Observe(&linkmodel.Poll{
			Link: links[i].Name, Scheduled: time.Now(), ScheduledMono: realWorld().present().Mono, Ends: [2]linkmodel.Outcome{silent, silent},
		})
		tracker.Judge(nil)
	}
	return m, logs
}

// Every link is written once in a round, one to which something happened within seconds, and a storm
// in bounded transactions.
func TestMemoryGoesRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := &fakeDocuments{}
		m, _ := memoryOf(keep, 1000)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.run(ctx) }()
		m.note("l0777")
		time.Sleep(memoryTick + time.Millisecond)
		synctest.Wait()
		keep.mu.Lock()
		if keep.docs[trackerKind]["l0777"] == nil || len(keep.docs[trackerKind]) > 10 {
			t.Errorf("after a second: %d links, l0777 %t", len(keep.docs[trackerKind]), keep.docs[trackerKind]["l0777"] != nil)
		}
		keep.mu.Unlock()
		time.Sleep(memoryRound)
		synctest.Wait()
		keep.mu.Lock()
		if len(keep.docs[trackerKind]) != 1000 || keep.n > 2*1300 {
			t.Errorf("after a round: %d links in %d documents", len(keep.docs[trackerKind]), keep.n)
		}
		keep.mu.Unlock()
		for i := range 1000 {
			m.note(fmt.Sprintf("l%04d", i))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		keep.mu.Lock()
		if len(m.moved) > 0 || keep.most > 2*(memoryBatch+10) {
			t.Errorf("%d links wait after a storm, %d documents at once", len(m.moved), keep.most)
		}
		keep.docs = nil
		keep.mu.Unlock()
		cancel()
		if err := <-done; err != nil || len(keep.docs[trackerKind]) != 1000 {
			t.Errorf("%d links at the end (%v)", len(keep.docs[trackerKind]), err)
		}
	})
}

// So many links that a busy machine cannot write all of them while it stops must not keep it from
// stopping in order.
func TestMemoryStopsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := &fakeDocuments{slow: time.Second}
		m, logs := memoryOf(keep, 10*memoryBatch)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		if err := m.run(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took >= stopWithin {
			t.Errorf("took %v", took)
		}
		if keep.n == 0 || logs.FilterMessageSnippet("stopped before all").Len() != 1 {
			t.Errorf("%d documents, log %v", keep.n, logs.All())
		}
	})
}

func TestMemoryOutlivesAFullDisk(t *testing.T) {
	keep := &fakeDocuments{err: errors.New("disk full")}
	m, logs := memoryOf(keep, 3)
	m.note("l0001")
	for range 5 {
		m.save(m.due())
	}
	keep.err = nil
	m.save(m.due())
	if keep.docs[trackerKind]["l0001"] == nil || len(m.moved) > 0 || logs.Len() != 2 {
		t.Errorf("%d documents, %d wait, log %v", keep.n, len(m.moved), logs.All())
	}
}

// What cannot be used is one line in the log, however many links it is.
func TestUnusableMemoryIsOneLine(t *testing.T) {
	keep := &fakeDocuments{docs: map[string]map[string][]byte{trackerKind: {}, judgesKind: {}}}
	m, logs := memoryOf(keep, 100)
	for _, name := range m.pipeline.linkNames() {
		keep.docs[trackerKind][name] = []byte("\x63 of a later version")
		keep.docs[judgesKind][name] = []byte("{}")
	}
	m.restore()
	all := logs.All()
	if len(all) != 2 || all[0].ContextMap()["links"] != int64(100) || all[1].ContextMap()["links"] != int64(100) ||
		!strings.Contains(fmt.Sprint(all[0].ContextMap()["error"]), "written by another version") {
		t.Errorf("log %v", all)
	}
}

// TestStateSurvivesARestart: the page says the same before and after, and since when.
func TestStateSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	a := newTestApp(t, appInventory, dir)
	feed(a.pipeline, linkmodel.StatusDown)
	before := a.pipeline.link("r1-r2").view()
	a.memory.saveAll()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errors.Join(a.recorder.run(ctx), a.close()); err != nil {
		t.Fatal(err)
	}
	after := newTestApp(t, appInventory, dir).pipeline.link("r1-r2").view()
	if after.State != linkmodel.StateDown || !after.Since.Equal(before.Since) || !after.At.Equal(before.At) || !after.Ends[0].Seen {
		t.Errorf("%v since %v as of %v, want %v since %v as of %v", after.State, after.Since, after.At, before.State, before.Since, before.At)
	}
}

// What a restart needs costs a small share of a processor.
func BenchmarkMemory(b *testing.B) {
	const links = 1000
	state, err := history.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer state.Close()
	m, _ := memoryOf(state, links)
	start := cpuTime()
	for b.Loop() {
		m.saveAll()
	}
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/links/1e3, "cpu-µs/link")
}
