package poller

// outstanding is the table of requests on their way, by identifier: an open-addressed hash table with
// linear probing (Knuth, The Art of Computer Programming, volume 3, section 6.4). Identifiers are drawn
// at random, so their low bits do for a hash, and none is 0. It grows and never shrinks.
type outstanding struct {
	slots []slot // a power of two of them, half of them empty at least
	count int
}

// slot is empty when its identifier is 0.
type slot struct {
	id uint32
	attemptOf
}

// leastSlots is the size of a new table.
const leastSlots = 256

func newOutstanding() outstanding { return outstanding{slots: make([]slot, leastSlots)} }

// find returns where an identifier is, or the empty slot where it would be.
func (o *outstanding) find(id uint32) (at uint32, ok bool) {
	last := uint32(len(o.slots) - 1)
	for at = id & last; ; at = (at + 1) & last {
		if there := o.slots[at].id; there == id || there == 0 {
			return at, there != 0
		}
	}
}

func (o *outstanding) get(id uint32) (a attemptOf, ok bool) {
	at, ok := o.find(id)
	return o.slots[at].attemptOf, ok
}

// put adds an identifier, which must not be 0 nor in the table.
func (o *outstanding) put(id uint32, a attemptOf) {
	if 2*o.count >= len(o.slots) {
		o.grow()
	}
	at, _ := o.find(id)
	o.slots[at] = slot{id, a}
	o.count++
}

func (o *outstanding) grow() {
	old := o.slots
	o.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.id != 0 {
			at, _ := o.find(s.id)
			o.slots[at] = s
		}
	}
}

// take removes an identifier and returns what was there.
func (o *outstanding) take(id uint32) (a attemptOf, ok bool) {
	at, ok := o.find(id)
	if !ok {
		return attemptOf{}, false
	}
	a = o.slots[at].attemptOf
	o.close(at)
	o.count--
	return a, true
}

// close empties a slot. Whatever stands behind it and was kept from its own place by what stood there
// moves up, so that no search ends at the gap.
func (o *outstanding) close(gap uint32) {
	last := uint32(len(o.slots) - 1)
	for at := (gap + 1) & last; o.slots[at].id != 0; at = (at + 1) & last {
		if away := (at - o.slots[at].id) & last; away >= (at-gap)&last {
			o.slots[gap] = o.slots[at]
			gap = at
		}
	}
	o.slots[gap] = slot{}
}
