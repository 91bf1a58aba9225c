//go:build linux

package lab

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// Direction is the way of a frame over the wire.
type Direction int

// Router 1 is end a, router 2 is end z.
const (
	AToZ Direction = iota
	ZToA
)

// String returns "a_to_z" or "z_to_a".
func (d Direction) String() string {
	if d == AToZ {
		return "a_to_z"
	}
	return "z_to_a"
}

// Wire joins the two routers. All its methods may be called at any time from any goroutine.
type Wire struct {
	jacks [2]*jack // of router 1 and router 2
	lanes [2]*lane // by Direction
	tasks sync.WaitGroup
	stop  context.CancelFunc
}

func newWire(ctx context.Context) *Wire {
	ctx, stop := context.WithCancel(ctx)
	w := &Wire{jacks: [2]*jack{newJack(), newJack()}, stop: stop}
	w.lanes = [2]*lane{AToZ: newLane(w.jacks[1]), ZToA: newLane(w.jacks[0])}
	for _, l := range w.lanes {
		w.tasks.Go(func() { l.deliver(ctx) })
	}
	return w
}

// plug connects the TAP device of router i (1 or 2) to the wire.
func (w *Wire) plug(i int, tap *os.File) error {
	return w.jacks[i-1].plug(tap, w.lanes[i-1].offer)
}

// Cut loses every frame of both directions from now on. The carrier stays, as on a path with
// equipment in the middle: both ends are up and nothing arrives. Follow it with Carrier(false)
// for a broken fibre.
func (w *Wire) Cut() { w.setCut(true) }

// Restore ends Cut and gives both ends their carrier back. What Lose and Delay set stays.
func (w *Wire) Restore() error {
	w.setCut(false)
	return w.Carrier(true)
}

func (w *Wire) setCut(cut bool) {
	for _, l := range w.lanes {
		l.setCut(cut)
	}
}

// Carrier raises or drops the carrier of both ends; see Router.Carrier for one of them. Without
// carrier ifOperStatus falls, and the kernel drops what it should send (Counters.TxDropped).
func (w *Wire) Carrier(up bool) error {
	return errors.Join(w.jacks[0].carrier(up), w.jacks[1].carrier(up))
}

// Lose sets what happens to the frames of one direction that enter from now on; nil loses nothing.
func (w *Wire) Lose(d Direction, loss Loss) { w.lanes[d].setLoss(loss) }

// Delay holds each frame of one direction back for d before it arrives. Frames keep their order.
func (w *Wire) Delay(dir Direction, d time.Duration) { w.lanes[dir].setDelay(d) }

// Counts returns what happened in one direction since the lab started, in one consistent snapshot.
func (w *Wire) Counts(d Direction) Counts { return w.lanes[d].snapshot() }

// close unplugs both ends, which deletes their devices, and waits for the goroutines.
func (w *Wire) close() error {
	err := errors.Join(w.jacks[0].unplug(), w.jacks[1].unplug())
	w.stop()
	w.tasks.Wait()
	return err
}
