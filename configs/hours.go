package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a container may have no time zones of its own

	"github.com/bothends/bothends/alerting"
)

// clockSpan is 08:00-18:00.
var clockSpan = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})$`)

const hoursHelp = "write days, times and a time zone: mon-fri 08:00-18:00 Europe/London; without days it is every day"

// hours reads when a route is open: one span of the week, or a list of them.
func (w *walker) hours(v value) *alerting.Hours {
	h := &alerting.Hours{}
	var written []string
	for _, item := range w.some(v) {
		item.name = "hours"
		s, ok := w.text(item)
		if !ok {
			continue
		}
		if span, ok := w.span(item, s); ok {
			h.Spans = append(h.Spans, span)
			written = append(written, strings.Join(strings.Fields(s), " "))
		}
	}
	h.Text = strings.Join(written, ", ")
	return h
}

// span reads "mon-fri 08:00-18:00 Europe/London", of which the days may be left out.
func (w *walker) span(v value, s string) (alerting.Span, bool) {
	words := strings.Fields(s)
	if len(words) == 2 && clockSpan.MatchString(words[0]) {
		words = slices.Insert(words, 0, "mon-sun")
	}
	if len(words) != 3 {
		w.report("E014", v.span(), "%s are no hours", quote(s)).help("%s", hoursHelp)
		return alerting.Span{}, false
	}
	span := alerting.Span{Zone: w.zone(v, words[2])}
	days, err := parseDays(words[0])
	if err != nil {
		w.report("E014", v.within(words[0]), "%s", err).help("days are mon, tue, wed, thu, fri, sat, sun; a range is mon-fri, a list is mon,wed")
		return span, false
	}
	span.Days = days
	var ok bool
	if span.From, span.To, ok = parseClocks(words[1]); !ok {
		w.report("E014", v.within(words[1]), "%s is not a time of day", quote(words[1])).
			help("write 08:00-18:00, or 22:00-06:00 for a night that begins on the days named; midnight as an end is 24:00")
		return span, false
	}
	return span, span.Zone != nil
}

func parseDays(text string) ([7]bool, error) {
	var days [7]bool
	for part := range strings.SplitSeq(strings.ToLower(text), ",") {
		weekdays, ok := parseWeekdays(part)
		if !ok {
			return days, fmt.Errorf("%s is not a day of the week", quote(part))
		}
		for d := range days {
			days[d] = days[d] || weekdays>>d&1 != 0
		}
	}
	return days, nil
}

// parseClocks returns minutes since midnight.
func parseClocks(text string) (from, to int, ok bool) {
	m := clockSpan.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, false
	}
	from, fromOK := minutes(m[1], m[2])
	to, toOK := minutes(m[3], m[4])
	return from, to, fromOK && toOK && from < 24*60 && from != to
}

func minutes(hour, minute string) (int, bool) {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	return h*60 + m, m < 60 && h*60+m <= 24*60
}

// zone reads the name of a time zone, which is nil when there is none of that name.
func (w *walker) zone(v value, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		w.report("E041", v.within(name), "unknown timezone %s", quote(name)).
			help("write a name of the IANA database, for example Europe/London")
		return nil
	}
	return zone
}
