// Package webhook is a receiver of webhooks that keeps all it gets, for tests of what a program
// says to the outside.
package webhook

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// maxBody bounds a body that is kept; a longer one is answered with 413 and not kept.
const maxBody = 1 << 20

// Message is one request as it arrived.
type Message struct {
	At     time.Time
	Path   string
	Header http.Header
	Body   []byte
}

// Recorder is a running receiver on 127.0.0.1. It answers every POST with 204.
type Recorder struct {
	server *httptest.Server

	mu       sync.Mutex // protects all following fields
	messages []Message
	arrived  chan struct{} // closed, and replaced, at each arrival
}

// NewRecorder starts a receiver on a free port; end it with Close.
func NewRecorder() *Recorder {
	r := &Recorder{arrived: make(chan struct{})}
	r.server = httptest.NewServer(r)
	return r
}

// URL is where to post to; any path below it works too and is kept in Message.Path.
func (r *Recorder) URL() string { return r.server.URL }

// Close ends the receiver. What it kept stays readable.
func (r *Recorder) Close() { r.server.Close() }

// ServeHTTP keeps one request.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		http.Error(w, "only POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r.keep(Message{At: time.Now(), Path: req.URL.Path, Header: req.Header.Clone(), Body: body})
	w.WriteHeader(http.StatusNoContent)
}

func (r *Recorder) keep(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
	close(r.arrived)
	r.arrived = make(chan struct{})
}

// Messages returns all that arrived so far, in order of arrival.
func (r *Recorder) Messages() []Message {
	messages, _ := r.snapshot()
	return messages
}

func (r *Recorder) snapshot() ([]Message, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages), r.arrived
}

// Await returns as soon as n messages or more have arrived, with all of them. When ctx ends first
// it returns what there is, and an error.
func (r *Recorder) Await(ctx context.Context, n int) ([]Message, error) {
	for {
		messages, more := r.snapshot()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-ctx.Done():
			return messages, fmt.Errorf("wait for %d messages, have %d: %w", n, len(messages), ctx.Err())
		case <-more:
		}
	}
}
