package poller

import (
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// engine is the SNMPv3 state of one router, shared by all who ask it: the keys, and the engine's
// clock (RFC 3414 section 2.3).
type engine struct {
	mu      sync.Mutex
	cred    *Credential
	context string
	// keys are those of the engine that was discovered last; nil before the first.
	keys *localKeys

	known bool // discovered and not in doubt
	// proven tells that a message of this engine was authenticated and decrypted with our keys.
	proven      bool
	silent      int // requests in a row that got no answer
	boots, time uint32
	at          time.Duration // when boots and time were learned, on the clock of mono
}

// forgetAfter is how many requests in a row may stay unanswered until the engine is discovered
// anew: a replaced router has another engine ID and answers the old one at best with a report.
const forgetAfter = 2

func newEngine(dev *Device) *engine {
	c := &dev.Credential
	if c.Version != V3 {
		return nil
	}
	return &engine{cred: c, context: dev.Context}
}

// ready reports whether requests can be sent without asking who the engine is.
func (e *engine) ready() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known
}

// adopt takes the engine ID and clock a report carries. Nothing proves them yet; a wrong one
// only makes the next request fail. The clock of a proven engine stays as it is: when it has moved,
// an authenticated report will tell. changed tells that another engine was known before.
//
// The keys of a new engine are derived without the lock: those who send and receive never wait for
// a password to be hashed.
func (e *engine) adopt(h *header3) (changed bool, err error) {
	if len(h.engine) < 5 || len(h.engine) > 32 {
		return false, errNoEngine
	}
	if e.again(h) {
		return false, nil
	}
	keys, err := e.cred.localise(h.engine)
	if err != nil {
		return false, fmt.Errorf("derive the keys: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.same(h) { // another session was faster
		return false, nil
	}
	changed = e.keys != nil
	e.keys, e.known, e.proven, e.silent = keys, true, false, 0
	e.boots, e.time, e.at = h.boots, h.time, mono()
	return changed, nil
}

func (e *engine) again(h *header3) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.same(h)
}

// same reports whether h is of the engine whose keys are there; it is then known again. The caller
// holds the lock.
func (e *engine) same(h *header3) bool {
	if e.keys == nil || e.keys.engine != h.engine {
		return false
	}
	e.known, e.silent = true, 0
	if !e.proven {
		e.boots, e.time, e.at = h.boots, h.time, mono()
	}
	return true
}

// sync takes the clock an authenticated report carries.
func (e *engine) sync(h *header3) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.boots, e.time, e.at = h.boots, h.time, mono()
}

// answered notes that a reply passed.
func (e *engine) answered() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.proven, e.silent = true, 0
}

// unanswered notes that a request got no reply. alive tells that the engine was heard meanwhile. It
// is then discovered anew for the next request, because only that tells a wrong password from
// silence when there is one attempt.
func (e *engine) unanswered(alive bool) (proven bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.silent++
	if e.silent >= forgetAfter || alive {
		e.known = false
	}
	return e.proven
}

// name shortens the engine ID for a trace.
func (e *engine) name() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keys == nil {
		return "no engine"
	}
	id := hex.EncodeToString([]byte(e.keys.engine))
	if len(id) > 20 {
		id = id[:20] + "…"
	}
	return fmt.Sprintf("engine %s, boots %d", id, e.boots)
}
