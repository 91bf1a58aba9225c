package samples

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap/zaptest"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

var start = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

var oneLink = linksNamed("lon1-par2-1")

func linksNamed(names ...string) []linkmodel.Link {
	links := make([]linkmodel.Link, 0, len(names))
	for _, name := range names {
		links = append(links, linkmodel.Link{Name: name, Interval: time.Minute})
	}
	return links
}

func viewAt(at time.Time, bps linkmodel.Quantity) *linkmodel.View {
	v := &linkmodel.View{Link: &oneLink[0], At: at}
	v.Directions[linkmodel.AToZ].BPS = bps
	return v
}

// desk is a store that is written by hand and not by its task, so that a test knows what is on the disk.
type desk struct {
	*Store
	t  testing.TB
	k  *kept
	db *databases
	w  *writer
}

func newStore(t testing.TB, dir string, cfg history.Config, links []linkmodel.Link, names Names) *Store {
	t.Helper()
	s, err := New(dir, cfg, links, Deps{
		Names: names, Log: zaptest.NewLogger(t), Metrics: prometheus.NewRegistry(), Now: func() time.Time { return start },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openDesk(t testing.TB, dir string, cfg history.Config, links []linkmodel.Link) *desk {
	t.Helper()
	d := &desk{Store: newStore(t, dir, cfg, links, nil), t: t}
	d.k = d.kept.Load()
	var err error
	if d.db, err = d.open(t.Context(), d.k); err != nil {
		t.Fatal(err)
	}
	d.w = &writer{db: d.db.raw, positions: d.k.positions, opened: 1, metrics: &d.metrics}
	t.Cleanup(func() { d.close() })
	return d
}

func (d *desk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Store.db == nil {
		return
	}
	d.Store.db = nil
	if err := d.db.close(); err != nil {
		d.t.Error(err)
	}
}

// keep writes views at once.
func (d *desk) keep(views ...*linkmodel.View) {
	d.t.Helper()
	for _, v := range views {
		d.Append(v)
		if len(d.k.queue) == cap(d.k.queue) {
			d.flush()
		}
	}
	d.flush()
}

func (d *desk) flush() {
	d.t.Helper()
	if err := d.w.drain(d.k.queue); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) series(q history.Query) []history.Point {
	d.t.Helper()
	if q.Link == "" {
		q.Link = oneLink[0].Name
	}
	points, err := d.Series(q)
	if err != nil {
		d.t.Fatal(err)
	}
	return points
}

// full is a view in which every kept value is another.
func full(at time.Time) *linkmodel.View {
	v := &linkmodel.View{Link: &oneLink[0], At: at, State: linkmodel.StateDegraded}
	for _, d := range linkmodel.Directions {
		base := float64(100 * (d + 1))
		v.Directions[d] = linkmodel.DirectionView{
			BPS: linkmodel.Known(base), PPS: linkmodel.Known(base + 1), Utilization: linkmodel.Known(base + 2),
			Loss: linkmodel.Loss{
				Known: true, Ratio: base + 3, Low: base + 4, High: base + 5, Certain: base + 6, Recent: base + 7,
			},
			Errors:   linkmodel.Faults{PerSecond: linkmodel.Known(base + 8)},
			Discards: linkmodel.Faults{PerSecond: linkmodel.Known(base + 9)},
		}
	}
	return v
}

func TestSeriesKeepsEveryFieldApart(t *testing.T) {
	d := openDesk(t, t.TempDir(), history.Config{}, oneLink)
	d.keep(full(start))
	for i, f := range perDirection {
		for _, way := range linkmodel.Directions {
			got := d.series(history.Query{Field: f, Direction: way, From: start, To: start.Add(time.Second), Step: time.Second})
			want := float64(100*(int(way)+1) + i)
			if len(got) != 1 || got[0].Mean != want {
				t.Errorf("%s %s: got %v, want one point of %v", way, f, got, want)
			}
		}
	}
	got := d.series(history.Query{Field: history.FieldState, From: start, To: start.Add(time.Second), Step: time.Second})
	if len(got) != 1 || got[0].Max != float64(linkmodel.StateDegraded) {
		t.Errorf("state: %v", got)
	}
}

func TestSeriesUnknownIsAGap(t *testing.T) {
	d := openDesk(t, t.TempDir(), history.Config{}, oneLink)
	values := []linkmodel.Quantity{
		linkmodel.Known(10), linkmodel.Known(30), // first step
		linkmodel.Unknown(linkmodel.ReasonMissed), linkmodel.Unknown(linkmodel.ReasonRestart), // second
		linkmodel.Unknown(linkmodel.ReasonFirst), linkmodel.Known(0), // third: one of two known
		linkmodel.Known(math.NaN()), linkmodel.Known(math.Inf(1)), // fourth: not numbers
	}
	for i, q := range values {
		d.keep(viewAt(start.Add(time.Duration(i)*time.Minute), q))
	}
	got := d.series(history.Query{
		Field: history.FieldBPS, Direction: linkmodel.AToZ,
		From: start, To: start.Add(9 * time.Minute), Step: 2 * time.Minute,
	})
	at := func(i int) time.Time { return start.Add(time.Duration(2*i) * time.Minute) }
	want := []history.Point{
		{At: at(0), Count: 2, Min: 10, Mean: 20, Max: 30},
		{At: at(1)},
		{At: at(2), Count: 1},
		{At: at(3)},
		{At: at(4)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadsRefuse(t *testing.T) {
	d := openDesk(t, t.TempDir(), history.Config{}, oneLink)
	name := oneLink[0].Name
	hour := start.Add(time.Hour)
	for what, q := range map[string]history.Query{
		"unknown link":     {Link: "nope", Field: history.FieldBPS, From: start, To: hour, Step: time.Minute},
		"unknown field":    {Link: name, Field: "speed", From: start, To: hour, Step: time.Minute},
		"no direction":     {Link: name, Field: history.FieldBPS, Direction: linkmodel.NoDirection, From: start, To: hour, Step: time.Minute},
		"no step":          {Link: name, Field: history.FieldBPS, From: start, To: hour},
		"too many points":  {Link: name, Field: history.FieldBPS, From: start, To: hour, Step: time.Millisecond},
		"too many, longer": {Link: name, Field: history.FieldBPS, From: time.Time{}, To: hour, Step: time.Second},
		"all of time":      {Link: name, Field: history.FieldBPS, From: time.Time{}, To: hour, Step: math.MaxInt64},
	} {
		if points, err := d.Series(q); err == nil {
			t.Errorf("%s: accepted, %d points", what, len(points))
		}
	}
	points, err := d.Series(history.Query{Link: name, Field: history.FieldBPS, From: hour, To: start, Step: time.Second})
	if err != nil || len(points) != 0 {
		t.Errorf("a span that ends before it starts: %v, %v", points, err)
	}
	for what, q := range map[string]history.PercentileQuery{
		"unknown link":  {Links: []string{"nope"}, From: start, To: hour, Percent: 95},
		"no direction":  {Links: []string{name}, Direction: linkmodel.NoDirection, From: start, To: hour, Percent: 95},
		"no percentage": {Links: []string{name}, From: start, To: hour},
		"not a number":  {Links: []string{name}, From: start, To: hour, Percent: math.NaN()},
	} {
		if _, err := d.Percentiles(q); err == nil {
			t.Errorf("percentiles, %s: accepted", what)
		}
	}
}

// Nothing is kept and nothing opened, and every series is one gap.
func TestOffKeepsNothing(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, dir, history.Config{Off: true}, oneLink, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Append(full(start))
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
	points, err := s.Series(history.Query{Link: oneLink[0].Name, Field: history.FieldBPS, From: start, To: start.Add(time.Hour), Step: time.Hour})
	if err != nil || len(points) != 1 || points[0].Count != 0 {
		t.Errorf("%v, %v", points, err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("made %v", left)
	}
}

func TestAppendNeitherWaitsNorAllocates(t *testing.T) {
	s := newStore(t, t.TempDir(), history.Config{}, oneLink, nil)
	v := full(start)
	room := cap(s.kept.Load().queue)
	if n := testing.AllocsPerRun(room+1000, func() { s.Append(v) }); n != 0 {
		t.Errorf("%v allocations per Append", n)
	}
	if lost := testutil.ToFloat64(s.metrics.lost); lost < 1000 {
		t.Errorf("%v samples lost of %d too many", lost, 1000)
	}
	s.Append(&linkmodel.View{Link: &linkmodel.Link{Name: "other"}, At: start}) // of no link of ours
}

// A clock that is set back must neither lose samples nor break the order of a series; the same sample once
// more changes nothing.
func TestSamplesMayComeLateAndTwice(t *testing.T) {
	d := openDesk(t, t.TempDir(), history.Config{}, oneLink)
	for range 2 {
		for _, minute := range []int{10, 11, 5, 6} {
			d.keep(viewAt(start.Add(time.Duration(minute)*time.Minute), linkmodel.Known(float64(minute))))
		}
	}
	var got []float64
	for _, p := range d.series(history.Query{Field: history.FieldBPS, From: start, To: start.Add(time.Hour), Step: time.Minute}) {
		if p.Count > 0 {
			got = append(got, p.Mean)
		}
		if p.Count > 1 {
			t.Errorf("%d samples at %v", p.Count, p.At)
		}
	}
	if diff := cmp.Diff([]float64{5, 6, 10, 11}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Whatever the step, every known sample is counted in exactly one point, and min <= mean <= max.
func TestSeriesStepsPartitionSamples(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := openDesk(t, t.TempDir(), history.Config{}, oneLink)
		defer d.close()
		known, at := 0, start
		for range rapid.IntRange(0, 200).Draw(r, "samples") {
			at = at.Add(time.Duration(rapid.IntRange(1, 90_000).Draw(r, "gap_ms")) * time.Millisecond)
			q := linkmodel.Unknown(linkmodel.ReasonMissed)
			if rapid.Bool().Draw(r, "known") {
				q = linkmodel.Known(float64(rapid.Uint32().Draw(r, "bps")))
				known++
			}
			d.Append(viewAt(at, q))
		}
		d.flush()
		points, err := d.Series(history.Query{
			Link: oneLink[0].Name, Field: history.FieldBPS, From: start, To: at.Add(time.Millisecond),
			Step: time.Duration(rapid.IntRange(1, 10_000_000).Draw(r, "step_ms")) * time.Millisecond * 10,
		})
		if err != nil {
			r.Skip(err)
		}
		for _, p := range points {
			known -= p.Count
			slack := 1e-9 * math.Abs(p.Mean)
			if p.Count > 0 && (p.Min > p.Mean+slack || p.Mean > p.Max+slack) {
				r.Fatalf("min %v mean %v max %v", p.Min, p.Mean, p.Max)
			}
		}
		if known != 0 {
			r.Fatalf("%d known samples are missing or counted twice", known)
		}
	})
}

// Very many links are kept with the fields that matter most.
func TestLeanAboveManyLinks(t *testing.T) {
	many := make([]string, 0, leanAbove+1)
	for i := range leanAbove + 1 {
		many = append(many, fmt.Sprintf("l%d", i))
	}
	s := newStore(t, t.TempDir(), history.Config{}, linksNamed(many[:leanAbove]...), nil)
	if n := len(s.kept.Load().positions); n != 1+numValues {
		t.Errorf("%d series of each of %d links", n, leanAbove)
	}
	s.Reload(history.Config{}, many, nil)
	if n := len(s.kept.Load().positions); n != 5 {
		t.Errorf("%d series of each of %d links, want state, bps and loss", n, len(many))
	}
}
