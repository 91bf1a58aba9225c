package notify

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/internal/secret"
)

// outcome writes an error as the dispatcher acts on it.
func outcome(err error) string {
	var permanent *PermanentError
	var closed *ClosedError
	var retry *RetryError
	switch {
	case err == nil:
		return "sent"
	case errors.As(err, &permanent):
		return "permanent: " + permanent.Text
	case errors.As(err, &closed):
		return "closed: " + closed.Text
	case errors.As(err, &retry):
		return "retry: " + retry.Text
	default:
		return "untyped: " + err.Error()
	}
}

func TestAnswers(t *testing.T) {
	f := func(kind Type, status int, body, want string) {
		t.Helper()
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
		n := saturated()
		err := receiverFor(t, config(kind, s.URL+"/services/hidden")).Send(t.Context(), &n)
		got := strings.Replace(outcome(err), strings.TrimPrefix(s.URL, "http://"), "HOST", 1)
		if got != want {
			t.Errorf("%s answered %d %q\n got  %s\n want %s", kind, status, body, got, want)
		}
		s.one(t)
	}

	f(TypeWebhook, 200, "anything", "sent")
	f(TypeWebhook, 202, "", "sent")
	f(TypeWebhook, 302, "", "closed: HOST answered 302 Found; redirects are not followed, give the final address")
	f(TypeWebhook, 400, "see /services/hidden", "permanent: HOST answered 400 Bad Request")
	f(TypeWebhook, 401, "", "closed: HOST answered 401 Unauthorized")
	f(TypeWebhook, 408, "", "retry: HOST answered 408 Request Timeout")
	f(TypeWebhook, 429, "", "retry: HOST answered 429 Too Many Requests")
	f(TypeWebhook, 500, "", "retry: HOST answered 500 Internal Server Error")
	f(TypeWebhook, 503, "", "retry: HOST answered 503 Service Unavailable")

	f(TypeSlack, 200, "ok", "sent")
	f(TypeSlack, 200, "ok\n", "sent")
	f(TypeSlack, 200, "no_service", "closed: HOST answered no_service: the webhook was removed or disabled")
	f(TypeSlack, 200, "invalid_payload", "permanent: HOST answered invalid_payload: Slack does not understand the message")
	f(TypeSlack, 200, "<html>log in</html>", `closed: HOST did not answer "ok": is this a Slack webhook?`)
	f(TypeSlack, 400, "invalid_payload", "permanent: HOST answered invalid_payload: Slack does not understand the message")
	f(TypeSlack, 404, "no_service", "closed: HOST answered no_service: the webhook was removed or disabled")
	f(TypeSlack, 403, "\x1b[2Jhidden", "closed: HOST answered 403 Forbidden")
	f(TypeSlack, 500, "rollup_error", "retry: HOST answered 500 Internal Server Error")
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	f := func(value string, want time.Duration) {
		t.Helper()
		if got := retryAfter(value, now); got != want {
			t.Errorf("Retry-After %q: got %v, want %v", value, got, want)
		}
	}
	f("", 0)
	f("30", 30*time.Second)
	f(" 30 ", 30*time.Second)
	f("-1", 0)
	f("soon", 0)
	f("999999999999", maxRetryAfter)
	f("99999999999999999999999", maxRetryAfter)
	f("0.3", 300*time.Millisecond)
	f("64.57", 64570*time.Millisecond)
	f("1e-9", time.Millisecond)
	f("NaN", 0)
	f("-Inf", 0)
	f("+Inf", maxRetryAfter)
	f("Thu, 03 Dec 2026 10:02:00 GMT", 2*time.Minute)
	f("Thu, 03 Dec 2026 09:00:00 GMT", 0)
	f("Fri, 04 Dec 2026 10:00:00 GMT", maxRetryAfter)
}

func TestRetryAfterReachesTheError(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	n := saturated()
	err := receiverFor(t, config(TypeSlack, s.URL)).Send(t.Context(), &n)
	if got := askedWait(err); got != 30*time.Second {
		t.Errorf("asked to wait %v in %v, want 30 s", got, err)
	}
}

// endless counts what is read of a body that never ends.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { return nil }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnswerIsReadTo64KiB(t *testing.T) {
	for _, status := range []int{200, 500} {
		body := &endless{}
		client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		})}
		n := saturated()
		cfg := config(TypeSlack, "http://127.0.0.1/")
		if err := newSlack(&cfg, client).Send(t.Context(), &n); err == nil {
			t.Errorf("%d with endless zeros was taken for success", status)
		}
		if body.read == 0 || body.read > maxAnswer+512 {
			t.Errorf("%d: read %d bytes, want at most %d", status, body.read, maxAnswer)
		}
	}
}

func TestHangingPeerTimesOut(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	client := newClient(nil)
	defer client.CloseIdleConnections()
	if client.Timeout != 10*time.Second {
		t.Errorf("an attempt may take %v, want 10 s", client.Timeout)
	}
	client.Timeout = 50 * time.Millisecond
	cfg := config(TypeWebhook, s.URL)
	n := saturated()
	err := newWebhook(&cfg, client).Send(t.Context(), &n)
	if got := outcome(err); !strings.HasPrefix(got, "retry: ") || !strings.Contains(got, "no answer") {
		t.Errorf("got %s", got)
	}
}

// TestErrorsKeepTheAddress provokes every way in which sending fails and looks for the secret
// part of the address in what is said about it.
func TestErrorsKeepTheAddress(t *testing.T) {
	const canary = "T0CANARY/B0CANARY/xCANARYx"
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	cutOff := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	defer cutOff.Close()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "no "+r.URL.Path)
	}))
	defer echo.Close()
	untrusted := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()

	f := func(address, want string) {
		t.Helper()
		for _, kind := range []Type{TypeWebhook, TypeSlack} {
			n := saturated()
			err := receiverFor(t, Config{Name: "one", Type: kind, URL: secret.New(address)}).Send(t.Context(), &n)
			if err == nil {
				t.Errorf("%s took %s", kind, want)
				continue
			}
			if strings.Contains(err.Error(), "CANARY") {
				t.Errorf("%s gives the address away: %v", kind, err)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", kind, err, want)
			}
		}
	}
	f(closed.URL+"/"+canary, "connection refused")
	f(cutOff.URL+"/"+canary, "closed without an answer")
	f(echo.URL+"/"+canary, "404")
	f(untrusted.URL+"/"+canary, "certificate is not trusted")
	f("http://169.254.169.254/"+canary, "refused")
	f("gopher://127.0.0.1/"+canary, "127.0.0.1: the connection broke")
	f("http://127.0.0.1:port/"+canary, "not a valid URL")
	f("https://user:CANARY@127.0.0.1:1/"+canary, "127.0.0.1:1: connection refused")
	f("\x7f://"+canary, "not a valid URL")
}

func TestErrorNamesTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := saturated()
	err := receiverFor(t, config(TypeWebhook, "http://127.0.0.1:1/")).Send(ctx, &n)
	if got := outcome(err); !strings.HasPrefix(got, "retry: ") {
		t.Errorf("a cancelled attempt may be repeated, got %s", got)
	}
}
