package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/internal/rig"
)

// swizzleSeeds names the variable that makes the simulation long: "7", "1..100" or "1,5,9". Each seed is a
// day then, unless swizzleHours says otherwise.
const (
	swizzleSeeds = "BOTHENDS_SWIZZLE"
	swizzleHours = "BOTHENDS_SWIZZLE_HOURS"
	// swizzleDense is how many times as often as usual something breaks.
	swizzleDense = "BOTHENDS_SWIZZLE_DENSE"
	// swizzleLog names a file for what the program logs and what is done to it.
	swizzleLog = "BOTHENDS_SWIZZLE_LOG"
	// swizzleDone names a folder that remembers which seeds were good, so that a long run can go on.
	swizzleDone = "BOTHENDS_SWIZZLE_DONE"
)

// TestSwizzle runs the whole program in one process with a world that breaks by the seed, on virtual time. The
// short form plays one seed twice: both must do the same to the last bit.
func TestSwizzle(t *testing.T) {
	const seed = 76
	short := scene{length: 15 * time.Minute, dense: 6}
	first, again := swizzle(t, seed, short), swizzle(t, seed, short)
	if shuffled { // two polls of one instant may change places, and requests are cut where they touch
		delete(first.sums, "requests")
		delete(again.sums, "requests")
	}
	if diff := cmp.Diff(first.sums, again.sums); diff != "" {
		t.Errorf("seed=%d: the same seed did something else the second time (-first +second):\n%s", seed, diff)
	}
}

// TestSwizzleSeeds is the long form.
func TestSwizzleSeeds(t *testing.T) {
	seeds, long := wantedSeeds(t), scene{}
	long.length = time.Duration(numberOf(t, swizzleHours, 24) * float64(time.Hour))
	long.dense = numberOf(t, swizzleDense, 1)
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			done := filepath.Join(os.Getenv(swizzleDone), fmt.Sprintf("seed-%d", seed))
			if os.Getenv(swizzleDone) != "" {
				if _, err := os.Stat(done); err == nil {
					t.Skip("was good")
				}
			}
			played := swizzle(t, seed, long)
			if os.Getenv(swizzleDone) == "" || t.Failed() {
				return
			}
			if err := os.WriteFile(done, fmt.Appendf(nil, "%v\n%v\n", played.sums, played.review), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// numberOf reads a variable of the environment.
func numberOf(t *testing.T, name string, usual float64) float64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n <= 0 {
		t.Fatalf("%s=%q: a number above 0 is wanted", name, text)
	}
	return n
}

func wantedSeeds(t *testing.T) (seeds []uint64) {
	t.Helper()
	text := os.Getenv(swizzleSeeds)
	if text == "" {
		t.Skip("set " + swizzleSeeds + " to seeds, as 1..100")
	}
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "..")
		if !isRange {
			high = low
		}
		from, err := strconv.ParseUint(low, 10, 32)
		to, err2 := strconv.ParseUint(high, 10, 32)
		if err != nil || err2 != nil {
			t.Fatalf("%s=%q: seeds are 7, 1..100 or 1,5,9", swizzleSeeds, text)
		}
		for s := from; s <= to; s++ {
			seeds = append(seeds, s)
		}
	}
	return seeds
}

// scene is how long something happens and how much.
type scene struct {
	length time.Duration
	dense  float64
}

// played is what became of a seed.
type played struct {
	sums   map[string]string
	review *rig.Review
}

// swizzle plays one seed in a bubble and judges it.
func swizzle(t *testing.T, seed uint64, s scene) (p played) {
	t.Helper()
	// One thread: what happens in one instant happens in the same order each time.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	began, dir := time.Now(), swizzleDir(t)
	if os.Getenv("GOGC") == "" {
		t.Setenv("GOGC", "100") // the program would choose for a small memory
	}
	synctest.Test(t, func(t *testing.T) {
		stage := newStage(t, seed, s, dir)
		stage.play()
		p = played{stage.world.Sums(), stage.world.Judge(stage.letters())}
	})
	for _, f := range p.review.Failures {
		t.Errorf("seed=%d %v", seed, f)
	}
	took := time.Since(began)
	t.Logf("seed=%d, %v virtual and a quiet time in %v (%.0f times real time): %v; %v", seed, s.length, took.Round(time.Second/10),
		s.length.Seconds()/took.Seconds(), p.review, p.sums)
	if t.Failed() {
		t.Logf("replay: %s=%d %s=%g %s=%g go test ./cmd/bothends -run '^TestSwizzleSeeds$' -v -count=1 -timeout=2h", swizzleSeeds, seed,
			swizzleHours, s.length.Hours(), swizzleDense, s.dense)
	}
	return p
}

// swizzleDir is a folder in memory where there is one: a day has some hundred thousand syncs.
func swizzleDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "bothends-swizzle-") //nolint:usetesting // a folder of its own, in memory
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
