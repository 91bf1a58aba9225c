package poller

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// A request that was lost costs no second discovery.
func TestLostRequestKeepsTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
		var discoveries atomic.Int32
		a := newAgent(func(a asked) [][]byte {
			h := header(t, a.raw)
			switch {
			case h.engine == "":
				discoveries.Add(1)
				return [][]byte{message3{id: h.id}.report(reportUnknownEngine)}
			case a.n == 2:
				return nil
			}
			return [][]byte{sealed(t, &cred, h.id, nil)}
		})
		dev := a.device()
		dev.Credential, dev.Timeout = cred, 300*time.Millisecond
		d := a.connect(t, &dev, &tally{})
		for i := range 3 {
			_, err := d.ask(t.Context(), &request{objects: []object{sysUpTime}, attempts: 1})
			if lost := i == 1; lost != (err != nil) {
				t.Fatalf("request %d: %v", i, err)
			}
		}
		if n := discoveries.Load(); n != 1 {
			t.Errorf("%d discoveries", n)
		}
	})
}

// An answer that comes some requests later is late. It is no attack and not the cause of a miss.
func TestAnswerTwoRequestsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first asked
		a := newAgent(func(a asked) [][]byte {
			switch a.n {
			case 0:
				first = a
				return nil
			case 1, 2:
				return [][]byte{goodReply(a).bytes()}
			default:
				return [][]byte{goodReply(first).bytes()}
			}
		})
		var c tally
		dev := a.device()
		dev.Timeout = 100 * time.Millisecond
		s := a.connect(t, &dev, &c)
		var err error
		for i, attempts := range []int{2, 1, 1} {
			_, err = s.ask(t.Context(), &request{objects: threeObjects, attempts: attempts})
			if i < 2 && err != nil {
				t.Fatal(err)
			}
		}
		if named := of("r1", "read", err); named.Miss != linkmodel.MissTimeout {
			t.Errorf("%s: %v", named.Miss, named)
		}
		if diff := cmp.Diff(map[string]int{"late": 1}, c.counted()); diff != "" {
			t.Errorf("refusals (-want +got):\n%s", diff)
		}
	})
}

// The memory of earlier requests does not grow, and the latest are in it.
func TestEarlierRemembersTheLatest(t *testing.T) {
	var e earlier
	if e.has(0) {
		t.Error("no identifier is remembered as one")
	}
	for id := range uint32(3 * len(e)) {
		e.add(id)
	}
	if last := uint32(3*len(e) - 1); !e.has(last) || !e.has(last-uint32(len(e))+1) || e.has(last-uint32(len(e))) {
		t.Error("other identifiers than the latest")
	}
}
