package archtest

import (
	"maps"
	"slices"
	"testing"
)

// TestTablesAgree keeps a renamed room from dropping out of a rule unseen: every room that any
// table names has a row of its own in the arrow table.
func TestTablesAgree(t *testing.T) {
	named := slices.Concat(clockless, slices.Collect(maps.Keys(pure)))
	for _, row := range arrows {
		named = append(named, row...)
	}
	for _, row := range testArrows {
		named = append(named, row...)
	}
	for _, lib := range libraries {
		named = slices.Concat(named, lib.rooms, lib.tests)
	}
	slices.Sort(named)
	for _, room := range slices.Compact(named) {
		if _, ok := arrows[room]; !ok && room != anything {
			t.Errorf("a table names %q, which has no row in the arrow table", room)
		}
	}
}
