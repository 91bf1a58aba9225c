package poller

// earlier remembers identifiers of requests that are over, to tell a late answer from a forged
// one. It is large enough for the requests of many seconds: an answer that is taken for a forgery
// speaks against its router.
type earlier [1 << 16]uint32

func (e *earlier) add(id uint32) { e[id%uint32(len(e))] = id }

func (e *earlier) has(id uint32) bool { return id != 0 && e[id%uint32(len(e))] == id }
