package influxdb

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/sink"
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

const testToken = "writer:s3cret-word"

func clock() time.Time { return at }

// newWriter returns a Writer for a fake InfluxDB that answers with h.
func newWriter(t *testing.T, h http.HandlerFunc) *Writer {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return writerTo(t, Config{ID: "test", URL: server.URL})
}

func writerTo(t *testing.T, cfg Config) *Writer {
	t.Helper()
	cfg.Token, cfg.Org, cfg.Bucket = secret.New(testToken), "noc", "db/rp"
	w, err := NewWriter(cfg, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestWriteSendsLinesAsTheyAre(t *testing.T) {
	const lines = "link,a=b x=1 5\nlink,a=c x=2 5\n"
	w := newWriter(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		q := r.URL.Query()
		for _, c := range []struct{ what, got, want string }{
			{"method", r.Method, "POST"},
			{"path", r.URL.Path, "/api/v2/write"},
			{"bucket", q.Get("bucket"), "db/rp"},
			{"org", q.Get("org"), "noc"},
			{"precision", q.Get("precision"), "ms"},
			{"token", r.Header.Get("Authorization"), "Token " + testToken},
			{"encoding on loopback", r.Header.Get("Content-Encoding"), ""},
			{"body", string(body), lines},
		} {
			if c.got != c.want {
				t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
			}
		}
		rw.WriteHeader(http.StatusNoContent)
	})
	if err := w.Write(t.Context(), []byte(lines)); err != nil {
		t.Fatal(err)
	}
}

func TestWriteCompressesForOtherHosts(t *testing.T) {
	lines := strings.Repeat("link,a=b x=1 5\n", 1000)
	w := newWriter(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Encoding") != "gzip" || r.ContentLength <= 0 || r.ContentLength > int64(len(lines)/10) {
			t.Errorf("encoding %q, %d bytes", r.Header.Get("Content-Encoding"), r.ContentLength)
		}
		unzip, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		if body, err := io.ReadAll(unzip); err != nil || string(body) != lines {
			t.Errorf("%d bytes arrive, %v", len(body), err)
		}
		rw.WriteHeader(http.StatusNoContent)
	})
	w.doer.gzip = true
	for range 2 { // the second time with a used compressor
		if err := w.Write(t.Context(), []byte(lines)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnswersByClass(t *testing.T) {
	const influx, web = "application/json", "text/html; charset=utf-8"
	for _, tc := range []struct {
		name, kind, body string
		status           int
		want             sink.Class
		says             string // part of the text
	}{
		{"1.8 partial", influx, `{"error":"partial write: field type conflict dropped=1"}`, 400, sink.ClassRejected, "field type conflict"},
		{"2 partial", influx, `{"code":"unprocessable entity","message":"some rejected","err":"why"}`, 422, sink.ClassRejected, "some rejected"},
		{"3 partial", influx, `{"error":"partial write of line protocol occurred","data":[{"line_number":7,"error_message":"invalid column type"}]}`, 400, sink.ClassRejected, "invalid column type"},
		{"JSON that is none", influx, `unable to parse 'x'`, 400, sink.ClassRejected, "unable to parse"},
		{"body with a status", influx, `{"StatusCode":204,"message":"m","header":"x","RetryAfter":900}`, 400, sink.ClassRejected, "HTTP 400"},
		{"plain text", "text/plain", `unable to parse`, 400, sink.ClassRejected, "unable to parse"},
		{"2 without org", influx, `{"code":"invalid","message":"Please provide either orgID or org"}`, 400, sink.ClassRefused, "InfluxDB 2 needs org"},
		{"2 with a line about org", influx, `{"code":"invalid","message":"unable to parse 'Please provide either orgID or org'"}`, 400, sink.ClassRejected, "unable to parse"},
		{"web server", web, `<h1>plain HTTP request was sent to HTTPS port</h1>`, 400, sink.ClassRefused, "not InfluxDB's address"},
		{"no token", influx, `{"code":"unauthorized","message":"unauthorized access"}`, 401, sink.ClassRefused, "refuses the token"},
		{"read only", influx, `{"message":"forbidden"}`, 403, sink.ClassRefused, `may not write to bucket "db/rp"`},
		{"no bucket", influx, `{"message":"bucket not found"}`, 404, sink.ClassRefused, `no bucket "db/rp"`},
		{"not a writer", "", ``, 405, sink.ClassRefused, "HTTP 405"},
		{"slow client", "", ``, 408, sink.ClassRetry, "cannot write now"},
		{"large", influx, `{"message":"too large"}`, 413, sink.ClassTooLarge, "too large"},
		{"large for a proxy", web, `<h1>413</h1>`, 413, sink.ClassTooLarge, "proxy"},
		{"limit", influx, `{"message":"quota"}`, 429, sink.ClassRetry, "slow down"},
		{"broken", "", ``, 500, sink.ClassRetry, "HTTP 500"},
		{"bad gateway", web, `<h1>502</h1>`, 502, sink.ClassRetry, "proxy"},
		{"overload", influx, `{"message":"engine is busy"}`, 503, sink.ClassRetry, "engine is busy"},
		{"redirect", web, ``, 301, sink.ClassRetry, "HTTP 301"},
		{"200 of something else", web, `<h1>Welcome</h1>`, 200, sink.ClassRefused, "HTTP 200"},
		{"200 of old InfluxDB", influx, `{"error":"timeout"}`, 200, sink.ClassRetry, "did not say that it stored"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWriter(t, func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/v2/write" {
					t.Errorf("redirect to %s was followed", r.URL.Path)
				}
				rw.Header().Set("Content-Type", tc.kind)
				rw.Header().Set("Location", "/elsewhere?token="+testToken)
				rw.WriteHeader(tc.status)
				_, _ = io.WriteString(rw, tc.body)
			})
			e := writeError(t, w)
			if e.Class != tc.want || !strings.Contains(e.Text, tc.says) || e.RetryAfter != 0 {
				t.Errorf("%v, want %v: %q, want %q in it; retry after %v", e.Class, tc.want, e.Text, tc.says, e.RetryAfter)
			}
		})
	}
}

// writeError writes one line and returns the error, which must keep the writer's promises.
func writeError(t *testing.T, w *Writer) *sink.WriteError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := w.Write(ctx, []byte("link x=1 5\n"))
	e, ok := errors.AsType[*sink.WriteError](err)
	if !ok {
		t.Fatalf("error %v is not a WriteError", err)
	}
	for _, leak := range []string{"s3cret", "/api/v2", "http://", "elsewhere", "<h1>"} {
		if strings.Contains(e.Text, leak) {
			t.Errorf("error holds %q: %s", leak, e.Text)
		}
	}
	return e
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "30": 30 * time.Second, "-1": 0, "soon": 0, "1.5": 0,
		"2147483647": 2147483647 * time.Second, "99999999999999999999": 0,
		at.Add(90 * time.Second).Format(http.TimeFormat): 90*time.Second - time.Duration(at.Nanosecond()),
		at.Add(-time.Hour).Format(http.TimeFormat):       0,
	} {
		w := newWriter(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", value)
			rw.WriteHeader(http.StatusServiceUnavailable)
		})
		if got := writeError(t, w).RetryAfter; got != want {
			t.Errorf("Retry-After %q: %v, want %v", value, got, want)
		}
	}
}

func TestHostileAnswerIsCleaned(t *testing.T) {
	w := newWriter(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, "\x1b[31mred\r\nnext \xff token "+testToken+" password s3cret-word "+strings.Repeat("é", 5000))
	})
	text := writeError(t, w).Text
	if strings.ContainsAny(text, "\x1b\r\n") || !utf8.ValidString(text) || !strings.Contains(text, "[31mred next") || len(text) > 1200 {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}

func TestEndlessAnswerIsCutOff(t *testing.T) {
	w := newWriter(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusInternalServerError)
		for {
			if _, err := rw.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	if e := writeError(t, w); e.Class != sink.ClassRetry || !strings.Contains(e.Text, "HTTP 500") {
		t.Errorf("%v %q", e.Class, e.Text)
	}
}

func TestNetworkFailuresMayPass(t *testing.T) {
	t.Run("reset", func(t *testing.T) {
		w := newWriter(t, func(rw http.ResponseWriter, _ *http.Request) {
			conn, _, err := rw.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		})
		if e := writeError(t, w); e.Class != sink.ClassRetry {
			t.Errorf("%v %q", e.Class, e.Text)
		}
	})
	t.Run("refused", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		e := writeError(t, writerTo(t, Config{URL: server.URL}))
		if e.Class != sink.ClassRetry || !strings.Contains(e.Text, "connection refused") {
			t.Errorf("%v %q", e.Class, e.Text)
		}
	})
	t.Run("hang", func(t *testing.T) {
		release := make(chan struct{})
		w := newWriter(t, func(http.ResponseWriter, *http.Request) { <-release })
		defer close(release)
		w.doer.client.Timeout = 50 * time.Millisecond
		e := writeError(t, w)
		if e.Class != sink.ClassRetry || !strings.Contains(e.Text, "no answer in time") {
			t.Errorf("%v %q", e.Class, e.Text)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		w := newWriter(t, func(http.ResponseWriter, *http.Request) {})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Write(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled in it", err)
		}
	})
}

func TestCAFileReplacesTheSystemsTrust(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusNoContent)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(caFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writerTo(t, Config{URL: server.URL, CAFile: caFile}).Write(t.Context(), []byte("x")); err != nil {
		t.Errorf("with the CA: %v", err)
	}
	if e := writeError(t, writerTo(t, Config{URL: server.URL})); !strings.Contains(e.Text, "certificate") {
		t.Errorf("without the CA: %q", e.Text)
	}
}

func TestNewWriterRefusesBadConfig(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ url, ca, says string }{
		{"http://h\x7f:s3cret", "", "not a valid URL"},
		{"localhost:8086", "", "must begin with http"},
		{"ftp://s3cret", "", "must begin with http"},
		{"http://", "", "has no host"},
		{"http://u:s3cret@host", "", "must not hold a user"},
		{"http://host?token=s3cret", "", "must end before"},
		{"https://host", "/nonexistent/ca.pem", "ca_file"},
		{"https://host", empty, "no certificate"},
	} {
		_, err := NewWriter(Config{ID: "i", URL: tc.url, CAFile: tc.ca, Token: secret.New(testToken)}, clock)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("url %q: %v, want %q", tc.url, err, tc.says)
		}
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true, "10.0.0.1": false,
		"influx.example": false, "": false,
	} {
		if isLoopback(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}
