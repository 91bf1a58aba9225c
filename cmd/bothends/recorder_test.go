package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/history"
)

// fakeKeeper is a state file that may fail.
type fakeKeeper struct {
	mu       sync.Mutex
	err      error
	events   []history.Event
	episodes []history.Episode
	messages []history.Message
	calls    int
}

func (k *fakeKeeper) SaveEvent(events ...history.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	if k.err == nil {
		k.events = append(k.events, events...)
	}
	return k.err
}

func (k *fakeKeeper) SaveTold(t *history.Told) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return k.err
	}
	k.episodes = append(k.episodes, t.Episodes...)
	k.messages = append(k.messages, t.Messages...)
	for _, gone := range t.Settled {
		k.messages = slices.DeleteFunc(k.messages, func(m history.Message) bool {
			return m.Receiver == gone.Receiver && m.Key == gone.Key
		})
	}
	return nil
}

func (k *fakeKeeper) Rename(links map[string]string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return k.err
	}
	for i := range k.events {
		for now, was := range links {
			if k.events[i].Link == was {
				k.events[i].Link = now
			}
		}
	}
	return nil
}

// fail sets the error of all further calls, nil for none.
func (k *fakeKeeper) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

// saved returns the ids of the episodes in the order in which they were saved.
func (k *fakeKeeper) saved() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids := make([]string, 0, len(k.episodes))
	for i := range k.episodes {
		ids = append(ids, k.episodes[i].ID)
	}
	return ids
}

func numberedEntry(id string) entry {
	return entry{event: history.Event{ID: id}, episode: &history.Episode{ID: id}}
}

func TestRecorderSavesWhatIsQueuedWhenItStops(t *testing.T) {
	keep := &fakeKeeper{}
	r := newRecorder(keep, zap.NewNop(), prometheus.NewRegistry())
	for i := range recordBatch + 5 {
		r.record(numberedEntry(strconv.Itoa(i)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(keep.events) != recordBatch+5 || len(keep.episodes) != recordBatch+5 {
		t.Fatalf("%d events and %d episodes saved, want %d", len(keep.events), len(keep.episodes), recordBatch+5)
	}
	if keep.calls > 3 {
		t.Errorf("%d transactions for what fits two", keep.calls)
	}
}

func TestRecorderNeverBlocks(t *testing.T) {
	metrics := prometheus.NewRegistry()
	r := newRecorder(&fakeKeeper{}, zap.NewNop(), metrics)
	for range recordQueue + 7 {
		r.record(numberedEntry("x")) // nobody writes
	}
	families, err := metrics.Gather()
	if got := ownMetrics(families)["events_lost_total"]; err != nil || got != 7 {
		t.Fatalf("%v events counted as lost (%v), want 7", got, err)
	}
}

func TestRecorderLogsTroubleOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		keep := &fakeKeeper{err: errors.New("disk full")}
		r := newRecorder(keep, zap.New(core), prometheus.NewRegistry())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.run(ctx) }()
		for range 5 {
			r.record(numberedEntry("x"))
			time.Sleep(time.Second)
		}
		synctest.Wait() // what is tried again at this instant is over
		keep.fail(nil)
		r.record(numberedEntry("y"))
		synctest.Wait()
		cancel()
		<-done
		if got := logs.Len(); got != 2 {
			t.Errorf("%d log lines, want one for the trouble and one for its end: %v", got, logs.All())
		}
		if len(keep.events) != 1 || keep.events[0].ID != "y" {
			t.Errorf("saved %v", keep.events)
		}
		if got := keep.saved(); !slices.Equal(got, []string{"x", "y"}) {
			t.Errorf("saved the episodes %v, want x in front of y", got)
		}
	})
}

// counted returns one of the recorder's counters, without the common prefix of its name.
func counted(t *testing.T, metrics *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	value, ok := ownMetrics(families)[name]
	if !ok {
		t.Fatalf("no counter %s", name)
	}
	return value
}

// TestEpisodesOutliveAFullDisk: nothing happens on the links once the disk has room again.
func TestEpisodesOutliveAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep, metrics := &fakeKeeper{err: errors.New("disk full")}, prometheus.NewRegistry()
		r := newRecorder(keep, zap.NewNop(), metrics)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.run(ctx) }()
		for i := range 3 * recordBatch {
			r.record(numberedEntry(strconv.Itoa(i)))
		}
		time.Sleep(time.Minute)
		synctest.Wait() // what is tried again at this instant is over
		r.record(entry{episode: &history.Episode{ID: "7", Kind: "later"}})
		synctest.Wait()
		keep.fail(nil)
		time.Sleep(recordAgain + time.Second)
		synctest.Wait()
		if got := keep.saved(); len(got) != 3*recordBatch || got[0] != "0" || got[7] != "7" || keep.episodes[7].Kind != "later" {
			t.Errorf("%d episodes saved, want all %d in their latest state: %.200v", len(got), 3*recordBatch, got)
		}
		if lost := counted(t, metrics, "events_lost_total"); lost != 3*recordBatch+1 {
			t.Errorf("%v events counted as lost, want all", lost)
		}
		cancel()
		<-done
	})
}

func TestEpisodesOutliveAFullQueue(t *testing.T) {
	keep, metrics := &fakeKeeper{}, prometheus.NewRegistry()
	r := newRecorder(keep, zap.NewNop(), metrics)
	for range recordQueue {
		r.record(entry{})
	}
	r.record(numberedEntry("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := keep.saved(); !slices.Equal(got, []string{"x"}) || len(keep.events) != recordQueue {
		t.Errorf("saved the episodes %v and %d events, want x and all events but one", got, len(keep.events))
	}
	if lost, episodes := counted(t, metrics, "events_lost_total"), counted(t, metrics, "episodes_lost_total"); lost != 1 || episodes != 0 {
		t.Errorf("%v events and %v episodes counted as lost, want one event", lost, episodes)
	}
}

func TestRecorderTellsWhatItCouldNotSave(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	metrics := prometheus.NewRegistry()
	r := newRecorder(&fakeKeeper{err: errors.New("disk full")}, zap.New(core), metrics)
	for i := range unsavedEpisodes + 3 {
		r.record(entry{episode: &history.Episode{ID: fmt.Sprint(i)}})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.run(ctx); err != nil {
		t.Fatal(err)
	}
	last := logs.All()[logs.Len()-1]
	if last.ContextMap()["episodes"] != int64(unsavedEpisodes) {
		t.Errorf("last log line %q %v, want the number of episodes left", last.Message, last.ContextMap())
	}
	if lost := counted(t, metrics, "episodes_lost_total"); lost != 3 {
		t.Errorf("%v episodes counted as lost, want the 3 without room", lost)
	}
}

// TestUnsavedKeepsTheLatestState: an episode may change while an earlier state of it is written.
func TestUnsavedKeepsTheLatestState(t *testing.T) {
	u := unsaved{latest: make(map[string]history.Episode)}
	for _, id := range []string{"a", "b", "c"} {
		u.put(history.Episode{ID: id, Kind: "old"}, nil)
	}
	batch := u.take(2)
	u.put(history.Episode{ID: "a", Kind: "new"}, nil)
	u.giveBack(batch)
	var got []string
	for _, e := range u.take(10).Episodes {
		got = append(got, e.ID+" "+e.Kind)
	}
	if want := []string{"b old", "c old", "a new"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if left, _ := u.len(); left != 0 {
		t.Errorf("%d left", left)
	}
}
