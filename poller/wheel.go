package poller

import "time"

// The wheel's hand moves by wheelStep; wheelSlots of them make a round of ten seconds. Timers that
// are further away pass the hand once a round.
const (
	wheelStep  = 10 * time.Millisecond
	wheelSlots = 1024
)

// wheel is a hashed timing wheel (Varghese and Lauck, 1987): setting and removing a timer costs the
// same however many there are, and nothing is allocated because every flight carries its own. A
// timer fires up to wheelStep late, never early.
type wheel struct {
	slots [wheelSlots]*flight
	hand  int64 // the slot that was looked at last, counted from the beginning of time
	count int
}

// wheelTimer is a flight's place on the wheel.
type wheelTimer struct {
	at         time.Duration
	prev, next *flight
	slot       int
	set        bool
}

// set has f expire at the given instant, instead of when it would have.
func (w *wheel) set(f *flight, at time.Duration) {
	w.remove(f)
	step := max(int64((at-1)/wheelStep)+1, w.hand+1) // rounded up
	slot := int(step % wheelSlots)
	head := w.slots[slot]
	f.timer = wheelTimer{at: at, next: head, slot: slot, set: true}
	if head != nil {
		head.timer.prev = f
	}
	w.slots[slot] = f
	w.count++
}

// remove takes f off the wheel; one that is not on it stays so.
func (w *wheel) remove(f *flight) {
	t := &f.timer
	if !t.set {
		return
	}
	if t.prev != nil {
		t.prev.timer.next = t.next
	} else {
		w.slots[t.slot] = t.next
	}
	if t.next != nil {
		t.next.timer.prev = t.prev
	}
	f.timer = wheelTimer{}
	w.count--
}

// advance moves the hand to now and hands out every flight whose time has come. fire may set and
// remove any timer.
func (w *wheel) advance(now time.Duration, fire func(*flight)) {
	to := int64(now / wheelStep)
	from := max(w.hand+1, to-wheelSlots+1)
	if to < from {
		return
	}
	w.hand = to
	for step := from; step <= to; step++ {
		w.empty(int(step%wheelSlots), now, fire)
	}
}

// empty fires what is due in one slot. The list may change under it, so it begins anew after each.
func (w *wheel) empty(slot int, now time.Duration, fire func(*flight)) {
	f := w.slots[slot]
	for f != nil {
		if f.timer.at > now {
			f = f.timer.next
			continue
		}
		w.remove(f)
		fire(f)
		f = w.slots[slot]
	}
}

// each hands out all flights, each taken off the wheel.
func (w *wheel) each(f func(*flight)) {
	for slot := range w.slots {
		for w.slots[slot] != nil {
			first := w.slots[slot]
			w.remove(first)
			f(first)
		}
	}
}
