package linkmodel

// faultCounts are the packets that the routers themselves counted as not delivered, for the blocks
// of a window. Most links count none for days: they are kept from the first one on, until all are
// older than the window.
type faultCounts struct {
	// now is the sum since the counting began, at is what it was at the first pair of each block.
	// Both are by Direction, and count modulo 2^32.
	now [2]faults
	at  [maxBlocks][2]faults
}

// faults counts packets by cause, in the order of faultCounters.
type faults [5]uint32

// faultCounters says who counts which cause.
var faultCounters = [len(faults{})]struct {
	cause    Cause
	column   Counter
	receiver bool
}{
	{CauseEgressDiscards, OutDiscards, false},
	{CauseEgressErrors, OutErrors, false},
	{CauseIngressErrors, InErrors, true},
	{CauseIngressDiscards, InDiscards, true},
	{CauseUnknownProtos, InUnknownProtos, true},
}

// count takes the increments of one cycle in, paired or not.
func (w *lossWindow) count(ends *[2]EndView) {
	for _, d := range Directions {
		for k, f := range faultCounters {
			e := d.Sender()
			if f.receiver {
				e = d.Receiver()
			}
			iv := &ends[e].Interval
			if !iv.Valid() || !iv.Present.Has(f.column) || iv.Delta[f.column] == 0 {
				continue
			}
			if w.faults == nil {
				w.faults = new(faultCounts)
			}
			w.faults.now[d][k] += uint32(iv.Delta[f.column]) //nolint:gosec // they are Counter32
		}
	}
}

// counted is how many packets the routers counted since the first pair of block i.
func (w *lossWindow) counted(i int, d Direction) (by [NumCauses]uint32) {
	if w.faults == nil {
		return by
	}
	for k, f := range faultCounters {
		by[f.cause] = w.faults.now[d][k] - w.faults.at[i][d][k]
	}
	return by
}

// mark notes the sums at the pair that is about to become block i.
func (c *faultCounts) mark(i int) { c.at[i] = c.now }

// forgetFaults lets go of the counts once none is in the window.
func (w *lossWindow) forgetFaults() {
	if f := w.faults; f != nil && f.at[0] == f.now {
		w.faults = nil
	}
}

// remove forgets block i of n.
func (c *faultCounts) remove(i, n int) { copy(c.at[i:n-1], c.at[i+1:n]) }
