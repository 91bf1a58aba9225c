//go:build linux

package lab

import (
	"errors"
	"os"
	"sync"
)

// errUnplugged is what a frame meets at an end without a device.
var errUnplugged = errors.New("no device at this end of the wire")

// frameSize is room for one frame of MTU 1500 with tags.
const frameSize = 2048

// jack is where one end of the wire meets a TAP device. The device may be swapped for another
// while the wire runs, as when an interface is deleted and created anew.
type jack struct {
	mu   sync.RWMutex // protects all following fields
	tap  *os.File     // nil when nothing is plugged in
	read chan struct{}
	up   bool
}

func newJack() *jack { return &jack{up: true} }

// plug connects a device: each frame it sends is given to offer, which must not keep it. The
// device gets the carrier that its predecessor had.
func (j *jack) plug(tap *os.File, offer func([]byte)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := setCarrier(tap, j.up); err != nil {
		return errors.Join(err, tap.Close())
	}
	done := make(chan struct{})
	j.tap, j.read = tap, done
	go func() {
		defer close(done)
		buffer := make([]byte, frameSize)
		for {
			n, err := tap.Read(buffer)
			if err != nil {
				return // closed by unplug, or deleted under us
			}
			offer(buffer[:n])
		}
	}()
	return nil
}

// unplug closes the device, which deletes its interface, and returns when it is gone.
func (j *jack) unplug() error {
	j.mu.Lock()
	tap, read := j.tap, j.read
	j.tap = nil
	j.mu.Unlock()
	if tap == nil {
		return nil
	}
	err := tap.Close()
	<-read // the descriptor closes for good when its last reader has left
	return err
}

// write hands one frame to the device. A shut device refuses it.
func (j *jack) write(frame []byte) error {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.tap == nil {
		return errUnplugged
	}
	_, err := j.tap.Write(frame)
	return err
}

func (j *jack) carrier(up bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.up = up
	if j.tap == nil {
		return nil // the next device gets it
	}
	return setCarrier(j.tap, up)
}
