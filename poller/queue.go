package poller

// queue is a first-in-first-out list of flights that allocates nothing: a flight is in one queue at
// most and carries its neighbours.
type queue struct {
	head, tail *flight
}

// place is where a flight stands in a queue.
type place struct {
	in         *queue
	prev, next *flight
}

func (q *queue) push(f *flight) {
	f.place = place{in: q, prev: q.tail}
	if q.tail != nil {
		q.tail.place.next = f
	} else {
		q.head = f
	}
	q.tail = f
}

// pop takes the first flight; nil when there is none.
func (q *queue) pop() *flight {
	f := q.head
	if f != nil {
		f.leave()
	}
	return f
}

// leave takes the flight out of the queue it is in, if any.
func (f *flight) leave() {
	p := f.place
	if p.in == nil {
		return
	}
	if p.prev != nil {
		p.prev.place.next = p.next
	} else {
		p.in.head = p.next
	}
	if p.next != nil {
		p.next.place.prev = p.prev
	} else {
		p.in.tail = p.prev
	}
	f.place = place{}
}
