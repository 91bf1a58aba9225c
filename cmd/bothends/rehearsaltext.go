package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// rehearsalReport is what rehearse prints.
type rehearsalReport struct {
	Rules string    `json:"rules"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	// Links were rehearsed.
	Links int            `json:"links"`
	Rows  []rehearsedRow `json:"rows"`
	// Unknown is what the rehearsal cannot know.
	Unknown []string `json:"unknown"`
}

// rehearsedRow is one kind of alert on one link in one direction.
type rehearsedRow struct {
	Link      string         `json:"link"`
	Kind      linkmodel.Kind `json:"kind"`
	Direction string         `json:"direction,omitempty"`
	direction linkmodel.Direction
	// Alerts would have been raised, Critical of them were or became critical, Explained of them are
	// explained by another one of the link and would have been told to nobody.
	Alerts    int     `json:"alerts"`
	Critical  int     `json:"critical"`
	Explained int     `json:"explained"`
	Total     float64 `json:"total_s"`
	Longest   float64 `json:"longest_s"`
	// Worst is the greatest value, a ratio or per second; absent where the kind has none.
	Worst     *float64 `json:"worst,omitempty"`
	PerSecond bool     `json:"per_second,omitempty"`
	// Then counts the alerts that there were, ThenTold those of which somebody was told.
	Then     int `json:"then"`
	ThenTold int `json:"then_told"`
}

// row returns the row of an episode, a new one when there is none yet.
func (r *rehearsalReport) row(link string, e *alerting.Episode) *rehearsedRow {
	for i := range r.Rows {
		if w := &r.Rows[i]; w.Link == link && w.Kind == e.Kind && w.direction == e.Direction {
			return w
		}
	}
	r.Rows = append(r.Rows, rehearsedRow{Link: link, Kind: e.Kind, direction: e.Direction, Direction: e.Direction.String()})
	return &r.Rows[len(r.Rows)-1]
}

// take adds what came of one link, and what there was then.
func (r *rehearsalReport) take(done *rehearsed, then []alerting.Episode) {
	link := done.link.Name
	for i := range done.alerts {
		e := &done.alerts[i]
		r.row(link, e).add(e)
	}
	for i := range then {
		w := r.row(link, &then[i])
		w.Then++
		if then[i].N > 0 && len(then[i].To) > 0 {
			w.ThenTold++
		}
	}
	sortRows(r.Rows)
	switch span := r.To.Sub(r.From); {
	case done.samples == 0:
		r.Unknown = append(r.Unknown, link+": nothing is recorded")
		return
	case done.lost*100 >= span:
		r.Unknown = append(r.Unknown, fmt.Sprintf("%s: %.0f %% of the time is not recorded", link, 100*done.lost.Seconds()/span.Seconds()))
	}
	if done.silent > 0 {
		r.Unknown = append(r.Unknown, fmt.Sprintf("%s: in %d of %d samples neither end answered", link, done.silent, done.samples))
	}
}

func (w *rehearsedRow) add(e *alerting.Episode) {
	w.Alerts++
	if e.Severity == linkmodel.SeverityCritical {
		w.Critical++
	}
	if e.HeldBack != "" && e.N == 0 {
		w.Explained++
	}
	lasted := e.Until.Sub(e.Since).Seconds()
	w.Total += lasted
	w.Longest = max(w.Longest, lasted)
	if e.Kind.Measured() && (w.Worst == nil || e.Peak > *w.Worst) {
		w.Worst, w.PerSecond = &e.Peak, e.PerSecond
	}
}

// always is what no rehearsal knows.
var always = []string{
	"what lasted less than the time between two polls is not in the samples",
	"each link is judged by itself: causes elsewhere, maintenance and acknowledgements hold nothing back here, so fewer messages are sent than there are alerts",
	"which side counted errors and discards is not kept, nor are speed, MTU and duplex: mismatch is not rehearsed",
	"utilization is of the capacity that RULES declares for the link, else of the one of then",
}

func (r *rehearsalReport) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%s on what was recorded from %s to %s:\n\n", alerting.Printable(r.Rules), localClock(r.From), localClock(r.To))
	if len(r.Rows) > 0 {
		_, _ = fmt.Fprintln(w, "LINK\tKIND\tDIRECTION\tALERTS\tCRITICAL\tEXPLAINED\tTOTAL\tLONGEST\tWORST\tTHEN\tTOLD")
	}
	alerts, then, told := 0, 0, 0
	for i := range r.Rows {
		row := &r.Rows[i]
		alerts, then, told = alerts+row.Alerts, then+row.Then, told+row.ThenTold
		_, _ = fmt.Fprintln(w, row.text())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	text := &strings.Builder{}
	if len(r.Rows) > 0 {
		text.WriteByte('\n')
	}
	fmt.Fprintf(text, "%s: %s would have been raised; there were %d, and somebody was told of %d.\n\nWhat this cannot know:\n",
		howMany(r.Links, "link"), howMany(alerts, "alert"), then, told)
	for _, line := range append(r.Unknown, always...) {
		fmt.Fprintf(text, "- %s\n", alerting.Printable(line))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (w *rehearsedRow) text() string {
	total, longest, worst := "-", "-", "-"
	if w.Alerts > 0 {
		total, longest = upFor(seconds(w.Total)), upFor(seconds(w.Longest))
	}
	if w.Worst != nil {
		worst = w.worst()
	}
	return fmt.Sprintf("%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%d\t%d", alerting.Printable(w.Link), w.Kind, w.Direction,
		w.Alerts, w.Critical, w.Explained, total, longest, worst, w.Then, w.ThenTold)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (w *rehearsedRow) worst() string {
	switch {
	case !w.PerSecond:
		return fmt.Sprintf("%.3g %%", *w.Worst*100)
	case w.Kind == linkmodel.KindSaturated:
		return siBits(*w.Worst)
	default:
		return fmt.Sprintf("%.3g/s", *w.Worst)
	}
}
