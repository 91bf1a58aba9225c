//go:build linux

package lab

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// lost returns the 1-based places of the lost frames among the next n.
func lost(loss Loss, n int) []int {
	var places []int
	for i := 1; i <= n; i++ {
		if loss() {
			places = append(places, i)
		}
	}
	return places
}

func TestEveryNth(t *testing.T) {
	if diff := cmp.Diff([]int{3, 6, 9}, lost(EveryNth(3), 11)); diff != "" {
		t.Errorf("lost frames (-want +got)\n%s", diff)
	}
	if got := lost(EveryNth(0), 100); got != nil {
		t.Errorf("every 0th frame: lost %v, want none", got)
	}
}

func TestRandomRepeatsWithItsSeed(t *testing.T) {
	first := lost(Random(0.1, 7), 10_000)
	if diff := cmp.Diff(first, lost(Random(0.1, 7), 10_000)); diff != "" {
		t.Errorf("same seed, other frames (-want +got)\n%s", diff)
	}
	if cmp.Equal(first, lost(Random(0.1, 8), 10_000)) {
		t.Error("another seed lost the same frames")
	}
	// Six standard deviations of a binomial distribution are 180 frames.
	if len(first) < 820 || len(first) > 1180 {
		t.Errorf("lost %d of 10000 frames at 10 %%", len(first))
	}
}

func TestExactlyOfIsExactAndEndsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 2000).Draw(t, "n")
		k := rapid.IntRange(0, 2100).Draw(t, "k")
		loss := ExactlyOf(uint64(k), uint64(n))
		if got, want := len(lost(loss, n)), min(k, n); got != want {
			t.Fatalf("%d of %d: lost %d", k, n, got)
		}
		if after := lost(loss, 100); after != nil {
			t.Fatalf("%d of %d: lost %v after them", k, n, after)
		}
	})
}

func TestExactlyOfSpreadsEvenly(t *testing.T) {
	if diff := cmp.Diff([]int{4, 7, 10}, lost(ExactlyOf(3, 10), 10)); diff != "" {
		t.Errorf("lost frames (-want +got)\n%s", diff)
	}
}
