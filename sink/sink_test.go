package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// database is an Output that answers by script and keeps what it stored.
type database struct {
	answer func(request int, lines string) error
	hang   atomic.Bool  // answer only when ctx ends
	delay  atomic.Int64 // how long an answer takes, unless ctx ends

	mu       sync.Mutex
	requests []time.Time
	stored   []string
}

func (d *database) Write(ctx context.Context, lines []byte) error {
	d.mu.Lock()
	d.requests = append(d.requests, time.Now())
	n := len(d.requests)
	d.mu.Unlock()
	if d.hang.Load() {
		<-ctx.Done()
	}
	if delay := d.delay.Load(); delay > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(delay)):
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.answer != nil {
		if err := d.answer(n, string(lines)); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored = append(d.stored, strings.SplitAfter(strings.TrimSuffix(string(lines), "\n"), "\n")...)
	return nil
}

// fixture is a running Sink with everything around it.
type fixture struct {
	*Sink
	t    *testing.T
	db   *database
	logs *observer.ObservedLogs
	reg  *prometheus.Registry
	stop func()
}

// run starts a Sink inside the present synctest bubble.
func run(t *testing.T, maxBytes int, answer func(request int, lines string) error) *fixture {
	t.Helper()
	return runWith(t, &memory{maxBytes: maxBytes}, answer)
}

func runWith(t *testing.T, store Store, answer func(request int, lines string) error) *fixture {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	f := &fixture{t: t, db: &database{answer: answer}, logs: logs, reg: prometheus.NewRegistry()}
	f.Sink = New(Config{
		ID: "main", Store: store, Output: f.db, Log: zap.New(core),
		Metrics: NewMetrics(f.reg), Now: time.Now,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	f.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(f.stop)
	return f
}

func (f *fixture) accept(lines ...string) {
	for _, line := range lines {
		f.Accept([]byte(line+"\n"), 1)
	}
}

// dead returns what the log tells of dead letters.
func (f *fixture) dead() []string {
	var all []string
	for _, e := range f.logs.FilterMessage("database refuses a point for good").All() {
		m := e.ContextMap()
		all = append(all, fmt.Sprintf("%s: %s (%d)", m["line"], m["reason"], m["dead_letters"]))
	}
	return all
}

// waits returns the time between requests.
func (d *database) waits() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	waits := make([]time.Duration, 0, len(d.requests))
	for i := 1; i < len(d.requests); i++ {
		waits = append(waits, d.requests[i].Sub(d.requests[i-1]))
	}
	return waits
}

// count returns the number of requests so far.
func (d *database) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.requests)
}

// got returns what is stored, with line ends cut.
func (d *database) got() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := make([]string, 0, len(d.stored))
	for _, s := range d.stored {
		lines = append(lines, strings.TrimSuffix(s, "\n"))
	}
	return lines
}

func (f *fixture) messages() []string {
	all := make([]string, 0, f.logs.Len())
	for _, e := range f.logs.All() {
		all = append(all, e.Message)
	}
	return all
}

// metric returns the value of bothends_sink_<name> of this sink, with the label result where the
// metric has it. It returns -1 when there is none.
func (f *fixture) metric(name, result string) float64 {
	f.t.Helper()
	families, err := f.reg.Gather()
	if err != nil {
		f.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "bothends_sink_"+name {
			continue
		}
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["output"] == "main" && labels["result"] == result {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return -1
}

func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d", i)
	}
	return lines
}

func TestPointsArriveWithinASecondOrTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, nil)
		lines := numbered(5001)
		f.accept(lines...)
		time.Sleep(flushEvery + time.Millisecond)
		synctest.Wait()
		slices.Sort(lines) // two connections may overtake each other
		if diff := cmp.Diff(lines, slices.Sorted(slices.Values(f.db.got()))); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
		if n := f.db.count(); n != 3 {
			t.Errorf("%d requests for 5001 points, want 3 full batches", n)
		}
		s := f.Status()
		if !s.OK || s.ID != "main" || s.QueuedPoints != 0 || s.QueuedBytes != 0 || !s.LastSuccess.Equal(time.Now().Add(-time.Millisecond)) {
			t.Errorf("status %+v", s)
		}
		if n := len(f.messages()); n != 0 {
			t.Errorf("%v logged while nothing happened", f.messages())
		}
	})
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const failures = 12
		f := run(t, 1<<20, func(n int, _ string) error {
			if n <= failures {
				return errors.New("connection refused")
			}
			return nil
		})
		f.accept("a")
		time.Sleep(time.Hour)
		synctest.Wait()
		waits := f.db.waits()
		if len(waits) != failures {
			t.Fatalf("%d requests", len(waits)+1)
		}
		var longest time.Duration
		for i, wait := range waits {
			ceiling := min(time.Second<<(i+1), time.Minute)
			if wait < time.Second || wait > ceiling {
				t.Errorf("wait %d is %v, want 1s to %v", i+1, wait, ceiling)
			}
			longest = max(longest, wait)
		}
		slowest := slices.Compact(slices.Sorted(slices.Values(waits[failures/2:]))) // all below the same ceiling
		if longest < 4*time.Second || len(slowest) == 1 {
			t.Errorf("waits neither grow nor differ: %v", waits)
		}
		want := []string{"writes fail, points are kept", "writes work again"}
		if diff := cmp.Diff(want, f.messages()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"a"}, f.db.got()); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		30 * time.Second:      30 * time.Second,
		time.Millisecond:      time.Second,
		100 * 365 * time.Hour: 5 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := run(t, 1<<20, func(n int, _ string) error {
				if n <= 3 {
					return &WriteError{Class: ClassRetry, RetryAfter: asked, Text: "slow down"}
				}
				return nil
			})
			f.accept("a")
			time.Sleep(time.Hour)
			waits := f.db.waits()
			if len(waits) != 3 {
				t.Errorf("asked for %v: %d repeats in an hour, want 3", asked, len(waits))
			}
			for _, wait := range waits {
				if wait != want {
					t.Errorf("asked for %v: waited %v, want %v", asked, wait, want)
				}
			}
		})
	}
}

// TestSuccessOnItsWayDoesNotEndRetryAfter answers two requests that are on their way together: the first
// with a wait, the second, later, with a success.
func TestSuccessOnItsWayDoesNotEndRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, func(n int, _ string) error {
			switch n {
			case 1:
				time.Sleep(2 * time.Second)
			case 2:
				return &WriteError{Class: ClassRetry, RetryAfter: time.Minute, Text: "slow down"}
			}
			return nil
		})
		f.accept("a")
		time.Sleep(1500 * time.Millisecond) // the first request is on its way
		f.accept("b")
		time.Sleep(3 * time.Second)
		f.accept("c")
		time.Sleep(time.Hour)
		f.db.mu.Lock()
		defer f.db.mu.Unlock()
		if len(f.db.stored) != 3 || f.db.requests[2].Sub(f.db.requests[1]) < time.Minute {
			t.Errorf("stored %v, requests %v: want a minute before the third", f.db.stored, f.db.requests)
		}
	})
}

func TestBackOffStartsAnewAfterASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, func(n int, _ string) error {
			if n <= 8 || n == 10 {
				return errors.New("down")
			}
			return nil
		})
		f.accept("a")
		time.Sleep(time.Hour)
		f.accept("b")
		time.Sleep(time.Hour)
		waits := f.db.waits()
		if len(waits) != 10 || waits[9] > 2*time.Second {
			t.Errorf("waits %v, want the last one short", waits)
		}
	})
}

func TestRefusalKeepsPointsAndTriesEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const text = "InfluxDB refuses the token (HTTP 401)"
		f := run(t, 1<<20, func(n int, _ string) error {
			if n <= 10 {
				return &WriteError{Class: ClassRefused, Text: text}
			}
			return nil
		})
		f.accept("a", "b")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		s := f.Status()
		if s.OK || s.LastError != text || s.QueuedPoints != 2 || s.Dropped != 0 || s.DeadLetters != 0 || !s.LastSuccess.IsZero() {
			t.Errorf("status while refused %+v", s)
		}
		for _, wait := range f.db.waits() {
			if wait != time.Minute {
				t.Errorf("waited %v, want 1m", wait)
			}
		}
		if e := f.logs.All(); len(e) != 1 || e[0].Level != zap.ErrorLevel || e[0].ContextMap()["reason"] != text {
			t.Errorf("log %v, want one error", e)
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"a", "b"}, f.db.got()); diff != "" {
			t.Errorf("stored after the token works (-want +got):\n%s", diff)
		}
		if s := f.Status(); !s.OK || s.LastError != text {
			t.Errorf("status after recovery %+v", s)
		}
	})
}
