//go:build linux && !portable

package datagram

import (
	"math"
	"net"
	"sync/atomic"
)

// guard keeps a descriptor open while a call uses it: a number that was closed may already be
// another file's.
type guard struct{ users atomic.Int64 }

// shut is the bit that closes the door; the rest of the number goes on counting users.
const shut = math.MinInt64

// enter fails with net.ErrClosed once the door is shut. Each enter needs a leave.
func (g *guard) enter() error {
	for {
		n := g.users.Load()
		if n < 0 {
			return net.ErrClosed
		}
		if g.users.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

// open fails with net.ErrClosed once the door is shut.
func (g *guard) open() error {
	if g.users.Load() < 0 {
		return net.ErrClosed
	}
	return nil
}

// leave tells whether the caller was the last one and has to release what was guarded.
func (g *guard) leave() (last bool) { return g.users.Add(-1) == shut }

// close shuts the door, once. last is as in leave.
func (g *guard) close() (last bool, err error) {
	for {
		n := g.users.Load()
		if n < 0 {
			return false, net.ErrClosed
		}
		if g.users.CompareAndSwap(n, n|shut) {
			return n == 0, nil
		}
	}
}
