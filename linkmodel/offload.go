package linkmodel

// offloadMargin is how much larger than ifMtu packets may be on average: link headers and tags.
const offloadMargin = 100

// offloaded reports packets larger than the interface may send: the kernel counts what it handed
// to segmentation offload, and such counts cannot be compared with packets on a wire.
func offloaded(e *EndView, octets Counter, packets uint64) bool {
	if e.Context.MTU == 0 || packets == 0 || !e.Interval.Valid() {
		return false
	}
	return float64(e.Interval.Delta[octets])/float64(packets) > float64(e.Context.MTU)+offloadMargin
}
