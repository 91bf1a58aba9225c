package poller

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// health knows whether a router answers, and says so once when that changes.
type health struct {
	mu     sync.Mutex
	log    *zap.Logger
	name   string
	addr   string
	change func(answering bool)
	// cycle is the time in which misses of several ends count as one.
	cycle time.Duration

	everReplied bool
	lastReply   time.Duration
	rtt         time.Duration
	misses      int // cycles in a row without a valid reply
	counted     time.Duration
	lost        int // polls without a valid reply since the last one
	since       time.Duration
	silent      bool
	told        bool // that it does not answer
	confirming  bool // a burst of probes is under way
	confirmed   bool // that it does not answer confirm probes either
	probed      time.Duration
	miss        linkmodel.Miss
	detail      string
}

// admit decides what a poll that is due now may do: go ahead, try once because the router is
// silent and this is its probe of the cycle, or hold back. A poll that would not send anything
// cannot be the probe.
func (h *health) admit(now time.Duration, sends bool) (probe, held bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.silent {
		return false, false
	}
	if !sends || now-h.probed < h.cycle*9/10 {
		return false, true
	}
	h.probed = now
	return true, false
}

// replied notes a valid reply: the router is there, whatever the reply says.
func (h *health) replied(now time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told {
		h.log.Info("router answers again", zap.String("device", h.name), zap.String("address", h.addr),
			zap.Duration("after", (now-h.since).Round(time.Second)), zap.Int("polls_lost", h.lost))
	}
	if !h.everReplied || h.silent {
		h.change(true)
	}
	h.everReplied, h.lastReply = true, now
	h.misses, h.lost, h.silent, h.told, h.confirmed = 0, 0, false, false, false
	h.miss, h.detail = linkmodel.MissNone, ""
}

func (h *health) measured(rtt time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rtt = rtt
}

// missed notes a poll that was due at the given instant and got no valid reply. Polls of one
// cycle count once, so that a router with many links is not given up faster than one with few.
func (h *health) missed(due time.Duration, err *Error) {
	switch err.Miss {
	case linkmodel.MissIdentity, linkmodel.MissDenied, linkmodel.MissOverrun, linkmodel.MissHeldBack, linkmodel.MissNone:
		return
	case linkmodel.MissTimeout, linkmodel.MissRefused, linkmodel.MissAuth, linkmodel.MissBadReply, linkmodel.MissResolve:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.everReplied && h.lastReply > due {
		return // another end got a reply meanwhile
	}
	h.miss, h.detail = err.Miss, err.Err.Error()
	if h.lost == 0 {
		h.since = due
	}
	h.lost++
	if h.misses == 0 || due-h.counted >= h.cycle*9/10 {
		h.misses++
		h.counted = due
	}
	if h.misses >= linkmodel.SilentAfter && !h.silent && !h.confirming {
		h.silent, h.probed = true, due
		if h.everReplied {
			h.change(false)
		}
	}
	if !h.told && (h.silent || !h.everReplied) {
		h.told = true
		h.log.Warn("router does not answer", zap.String("device", h.name), zap.String("address", h.addr),
			zap.Stringer("miss", h.miss), zap.String("cause", h.detail))
	}
}

// retire has the router no longer counted among those that answer, nor spoken of.
func (h *health) retire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.everReplied && !h.silent {
		h.change(false)
	}
	h.change, h.log = func(bool) {}, zap.NewNop()
}

// heldBack is the outcome of an end that does not ask because the router is silent.
func (h *health) heldBack() *Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost++
	return missf(linkmodel.MissHeldBack, "the router is silent and asked once a cycle only: %s", h.detail)
}

// doubted reports whether the router is given up, or about to be.
func (h *health) doubted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.silent || h.confirming
}

// confirm begins a burst of probes: until it is over the router is not given up.
func (h *health) confirm() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.confirming = true
}

// confirmEnd ends it; silent tells that no probe was answered.
func (h *health) confirmEnd(silent bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.confirming, h.confirmed = false, silent
}

// confirmation says so, for as long as it is true.
func (h *health) confirmation() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.confirmed {
		return ""
	}
	return fmt.Sprintf("; %d confirm probes were not answered either", confirmProbes)
}
