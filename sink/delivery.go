package sink

import "bytes"

// delivery is a batch on its way: which lines are settled and what the answers so far tell about
// the others. Lines are counted from 0.
type delivery struct {
	batch Batch
	ends  []int // offset behind each line
	next  int   // the first line that is neither stored nor set aside
	// suspect is the end of the lines [next, suspect) of which at least one is bad; 0 when
	// nothing is known.
	suspect int
	// limit is how many lines one request may hold since the server found a request too large;
	// 0 without a limit.
	limit int
	// stride bounds a request after two bad lines in a row. It doubles with every success, so a
	// batch of nothing but bad lines costs one request per line.
	stride   int
	lastDead int // the line set aside last, -1 for none
}

func newDelivery(b Batch) *delivery {
	d := &delivery{batch: b, lastDead: -1, ends: make([]int, 0, b.Points)}
	for at := 0; at < len(b.Lines); {
		if n := bytes.IndexByte(b.Lines[at:], '\n'); n >= 0 {
			at += n + 1
		} else {
			at = len(b.Lines)
		}
		d.ends = append(d.ends, at)
	}
	return d
}

// done reports whether every line is settled.
func (d *delivery) done() bool { return d.next >= len(d.ends) }

// upTo returns the end of the lines to send next. Once a range is known to hold a bad line, its
// first half is sent, so that the first bad line is found by bisection.
func (d *delivery) upTo() int {
	to := len(d.ends)
	if d.suspect > 0 {
		to = d.suspect
		if to-d.next > 1 {
			to = d.next + (to-d.next)/2
		}
	}
	if d.limit > 0 {
		to = min(to, d.next+d.limit)
	}
	if d.stride > 0 {
		to = min(to, d.next+d.stride)
	}
	return to
}

// lines returns the bytes of the lines [next, to).
func (d *delivery) lines(to int) []byte {
	from := 0
	if d.next > 0 {
		from = d.ends[d.next-1]
	}
	return d.batch.Lines[from:d.ends[to-1]]
}

// stored settles the lines [next, to).
func (d *delivery) stored(to int) {
	d.next = to
	if d.next >= d.suspect {
		d.suspect = 0
	}
	d.stride *= 2
}

// rejected notes that one of the lines [next, to) is bad. It returns true when that is a single
// line: it is settled then, because it cannot be stored.
func (d *delivery) rejected(to int) bool {
	if to-d.next > 1 {
		d.suspect = to
		return false
	}
	d.setAside()
	return true
}

// tooLarge notes that the lines [next, to) make too large a request. It returns true when that
// is a single line: it is settled then, because it cannot be made smaller.
func (d *delivery) tooLarge(to int) bool {
	if n := to - d.next; n > 1 {
		d.limit = n / 2
		return false
	}
	d.setAside()
	return true
}

func (d *delivery) setAside() {
	if d.lastDead >= 0 && d.lastDead == d.next-1 {
		d.stride = 1
	}
	d.lastDead = d.next
	d.next++
	d.suspect = 0
}
