package alerting

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// orders are what humans asked of the engine; they are read and changed with Engine.mu held.
type orders struct {
	acks     map[string]*Ack // by the id of the episode
	silences map[string]*Silence
	// changed tells that all episodes are to be looked at again.
	changed bool
	// seen is the wall clock of the latest Advance.
	seen time.Time
	// next is the first end of a window that holds something back; zero where none does.
	next time.Time
}

func newOrders() orders {
	return orders{acks: map[string]*Ack{}, silences: map[string]*Silence{}}
}

// forgetAfter is how long an order is kept that is over: a clock that was wrong may be set back.
const forgetAfter = 48 * time.Hour

// turned reports whether an order was given, began or ended since it was called last. It goes by the
// wall clock, which may be set in both directions.
func (o *orders) turned(now time.Time) bool {
	turned := o.changed || !o.next.IsZero() && !now.Before(o.next)
	passed := func(t time.Time) bool { return now.Before(t) != o.seen.Before(t) }
	for id, a := range o.acks {
		turned = turned || passed(a.Until)
		if now.Sub(a.Until) > forgetAfter {
			delete(o.acks, id)
		}
	}
	for id, s := range o.silences {
		turned = turned || passed(s.At) || passed(s.Until)
		if now.Sub(s.Until) > forgetAfter {
			delete(o.silences, id)
		}
	}
	if turned {
		o.next = time.Time{} // the look that follows finds it again
	}
	o.changed, o.seen = false, now
	return turned
}

// wake has all episodes looked at when a window ends.
func (o *orders) wake(at time.Time) {
	if o.next.IsZero() || at.Before(o.next) {
		o.next = at
	}
}

// orderText says who asked for something, until when, and why.
func orderText(by, text string, until time.Time) string {
	line := name(by) + " until " + dayClock(until)
	if text == "" {
		return line
	}
	return line + ": " + Printable(text)
}

// dayClock writes an instant with its day.
func dayClock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// orderIDBytes is how much of the hash the id of an order shows: 8 hexadecimal digits.
const orderIDBytes = 4

// orderID names an order by what it is and when it was given.
func orderID(kind, by, text string, at time.Time) string {
	sum := sha256.Sum256([]byte(kind + "/" + by + "/" + text + "/" + at.UTC().Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:orderIDBytes])
}
