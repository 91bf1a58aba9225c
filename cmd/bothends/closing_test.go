package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type closeFunc func() error

func (f closeFunc) Close() error { return f() }

// TestDiskThatHangsDoesNotHoldUpTheEnd: what else is to be closed is closed, and the end is told.
func TestDiskThatHangsDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer, closed := make(chan struct{}), false
		hangs := closeFunc(func() error { <-answer; return nil })
		fails := closeFunc(func() error { closed = true; return errors.New("input/output error") })
		start := time.Now()
		err := closeAll("queue", hangs, fails)
		if took := time.Since(start); took != closeWithin || !closed {
			t.Errorf("took %v, the other was closed: %t", took, closed)
		}
		if err == nil || !strings.Contains(err.Error(), "close the queue: input/output error") ||
			!strings.Contains(err.Error(), "the queue was not closed within 3s: the disk does not answer") {
			t.Errorf("error %v", err)
		}
		close(answer)
		if err := closeAll("queue", hangs); err != nil {
			t.Error(err)
		}
	})
}
