package poller

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// line lists a queue from its head, after checking the way back.
func (q *queue) line(t *rapid.T) []*flight {
	var there, back []*flight
	for f := q.head; f != nil; f = f.place.next {
		if f.place.in != q {
			t.Fatal("a flight in the line does not know it")
		}
		there = append(there, f)
	}
	for f := q.tail; f != nil; f = f.place.prev {
		back = append(back, f)
	}
	slices.Reverse(back)
	if !slices.Equal(there, back) {
		t.Fatalf("%d flights from the head, %d from the tail", len(there), len(back))
	}
	return there
}

// Two queues against two slices: flights come at the end, leave from anywhere, and go over from one
// to the other.
func TestQueueAgainstASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var queues [2]queue
		var want [2][]*flight
		var flights [6]flight
		leave := func(f *flight) {
			for i := range want {
				want[i] = slices.DeleteFunc(want[i], func(g *flight) bool { return f == g })
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				f, i := &flights[rapid.IntRange(0, 5).Draw(t, "flight")], rapid.IntRange(0, 1).Draw(t, "queue")
				f.leave()
				leave(f)
				queues[i].push(f)
				want[i] = append(want[i], f)
			},
			"leave": func(t *rapid.T) {
				f := &flights[rapid.IntRange(0, 5).Draw(t, "flight")]
				f.leave()
				leave(f)
			},
			"pop": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "queue")
				var first *flight
				if len(want[i]) > 0 {
					first = want[i][0]
					leave(first)
				}
				if got := queues[i].pop(); got != first || got != nil && got.place != (place{}) {
					t.Fatalf("popped %p, want %p", got, first)
				}
			},
			"": func(t *rapid.T) {
				for i := range queues {
					if got := queues[i].line(t); !slices.Equal(got, want[i]) {
						t.Fatalf("queue %d has %d flights, want %d", i, len(got), len(want[i]))
					}
				}
			},
		})
	})
}
