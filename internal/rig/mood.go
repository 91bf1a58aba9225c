//go:build linux

package rig

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// mood is how the database behaves during a round.
type mood struct {
	name string
	down bool
	mood Mood
}

var down = mood{name: "down", down: true, mood: Healthy}

// drawMood picks how the database behaves. A third of the time it is down, because what it has stored at
// once needs no queue; a fifth of the time it is well.
func drawMood(r *rand.Rand) mood {
	sometimes := func(name string, oneIn int, a Answer) mood {
		from := r.IntN(oneIn)
		return mood{name: name, mood: func(n int) Answer {
			if (n+from)%oneIn == 0 {
				return a
			}
			return Answer{}
		}}
	}
	always := func(name string, a Answer) mood {
		return mood{name: name, mood: func(int) Answer { return a }}
	}
	switch n := r.IntN(15); {
	case n < 5:
		return down
	case n < 8:
		return always("well", Answer{})
	}
	switch r.IntN(10) {
	case 0:
		return always("503", Answer{Status: http.StatusServiceUnavailable})
	case 1:
		return sometimes("500 after storing", 2, Answer{Status: http.StatusInternalServerError, Store: true})
	case 2:
		return sometimes("reset in the body", 2, Answer{Reset: true})
	case 3:
		return sometimes("reset after storing", 2, Answer{Reset: true, Store: true})
	case 4:
		return always("slow", Answer{Delay: time.Duration(100+r.IntN(900)) * time.Millisecond})
	case 5:
		return always("401", Answer{Status: http.StatusUnauthorized})
	case 6:
		return always("413", Answer{MaxLines: 100 + r.IntN(900)})
	case 7:
		return sometimes("429", 3, Answer{Status: http.StatusTooManyRequests, RetryAfter: 4 * time.Second})
	case 8:
		return always("422 for one line in 5,000", Answer{BadOneIn: 5000})
	default:
		return always("400 for one line in 5,000", Answer{BadOneIn: 5000, Status: http.StatusBadRequest})
	}
}

// set makes the database behave so.
func (r *Rig) set(m mood) error {
	r.Database.SetMood(m.mood)
	if m.down {
		r.Database.Down()
		return nil
	}
	if err := r.Database.Up(); err != nil {
		return fmt.Errorf("wake the database: %w", err)
	}
	return nil
}
