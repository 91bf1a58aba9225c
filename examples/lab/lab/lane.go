//go:build linux

package lab

import (
	"context"
	"sync"
	"time"
)

// Counts is the truth about one direction of the wire. Octets are those of the Ethernet frame
// from the destination address to the end of the payload, without preamble and FCS; that is also
// what Linux counts on the interface.
//
// Frames that entered and are in none of the other counters are still under way.
type Counts struct {
	Frames, Bytes               uint64 // taken from the sending interface
	CarriedFrames, CarriedBytes uint64 // handed to the receiving interface, which took them
	LostFrames, LostBytes       uint64 // lost on the wire, as told
	RefusedFrames, RefusedBytes uint64 // arrived at an interface that was shut or gone
}

// laneDepth bounds the frames under way in one direction. A frame beyond it is lost and counted
// so: 8,192 frames are 80 ms of delay at 100,000 frames per second.
const laneDepth = 8192

// lane is one direction of the wire.
type lane struct {
	out   *jack
	queue chan flight

	mu     sync.Mutex // protects all following fields
	cut    bool
	loss   Loss
	delay  time.Duration
	counts Counts
}

// flight is a frame on its way. The queue keeps the order, so a frame that is due before the one
// in front of it waits; a zero due is now.
type flight struct {
	frame []byte
	due   time.Time
}

func newLane(out *jack) *lane {
	return &lane{out: out, queue: make(chan flight, laneDepth)}
}

// offer takes one frame from the sending interface. It keeps nothing of frame.
func (l *lane) offer(frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := uint64(len(frame))
	l.counts.Frames++
	l.counts.Bytes += size
	if l.dropLocked() || !l.queueLocked(frame) {
		l.counts.LostFrames++
		l.counts.LostBytes += size
	}
}

// dropLocked asks the loss about every frame, cut or not, so that its sequence counts frames.
func (l *lane) dropLocked() bool {
	lost := l.loss != nil && l.loss()
	return l.cut || lost
}

func (l *lane) queueLocked(frame []byte) bool {
	f := flight{frame: append([]byte(nil), frame...)}
	if l.delay > 0 {
		f.due = time.Now().Add(l.delay)
	}
	select {
	case l.queue <- f:
		return true
	default:
		return false
	}
}

// deliver hands frames to the receiving interface until ctx ends.
func (l *lane) deliver(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-l.queue:
			if !waitUntil(ctx, f.due) {
				return
			}
			l.arrived(len(f.frame), l.out.write(f.frame))
		}
	}
}

func waitUntil(ctx context.Context, due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 { // also when due is zero
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (l *lane) arrived(size int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.counts.RefusedFrames++
		l.counts.RefusedBytes += uint64(size)
		return
	}
	l.counts.CarriedFrames++
	l.counts.CarriedBytes += uint64(size)
}

func (l *lane) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

func (l *lane) setLoss(loss Loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loss = loss
}

func (l *lane) setDelay(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = d
}

func (l *lane) snapshot() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}
