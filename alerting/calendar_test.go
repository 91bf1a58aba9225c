package alerting

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestWallTimeWhereClocksChange(t *testing.T) {
	for _, c := range []struct{ zone, wall, want, why string }{
		{"Europe/London", "2026-12-03T01:00:00Z", "2026-12-03T01:00:00Z", "winter"},
		{"Europe/London", "2026-07-03T01:00:00Z", "2026-07-03T00:00:00Z", "summer"},
		{"Europe/London", "2027-03-28T01:30:00Z", "2027-03-28T01:30:00Z", "left out: taken as 02:30"},
		{"Europe/London", "2027-03-28T10:00:00Z", "2027-03-28T09:00:00Z", "after the change"},
		{"Europe/London", "2027-10-31T10:00:00Z", "2027-10-31T10:00:00Z", "after the change back"},
		{"Europe/London", "2027-10-31T01:30:00Z", "2027-10-31T00:30:00Z", "shown twice: the first"},
		{"America/New_York", "2027-03-14T02:30:00Z", "2027-03-14T07:30:00Z", "left out: taken as 03:30"},
		{"America/New_York", "2027-11-07T01:30:00Z", "2027-11-07T05:30:00Z", "shown twice: the first"},
		{"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:45:00Z", "half an hour left out: taken as 02:45"},
		{"America/Sao_Paulo", "2018-11-04T00:00:00Z", "2018-11-04T03:00:00Z", "a midnight left out: taken as 01:00"},
	} {
		got, _ := WallTime(at(t, c.wall), zone(t, c.zone))
		if !got.Equal(at(t, c.want)) {
			t.Errorf("%s %s (%s): %v, want %s", c.zone, c.wall, c.why, got.UTC(), c.want)
		}
	}
	if _, shown := WallTime(at(t, "2027-03-28T01:30:00Z"), zone(t, "Europe/London")); shown {
		t.Error("01:30 is not shown as clocks go from 01:00 to 02:00")
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		days Days
		in   []string
		out  []string
	}{
		{Days{}, []string{"2026-12-01", "2028-02-29"}, nil},
		{Days{Weekdays: 1 << time.Sunday}, []string{"2026-12-06"}, []string{"2026-12-05", "2026-12-07"}},
		{Days{Weekdays: 1 << time.Tuesday, Ordinals: 1 << 2}, []string{"2026-12-08"}, []string{"2026-12-01", "2026-12-15"}},
		{Days{Weekdays: 1 << time.Thursday, Ordinals: 1}, []string{"2026-12-31"}, []string{"2026-12-24", "2026-12-03"}},
		{Days{Weekdays: 1 << time.Tuesday, Ordinals: 1 << 5}, []string{"2026-12-29"}, []string{"2026-12-22"}},
		{Days{MonthDays: 1 << 1, Months: 1 << 12}, []string{"2026-12-01"}, []string{"2026-11-01", "2026-12-02"}},
		{
			Days{Weekdays: 1 << time.Sunday, MonthDays: 1 << 1, Either: true},
			[]string{"2026-12-01", "2026-12-06"},
			[]string{"2026-12-02"},
		},
	} {
		for _, text := range c.in {
			if !c.days.include(dateOf(at(t, text+"T00:00:00Z"))) {
				t.Errorf("%+v is not on %s", c.days, text)
			}
		}
		for _, text := range c.out {
			if c.days.include(dateOf(at(t, text+"T00:00:00Z"))) {
				t.Errorf("%+v is on %s", c.days, text)
			}
		}
	}
}

// wall is what clocks in a zone show at t, as if it were UTC.
func wall(t time.Time, z *time.Location) time.Time {
	_, ahead := t.In(z).Zone()
	return t.UTC().Add(time.Duration(ahead) * time.Second)
}

// startsAt tells by nothing but a clock on the wall, read each minute, whether a window starts at t.
func startsAt(t time.Time, r *Recurrence) bool {
	now := wall(t, r.Zone)
	for _, clock := range r.Starts {
		begin := func(w time.Time) bool {
			d := dateOf(w)
			return r.Days.include(d) && w.Equal(time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Add(clock))
		}
		if begin(now) && !shownBefore(t, r.Zone) {
			return true
		}
		// What was left out within the last hours comes as much later.
		for back := range 180 {
			jump := t.Add(-time.Duration(back) * time.Minute)
			after, last := wall(jump, r.Zone), wall(jump.Add(-time.Minute), r.Zone)
			if gap := after.Sub(last) - time.Minute; gap > 0 && begin(now.Add(-gap)) && now.Add(-gap).After(last) && now.Add(-gap).Before(after) {
				return true
			}
		}
	}
	return false
}

// shownBefore tells whether clocks showed the same within the last three hours.
func shownBefore(t time.Time, z *time.Location) bool {
	for back := 1; back <= 180; back++ {
		if wall(t.Add(-time.Duration(back)*time.Minute), z).Equal(wall(t, z)) {
			return true
		}
	}
	return false
}

func TestInsideAgreesWithAClockOnTheWall(t *testing.T) {
	// Where clocks change and when, and an ordinary night.
	changes := []struct {
		zone  *time.Location
		about time.Time
	}{
		{zone(t, "Europe/London"), at(t, "2027-03-28T01:00:00Z")},
		{zone(t, "Europe/London"), at(t, "2027-10-31T01:00:00Z")},
		{zone(t, "America/New_York"), at(t, "2027-03-14T07:00:00Z")},
		{zone(t, "America/New_York"), at(t, "2027-11-07T06:00:00Z")},
		{zone(t, "Australia/Lord_Howe"), at(t, "2026-10-03T15:30:00Z")},
		{zone(t, "Australia/Lord_Howe"), at(t, "2027-04-03T15:00:00Z")},
		{zone(t, "America/Sao_Paulo"), at(t, "2018-11-04T03:00:00Z")},
		{zone(t, "Pacific/Auckland"), at(t, "2026-12-31T11:00:00Z")},
	}
	rapid.Check(t, func(r *rapid.T) {
		minutes := func(low, high int, name string) time.Duration {
			return time.Duration(rapid.IntRange(low, high).Draw(r, name)) * time.Minute
		}
		change := rapid.SampledFrom(changes).Draw(r, "change")
		again := &Recurrence{
			Zone: change.zone,
			Days: Days{
				Weekdays: rapid.SampledFrom([]uint8{0, 1, 3, 65, 126}).Draw(r, "weekdays"),
				Ordinals: rapid.SampledFrom([]uint8{0, 0, 1, 18}).Draw(r, "ordinals"),
			},
			Starts: []time.Duration{minutes(0, 5*60, "start")},
			For:    minutes(1, 10*60, "for"),
		}
		if rapid.Bool().Draw(r, "late") {
			again.Starts[0] += 19*time.Hour - time.Minute
		}
		now := change.about.Add(minutes(-300, 600, "off"))
		want := time.Time{}
		for back := time.Duration(0); back < again.For; back += time.Minute {
			if begin := now.Add(-back); startsAt(begin, again) && begin.Add(again.For).After(want) {
				want = begin.Add(again.For)
			}
		}
		got, inside := (&Window{Again: again}).Inside(now)
		if inside != !want.IsZero() || inside && !got.Equal(want) {
			r.Fatalf("%v in %v: inside %v until %v, want %v", now, again, inside, got, want)
		}
	})
}

func TestNextIsTheFirstStart(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := &Window{Again: &Recurrence{
			Zone:   zone(t, "Europe/London"),
			Days:   Days{Weekdays: rapid.Uint8Range(1, 127).Draw(r, "weekdays"), Ordinals: rapid.Uint8Range(0, 31).Draw(r, "ordinals")},
			Starts: []time.Duration{time.Duration(rapid.IntRange(0, 24*60-1).Draw(r, "start")) * time.Minute},
			For:    time.Minute,
		}}
		now := at(t, "2026-12-01T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(r, "now")) * time.Minute)
		next := w.Next(now)
		if !next.After(now) {
			r.Fatalf("%v is not after %v", next, now)
		}
		if _, inside := w.Inside(next); !inside {
			r.Fatalf("%v is no start", next)
		}
		between := now.Add(time.Duration(rapid.Int64Range(1, int64(next.Sub(now)/time.Minute)).Draw(r, "minutes")) * time.Minute)
		if _, inside := w.Inside(between); inside && between.Before(next) && between.After(now.Add(time.Minute)) {
			r.Fatalf("a window at %v, before %v", between, next)
		}
	})
	never := &Window{Again: &Recurrence{Zone: time.UTC, Days: Days{MonthDays: 1 << 30, Months: 1 << 2}, Starts: []time.Duration{0}, For: time.Hour}}
	if next := never.Next(at(t, "2026-12-01T00:00:00Z")); !next.IsZero() {
		t.Errorf("30 February is on %v", next)
	}
	leap := &Window{Again: &Recurrence{Zone: time.UTC, Days: Days{MonthDays: 1 << 29, Months: 1 << 2}, Starts: []time.Duration{0}, For: time.Hour}}
	if next := leap.Next(at(t, "2096-03-01T00:00:00Z")); next.Year() != 2104 {
		t.Errorf("29 February after 2096 is on %v; 2100 has none", next)
	}
}
