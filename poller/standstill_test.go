package poller

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// A process that was stopped for some intervals (SIGSTOP, a virtual machine that was moved) asks
// every link once when it goes on, counts what it lost, and calls no router silent.
func TestProcessThatStoodStill(t *testing.T) {
	for _, still := range []time.Duration{interval / 2, 7 * interval / 2, 200 * interval} {
		synctest.Test(t, func(t *testing.T) {
			const links = 30
			b := newBench(t, links, interval)
			ctx, cancel := context.WithCancel(t.Context())
			b.tasks.ctx = ctx
			b.tasks.start(b.emitter.run)
			b.schedule = newSchedule(b.links, time.Now(), b.metrics, func(l *link, due time.Duration) {
				b.emitter.borrow().begin(l, due, wallAt(time.Now, due))
			})
			work := func(d time.Duration) { // the transport's loop, while the process runs
				for end := mono() + d; mono() < end; {
					time.Sleep(min(b.transport.turn(b), end-mono()))
				}
			}
			work(5*interval + interval/2)
			b.take()
			lost := b.missedTicks()
			time.Sleep(still)
			work(time.Second)
			for name, polls := range b.take() {
				if len(polls) > 2 { // the one after the standstill, and perhaps the next in its second
					t.Errorf("%s: %d polls at once", name, len(polls))
				}
				for i := range polls {
					for _, end := range polls[i].Ends {
						if !end.Answered() {
							t.Errorf("%s: %s", name, end.Detail)
						}
					}
				}
			}
			work(3 * interval)
			for name, polls := range b.take() {
				if len(polls) != 3 {
					t.Errorf("%s: %d polls in 3 intervals", name, len(polls))
				}
			}
			want := links * int(still/interval)
			if n := b.missedTicks() - lost; n < want-links || n > want {
				t.Errorf("%d ticks lost, want about %d", n, want)
			}
			if b.logged("router does not answer") > 0 {
				t.Error("a router was called silent")
			}
			cancel()
			b.transport.stop(ctx)
			b.tasks.group.Wait()
		})
	}
}

// Whoever asks always hears something: before, while and after the transport stops, and whenever the
// question is taken back.
func TestAskingNeverHangs(t *testing.T) {
	for _, answers := range []bool{true, false} {
		for stop := range 6 {
			for cancelled := range 6 {
				synctest.Test(t, func(t *testing.T) { askAndStop(t, answers, stop, cancelled) })
			}
		}
	}
}

// askAndStop asks once a millisecond, stops the transport after some of it and takes questions back
// after some of it.
func askAndStop(t *testing.T, answers bool, stop, cancelled int) {
	t.Helper()
	s := newStand(t)
	s.seen = func(d departed) {
		if answers {
			s.answer(d)
		}
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.run(ctx, nothingDue{}) }()
	time.AfterFunc(time.Duration(stop)*time.Millisecond, end)
	p := s.peer(time.Hour)
	results := make(chan error)
	const questions = 3 * maxOutstanding
	for i := range questions {
		go func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(time.Duration(cancelled)*time.Millisecond, cancel)
			o := s.flight(p, addrOf(1), 1)
			r, _, err := s.do(ctx, p, o.security, o.to, o.req)
			if (r != nil) != (err == nil) {
				t.Errorf("reply %v, error %v", r, err)
			}
			results <- err
		}()
	}
	for range questions {
		if err := <-results; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	<-ended
	s.empty()
}

// A device whose end panics while it is told how its poll went has that poll landed once.
func TestPanicAtTheEndOfAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		b.devices[0].health.change = func(bool) { panic("change") }
		polls := b.run(5 * interval)
		if len(polls["link1"]) < 4 || len(polls["link2"]) < 4 {
			t.Fatalf("polls: %d and %d", len(polls["link1"]), len(polls["link2"]))
		}
		for name, list := range polls {
			for i := range list {
				if !list[i].Ends[linkmodel.EndZ].Answered() {
					t.Errorf("%s: %s", name, list[i].Ends[linkmodel.EndZ].Detail)
				}
			}
		}
	})
}
