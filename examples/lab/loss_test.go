//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/examples/lab/lab"
	"github.com/bothends/bothends/linkmodel"
)

// lossyLines lose 0, 0.1, 1 and 5 % each way, one direction at a time; the other is a witness that
// loses nothing.
var lossyLines = []lab.LineConfig{
	{},
	{Lose: [2]float64{lab.AToZ: 0.001}},
	{Lose: [2]float64{lab.ZToA: 0.001}},
	{Lose: [2]float64{lab.AToZ: 0.01}},
	{Lose: [2]float64{lab.ZToA: 0.01}},
	{Lose: [2]float64{lab.AToZ: 0.05}},
	{Lose: [2]float64{lab.ZToA: 0.05}},
}

// TestLossAgainstTheWire holds what bothends says of the loss between two real routers against what
// the wire counted, for as long as it takes to find 5 %.
func TestLossAgainstTheWire(t *testing.T) {
	t.Parallel()
	w := newWatch(t, 2*time.Second, lossyLines...)
	w.loadAll(false)
	const least = 100 * time.Second
	w.await("views of 100 s", 5*time.Minute, w.lines, func(views []*linkmodel.View) bool {
		return len(views) > 0 && views[len(views)-1].Mono-views[0].Mono >= least
	})
	for d, line := range map[linkmodel.Direction]*lab.Line{linkmodel.AToZ: w.lines[5], linkmodel.ZToA: w.lines[6]} {
		w.await(fmt.Sprintf("certain loss %v", d), 5*time.Minute, []*lab.Line{line}, func(views []*linkmodel.View) bool {
			return views[len(views)-1].Directions[d].Loss.Certain > 0
		})
	}
	w.end()
	t.Logf("what bothends said at the end, polling every 2 s:\n%s", w.table())
	w.checkLoss()
}

// TestLossAgainstTheWireLong is what `make lab-long` runs: 13 minutes of bursts, polled every 10 s
// as bothends does by default.
func TestLossAgainstTheWireLong(t *testing.T) {
	if os.Getenv("BOTHENDS_LAB_LONG") == "" {
		t.Skip("takes 13 minutes: run make lab-long")
	}
	w := newWatch(t, 10*time.Second, lossyLines...)
	w.loadAll(true)
	w.await("views of 13 minutes", 20*time.Minute, w.lines, func(views []*linkmodel.View) bool {
		return len(views) > 0 && views[len(views)-1].Mono-views[0].Mono >= 13*time.Minute
	})
	w.end()
	t.Logf("what bothends said at the end, polling every 10 s:\n\n%s", w.table())
	w.checkLoss()
	for n, line := range w.lines {
		for _, d := range linkmodel.Directions {
			if lose := lossyLines[n].Lose[d]; lose >= 0.01 && w.certainAfter(line, d) == 0 {
				t.Errorf("%s %v loses %g and it was never certain", line.Interface(), d, lose)
			}
		}
	}
}

// loadAll sends both ways on all lines, at different rates.
func (w *watch) loadAll(bursts bool) {
	for _, line := range w.lines {
		w.load(line, lab.AToZ, 1000, bursts)
		w.load(line, lab.ZToA, 700, bursts)
	}
}

// end stops traffic and polling; the lab stays until the test is over.
func (w *watch) end() {
	w.sampleWire()
	w.stop()
	w.tasks.Wait()
}

// inside reports whether the wire's own loss over the window of a loss that ends at an instant lies
// in the bar, which may be widened by slack.
func (w *watch) inside(n int, d linkmodel.Direction, at time.Time, l *linkmodel.Loss, slack float64) (truth float64, ok bool) {
	sent, lost := w.truth(n, lab.Direction(d), at.Add(-l.Window), at)
	truth = lost / sent
	return truth, truth >= l.Low-slack && truth <= l.High+slack
}

// stalled is the longest time by which the machine was late in the test's own sampling: as late may
// an agent have been in refreshing its counters, or the traffic in what it then made up for at once.
func (w *watch) stalled() (worst time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.wire[1:] {
		worst = max(worst, w.wire[i+1].At.Sub(w.wire[i].At)-sampling)
	}
	return worst
}

// checkLoss holds every figure that was published against the wire. A bar is widened by what a
// machine that stalls as this one did may do to it at both ends of the window, so that only a wrong
// figure can fail: the table shows the bars as they are.
func (w *watch) checkLoss() {
	w.t.Helper()
	late := w.stalled() + 500*time.Millisecond
	w.t.Logf("bars are widened by %v of traffic at both ends of their windows", late.Round(time.Millisecond))
	for n, line := range w.lines {
		w.checkCacheAges(line)
		for _, d := range linkmodel.Directions {
			known := 0
			for _, v := range w.seen(line) {
				l := &v.Directions[d].Loss
				lossless := lossyLines[n].Lose[d] == 0
				if lossless && l.Certain > 0 {
					w.t.Errorf("%s %v loses nothing, and %g is said to be certain at %v", line.Interface(), d, l.Certain, v.At)
				}
				if !l.Known {
					continue
				}
				known++
				slack := 2 * late.Seconds() / max(l.Window.Seconds(), 1)
				if truth, ok := w.inside(n, d, v.At, l, slack); !ok {
					w.t.Errorf("%s %v at %v: the wire lost %.3f %%, which is not in %.3f to %.3f %%, not even widened by %.3f %%: %+v",
						line.Interface(), d, v.At, 100*truth, 100*l.Low, 100*l.High, 100*slack, l)
				}
			}
			if known == 0 {
				w.t.Errorf("%s %v: no loss was ever known", line.Interface(), d)
			}
		}
	}
}

// checkCacheAges demands that the agents themselves said how old their counters may be: the inventory
// says nothing of it.
func (w *watch) checkCacheAges(line *lab.Line) {
	w.t.Helper()
	views := w.seen(line)
	want := linkmodel.CounterCache{Age: agentCache, Source: linkmodel.CacheReported}
	for _, e := range linkmodel.Ends {
		if got := views[len(views)-1].Ends[e].CounterCache; got != want {
			w.t.Errorf("%s end %v: counters are up to %v old (%v), want %v (%v)",
				line.Interface(), e, got.Age, got.Source, want.Age, want.Source)
		}
	}
}

// certainAfter is when after the first view a loss in a direction was first certain, 0 for never. An
// alarm comes later by as long as its threshold must be exceeded.
func (w *watch) certainAfter(line *lab.Line, d linkmodel.Direction) time.Duration {
	views := w.seen(line)
	for _, v := range views {
		if v.Directions[d].Loss.Certain > 0 {
			return v.Mono - views[0].Mono
		}
	}
	return 0
}

// table compares the last figures of all directions with the wire, in Markdown.
func (w *watch) table() string {
	var b strings.Builder
	b.WriteString("| line | direction | set | wire lost of sent | wire | estimate | low | high | inside | proof | window | inside, all polls | certain after |\n")
	b.WriteString("|---|---|---:|---:|---:|---:|---:|---:|---|---|---:|---:|---:|\n")
	for n, line := range w.lines {
		for _, d := range linkmodel.Directions {
			fmt.Fprintf(&b, "| %s | %v | %g %% %s |\n", line.Interface(), d, 100*lossyLines[n].Lose[d], w.row(n, d))
		}
	}
	return b.String()
}

func (w *watch) row(n int, d linkmodel.Direction) string {
	var last *linkmodel.View
	known, inside := 0, 0
	for _, v := range w.seen(w.lines[n]) {
		if l := &v.Directions[d].Loss; l.Known {
			last = v
			known++
			if _, ok := w.inside(n, d, v.At, l, 0); ok {
				inside++
			}
		}
	}
	if last == nil {
		return "| not known"
	}
	l := &last.Directions[d].Loss
	sent, lost := w.truth(n, lab.Direction(d), last.At.Add(-l.Window), last.At)
	truth, ok := w.inside(n, d, last.At, l, 0)
	word, certain := "no", "-"
	if ok {
		word = "yes"
	}
	if after := w.certainAfter(w.lines[n], d); after > 0 {
		certain = after.Round(time.Second).String()
	}
	return fmt.Sprintf("| %.0f of %.0f | %.3f %% | %.3f %% | %.3f %% | %.3f %% | %s | %v | %v | %d of %d | %s",
		lost, sent, 100*truth, 100*l.Ratio, 100*l.Low, 100*l.High, word, l.Proof, l.Window.Round(time.Second), inside, known, certain)
}
