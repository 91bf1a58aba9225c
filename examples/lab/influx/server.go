// Package influx runs a real InfluxDB 1.8 server on loopback and reads back what was written to
// it, for tests that must not trust a fake.
//
// The server's program is named by the environment variable BOTHENDS_INFLUXD. It can be built
// with `go install github.com/influxdata/influxdb/cmd/influxd@v1.8.10`.
package influx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// EnvProgram names the environment variable that holds the path of influxd.
const EnvProgram = "BOTHENDS_INFLUXD"

// ErrUnavailable is wrapped by Start when there is no influxd to run; the text says why. A test
// may skip on it.
var ErrUnavailable = errors.New("no InfluxDB server to test with")

const (
	readyIn = 2 * time.Minute // from start to the first answer, on a busy machine
	stopIn  = time.Minute     // from SIGTERM to SIGKILL
)

// Server is a running influxd.
type Server struct {
	// URL is its HTTP address on loopback, without a closing slash.
	URL string

	client  *http.Client
	process *os.Process
	ended   chan struct{} // closed when process has been waited for
	closing sync.Once
}

// Start runs influxd with all its files in dir, which must exist, and returns when it answers. It
// ends with Close or with ctx. A server started again on the same dir has the same data, but
// another URL; StartAt gives it the old one.
func Start(ctx context.Context, dir string) (*Server, error) {
	return StartAt(ctx, dir, "127.0.0.1:0")
}

// StartAt is Start with a host and port of loopback to listen on: a server that was closed comes back
// where its clients look for it.
func StartAt(ctx context.Context, dir, address string) (*Server, error) {
	program := os.Getenv(EnvProgram)
	if program == "" {
		return nil, fmt.Errorf("%w: set %s to the path of influxd 1.8", ErrUnavailable, EnvProgram)
	}
	if _, err := exec.LookPath(program); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, EnvProgram, err)
	}
	s, err := launch(ctx, program, dir, address)
	if err != nil {
		return nil, fmt.Errorf("start influxd: %w", err)
	}
	return s, nil
}

func launch(ctx context.Context, program, dir, address string) (*Server, error) {
	conf := filepath.Join(dir, "influxdb.conf")
	if err := os.WriteFile(conf, []byte(configuration(dir, address)), 0o600); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "influxd.log"))
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, program, "run", "-config", conf)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{
		client:  &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
		process: cmd.Process,
		ended:   make(chan struct{}),
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its log; we mostly end it
		close(s.ended)
	}()
	if err := s.awaitPing(ctx, log.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for an answer: %w; see %s", err, log.Name()), s.Close())
	}
	return s, nil
}

// configuration keeps the server to itself: loopback only, no reports home, no metrics of its own
// between the data. For port 0 the kernel chooses one, so that no other program can have it.
func configuration(dir, address string) string {
	return fmt.Sprintf(`reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = %q
[data]
  dir = %q
  wal-dir = %q
[monitor]
  store-enabled = false
[http]
  bind-address = %q
  log-enabled = false
[logging]
  format = "json"
  level = "info"
`, filepath.Join(dir, "meta"), filepath.Join(dir, "data"), filepath.Join(dir, "wal"), address)
}

// findURL reads in the log which port the kernel gave the server.
func (s *Server) findURL(log string) error {
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(text) {
		var entry struct{ Msg, Addr string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "Listening on HTTP" {
			s.URL = "http://" + entry.Addr
			return nil
		}
	}
	return errors.New("it does not listen yet")
}

func (s *Server) awaitPing(ctx context.Context, log string) error {
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	for {
		err := s.findURL(log)
		if err == nil {
			err = s.ping(ctx)
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-s.ended:
			return errors.New("it ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/ping", nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("ping answered %s", resp.Status)
	}
	return nil
}

// Close ends the server, politely first, and returns when it is gone. It may be called again.
func (s *Server) Close() error {
	var failed error
	s.closing.Do(func() {
		// influxd waits for its clients before it ends.
		s.client.CloseIdleConnections()
		failed = s.process.Signal(syscall.SIGTERM)
		select {
		case <-s.ended:
			failed = nil
			return
		case <-time.After(stopIn):
		}
		failed = errors.Join(failed, s.process.Kill())
		<-s.ended
	})
	if failed != nil && !errors.Is(failed, os.ErrProcessDone) {
		return fmt.Errorf("stop influxd: %w", failed)
	}
	return nil
}
