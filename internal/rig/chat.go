//go:build linux

package rig

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Chat is where messages arrive: receivers of the generic webhook, in memory.
type Chat struct {
	seed uint64
	trap *Snare

	mu       sync.Mutex
	state    map[string]ChatState
	faults   map[string][]Window
	messages []Message
	attempts int
}

// ChatState is what is wrong with a receiver. The zero value is well.
type ChatState struct {
	Down, Hang bool
	// Status is what it answers in place of 200, RetryAfter goes with it.
	Status     int
	RetryAfter time.Duration
	// Forgets makes it take a message and cut the connection.
	Forgets bool
}

// Message is one message that a receiver has taken.
type Message struct {
	At       time.Time
	Life     int
	Receiver string
	Key      string // idempotency key
	// Answered tells that the program could know of it.
	Answered bool
	Body     MessageBody
}

// MessageBody is what the judge reads of a message.
type MessageBody struct {
	ID, Status, Severity, Kind, Link, Direction, Summary string
	Since, Until                                         string
	// Links are those that a cause of several alarms is about.
	Links []string
}

// NewChat returns healthy receivers.
func NewChat(seed uint64, trap *Snare) *Chat {
	return &Chat{seed: seed, trap: trap, state: map[string]ChatState{}, faults: map[string][]Window{}}
}

// Set changes what is wrong with a receiver.
func (c *Chat) Set(receiver string, s ChatState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.state[receiver] != ChatState{}
	c.state[receiver] = s
	all := c.faults[receiver]
	switch now := (s != ChatState{}); {
	case now && !was:
		c.faults[receiver] = append(all, Window{From: time.Now()})
	case !now && was:
		all[len(all)-1].To = time.Now()
	}
}

// For returns the way of one life to the receivers. The path of the address is the receiver's name.
func (c *Chat) For(l *Life) http.RoundTripper { return &chatWay{c, l} }

type chatWay struct {
	*Chat
	life *Life
}

// RoundTrip implements http.RoundTripper.
func (c *chatWay) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	name, ctx := strings.TrimPrefix(req.URL.Path, "/"), req.Context()
	m := Message{Life: c.life.Number, Receiver: name, Key: req.Header.Get("Idempotency-Key")}
	if err := json.Unmarshal(body, &m.Body); err != nil {
		return nil, err
	}
	c.mu.Lock()
	s := c.state[name]
	c.attempts++
	c.mu.Unlock()
	travel := time.Millisecond + time.Duration((sumOf(m.Key)^c.seed)%40_000_000)
	if c.life.Dead() || s.Down {
		return nil, errDown
	}
	if s.Hang {
		travel = time.Hour
	}
	if err := c.wait(ctx, travel); err != nil {
		return nil, err
	}
	c.trap.at(ctx, c.life, TrapBeforeChat)
	rec := &recorder{header: http.Header{}, status: s.Status}
	if s.Status == 0 {
		m.At, m.Answered = time.Now(), !s.Forgets
		c.mu.Lock()
		c.messages = append(c.messages, m)
		c.mu.Unlock()
	} else if s.RetryAfter > 0 {
		rec.header.Set("Retry-After", strconv.Itoa(int(s.RetryAfter.Seconds())))
	}
	c.trap.at(ctx, c.life, TrapAfterChat)
	if err := c.wait(ctx, travel); err != nil {
		return nil, err
	}
	if s.Forgets {
		return nil, errCut
	}
	return rec.response(req), nil
}

func (c *chatWay) wait(ctx context.Context, d time.Duration) error {
	if err := pauseFor(ctx, d); err != nil {
		return err
	}
	if c.life.Dead() {
		return errCut
	}
	return nil
}
