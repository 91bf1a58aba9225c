package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/sink/spool"
)

// slow is a database that answers late, or not at all.
type slow time.Duration

func (s slow) Write(ctx context.Context, _ []byte) error {
	select {
	case <-time.After(time.Duration(s)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestDatabasesThatHangDoNotFailTheStop: together they take no longer than one of them.
func TestDatabasesThatHangDoNotFailTheStop(t *testing.T) {
	for name, answer := range map[string]slow{"hanging": slow(time.Hour), "backlog": slow(700 * time.Millisecond)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				metrics, a := sink.NewMetrics(prometheus.NewRegistry()), &app{}
				for i := range 8 {
					writer, err := influxdb.NewWriter(influxdb.Config{URL: "http://127.0.0.1:1"}, time.Now)
					if err != nil {
						t.Fatal(err)
					}
					store, err := spool.Open(spool.Config{Dir: t.TempDir(), Log: zap.NewNop(), Now: time.Now})
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = store.Close() }()
					s := sink.New(sink.Config{
						ID: fmt.Sprint(i), Store: store, Output: answer, Log: zap.NewNop(),
						Metrics: metrics, Now: time.Now,
					})
					for range 10 {
						s.Accept(bytes.Repeat([]byte("line x=1 1\n"), 5000), 5000)
					}
					a.outputs.all = append(a.outputs.all, &outlet{sink: s, to: newTarget(writer)})
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				start := time.Now()
				if err := runTasks(ctx, []task{{"influxdb", a.outputs.run}}); err != nil {
					t.Error(err)
				}
				if took := time.Since(start) - 3*time.Second; took > time.Second {
					t.Errorf("stopping took %v", took)
				}
				if a.outputs.all[7].sink.Status().QueuedPoints == 0 {
					t.Error("nothing is left: the test shows nothing")
				}
				time.Sleep(time.Second) // the sinks' timers
			})
		})
	}
}

// TestOutputsTellWhatIsWrongOnce: the message names the output, and names it once.
func TestOutputsTellWhatIsWrongOnce(t *testing.T) {
	a := newTestApp(t, appInventory, t.TempDir())
	a.inv.InfluxDB = []influxdb.Config{{ID: "west", URL: "http://127.0.0.1:1", CAFile: filepath.Join(t.TempDir(), "none.pem")}}
	err := a.openOutputs()
	if err == nil || strings.Count(err.Error(), "west") != 1 || !strings.Contains(err.Error(), "ca_file: ") {
		t.Errorf("error %v", err)
	}
}

// TestSinksLogJSONWithoutDoubledKeys also drives the real writer to a server that refuses.
func TestSinksLogJSONWithoutDoubledKeys(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	var text bytes.Buffer
	a := newTestApp(t, appInventory, t.TempDir())
	a.log = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&text), zap.InfoLevel))
	a.inv.InfluxDB = []influxdb.Config{{ID: "west", URL: server.URL, Bucket: "b", Token: secret.New("token")}}
	if err := a.openOutputs(); err != nil {
		t.Fatal(err)
	}
	a.outputs.all[0].sink.Accept([]byte("line x=1 1\n"), 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.outputs.run(ctx) }()
	await(t, "the point is refused", &lockedBuffer{}, func() bool { return a.outputs.all[0].sink.Status().DeadLetters == 1 })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(text.String(), "\n"); lines != 1 || strings.Count(text.String(), `"output":"west"`) != 1 {
		t.Errorf("log, want one line that names the output once:\n%s", text.String())
	}
}
