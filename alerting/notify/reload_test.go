package notify

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/internal/secret"
)

// What waits for a receiver follows it to its new address at once, however long it was to be left
// alone at the old one.
func TestReloadRedirects(t *testing.T) {
	got := make(chan string, 10)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		got <- "broken"
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer broken.Close()
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got <- "good" }))
	defer good.Close()
	config := func(url string) Config { return Config{Name: "one", Type: TypeWebhook, URL: secret.New(url)} }

	r := newRig(config(broken.URL))
	stop := r.started(t)
	defer stop()
	r.deliver(1, "one")
	if where := <-got; where != "broken" {
		t.Fatal(where)
	}
	before := r.workers[0]
	r.Reload([]Config{config(good.URL)})
	if where := <-got; where != "good" {
		t.Error(where)
	}
	r.Reload([]Config{config(good.URL)})
	if r.workers[0] != before || len(r.Status()) != 1 {
		t.Error("the receiver began anew")
	}
}

// A receiver that is gone makes one attempt more for what waits and says why it makes no other; one
// that comes delivers at once.
func TestReloadAddsAndRemoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		gone := &fakeReceiver{answer: func(context.Context, int) error { return &RetryError{After: time.Hour, Text: "later"} }}
		r.Add("gone", gone)
		stop := r.started(t)
		r.deliver(1, "gone")
		time.Sleep(time.Second)
		r.Reload(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(gone.seen()); n != 2 {
			t.Errorf("%d attempts, want the first and the last", n)
		}
		lost := r.logs.FilterMessage("notification lost").All()
		if len(lost) != 1 || lost[0].ContextMap()["why"] != "the receiver was removed from the inventory" {
			t.Errorf("logged %v", lost)
		}
		come := &fakeReceiver{}
		r.Add("come", come)
		r.deliver(1, "come")
		time.Sleep(time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"1"}, keys(come.seen())); diff != "" {
			t.Error(diff)
		}
		stop()
		if len(r.running) != 1 {
			t.Errorf("%d workers are known", len(r.running))
		}
	})
}

// A receiver that was moved while nothing waited for it is left alone for as long as it asks all the same.
func TestReloadSkipsNoLaterWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		busy := &fakeReceiver{answer: func(_ context.Context, n int) error {
			if n == 1 {
				return &RetryError{After: time.Hour, Text: "later"}
			}
			return nil
		}}
		r.Add("moved", &fakeReceiver{})
		stop := r.started(t)
		defer stop()
		r.workers[0].redirect(busy)
		time.Sleep(time.Minute)
		r.deliver(1, "moved")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		calls := busy.seen()
		if len(calls) != 2 || calls[1].at.Sub(calls[0].at) < time.Hour {
			t.Errorf("asked at %v, although it wanted an hour of peace", calls)
		}
	})
}
