package webhook

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// patient gives goroutines that are about to end the time for it: goleak's own half a second may be
// over before a busy machine gets to them.
type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for tries := 0; code == 0 && tries < 60 && goleak.Find() != nil; tries++ {
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

func recorder(t *testing.T) *Recorder {
	t.Helper()
	r := NewRecorder()
	t.Cleanup(r.Close)
	return r
}

// send returns the status of the answer.
func send(t *testing.T, method, url, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Idempotency-Key", "key of "+body)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

func TestRecorderKeepsOrderBodiesAndHeaders(t *testing.T) {
	r := recorder(t)
	for _, body := range []string{"one", "two", "three"} {
		if code := send(t, http.MethodPost, r.URL()+"/to/"+body, body); code != http.StatusNoContent {
			t.Fatalf("answer %d, want 204", code)
		}
	}
	var got []string
	for _, m := range r.Messages() {
		got = append(got, m.Path+" "+string(m.Body)+" "+m.Header.Get("Idempotency-Key"))
	}
	want := []string{"/to/one one key of one", "/to/two two key of two", "/to/three three key of three"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got)\n%s", diff)
	}
}

func TestRecorderKeepsNeitherGetsNorGiants(t *testing.T) {
	r := recorder(t)
	if code := send(t, http.MethodGet, r.URL(), ""); code != http.StatusMethodNotAllowed {
		t.Errorf("GET: answer %d, want 405", code)
	}
	if code := send(t, http.MethodPost, r.URL(), strings.Repeat("x", maxBody+1)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a giant: answer %d, want 413", code)
	}
	if got := r.Messages(); len(got) != 0 {
		t.Errorf("kept %d messages, want none", len(got))
	}
}

func TestAwaitReturnsWhenEnoughHaveCome(t *testing.T) {
	r := recorder(t)
	done := make(chan int)
	go func() {
		got, err := r.Await(t.Context(), 2)
		if err != nil {
			t.Error(err)
		}
		done <- len(got)
	}()
	send(t, http.MethodPost, r.URL(), "one")
	send(t, http.MethodPost, r.URL(), "two")
	if n := <-done; n != 2 {
		t.Errorf("await returned with %d messages, want 2", n)
	}
}

func TestAwaitGivesUpWithItsContext(t *testing.T) {
	r := recorder(t)
	send(t, http.MethodPost, r.URL(), "one")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	got, err := r.Await(ctx, 2)
	if len(got) != 1 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "have 1") {
		t.Errorf("await of 2 with 1: %d messages, %v", len(got), err)
	}
}
