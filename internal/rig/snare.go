//go:build linux

package rig

import (
	"context"
	"sync"
)

// The places at which a program can be caught, to be killed there.
const (
	TrapBeforeStore = "a request has arrived and is not stored"
	TrapAfterStore  = "a request is stored and not answered"
	TrapBeforeChat  = "a message has arrived and is not taken"
	TrapAfterChat   = "a message is taken and not answered"
)

// Snare catches a program at a place in the world around it.
type Snare struct {
	mu     sync.Mutex
	place  string
	after  int // times to pass the place before
	sprung chan struct{}
}

// Set sets the snare at a place, to be passed so many times before. The channel is closed when somebody is caught.
func (s *Snare) Set(place string, after int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place, s.after, s.sprung = place, after, make(chan struct{})
	return s.sprung
}

// Clear takes it away.
func (s *Snare) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place = ""
}

// at is called by who passes a place. Who is caught waits for its end.
func (s *Snare) at(ctx context.Context, l *Life, place string) {
	s.mu.Lock()
	caught := s.place == place && !l.Dead()
	if caught && s.after > 0 {
		s.after--
		caught = false
	}
	if caught {
		s.place = ""
		close(s.sprung)
	}
	s.mu.Unlock()
	if caught {
		<-ctx.Done()
	}
}
