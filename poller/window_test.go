package poller

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Against a list of requests: the window is full exactly when as many unanswered ones are younger
// than its age as there is room for, whoever answers, however late or twice.
func TestWindowAgainstAList(t *testing.T) {
	type sent struct {
		mark     int64
		slot     int64
		answered bool
	}
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.IntRange(1, 6).Draw(t, "room")
		w := newWindow(room*replyRoom + rapid.IntRange(0, replyRoom-1).Draw(t, "rest"))
		now := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "start"))
		w.advance(now)
		var all []*sent
		young := func() (n int) {
			for _, s := range all {
				if !s.answered && int64(now/windowSlot)-s.slot < windowSlots {
					n++
				}
			}
			return n
		}
		t.Repeat(map[string]func(*rapid.T){
			"send": func(*rapid.T) {
				if w.full() {
					return
				}
				all = append(all, &sent{mark: w.add(), slot: int64(now / windowSlot)})
			},
			"answer": func(t *rapid.T) {
				if len(all) == 0 {
					return
				}
				s := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
				if !s.answered {
					w.answered(s.mark)
				}
				s.answered = true
			},
			"wait": func(t *rapid.T) {
				longest := rapid.SampledFrom([]time.Duration{windowSlot, windowSlot * windowSlots, time.Hour}).Draw(t, "scale")
				now += time.Duration(rapid.Int64Range(0, int64(longest)).Draw(t, "for"))
				w.advance(now)
			},
			"": func(t *rapid.T) {
				if w.young != young() || w.young > room || w.full() != (young() >= room) {
					t.Fatalf("%d young of %d, full %t; want %d", w.young, room, w.full(), young())
				}
			},
		})
	})
}

// A clock that seems to go back, or a buffer of no size, closes the window for nobody.
func TestWindowAtItsEdges(t *testing.T) {
	if unknown := newWindow(0); unknown.room != unknownRoom {
		t.Errorf("room for %d where the buffer is not known", unknown.room)
	}
	w := newWindow(1)
	if w.full() {
		t.Error("there is room for nothing")
	}
	w.advance(time.Hour)
	mark := w.add()
	w.advance(time.Hour - windowSlot)
	if !w.full() {
		t.Error("a request aged although no time went by")
	}
	w.advance(time.Hour + windowSlots*windowSlot)
	if w.full() {
		t.Error("an old request still counts")
	}
	w.answered(mark)
	w.add()
	if !w.full() {
		t.Error("the late answer made room for two")
	}
	for slept := range time.Duration(3 * windowSlots) {
		w = newWindow(windowSlots * replyRoom)
		for i := range time.Duration(windowSlots) {
			w.advance(i * windowSlot)
			w.add()
		}
		w.advance((windowSlots - 1 + slept) * windowSlot)
		if want := max(windowSlots-int(slept), 0); w.young != want {
			t.Errorf("%d young after %d slots, want %d", w.young, slept, want)
		}
	}
}
