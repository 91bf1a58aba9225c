package alerting

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// week returns the days of a word such as "mon tue"; all of them when it is empty.
func week(days ...time.Weekday) [7]bool {
	var out [7]bool
	for _, d := range days {
		out[d] = true
	}
	if len(days) == 0 {
		out = [7]bool{true, true, true, true, true, true, true}
	}
	return out
}

// office is mon-fri 08:00-18:00.
func office(z *time.Location) *Hours {
	return &Hours{Text: "mon-fri 08:00-18:00 " + z.String(), Spans: []Span{{
		Days: week(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday), From: 8 * 60, To: 18 * 60, Zone: z,
	}}}
}

// TestHoursFollowTheWallClock asks in UTC, so that a zone or a rule of summer time that is not applied
// shows.
func TestHoursFollowTheWallClock(t *testing.T) {
	f := func(h *Hours, at string, want bool) {
		t.Helper()
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Open(instant); got != want {
			t.Errorf("%s at %s (%s): open %v, want %v", h.Text, at, h.clock(instant), got, want)
		}
	}
	london, tokyo := office(zone(t, "Europe/London")), office(zone(t, "Asia/Tokyo"))
	f(london, "2026-01-12T07:59:59Z", false) // a Monday in winter: UTC
	f(london, "2026-01-12T08:00:00Z", true)
	f(london, "2026-01-12T17:59:59Z", true)
	f(london, "2026-01-12T18:00:00Z", false)
	f(london, "2026-07-13T06:59:59Z", false) // a Monday in summer: an hour ahead
	f(london, "2026-07-13T07:00:00Z", true)
	f(london, "2026-07-13T17:00:00Z", false)
	f(london, "2026-01-10T12:00:00Z", false) // a Saturday
	f(tokyo, "2026-01-11T23:00:00Z", true)   // Monday 08:00 there, Sunday still in UTC
	f(tokyo, "2026-01-16T09:00:00Z", false)  // Friday 18:00

	night := &Hours{Text: "fri 22:00-06:00 Europe/London", Spans: []Span{
		{Days: week(time.Friday), From: 22 * 60, To: 6 * 60, Zone: zone(t, "Europe/London")},
	}}
	f(night, "2026-01-16T21:59:00Z", false)
	f(night, "2026-01-16T22:00:00Z", true)
	f(night, "2026-01-17T05:59:00Z", true)
	f(night, "2026-01-17T06:00:00Z", false)
	f(night, "2026-01-16T05:00:00Z", false) // the night of Thursday
	f(night, "2026-01-17T22:00:00Z", false)

	// Clocks go from 01:00 to 02:00 on 29 March and from 02:00 to 01:00 on 25 October.
	early := &Hours{Text: "01:00-02:00 Europe/London", Spans: []Span{
		{Days: week(), From: 60, To: 120, Zone: zone(t, "Europe/London")},
	}}
	f(early, "2026-03-28T01:30:00Z", true)
	f(early, "2026-03-29T00:59:00Z", false)
	f(early, "2026-03-29T01:00:00Z", false) // it is 02:00: the hour never comes
	f(early, "2026-10-25T00:30:00Z", true)  // 01:30 the first time
	f(early, "2026-10-25T01:30:00Z", true)  // and the second
	f(early, "2026-10-25T02:00:00Z", false)

	late := &Hours{Text: "20:00-24:00 UTC", Spans: []Span{{Days: week(), From: 20 * 60, To: minutesADay, Zone: time.UTC}}}
	f(late, "2026-01-12T23:59:59Z", true)
	f(late, "2026-01-13T00:00:00Z", false)
	f(nil, "2026-01-13T00:00:00Z", true)
}

// TestANightAndItsDayFillTheDay says that a span and the span from its end to its beginning are open
// in turn, on any day of any zone.
func TestANightAndItsDayFillTheDay(t *testing.T) {
	zones := []*time.Location{zone(t, "Europe/London"), zone(t, "America/New_York"), zone(t, "Asia/Kolkata"), zone(t, "Australia/Lord_Howe")}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, minutesADay-1).Draw(t, "from")
		to := (from + rapid.IntRange(1, minutesADay-1).Draw(t, "length")) % minutesADay
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		one := &Hours{Spans: []Span{{Days: week(), From: from, To: to, Zone: z}}}
		other := &Hours{Spans: []Span{{Days: week(), From: to, To: from, Zone: z}}}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0)
		if one.Open(at) == other.Open(at) {
			t.Fatalf("%v: both are %v", at.In(z), one.Open(at))
		}
	})
}
