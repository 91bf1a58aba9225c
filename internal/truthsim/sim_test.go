package main

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// simulateSome runs the scenarios whose name matches.
func simulateSome(t *testing.T, p plan, pattern string) []result {
	t.Helper()
	chosen := matching(scenarios(), regexp.MustCompile(pattern))
	if len(chosen) == 0 {
		t.Fatalf("no scenario matches %q", pattern)
	}
	p.progress = io.Discard
	return p.simulate(chosen)
}

// The bars hold the truth and nobody is woken, on a few days of links of each kind.
func TestBarsHoldTheTruth(t *testing.T) {
	pattern := `^(steady|bursty) \S+ s, 60 s$`
	for _, r := range simulateSome(t, plan{seed: 7, days: 2, workers: 2}, pattern) {
		name := r.scenario.name
		if got := r.clean.days(); got != 2 {
			t.Errorf("%s: %v link-days, want 2", name, got)
		}
		if c := r.clean.coverage(); !(c >= 0.95) {
			t.Errorf("%s: %.4f of the bars hold the truth, want 0.95", name, c)
		}
		if n := r.clean.perDay(backboneThreshold); n != 0 {
			t.Errorf("%s: %v false alarms per link-day, want none", name, n)
		}
		if p := float64(r.clean.published) / float64(r.clean.polls); p < 0.9 {
			t.Errorf("%s: a loss in %.3f of the polls, want 0.9", name, p)
		}
	}
}

// A loss that begins is an alarm, where the routers count live in a minute or two.
func TestLossIsSeen(t *testing.T) {
	r := simulateSome(t, plan{seed: 7, runs: 2, workers: 2}, `^bursty 0/0 s, 10 s$`)[0]
	for k, most := range []float64{120, 120, 600} {
		for run, delay := range r.delays[k] {
			if !(delay > 0 && delay <= most) {
				t.Errorf("%v %% lost, run %d: alarm after %v s, want at most %v", 100*lossRatios[k], run, delay, most)
			}
		}
		for run, clear := range r.clears[k] {
			if !(clear > 0 && clear <= 3600) {
				t.Errorf("%v %% lost, run %d: clear after %v s, want at most an hour", 100*lossRatios[k], run, clear)
			}
		}
	}
}

// A measured loss is in its bar too.
func TestKnownLossIsMeasured(t *testing.T) {
	for _, r := range simulateSome(t, plan{seed: 7, days: 1, workers: 2}, `0/0 s, 10 s, .* % lost$`) {
		if c := r.clean.coverage(); !(c >= 0.95) {
			t.Errorf("%s: %.4f of the bars hold the truth, want 0.95", r.scenario.name, c)
		}
		if n := share(r.clean.near, r.clean.late); r.clean.near*20 < r.clean.late*19 {
			t.Errorf("%s: %s within 0.05 points, want 95 %%", r.scenario.name, n)
		}
	}
}

// The tables depend on the seed, not on who simulates what when.
func TestSeedDecides(t *testing.T) {
	tables := func(seed uint64, workers int) string {
		var b bytes.Buffer
		p := plan{seed: seed, days: 1, runs: 1, workers: workers}
		if err := writeReport(&b, simulateSome(t, p, `^bursty 0/0 s, 60 s(, 1 s skew)?$`)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one := tables(1, 1)
	if many := tables(1, 8); one != many {
		t.Errorf("1 worker:\n%s\n8 workers:\n%s", one, many)
	}
	if other := tables(2, 8); one == other {
		t.Error("another seed gives the same tables")
	}
}

func TestCommand(t *testing.T) {
	var out bytes.Buffer
	args := []string{"-days", "1", "-runs", "0", "-scenario", "^steady 0/0 s, 60 s$"}
	if err := run(args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "| steady 0/0 s, 60 s | 1 | 0 |") {
		t.Errorf("no row of the scenario in\n%s", out.String())
	}
	out.Reset()
	if err := run([]string{"-list", "-scenario", "^steady"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 8 {
		t.Errorf("%d steady scenarios, want 8:\n%s", n, out.String())
	}
	if err := run([]string{"-scenario", "("}, io.Discard, io.Discard); err == nil {
		t.Error("a broken expression is no error")
	}
}

// The traffic has the rate it says, and loses the share it says of exactly the packets after the
// onset.
func TestFlow(t *testing.T) {
	for _, profile := range []traffic{steady, bursty, quiet} {
		f := newFlow(profile, rand.New(rand.NewPCG(1, 2)))
		f.lose(0.01, 10*hour)
		var before sums
		for at := 0.0; at <= 50*hour; at += 60 {
			f.advance(at)
			now := f.at(at)
			if now.sent < before.sent || now.lost < before.lost || now.lost > now.sent {
				t.Fatalf("%s: %+v at %v s after %+v", profile.name, now, at, before)
			}
			if at <= 10*hour && now.lost > 0 {
				t.Fatalf("%s: %v packets lost at %v s", profile.name, now.lost, at)
			}
			before = now
		}
		if rate := before.sent / (50 * hour); math.Abs(rate/profile.mean-1) > 0.03 {
			t.Errorf("%s: %v packets/s, want %v", profile.name, rate, profile.mean)
		}
		if ratio := before.lost / (before.sent * 0.8); math.Abs(ratio/0.01-1) > 0.05 {
			t.Errorf("%s: %v of the packets lost, want 0.01", profile.name, ratio)
		}
	}
}

// A cached agent serves what it had at its latest refresh, which it repeats on its own clock.
func TestRefresh(t *testing.T) {
	s := scenario{cache: [2]time.Duration{3 * time.Second, 0}}
	rng := rand.New(rand.NewPCG(1, 2))
	cached, live := newRouter(&s, 0, rng), newRouter(&s, 1, rng)
	for range 1000 {
		at := 1000 + 1e5*rng.Float64()
		if age := at - cached.refreshed(at); age < 0 || age > 3.001 {
			t.Fatalf("counters are %v s old", age)
		}
		if cached.refreshed(at) != cached.refreshed(cached.refreshed(at)+1e-6) {
			t.Fatal("two refreshes in one period")
		}
		if live.refreshed(at) != at {
			t.Fatal("a live agent serves old counters")
		}
	}
}

// An alarm needs two polls in a row, is counted once while it is open, and again when it came back.
func TestAlarmsAreCounted(t *testing.T) {
	type poll struct{ certain, recent float64 }
	low, high := poll{0, 0}, poll{0.003, 0.01}
	wide := poll{0, 0.5} // nothing certain, and nothing said against it
	cases := []struct {
		name  string
		polls []poll
		want  uint64
	}{
		{"one poll", []poll{high, low, high, low}, 0},
		{"two in a row", []poll{low, high, high, high, high}, 1},
		{"twice", []poll{high, high, low, high, high}, 2},
		{"not contradicted", []poll{high, high, wide, wide, high, high}, 1},
		{"forgotten", slices.Concat([]poll{high, high}, slices.Repeat([]poll{wide}, 62), []poll{high, high}), 2},
	}
	for _, c := range cases {
		var a alarms
		var n counts
		n.seconds = uint64(day)
		for i, p := range c.polls {
			a.observe(&n.raised, p.certain, p.recent, 60*float64(i))
		}
		if got := n.perDay(backboneThreshold); got != float64(c.want) {
			t.Errorf("%s: %v alarms, want %d", c.name, got, c.want)
		}
		if got := n.perDay(0.005); got != 0 {
			t.Errorf("%s: %v alarms at a threshold above, want none", c.name, got)
		}
	}
}

func TestHistogramMedian(t *testing.T) {
	var h histogram
	if m := h.median(); !math.IsNaN(m) {
		t.Errorf("median of nothing is %v", m)
	}
	for _, v := range []float64{0, 1e-4, 0.02, 0.5, 1} {
		h.add(v)
	}
	if m := h.median(); math.Abs(m/0.02-1) > 0.02 {
		t.Errorf("median %v, want 0.02", m)
	}
}

func TestMedianDelay(t *testing.T) {
	never := math.NaN()
	cases := []struct {
		delays []float64
		want   string
	}{
		{nil, "–"},
		{[]float64{30}, "30 s"},
		{[]float64{50, 10, 30}, "30 s"},
		{[]float64{never, 10, 30, 20}, "25 s"},
		{[]float64{never, 10, never}, "over a day"},
		{[]float64{never, 10}, "over a day"},
	}
	for _, c := range cases {
		if got := median(c.delays); got != c.want {
			t.Errorf("median of %v is %s, want %s", c.delays, got, c.want)
		}
	}
}

func TestLowestThreshold(t *testing.T) {
	c := counts{seconds: 1000 * uint64(day)}
	c.raised[2], c.raised[5] = 1, 2
	if got, want := c.lowest(), thresholds[6]; got != want {
		t.Errorf("lowest threshold %v, want %v", got, want)
	}
	c.raised[len(thresholds)-1] = 2
	if got := c.lowest(); !math.IsNaN(got) {
		t.Errorf("lowest threshold %v where none will do", got)
	}
}
