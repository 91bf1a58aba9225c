package sink

import (
	"fmt"
	"time"
)

// slowAnswer is how long a request may wait for its answer before that is worth telling.
const slowAnswer = 8 * time.Second

// causes lists what is wrong now, worst first. It is called with mu held.
func (h *health) causes(now time.Time) []string {
	var all []string
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	lost, refused := !isQuiet(h.lastDrop, now), !isQuiet(h.lastDead, now)
	add(lost, "points are lost because the queue is full, %d since the start", h.status.Dropped)
	add(h.status.Trouble != "", "the queue is not kept on disk: %s", h.status.Trouble)
	add(h.failing, "writes have failed for %v: %s", rounded(now.Sub(h.since)), h.failure)
	add(h.failing && h.renewal != "", "the token cannot be read again: %s", h.renewal)
	waits := h.longest()
	add(waits >= slowAnswer, "a request has waited %v for its answer", rounded(waits))
	add(refused, "the database refused points for good, %d since the start: %s", h.status.DeadLetters, h.deadText)
	add(h.lettersFail != "", "refused points are not kept: %s", h.lettersFail)
	return all
}

// longest returns how long the oldest request under way has waited for its answer.
func (h *health) longest() (waits time.Duration) {
	for at := range h.requests {
		waits = max(waits, time.Since(*at))
	}
	return waits
}

func rounded(d time.Duration) time.Duration { return max(0, d).Round(time.Second) }
