package poller

import "time"

// replyRoom is what one reply takes of a socket's receive buffer, in bytes: the kernel counts its
// own bookkeeping and rounds up, so it is several times the datagram.
const replyRoom = 2304

// unknownRoom is the room where the size of the buffer is not known: that of a common default.
const unknownRoom = 180

// A request counts as young, hence as one whose reply may come at any moment, for windowSlots of
// windowSlot each.
const (
	windowSlot  = 10 * time.Millisecond
	windowSlots = 16
)

// window keeps the young requests of a socket so few that their replies fit its receive buffer,
// also when all come at once while this process sleeps. What a silent router was asked ages out of
// it, so that dead routers do not slow down the others.
type window struct {
	room  int
	young int
	sent  [windowSlots]int // unanswered, by when they were sent
	now   int64            // the present slot, counted from the beginning of time
}

func newWindow(receiveBuffer int) window {
	if receiveBuffer <= 0 {
		return window{room: unknownRoom}
	}
	return window{room: max(receiveBuffer/replyRoom, 1)}
}

// advance lets requests age.
func (w *window) advance(now time.Duration) {
	to := int64(now / windowSlot)
	for slot := max(w.now+1, to-windowSlots+1); slot <= to; slot++ {
		i := slot % windowSlots
		w.young -= w.sent[i]
		w.sent[i] = 0
	}
	w.now = max(w.now, to)
}

// full reports whether nothing more may be sent for now.
func (w *window) full() bool { return w.young >= w.room }

// add counts a request that is sent now and returns the mark with which its answer is told.
func (w *window) add() (mark int64) {
	w.young++
	w.sent[w.now%windowSlots]++
	return w.now
}

// answered takes a request out again, unless it has aged out already.
func (w *window) answered(mark int64) {
	if w.now-mark < windowSlots && w.sent[mark%windowSlots] > 0 {
		w.young--
		w.sent[mark%windowSlots]--
	}
}
