package notify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/internal/secret"
)

// deliver hands over n messages for the receivers, numbered from 1.
func (r *rig) deliver(n int, to ...string) {
	for i := range n {
		m := saturated()
		m.Episode.N, m.To = i+1, to
		r.Deliver(m)
	}
}

// started runs r until the test ends or stop is called; stop returns how long stopping took.
func (r *rig) started(t *testing.T) (stop func() time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() time.Duration {
		begin := time.Now()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		return time.Since(begin)
	}
}

func keys(calls []call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, strings.TrimPrefix(c.key, "7f3a00c0ffee/firing/"))
	}
	return out
}

func TestOneMessageASecondOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, fake := newRig(), &fakeReceiver{}
		r.Add("one", fake)
		stop := r.started(t)
		r.deliver(5, "one")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		calls := fake.seen()
		if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, keys(calls)); diff != "" {
			t.Fatal(diff)
		}
		for i := 1; i < len(calls); i++ {
			if gap := calls[i].at.Sub(calls[i-1].at); gap != time.Second {
				t.Errorf("%v between message %d and %d", gap, i, i+1)
			}
		}
		stop()
		if diff := cmp.Diff(map[string]int{resultSent: 5}, r.counted(t, "one")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{answer: func(_ context.Context, n int) error {
			if n == 1 {
				return &RetryError{After: 30 * time.Second, Text: "slow down"}
			}
			return nil
		}}
		r.Add("one", fake)
		stop := r.started(t)
		r.deliver(2, "one")
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		calls := fake.seen()
		if diff := cmp.Diff([]string{"1", "1", "2"}, keys(calls)); diff != "" {
			t.Fatal(diff)
		}
		if wait := calls[1].at.Sub(calls[0].at); wait < 30*time.Second || wait > 33*time.Second {
			t.Errorf("waited %v, want 30 to 33 s", wait)
		}
		if diff := cmp.Diff(map[string]int{resultSent: 2, resultRetry: 1}, r.counted(t, "one")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBackoffGrowsAndEnds(t *testing.T) {
	for failures := 1; failures < 100; failures++ {
		top := maxBackoff
		if failures < 8 {
			top = min(top, firstBackoff<<(failures-1))
		}
		for range 50 {
			if got := backoff(failures, 0, rand.N[time.Duration]); got < top/2 || got > top {
				t.Fatalf("after %d failures %v, want %v to %v", failures, got, top/2, top)
			}
		}
	}
	if maxBackoff > firstBackoff<<8 {
		t.Error("the doubling stops below maxBackoff")
	}
}

func TestOutageOfADayLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := newRig()
		fake := &fakeReceiver{answer: func(context.Context, int) error {
			if time.Since(begin) < 24*time.Hour {
				return &RetryError{Text: "chat.example.net: connection refused"}
			}
			return nil
		}}
		r.Add("one", fake)
		stop := r.started(t)
		r.deliver(20, "one")
		time.Sleep(23 * time.Hour)
		synctest.Wait()
		s := r.Status()[0]
		if s.OK || s.Queued != 20 || s.LastError != "chat.example.net: connection refused" {
			t.Errorf("during the outage: %+v", s)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if s := r.Status()[0]; !s.OK || s.Queued != 0 || s.Lost != 0 || s.LastSuccess.IsZero() {
			t.Errorf("after the outage: %+v", s)
		}
		stop()
		if got := r.counted(t, "one")[resultSent]; got != 20 {
			t.Errorf("%d of 20 arrived", got)
		}
		var logged []string
		for _, e := range r.logs.All() {
			logged = append(logged, e.Message)
		}
		want := []string{"receiver takes no notifications", "receiver takes notifications again"}
		if diff := cmp.Diff(want, logged); diff != "" {
			t.Errorf("an outage is two lines in the log: %s", diff)
		}
	})
}

func TestSlowReceiverDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, quick := newRig(), &fakeReceiver{}
		slow := &fakeReceiver{answer: func(ctx context.Context, _ int) error {
			_ = sleep(ctx, time.Hour)
			return &RetryError{Text: "no answer"}
		}}
		r.Add("slow", slow)
		r.Add("quick", quick)
		stop := r.started(t)
		r.deliver(3, "slow", "quick")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(quick.seen()) != 3 || len(slow.seen()) != 1 {
			t.Errorf("quick got %d, slow %d", len(quick.seen()), len(slow.seen()))
		}
		stop()
	})
}

func TestPermanentErrorIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{answer: func(_ context.Context, n int) error {
			if n == 1 {
				return fmt.Errorf("send: %w", &PermanentError{Text: "the webhook was removed"})
			}
			return nil
		}}
		r.Add("one", fake)
		stop := r.started(t)
		r.deliver(2, "one")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		stop()
		if diff := cmp.Diff([]string{"1", "2"}, keys(fake.seen())); diff != "" {
			t.Error(diff)
		}
		want := map[string]int{resultSent: 1, resultRefused: 1}
		if diff := cmp.Diff(want, r.counted(t, "one")); diff != "" {
			t.Error(diff)
		}
		lost := r.logs.FilterMessage("notification lost").All()
		if len(lost) != 1 || lost[0].ContextMap()["key"] != "7f3a00c0ffee/firing/1" {
			t.Errorf("the loss is logged once with its key: %v", lost)
		}
		if s := r.Status()[0]; s.Lost != 1 || !s.OK {
			t.Errorf("status %+v", s)
		}
	})
}

func TestFullQueueDropsTheOldest(t *testing.T) {
	r := newRig()
	r.Add("one", &fakeReceiver{})
	r.deliver(maxQueued+3, "one")
	s := r.Status()[0]
	if s.Queued != maxQueued || s.Lost != 3 {
		t.Errorf("queued %d, lost %d", s.Queued, s.Lost)
	}
	if got := r.counted(t, "one")[resultDropped]; got != 3 {
		t.Errorf("counted %d dropped", got)
	}
	if n := r.workers[0].queue.all()[0].note.Episode.N; n != 4 {
		t.Errorf("the oldest that is left is %d, want 4", n)
	}
}

func TestStopSendsWhatThePaceAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{}
		r.Add("one", fake)
		stop := r.started(t)
		r.deliver(5, "one")
		synctest.Wait()
		if took := stop(); took > lastAttempt {
			t.Errorf("stopping took %v", took)
		}
		if diff := cmp.Diff([]string{"1", "2"}, keys(fake.seen())); diff != "" {
			t.Errorf("what the pace allows is sent, oldest first: %s", diff)
		}
		if diff := cmp.Diff(map[string]int{resultSent: 2}, r.counted(t, "one")); diff != "" {
			t.Error(diff)
		}
		left := r.logs.FilterMessage("messages wait for the next start").All()
		if len(left) != 1 || left[0].ContextMap()["messages"] != int64(3) || len(r.forgotten()) != 2 {
			t.Errorf("3 of 5 are left for the next start, %d need not be kept: %v", len(r.forgotten()), left)
		}
	})
}

// A receiver that asked to be left alone is, also by a program that ends: the next one sends the rest.
func TestStopLeavesAloneWhoAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{answer: func(context.Context, int) error { return &RetryError{After: time.Hour, Text: "later"} }}
		r.Add("one", fake)
		stop := r.started(t)
		r.deliver(5, "one")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if took := stop(); took != 0 || len(fake.seen()) != 1 || len(r.forgotten()) != 0 {
			t.Errorf("stopped after %v and %d attempts, %v need not be kept", took, len(fake.seen()), r.forgotten())
		}
	})
}

func TestStopDoesNotWaitForAHangingReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.Add("one", &fakeReceiver{answer: func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return &RetryError{Text: "cancelled"}
		}})
		stop := r.started(t)
		r.deliver(1, "one")
		synctest.Wait()
		if took := stop(); took != lastAttempt {
			t.Errorf("stopping took %v, want %v", took, lastAttempt)
		}
	})
}

func TestStopWithNothingToDoIsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.Add("one", &fakeReceiver{})
		stop := r.started(t)
		synctest.Wait()
		if took := stop(); took != 0 {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestUnknownReceiverIsLogged(t *testing.T) {
	r := newRig()
	r.deliver(1, "nobody")
	if got := r.logs.FilterMessage("notification names a receiver that is not configured").Len(); got != 1 {
		t.Errorf("logged %d times", got)
	}
}

func TestRunWithoutReceiversWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := newRig().started(t)
		time.Sleep(time.Hour)
		synctest.Wait()
		if took := stop(); took != 0 {
			t.Errorf("stopped after %v", took)
		}
	})
}

func TestSecondDispatcherSharesTheCounter(t *testing.T) {
	r := newRig()
	second := New(nil, r.deps)
	second.count.WithLabelValues("one", resultSent).Inc()
	if got := r.counted(t, "one")[resultSent]; got != 1 {
		t.Errorf("counted %d", got)
	}
}

// TestSecretsStayOutOfLogsAndStatus fails to reach a receiver of every kind whose address and keys are
// secret and looks for them in everything that is written.
func TestSecretsStayOutOfLogsAndStatus(t *testing.T) {
	var cfgs []Config
	var names []string
	for _, kind := range Types {
		for _, address := range []string{"http://127.0.0.1:1/hook/CANARY", "http://127.0.0.1:bad/CANARY"} {
			c := Config{
				Name: fmt.Sprint(kind, len(cfgs)), Type: kind, URL: secret.New(address), Secret: secret.New("CANARY"),
				Key: secret.New("CANARY"), Token: secret.New("CANARY"), Chat: "-1",
				Mail: Mail{Server: "127.0.0.1:1", From: "a@b", To: []string{"c@d"}, TLS: TLSNone, User: "u", Password: secret.New("CANARY")},
			}
			cfgs, names = append(cfgs, c), append(names, c.Name)
		}
	}
	r := newRig(cfgs...)
	stop := r.started(t)
	r.deliver(1, names...)
	for _, failed := range r.Status() {
		for failed.LastError == "" && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
			for _, now := range r.Status() {
				if now.Name == failed.Name {
					failed = now
				}
			}
		}
	}
	stop()
	if len(r.logs.All()) == 0 {
		t.Error("failures are not logged")
	}
	written := []string{fmt.Sprintf("%+v %v %+v", r.Status(), r.counted(t, names[0]), cfgs)}
	for _, e := range r.logs.All() {
		written = append(written, fmt.Sprint(e.Message, e.ContextMap()))
	}
	for _, text := range written {
		if strings.Contains(text, "CANARY") {
			t.Errorf("a secret is in: %s", text)
		}
	}
}
