package configs

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/bothends/bothends/alerting"
)

// ordinals are the words for the n-th weekday of a month; bit 0 of alerting.Days.Ordinals is the last.
var ordinals = []string{"last", "first", "second", "third", "fourth", "fifth"}

// someDays are weekdays of each week, or of those in the month that ordinals has, when that is not 0.
type someDays struct {
	weekdays, ordinals uint8
}

// days reads the days of a window: day, sunday, mon-fri, second tuesday, or a list of such.
func (w *walker) days(v value) alerting.Days {
	var list []someDays
	for _, item := range w.some(v) {
		item.name = v.name
		s, ok := w.text(item)
		if !ok {
			continue
		}
		one, ok := parseSomeDays(strings.ToLower(s))
		if !ok {
			w.report("E042", item.span(), "%s does not name days I know", quote(s)).
				help(`for example day, sunday, mon-fri, second tuesday, last sunday; days of the month take cron: "0 2 1,15 * *"`)
			continue
		}
		list = append(list, one)
	}
	all, ok := union(list)
	if !ok {
		w.report("E014", v.span(), "every mixes days that one window cannot mean together").help("write two windows")
	}
	return alerting.Days{Weekdays: all.weekdays, Ordinals: all.ordinals}
}

// union joins days into one set, which must be of the same weeks or of the same weekdays: the first
// sunday and the second monday together would be four days.
func union(list []someDays) (all someDays, ok bool) {
	sameWeekdays := !slices.ContainsFunc(list, func(d someDays) bool { return d.weekdays != list[0].weekdays })
	sameWeeks := !slices.ContainsFunc(list, func(d someDays) bool { return d.ordinals != list[0].ordinals })
	ordinary := slices.ContainsFunc(list, func(d someDays) bool { return d.ordinals == 0 })
	for _, d := range list {
		all.weekdays |= d.weekdays
		all.ordinals |= d.ordinals
	}
	return all, sameWeeks || sameWeekdays && !ordinary
}

// everyDay is all seven weekdays.
const everyDay = 1<<7 - 1

func parseSomeDays(s string) (d someDays, ok bool) {
	if s == "day" {
		return someDays{weekdays: everyDay}, true
	}
	if word, rest, found := strings.Cut(s, " "); found {
		n := slices.Index(ordinals, word)
		if n < 0 {
			return d, false
		}
		d.ordinals, s = 1<<n, strings.TrimSpace(rest)
	}
	d.weekdays, ok = parseWeekdays(s)
	return d, ok
}

// parseWeekdays reads a weekday or a range of them; bit n stands for weekday n (time.Weekday).
func parseWeekdays(s string) (days uint8, ok bool) {
	first, last, ranged := strings.Cut(s, "-")
	if !ranged {
		last = first
	}
	from, to := parseWeekday(first), parseWeekday(last)
	if from < 0 || to < 0 {
		return 0, false
	}
	for d := from; ; d = (d + 1) % 7 {
		days |= 1 << d
		if d == to {
			return days, true
		}
	}
}

// parseWeekday reads a weekday by its name or its first three letters; -1 is none.
func parseWeekday(s string) time.Weekday {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); s == name || s == name[:3] {
			return d
		}
	}
	return -1
}

// cronFields are those of a crontab: minute, hour, day of month, month, day of week.
const cronFields = cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow

// cronDays reads a crontab's five fields, which must name one minute: a window begins some times a day.
func (w *walker) cronDays(v value, r *alerting.Recurrence) {
	s, ok := w.text(v)
	if !ok {
		return
	}
	spec, ok := parseCron(s)
	if !ok {
		w.report("E042", v.span(), "%s is not a crontab time I can read", quote(s)).
			help(`five fields: minute, hour, day of month, month, day of week, as "0 2 1,15 * *"; the zone is in timezone`)
		return
	}
	if bits.OnesCount64(spec.Minute&^star) != 1 {
		w.report("E014", v.span(), "cron of a window must name one minute").help(`as "0 2 * * sun"`)
		return
	}
	minute := time.Duration(bits.TrailingZeros64(spec.Minute)) * time.Minute
	for hour := range 24 {
		if spec.Hour>>hour&1 != 0 {
			r.Starts = append(r.Starts, time.Duration(hour)*time.Hour+minute)
		}
	}
	r.Days = alerting.Days{
		Weekdays: uint8(spec.Dow & everyDay), MonthDays: uint32(spec.Dom &^ star), Months: uint16(spec.Month &^ star), //nolint:gosec // that wide
		Either: spec.Dow&star == 0 && spec.Dom&star == 0,
	}
	if r.For > 0 && (&alerting.Window{Again: r}).Next(w.env.now()).IsZero() {
		w.report("E042", v.span(), "%s never comes", quote(s)).help("no year has such a day")
	}
}

// star is the bit by which robfig/cron marks a field that was written as *.
const star = 1 << 63

// parseCron never panics: the library does on some texts that begin with a zone.
func parseCron(s string) (*cron.SpecSchedule, bool) {
	if strings.Contains(s, "=") || strings.HasPrefix(s, "@") {
		return nil, false
	}
	schedule, err := cron.NewParser(cronFields).Parse(s)
	if err != nil {
		return nil, false
	}
	spec, ok := schedule.(*cron.SpecSchedule)
	return spec, ok
}
