package main

import (
	"sync"
	"time"

	"github.com/bothends/bothends/alerting"
)

// diskPatience is how long a message waits for the disk before it is sent without: a disk that does
// not answer delays an alarm, and no more.
const diskPatience = 2 * time.Second

// outgoing are messages on their way to the disk, oldest first. They are handed on in this order, each
// once. Its methods may be called from several goroutines.
type outgoing struct {
	mu      sync.Mutex
	deliver func(alerting.Notification)
	waiting []*alerting.Notification
	// gone counts those that were handed on.
	gone int
}

// add takes a message.
func (o *outgoing) add(n *alerting.Notification) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, n)
	upTo := o.gone + len(o.waiting)
	time.AfterFunc(diskPatience, func() { o.release(upTo) })
}

// mark returns what release hands on the messages that were taken so far with.
func (o *outgoing) mark() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone + len(o.waiting)
}

// release hands on all messages up to a mark.
func (o *outgoing) release(upTo int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.gone < upTo && len(o.waiting) > 0 {
		o.deliver(*o.waiting[0])
		o.waiting[0] = nil
		o.waiting = o.waiting[1:]
		o.gone++
	}
}
