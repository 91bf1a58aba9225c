package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

const (
	// memoryTick is how long what happened to a link may wait to be remembered.
	memoryTick = time.Second
	// memoryRound is the time in which every link is remembered once, whatever happens to it.
	memoryRound = 5 * time.Minute
	// memoryBatch bounds the links of one transaction, and so what a storm costs in a second.
	memoryBatch = 256
	// documentRoom is what the document of a link whose windows are full takes, in bytes.
	documentRoom = 3200
)

// Kinds of documents in the state file.
const (
	trackerKind = "tracker"
	judgesKind  = "judges"
	// causesKind is what explains the alerts of several links; there is one document of it.
	causesKind = "causes"
)

// documentKeeper is the part of the state file that memory needs.
type documentKeeper interface {
	SaveDocument(docs ...history.Document) error
	Documents(kind string, use func(history.Document)) error
	EndedEpisodes(ids []string) (map[string]bool, error)
}

// memory keeps on the disk what trackers and judges have learned. A link to which something happened
// is written within seconds, every link once in a round, and all of them at the end. Nobody waits for
// it: a document is made under the link's own lock, and written without any.
type memory struct {
	keep     documentKeeper
	pipeline *pipeline
	engine   *alerting.Engine
	log      *zap.Logger
	now      func() linkmodel.Moment
	saved    prometheus.Counter

	mu    sync.Mutex
	moved map[string]struct{}

	// turn tells whose turn it is in this round. It begins anywhere: where every life of the program is
	// shorter than a round, the same links would be left out each time.
	turn    int
	failing bool
	// causes waits for the disk.
	causes *history.Document
}

func newMemory(keep documentKeeper, p *pipeline, log *zap.Logger, metrics prometheus.Registerer) *memory {
	m := &memory{
		keep: keep, pipeline: p, engine: p.engine, log: log, now: realWorld().present, moved: make(map[string]struct{}),
		saved: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bothends_links_remembered_total",
			Help: "Times that what was learned of a link went to the state file.",
		}),
	}
	metrics.MustRegister(m.saved)
	return m
}

// note asks to remember a link soon.
func (m *memory) note(link string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moved[link] = struct{}{}
}

// run remembers until ctx ends, and then all links once more.
func (m *memory) run(ctx context.Context) error {
	tick := time.NewTicker(memoryTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.save(m.due())
			m.saveCauses()
		case <-ctx.Done():
			m.saveCauses()
			m.saveAll()
			return nil
		}
	}
}

// due returns the links to which something happened, and those whose turn it is.
func (m *memory) due() []string {
	for _, name := range m.engine.Moved() {
		m.note(name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.moved {
		if len(names) == memoryBatch {
			break
		}
		names = append(names, name)
		delete(m.moved, name)
	}
	all := m.pipeline.linkNames()
	share := int((time.Duration(len(all))*memoryTick + memoryRound - 1) / memoryRound)
	for range min(share, len(all)) {
		m.turn = (m.turn + 1) % len(all)
		names = append(names, all[m.turn])
	}
	return names
}

// saveAll ends before a task has to: what it leaves out is a round old at most.
func (m *memory) saveAll() {
	until := time.Now().Add(stopWithin * 6 / 10)
	for names := m.pipeline.linkNames(); len(names) > 0; {
		if time.Now().After(until) {
			m.log.Warn("stopped before all that was learned of links was written down; the rest is some minutes old",
				zap.Int("links", len(names)))
			return
		}
		n := min(memoryBatch, len(names))
		m.save(names[:n])
		names = names[n:]
	}
}

// save writes what is known of some links in one transaction.
func (m *memory) save(names []string) {
	docs := make([]history.Document, 0, 2*len(names))
	for _, name := range names {
		docs = m.appendLink(docs, name)
	}
	if len(docs) == 0 {
		return
	}
	err := m.keep.SaveDocument(docs...)
	switch {
	case err != nil && !m.failing:
		m.log.Error("state file does not take what was learned of links; they go on without it", zap.Error(err))
	case err == nil && m.failing:
		m.log.Info("state file takes what is learned of links again")
	}
	if m.failing = err != nil; m.failing {
		for _, name := range names {
			m.note(name)
		}
		return
	}
	m.saved.Add(float64(len(names)))
}

// saveCauses writes what changed of causes. What the disk does not take is tried again.
func (m *memory) saveCauses() {
	now := m.now()
	body, err := m.engine.CausesMoved(now)
	if err != nil {
		m.log.Error("causes of alerts cannot be written down", zap.Error(err))
	}
	if body != nil {
		m.causes = &history.Document{Kind: causesKind, Name: causesKind, At: now.At, Body: body}
	}
	if m.causes == nil {
		return
	}
	err = m.keep.SaveDocument(*m.causes)
	if err != nil && !m.failing {
		m.log.Error("state file does not take the causes of alerts", zap.Error(err))
	}
	if m.failing = err != nil; err == nil {
		m.causes = nil
	}
}

// appendLink appends the documents of a link. A link nobody ever asked has none.
func (m *memory) appendLink(docs []history.Document, name string) []history.Document {
	w := m.pipeline.link(name)
	if w == nil {
		return docs
	}
	now := m.now()
	judges, err := m.engine.Document(name, now)
	if err != nil {
		m.log.Error("judgement of a link cannot be written down", zap.String("link", name), zap.Error(err))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tracker.View().At.IsZero() {
		return docs
	}
	return append(docs,
		history.Document{Kind: trackerKind, Name: name, At: now.At, Body: w.tracker.AppendState(make([]byte, 0, documentRoom), now)},
		history.Document{Kind: judgesKind, Name: name, At: now.At, Body: judges},
	)
}

// restore gives trackers and judges what the last run learned. What cannot be used is left out: that
// link starts anew.
func (m *memory) restore() {
	now, left := m.now(), leftOut{}
	err := m.keep.Documents(trackerKind, func(d history.Document) {
		if w := m.pipeline.link(d.Name); w != nil {
			left.add(d.Name, w.tracker.Restore(d.Body, now))
		}
	})
	left.tell(m.log, "what was learned of links cannot be used: they start anew", err)
	left = leftOut{}
	var docs []alerting.Document
	err = m.keep.Documents(judgesKind, func(d history.Document) {
		docs = append(docs, alerting.Document{Link: d.Name, Body: bytes.Clone(d.Body)})
	})
	for name, why := range m.engine.Resume(docs, now, m.over) {
		left.add(name, why)
	}
	left.tell(m.log, "timers of alerts cannot be used: they start anew", err)
	left = leftOut{}
	err = m.keep.Documents(causesKind, func(d history.Document) {
		left.add(d.Name, m.engine.ResumeCauses(d.Body, now))
	})
	left.tell(m.log, "timers of causes cannot be used: they start anew", err)
}

// over returns which episodes the record knows to have ended.
func (m *memory) over(ids []string) map[string]bool {
	ended, err := m.keep.EndedEpisodes(ids)
	if err != nil {
		m.log.Error("episodes of the last run cannot be looked up", zap.Error(err))
	}
	return ended
}

// leftOut counts the documents that cannot be used, and keeps one as an example.
type leftOut struct {
	links int
	link  string
	err   error
}

func (l *leftOut) add(link string, err error) {
	if err == nil {
		return
	}
	l.links++
	l.link, l.err = link, err
}

// tell writes one line, also for thousands of links; err is why nothing could be read at all.
func (l *leftOut) tell(log *zap.Logger, what string, err error) {
	switch {
	case err != nil:
		log.Error(what, zap.Error(err))
	case l.links > 0:
		log.Warn(what, zap.Int("links", l.links), zap.Error(fmt.Errorf("%s: %w", l.link, l.err)))
	}
}
