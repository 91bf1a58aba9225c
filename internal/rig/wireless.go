//go:build linux

package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Wireless is the fake InfluxDB without a socket: programs reach it by the transport of their life. Its answer to a
// request depends on the mood, the request and how often it came, never on who came first.
type Wireless struct {
	*Database
	seed  uint64
	clock *Clock
	trap  *Snare

	mu       sync.Mutex
	state    DatabaseState
	seen     map[uint64]int // requests with this body so far
	arrivals []string       // when lines came, for the sum of a run
}

// DatabaseState is what is wrong with the database.
type DatabaseState struct {
	Down, Hang bool
	// Answer decides about a request by a number that belongs to it; nil is well.
	Answer func(n uint64) Answer
}

// NewWireless returns a healthy database.
func NewWireless(seed uint64, clock *Clock, trap *Snare) *Wireless {
	points := newPoints()
	points.twice = func(millis int64) bool { return len(clock.trueTimes(time.UnixMilli(millis))) > 1 }
	return &Wireless{
		Database: &Database{Points: points, mood: Healthy, refused: map[string]bool{}, now: clock.latest},
		seed:     seed, clock: clock, trap: trap, seen: map[uint64]int{},
	}
}

// Set changes what is wrong with it.
func (w *Wireless) Set(s DatabaseState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
}

// Wrong reports whether anything is wrong with it.
func (w *Wireless) Wrong() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.Down || w.state.Hang || w.state.Answer != nil
}

// For returns the way of one life to the database.
func (w *Wireless) For(l *Life) http.RoundTripper { return &wirelessWay{w, l} }

type wirelessWay struct {
	*Wireless
	life *Life
}

var (
	errDown = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errCut  = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

// RoundTrip implements http.RoundTripper.
func (w *wirelessWay) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	a, travel, err := w.begin(body)
	if err != nil {
		return nil, err
	}
	if err := w.wait(req.Context(), travel); err != nil {
		return nil, err
	}
	w.trap.at(req.Context(), w.life, TrapBeforeStore)
	delay := a.Delay
	a.Delay = 0
	rec := &recorder{header: http.Header{}}
	w.take(rec, a, body)
	w.trap.at(req.Context(), w.life, TrapAfterStore)
	if err := w.wait(req.Context(), travel+delay); err != nil {
		return nil, err
	}
	if rec.cut {
		return nil, errCut
	}
	return rec.response(req), nil
}

// begin decides what becomes of a request and how long it travels, each way.
func (w *wirelessWay) begin(body []byte) (a Answer, travel time.Duration, err error) {
	sum := sumOf(string(withoutOwn(body)))
	w.mu.Lock()
	defer w.mu.Unlock()
	n := sum ^ uint64(w.seen[sum])<<32 ^ w.seed //nolint:gosec // a count
	w.seen[sum]++
	s := &w.state
	travel = 2*time.Millisecond + time.Duration(n%20_000_000)
	switch {
	case w.life.Dead() || s.Down:
		return a, 0, errDown
	case s.Hang:
		return a, time.Hour, nil
	case s.Answer != nil:
		a = s.Answer(n)
	}
	return a, travel, nil
}

// withoutOwn leaves out what the program says of itself, which is not the same in two runs.
func withoutOwn(body []byte) []byte {
	at := bytes.Index(body, []byte(ownMeasurement+","))
	if at < 0 {
		return body
	}
	end := at + bytes.IndexByte(body[at:], '\n') + 1
	return slices.Concat(body[:at], body[end:])
}

// wait lets time pass. The network of a dead program carries nothing.
func (w *wirelessWay) wait(ctx context.Context, d time.Duration) error {
	if err := pauseFor(ctx, d); err != nil {
		return err
	}
	if w.life.Dead() {
		return errCut
	}
	return nil
}

func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// take handles a request that arrived. Stamps may not be later than any time that the clock has shown.
func (w *wirelessWay) take(rec *recorder, a Answer, body []byte) {
	if a.Reset && !a.Store {
		rec.cut = true
		return
	}
	w.mu.Lock()
	w.arrivals = append(w.arrivals, fmt.Sprintf("%d: %d lines", time.Now().UnixNano(), bytes.Count(body, []byte{'\n'})))
	w.mu.Unlock()
	w.handle(rec, a, string(body))
}

// recorder is the answer on its way.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// Hijack implements http.Hijacker: the connection is cut.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.cut = true
	return nil, nil, errors.New("the connection is cut")
}

func (r *recorder) response(req *http.Request) *http.Response {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return &http.Response{
		Status: strconv.Itoa(r.status) + " " + http.StatusText(r.status), StatusCode: r.status, Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Header: r.header, Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()),
		Request: req,
	}
}
