package poller

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A kernel that takes a part of each batch, and refuses some: every datagram leaves or is refused
// once, in order, each flight is told once, one that ended is told nothing and does not leave, and no
// two datagrams get into each other's room.
func TestPortSendsEveryDatagramOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wire{refuse: map[netip.AddrPort]error{}}
		p := newPort(w)
		told := map[*flight]int{}
		sent := func(f *flight, _ time.Duration) { told[f]++ }
		var all []*flight
		var want []string
		gone := map[*flight]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"load": func(t *rapid.T) {
				if p.loaded == batchSize {
					return
				}
				f := &flight{to: addrOf(len(all))}
				content := fmt.Sprintf("datagram %d", len(all))
				if rapid.IntRange(0, 3).Draw(t, "refused") == 0 {
					w.refuse[f.to] = errors.New("no route")
				} else {
					want = append(want, content)
				}
				p.load(f.to, append(p.next(), content...), f)
				all = append(all, f)
			},
			"forget": func(t *rapid.T) {
				if len(all) == 0 {
					return
				}
				f := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
				if told[f] == 0 {
					p.forget(f)
					gone[f] = true
					content := fmt.Sprintf("datagram %d", slices.Index(all, f))
					want = slices.DeleteFunc(want, func(s string) bool { return s == content })
				}
			},
			"send": func(t *rapid.T) {
				w.room = rapid.SampledFrom([]int{0, 1, 2, -1}).Draw(t, "room")
				p.send(sent)
			},
		})
		w.room = -1
		p.send(sent)
		var got []string
		for _, d := range w.out {
			got = append(got, string(d.content))
		}
		if !slices.Equal(got, want) || p.loaded != 0 {
			t.Fatalf("sent %q, want %q; %d left", got, want, p.loaded)
		}
		for i, f := range all {
			if once := !gone[f]; once != (told[f] == 1) || once && (w.refuse[f.to] != nil) != (f.network != nil) {
				t.Fatalf("flight %d was told %d times, network %v, gone %t", i, told[f], f.network, gone[f])
			}
		}
		if slices.ContainsFunc(p.owner[:], func(f *flight) bool { return f != nil }) {
			t.Fatal("the batch still holds a flight")
		}
	})
}
