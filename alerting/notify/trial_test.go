package notify

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/alerting"
)

func TestTrialOvertakesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{answer: func(_ context.Context, n int) error {
			if n == 1 {
				return &RetryError{After: time.Hour, Text: "later"}
			}
			return nil
		}}
		r.chat("noc", fake)
		defer r.started(t)()
		r.tell("l1", alerting.StatusFiring, 1, "noc")
		synctest.Wait()
		title, _, err := r.Test(t.Context(), "noc", "storm")
		got := fake.seen()
		if err != nil || len(got) != 2 || title != "? TEST SITE example UNREACHABLE 3 routers, 212 links" || !strings.HasPrefix(got[1].note.Summary, "TEST ") {
			t.Fatalf("%q, %v, %+v", title, err, got)
		}
		if gap := got[1].at.Sub(got[0].at); gap < time.Second {
			t.Errorf("tried %v after another message", gap)
		}
	})
}

func TestTrialOfWhatKeepsAlertsEnds(t *testing.T) {
	for _, kind := range []Type{TypePagerDuty, TypeAlertmanager} {
		s := newService(t, kind)
		r := newRig()
		r.Add("page", s.receiver(t))
		r.find("page").traits = kinds[kind].traits
		if _, _, err := r.Test(t.Context(), "page", "down"); err != nil || len(s.requests) != 2 {
			t.Fatalf("%d requests, %v", len(s.requests), err)
		}
		if kind == TypePagerDuty && !strings.Contains(string(s.last(t).body), `"event_action":"resolve"`) {
			t.Errorf("%s", s.last(t).body)
		}
	}
}

func TestTrialErrors(t *testing.T) {
	r := newRig()
	r.chat("noc", &fakeReceiver{answer: func(context.Context, int) error { return &ClosedError{Text: "no_service"} }})
	if _, _, err := r.Test(t.Context(), "nobody", "storm"); !errors.Is(err, ErrNoReceiver) {
		t.Error(err)
	}
	if _, _, err := r.Test(t.Context(), "noc", "nothing"); !errors.Is(err, ErrNoExample) {
		t.Error(err)
	}
	if title, _, err := r.Test(t.Context(), "noc", "saturation"); err == nil || err.Error() != "no_service" || title != "" {
		t.Errorf("%q, %v", title, err)
	}
}

// Every service takes every example.
func TestExamples(t *testing.T) {
	for kind := range rules {
		s := newService(t, kind)
		r := newRig()
		r.Add("one", s.receiver(t))
		r.find("one").pacer.gap = 0
		for _, example := range Examples() {
			r.find("one").pacer.next = time.Time{}
			if _, _, err := r.Test(t.Context(), "one", example); err != nil || !strings.Contains(string(s.last(t).body), "TEST ") {
				t.Errorf("%s, %s: %v", kind, example, err)
			}
		}
	}
}
