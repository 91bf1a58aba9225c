package influxdb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/spool"
)

// TestRealInfluxDBAndOneBadLine sends points through a Sink. InfluxDB 1.8 stores the good lines of
// a request that it answers with 400, so this also shows that sending them again does no harm.
func TestRealInfluxDBAndOneBadLine(t *testing.T) {
	s := startServer(t)
	w := s.writer(testUser + ":" + testPassword)
	if err := w.Write(t.Context(), []byte("m,n=first x=1i 1\n")); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.ErrorLevel)
	out := sink.New(sink.Config{
		ID: "real", Store: newStore(t), Output: w, Log: zap.New(core),
		Metrics: sink.NewMetrics(prometheus.NewRegistry()), Now: time.Now,
	})
	const points = 1500
	for i := range points {
		value := "1i"
		if i == 1234 {
			value = "1.5" // x is an integer by now
		}
		out.Accept(fmt.Appendf(nil, "m,n=%d x=%s 1\n", i, value), 1)
	}
	runUntil(t, out, func(s sink.Status) bool { return s.QueuedPoints == 0 })
	if status := out.Status(); status.QueuedPoints != 0 || status.DeadLetters != 1 || status.Dropped != 0 {
		t.Errorf("status %+v", status)
	}
	got := logs.FilterMessage("database refuses a point for good").All()
	if len(got) != 1 || got[0].ContextMap()["line"] != "m,n=1234 x=1.5 1" ||
		!strings.Contains(got[0].ContextMap()["reason"].(string), "field type conflict") {
		t.Errorf("dead letters %v", got)
	}
	if count := s.query("SELECT count(x) FROM m"); len(count) != 1 || count[0]["count"] != json.Number("1500") {
		t.Errorf("stored %v, want 1,499 good points and the first one", count)
	}
}

// newStore returns an empty spool.
func newStore(t *testing.T) *spool.Spool {
	t.Helper()
	s, err := spool.Open(spool.Config{Dir: t.TempDir(), Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// runUntil runs a Sink until its status is as wanted.
func runUntil(t *testing.T, out *sink.Sink, done func(sink.Status) bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- out.Run(ctx) }()
	for deadline := time.Now().Add(2 * time.Minute); !done(out.Status()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("status is still %+v", out.Status())
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// sending returns a Sink that has n lines for a fake InfluxDB.
func sending(t *testing.T, n int, h http.HandlerFunc) *sink.Sink {
	t.Helper()
	out := sink.New(sink.Config{
		ID: "fake", Store: newStore(t), Output: newWriter(t, h), Log: zap.NewNop(),
		Metrics: sink.NewMetrics(prometheus.NewRegistry()), Now: time.Now,
	})
	var lines bytes.Buffer
	for i := range n {
		fmt.Fprintf(&lines, "m v=%d %d\n", i, i)
	}
	out.Accept(lines.Bytes(), n)
	return out
}

func TestMissingOrgCostsNoPoint(t *testing.T) {
	out := sending(t, 1000, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, `{"code":"invalid","message":"Please provide either orgID or org"}`)
	})
	runUntil(t, out, func(s sink.Status) bool { return s.LastError != "" })
	if s := out.Status(); s.QueuedPoints != 1000 || s.DeadLetters != 0 || !strings.Contains(s.LastError, "needs org") {
		t.Errorf("status %+v", s)
	}
}

// TestHangingInfluxDBDoesNotHoldUpTheEnd: it is the end of the program, not the time limit of a
// request, that ends the write.
func TestHangingInfluxDBDoesNotHoldUpTheEnd(t *testing.T) {
	asked := make(chan struct{}, 10)
	out := sending(t, 10, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client leave
		<-r.Context().Done()
	})
	runUntil(t, out, func(sink.Status) bool { return len(asked) > 0 })
	if s := out.Status(); s.QueuedPoints != 10 || !strings.Contains(s.LastError, "context canceled") {
		t.Errorf("status %+v, want all points kept and the write given up", s)
	}
}
