package alerting

import "time"

const day = 24 * time.Hour

// date is a day of the calendar, without a zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// noon is an instant that stands for the day where only the calendar counts.
func (d date) noon() time.Time { return time.Date(d.year, d.month, d.day, 12, 0, 0, 0, time.UTC) }

func (d date) plus(days int) date { return dateOf(d.noon().AddDate(0, 0, days)) }

// at returns the instant at which clocks on the wall in a zone show the given time of day. What they
// show twice, as clocks go back, is the first of both; what they never show, as clocks go forward, is
// as long after the change as it would have been.
func (d date) at(clock time.Duration, zone *time.Location) time.Time {
	wall := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Add(clock)
	before, after := offset(wall.Add(-day), zone), offset(wall.Add(day), zone)
	first, second := wall.Add(-before), wall.Add(-after)
	if offset(first, zone) != before && offset(second, zone) == after {
		return second.In(zone)
	}
	return first.In(zone)
}

// offset is how far clocks in a zone are ahead of UTC at t.
func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// WallTime returns the instant at which clocks on the wall in a zone show what wall shows in its own, and
// whether they ever do: a time that they leave out as they go forward is taken as that much after it.
func WallTime(wall time.Time, zone *time.Location) (at time.Time, shown bool) {
	d := dateOf(wall)
	at = d.at(wall.Sub(time.Date(d.year, d.month, d.day, 0, 0, 0, 0, wall.Location())), zone)
	return at, at.Format(time.DateTime) == wall.Format(time.DateTime)
}

// Days are the days of a calendar that are meant. A zero field means all.
type Days struct {
	// Weekdays has bit n for weekday n (time.Weekday), MonthDays for day n of the month, Months for
	// month n.
	Weekdays  uint8
	MonthDays uint32
	Months    uint16
	// Ordinals has bit n for the n-th such weekday of the month (1 to 5), bit 0 for the last one.
	Ordinals uint8
	// Either means that one of Weekdays and MonthDays is enough, as cron has it when both are given.
	Either bool
}

func (d *Days) include(on date) bool {
	noon := on.noon()
	if !has(d.Months, int(on.month)) {
		return false
	}
	weekday, monthDay := has(d.Weekdays, int(noon.Weekday())), has(d.MonthDays, on.day)
	if d.Either {
		return weekday || monthDay
	}
	return weekday && monthDay && d.inOrder(on)
}

// inOrder reports whether the weekday of a day is of those in the month that are meant.
func (d *Days) inOrder(on date) bool {
	const week = 7
	last := on.plus(week).month != on.month
	return has(d.Ordinals, (on.day+week-1)/week) || last && d.Ordinals&1 != 0
}

// has reports whether a set that may be zero for all has bit n.
func has[T uint8 | uint16 | uint32](set T, n int) bool { return set == 0 || set>>n&1 != 0 }
