package spool

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/sink"
)

// taking is an output that stores everything.
type taking struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (o *taking) Write(_ context.Context, lines []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.lines.Write(lines)
	return err
}

// TestBrokenDiskIsToldAndHeals: one log line when it begins and one at its end, the cause in the status
// within two seconds, and the database misses nothing meanwhile.
func TestBrokenDiskIsToldAndHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		disk := newMemDisk()
		disk.fail = func(op, _ string) error {
			if broken.Load() && (op == "sync" || op == "write") {
				return syscall.EIO
			}
			return nil
		}
		store, err := openIn(disk, Config{Log: zap.NewNop(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		core, logs := observer.New(zap.InfoLevel)
		out := &taking{}
		s := sink.New(sink.Config{
			ID: "main", Store: store, Output: out, Log: zap.New(core), Now: time.Now,
			Metrics: sink.NewMetrics(prometheus.NewRegistry()),
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		step := func(line string) sink.Status {
			s.Accept([]byte(line+"\n"), 1)
			time.Sleep(2 * time.Second)
			return s.Status()
		}
		if st := step("before"); !st.OK || st.Accepted != 1 {
			t.Errorf("before: %+v", st)
		}
		broken.Store(true)
		if st := step("while"); st.OK || st.Accepted != 1 ||
			st.Cause != "the queue is not kept on disk: "+st.Trouble || !strings.Contains(st.Trouble, "input/output error") {
			t.Errorf("while it is broken: %+v", st)
		}
		for range 20 { // nothing is left to write, and the disk is broken all the same
			time.Sleep(3 * time.Second)
			if st := s.Status(); st.OK || st.QueuedPoints != 0 {
				t.Fatalf("later: %+v", st)
			}
		}
		broken.Store(false)
		if st := step("after"); !st.OK || st.Accepted != 2 || st.QueuedPoints+int(st.Dropped) != 0 {
			t.Errorf("after: %+v", st)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		var told []string
		for _, e := range logs.All() {
			told = append(told, e.Message)
		}
		if want := "queue cannot be kept on disk; points wait in memory and are lost with the process, queue is kept on disk again"; strings.Join(told, ", ") != want {
			t.Errorf("log %q", told)
		}
		if got := out.lines.String(); got != "before\nwhile\nafter\n" {
			t.Errorf("stored %q", got)
		}
	})
}
