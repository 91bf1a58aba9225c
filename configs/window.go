package configs

import (
	"slices"
	"time"

	"github.com/bothends/bothends/alerting"
)

// oneOff reads a window with a date.
func (w *walker) oneOff(f *fields, window *alerting.Window, zone *time.Location) {
	from, ok := w.need(f, "from", "from: 2026-12-03 01:00, or every: sunday")
	if !ok {
		return
	}
	if window.From, ok = w.localTime(from, zone); !ok {
		return
	}
	_, hasTo := f.get("to")
	length, hasFor := f.get("for")
	at := from
	switch {
	case hasTo && hasFor:
		w.unfit(f, "to", "for")
		return
	case hasFor:
		d, _ := w.duration(length, minWindow, maxOnce)
		window.Until = window.From.Add(d)
	default:
		if at, ok = w.need(f, "to", "to: 2026-12-03 05:00, or for: 4h"); !ok {
			return
		}
		if window.Until, ok = w.localTime(at, zone); !ok {
			return
		}
	}
	w.windowLies(f.what, window, at)
}

// windowLies looks at where a window lies: the right way round, and not all of it in the past.
func (w *walker) windowLies(what string, window *alerting.Window, at value) {
	const shown = "15:04 on 2 January 2006"
	if !window.Until.After(window.From) {
		w.report("E040", at.span(), "%s ends before it starts (%s, %s)", what,
			window.Until.Format(shown), window.From.Format(shown)).help("a window over midnight ends on the next day")
		return
	}
	if ago := w.env.now().Sub(window.Until); ago > 0 {
		w.report("W043", at.span(), "%s ended %s ago; it does nothing now", what, roughTime(ago)).
			help("take it out")
	}
}

// roughTime is a length of time in its largest unit.
func roughTime(d time.Duration) string {
	if d >= 2*day {
		return plural(int(d/day), "day")
	}
	if d >= 2*time.Hour {
		return plural(int(d/time.Hour), "hour")
	}
	return plural(int(d/time.Minute), "minute")
}

// localTimes are the forms of a date with a time of day.
var localTimes = []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"}

// localTime reads a date with a time of day as clocks in a zone show it.
func (w *walker) localTime(v value, zone *time.Location) (time.Time, bool) {
	s, ok := w.text(v)
	if !ok {
		return time.Time{}, false
	}
	for _, form := range localTimes {
		wall, err := time.Parse(form, s)
		if err != nil {
			continue
		}
		at, shown := alerting.WallTime(wall, zone)
		if !shown {
			w.report("W042", v.span(), "%s does not exist in %s (the clocks go forward over it); taken as %s",
				s, zone, at.Format("15:04")).help("write the time after the change")
		}
		return at, true
	}
	w.report("E042", v.span(), "%s is not a date and time I can read", quote(s)).
		help("write it as 2026-12-03 01:00, by the clocks of timezone")
	return time.Time{}, false
}

// recurrence reads a window that comes back: every and from, or cron; and for how long.
func (w *walker) recurrence(f *fields, zone *time.Location) *alerting.Recurrence {
	r := &alerting.Recurrence{Zone: zone}
	w.unfit(f, "a window that comes back", "to")
	if v, ok := w.need(f, "for", "for: 2h"); ok {
		r.For, _ = w.duration(v, minWindow, maxWindow)
	}
	every, hasEvery := f.get("every")
	spec, hasCron := f.get("cron")
	switch {
	case hasEvery && hasCron:
		w.unfit(f, "every", "cron")
	case hasCron:
		w.unfit(f, "cron", "from")
		w.cronDays(spec, r)
	default:
		r.Days = w.days(every)
		if from, ok := w.need(f, "from", `from: "02:00"`); ok {
			r.Starts = w.timesOfDay(from)
		}
	}
	return r
}

// timesOfDay reads one time of day or several.
func (w *walker) timesOfDay(v value) []time.Duration {
	var list []time.Duration
	for _, item := range w.some(v) {
		item.name = v.name
		s, ok := w.text(item)
		if !ok {
			continue
		}
		clock, err := time.Parse("15:04", s)
		if err != nil {
			w.report("E042", item.span(), "%s is not a time of day I can read", quote(s)).
				help(`write it as "02:00"; with every, from has no date`)
			continue
		}
		list = append(list, time.Duration(clock.Hour())*time.Hour+time.Duration(clock.Minute())*time.Minute)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
