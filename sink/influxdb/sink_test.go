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
		ID: "real", Store: sink.NewMemory(sink.DefaultMemory, time.Now), Output: w, Log: zap.New(core),
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
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := out.Run(ctx); err != nil { // nothing but the last attempt
		t.Fatal(err)
	}
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

// runFor sends n lines to a fake InfluxDB through a Sink for a moment and returns its status.
func runFor(t *testing.T, n int, moment time.Duration, h http.HandlerFunc) sink.Status {
	t.Helper()
	out := sink.New(sink.Config{
		ID: "fake", Store: sink.NewMemory(sink.DefaultMemory, time.Now), Output: newWriter(t, h), Log: zap.NewNop(),
		Metrics: sink.NewMetrics(prometheus.NewRegistry()), Now: time.Now,
	})
	var lines bytes.Buffer
	for i := range n {
		fmt.Fprintf(&lines, "m v=%d %d\n", i, i)
	}
	out.Accept(lines.Bytes(), n)
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	if err := out.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return out.Status()
}

func TestMissingOrgCostsNoPoint(t *testing.T) {
	s := runFor(t, 1000, time.Millisecond, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, `{"code":"invalid","message":"Please provide either orgID or org"}`)
	})
	if s.QueuedPoints != 1000 || s.DeadLetters != 0 || !strings.Contains(s.LastError, "needs org") {
		t.Errorf("status %+v", s)
	}
}

// TestHangingInfluxDBDoesNotHoldUpTheEnd: it is the end of the program, not the time limit of a
// request, that ends the write.
func TestHangingInfluxDBDoesNotHoldUpTheEnd(t *testing.T) {
	s := runFor(t, 10, time.Millisecond, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client leave
		<-r.Context().Done()
	})
	if s.QueuedPoints != 10 || !strings.Contains(s.LastError, "context canceled") {
		t.Errorf("status %+v, want all points kept and the write given up", s)
	}
}
