package poller

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// An answer to the first attempt that comes during the second is taken with the first one's
// instant, and gives no round-trip time.
func TestLateReplyCarriesItsOwnInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first asked
		a := newAgent(func(a asked) [][]byte {
			if a.n == 0 {
				first = a
				return nil
			}
			return [][]byte{goodReply(first).bytes()}
		})
		const timeout = 100 * time.Millisecond
		r, words, err := get(t, a, timeout, 3)
		if err != nil || len(words) > 0 {
			t.Fatalf("%v %v", err, words)
		}
		if r.received-r.sent < timeout {
			t.Errorf("the sample is %s wide: that is the second attempt's", r.received-r.sent)
		}
		if r.rtt() != 0 || r.attempts != 2 {
			t.Errorf("round-trip time %s after %d attempts", r.rtt(), r.attempts)
		}
		if mid := r.middle(); mid-r.sent != r.uncertainty() {
			t.Errorf("middle %s of [%s, %s] ± %s", mid, r.sent, r.received, r.uncertainty())
		}
	})
}

// Every attempt has an identifier of its own, not 0 and at most 31 bits.
func TestEveryAttemptHasItsOwnID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(func(asked) [][]byte { return nil })
		_, _, err := get(t, a, 20*time.Millisecond, 5)
		var named *Error
		if !errors.As(err, &named) || named.Miss != linkmodel.MissTimeout {
			t.Fatalf("got %v", err)
		}
		seen := map[string]bool{}
		for _, req := range a.asked() {
			id := req.id[2:]
			if len(id) > 4 || id[0]&0x80 != 0 || string(id) == "\x00" {
				t.Errorf("identifier % x", id)
			}
			seen[string(id)] = true
		}
		if len(seen) != 5 {
			t.Errorf("%d identifiers in 5 attempts", len(seen))
		}
	})
}

// Duplicates and answers to the poll before are told from forgeries.
func TestDuplicateAndLateAnswersAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before asked
		a := newAgent(func(a asked) [][]byte {
			good := goodReply(a).bytes()
			if a.n == 0 {
				before = a
				return [][]byte{good, good, good}
			}
			return [][]byte{goodReply(before).bytes(), good}
		})
		var c tally
		dev := a.device()
		s, registry := lonely(t, &dev, a.open, &c)
		for range 2 {
			if _, err := s.ask(t.Context(), &request{objects: threeObjects, attempts: 1}); err != nil {
				t.Fatal(err)
			}
		}
		// What nobody waits for any more is counted beside the requests of a router.
		idle := metric(t, registry, "bothends_replies_refused_total", "late")
		if late := idle + float64(c.counted()["late"]); late != 3 || len(c.counted()) > 1 {
			t.Errorf("%g late answers, %v", late, c.counted())
		}
	})
}

// The end of the poll interrupts the wait for an answer.
func TestCancelEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(func(asked) [][]byte { return nil })
		dev := a.device()
		dev.Timeout = time.Hour
		var c tally
		s := a.connect(t, &dev, &c)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := s.ask(ctx, &request{objects: threeObjects, attempts: 4}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// With ReplyFrom an answer may come from a listed address, and from no other.
func TestReplyFromListedAddress(t *testing.T) {
	for _, listed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			// The router hears on one address and answers from the other.
			a := newAgent(func(a asked) [][]byte { return [][]byte{goodReply(a).bytes()} })
			dev := a.device()
			dev.Address = "127.0.0.2"
			dev.ReplyFrom = []netip.Addr{netip.MustParseAddr("127.0.0.9")}
			if listed {
				dev.ReplyFrom = append(dev.ReplyFrom, a.answersFrom.Addr())
			}
			var c tally
			s := a.connect(t, &dev, &c)
			_, err := s.ask(t.Context(), &request{objects: threeObjects, attempts: 1})
			if listed != (err == nil) || listed != (c.counted()["source"] == 0) {
				t.Errorf("listed %t: error %v, refused %v", listed, err, c.counted())
			}
		})
	}
}
