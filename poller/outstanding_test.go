package poller

import (
	"testing"

	"pgregory.net/rapid"
)

// The table keeps what a map keeps, also where many identifiers have one place and at its end.
func TestOutstandingIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, want := newOutstanding(), map[uint32]attemptOf{}
		crowded := rapid.Custom(func(t *rapid.T) uint32 {
			low := rapid.Uint32Range(leastSlots-4, leastSlots+4).Draw(t, "low")
			return minID + low + 1024*rapid.Uint32Range(0, 40).Draw(t, "high")
		})
		ids := rapid.OneOf(crowded, rapid.Uint32Range(minID, maxID))
		same := func(id uint32) {
			got, ok := table.get(id)
			if a, known := want[id]; got != a || ok != known {
				t.Fatalf("%d: %v %v, want %v %v", id, got, ok, a, known)
			}
		}
		put := func(id uint32) {
			if _, known := want[id]; !known {
				want[id] = attemptOf{flight: &flight{}, mark: int64(id)}
				table.put(id, want[id])
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) { put(ids.Draw(t, "id")) },
			"put many": func(t *rapid.T) {
				for _, id := range rapid.SliceOfN(ids, 0, leastSlots).Draw(t, "ids") {
					put(id)
				}
			},
			"take": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				for known := range want { // any that is there
					if rapid.Bool().Draw(t, "known") {
						id = known
					}
					break
				}
				got, ok := table.take(id)
				if a, known := want[id]; got != a || ok != known {
					t.Fatalf("took %d: %v %v, want %v %v", id, got, ok, a, known)
				}
				delete(want, id)
			},
			"": func(*rapid.T) {
				for id := range want {
					same(id)
				}
				same(0)
				same(maxID)
				if table.count != len(want) || 2*table.count > len(table.slots) {
					t.Fatalf("%d of %d in %d slots", table.count, len(want), len(table.slots))
				}
			},
		})
	})
}
