package samples

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// midnight begins the days of these tests.
var midnight = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// wave is the traffic of one link in bit/s, different in every minute; exact in a float32.
func wave(minute int) float64 { return float64(1000 + (minute*37)%1440) }

// keepDays keeps a sample a minute and makes blocks on the way, as time does.
func (d *desk) keepDays(days int) { d.keepDaysFrom(0, days) }

func (d *desk) keepDaysFrom(from, to int) {
	d.t.Helper()
	for minute := from * 1440; minute < to*1440; minute++ {
		v := viewAt(midnight.Add(time.Duration(minute)*time.Minute), linkmodel.Known(wave(minute)))
		if minute%1440 < 10 {
			v.State = linkmodel.StateDown
		}
		d.Append(v)
		if minute%120 == 119 {
			d.flush()
			if err := d.db.raw.Compact(d.t.Context()); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	d.flush()
}

func (d *desk) rollAt(now time.Time) {
	d.t.Helper()
	d.deps.Now = func() time.Time { return now }
	if _, err := d.rollUp(d.t.Context(), d.db); err != nil {
		d.t.Fatal(err)
	}
}

// Hourly figures are the samples' own, a day is written once it is over and never twice, and when the
// samples are gone the figures take their place.
func TestHourlyFiguresOutliveSamples(t *testing.T) {
	dir := t.TempDir()
	d := openDesk(t, dir, history.Config{}, oneLink)
	d.keepDays(3)
	d.rollAt(midnight.Add(48*time.Hour + 59*time.Minute))
	if n := len(blockFolders(dir + "/hourly")); n != 1 {
		t.Fatalf("%d days written an hour after the second one ended, less a minute; want 1", n)
	}
	d.rollAt(midnight.Add(49 * time.Hour))
	first := blockFolders(dir + "/hourly")
	d.rollAt(midnight.Add(49 * time.Hour))
	if again := blockFolders(dir + "/hourly"); len(first) != 2 || !slices.Equal(first, again) {
		t.Fatalf("blocks %v, then %v", first, again)
	}
	hourly := history.Query{
		Field: history.FieldBPS, Direction: linkmodel.AToZ, From: midnight, To: midnight.Add(48 * time.Hour), Step: time.Hour,
	}
	state := hourly
	state.Field = history.FieldState
	percentile := history.PercentileQuery{
		Links: []string{oneLink[0].Name}, From: midnight.Add(time.Hour), To: midnight.Add(48 * time.Hour), Percent: 95,
	}
	wantHours, wantStates := d.series(hourly), d.series(state)
	wantPercentile := d.percentile(percentile)
	if p := wantHours[1]; p.Count != 60 || p.Min != least(60, 120) || p.Max != most(60, 120) {
		t.Fatalf("an hour of samples: %+v", p)
	}
	d.close()

	// The samples are lost; what is left of them is by the hour.
	if _, err := moveAside([]string{dir + "/raw"}, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	d = openDesk(t, dir, history.Config{}, oneLink)
	d.keep(viewAt(midnight.Add(72*time.Hour), linkmodel.Known(5)))
	near := cmpopts.EquateApprox(1e-6, 0)
	if diff := cmp.Diff(wantHours, d.series(hourly), near); diff != "" {
		t.Errorf("hours (-samples +hourly)\n%s", diff)
	}
	worst := func(points []history.Point) (w []float64) {
		for _, p := range points {
			w = append(w, p.Max, float64(p.Count))
		}
		return w
	}
	if diff := cmp.Diff(worst(wantStates), worst(d.series(state))); diff != "" {
		t.Errorf("states (-samples +hourly)\n%s", diff)
	}
	if got := d.percentile(percentile); got.Count != wantPercentile.Count || math.Abs(got.Value-wantPercentile.Value) > 1e-3 {
		t.Errorf("percentile %+v, of the samples %+v", got, wantPercentile)
	}
}

func least(from, to int) float64 { return slices.Min(waves(from, to)) }
func most(from, to int) float64  { return slices.Max(waves(from, to)) }

func waves(from, to int) (w []float64) {
	for minute := from; minute < to; minute++ {
		w = append(w, wave(minute))
	}
	return w
}

func (d *desk) percentile(q history.PercentileQuery) history.Percentile {
	d.t.Helper()
	got, err := d.Percentiles(q)
	if err != nil {
		d.t.Fatal(err)
	}
	return got[0]
}

// The percentile is the nearest rank of averages of five minutes, reckoned here in the plainest way.
func TestPercentileIsOfFiveMinutes(t *testing.T) {
	d := openDesk(t, t.TempDir(), history.Config{}, oneLink)
	d.keepDays(1)
	var means []float64
	for minute := 0; minute < 1440; minute += 5 {
		sum := 0.
		for _, w := range waves(minute, minute+5) {
			sum += w
		}
		means = append(means, sum/5)
	}
	slices.Sort(means)
	for _, c := range []struct {
		percent float64
		rank    int
	}{{95, 274}, {100, 288}, {50, 144}, {0.01, 1}} {
		got := d.percentile(history.PercentileQuery{
			Links: []string{oneLink[0].Name}, From: midnight, To: midnight.Add(24 * time.Hour), Percent: c.percent,
		})
		if want := means[c.rank-1]; got.Count != 288 || math.Abs(got.Value-want) > 1e-3 {
			t.Errorf("%v %%: %+v, want %v of 288", c.percent, got, want)
		}
	}
	other := d.percentile(history.PercentileQuery{
		Links: []string{oneLink[0].Name}, Direction: linkmodel.ZToA, From: midnight, To: midnight.Add(24 * time.Hour), Percent: 95,
	})
	if other.Count != 0 {
		t.Errorf("a direction of which nothing is known: %+v", other)
	}
}

// What is too old goes, the newest stays; the hourly figures are merged into larger blocks and stay.
func TestRetentionForgetsTheOldest(t *testing.T) {
	dir := t.TempDir()
	d := openDesk(t, dir, history.Config{Retention: 24 * time.Hour}, oneLink)
	d.keepDays(1)
	d.rollAt(midnight.Add(25 * time.Hour))
	d.keepDaysFrom(1, 4)
	for range 3 {
		d.rollAt(midnight.Add(97 * time.Hour))
		for _, db := range []interface {
			Compact(ctx context.Context) error
		}{d.db.raw, d.db.hourly} {
			if err := db.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.close()
	d = openDesk(t, dir, history.Config{Retention: 24 * time.Hour}, oneLink)
	count := func(from, to, step time.Duration) (n int) {
		for _, p := range d.series(history.Query{
			Field: history.FieldBPS, From: midnight.Add(from), To: midnight.Add(to), Step: step,
		}) {
			n += p.Count
		}
		return n
	}
	if n := count(72*time.Hour, 96*time.Hour, time.Minute); n != 1440 {
		t.Errorf("%d samples of the last day", n)
	}
	if first := d.db.begin(); first < midnight.Add(60*time.Hour).UnixMilli() {
		t.Errorf("samples from %v on are kept for a day", time.UnixMilli(first).UTC())
	}
	if n := count(0, 24*time.Hour, time.Hour); n != 1440 {
		t.Errorf("the hours of the first day count %d samples", n)
	}
}
