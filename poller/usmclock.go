package poller

// clock is the time of the engine as we believe it runs, in seconds since its boot.
func (e *engine) clock() uint64 { return uint64(e.time) + uint64((mono() - e.at).Seconds()) }

// timeWindow is how many seconds an authenticated message may be old (RFC 3414 section 2.2.3).
const timeWindow = 150

// inTime reports whether an authenticated message is no older than the time window allows (RFC
// 3414 section 3.2, step 7b). One from the future is: it tells that the engine's clock is ahead.
func (e *engine) inTime(boots, time uint32) bool {
	return boots > e.boots || boots == e.boots && uint64(time)+timeWindow >= e.clock()
}

// advance follows the clock of an authenticated message, forward only: an old one must not move it
// back.
func (e *engine) advance(boots, time uint32) {
	if boots > e.boots || boots == e.boots && time >= e.time {
		e.boots, e.time, e.at = boots, time, mono()
	}
}
