package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// seriesFields are the stored quantities; all but "state" need a direction.
var seriesFields = []string{
	"bps", "pps", "utilization", "loss_ratio", "loss_low", "loss_high", "errors_per_s", "discards_per_s", "state",
}

const (
	maxPoints     = 5000
	defaultPoints = 240
	defaultSpan   = time.Hour
)

type seriesJSON struct {
	Link      string      `json:"link"`
	Field     string      `json:"field"`
	Direction string      `json:"direction,omitempty"`
	From      time.Time   `json:"from"`
	To        time.Time   `json:"to"`
	Step      float64     `json:"step_s"`
	Points    []pointJSON `json:"points"`
}

// pointJSON has only an instant where nothing is known.
type pointJSON struct {
	At   time.Time `json:"at"`
	Min  *float64  `json:"min,omitempty"`
	Mean *float64  `json:"mean,omitempty"`
	Max  *float64  `json:"max,omitempty"`
}

func (s *Server) getSeries(w http.ResponseWriter, r *http.Request) {
	v, ok := s.findLink(w, r)
	if !ok {
		return
	}
	q, p := seriesQuery(r.URL.Query(), v.Link, s.deps.Now())
	if p != nil {
		s.fail(w, r, *p)
		return
	}
	points, err := s.source.Series(q)
	if err != nil {
		s.failHistory(w, r, err)
		return
	}
	out := seriesJSON{
		Link: q.Link, Field: q.Field, Direction: q.Direction.String(), From: instant(q.From), To: instant(q.To),
		Step: q.Step.Seconds(), Points: make([]pointJSON, 0, len(points)),
	}
	for i := range points {
		out.Points = append(out.Points, newPointJSON(&points[i]))
	}
	s.json(w, http.StatusOK, out)
}

func newPointJSON(p *Point) pointJSON {
	j := pointJSON{At: instant(p.At)}
	if p.Count > 0 {
		j.Min, j.Mean, j.Max = number(&p.Min), number(&p.Mean), number(&p.Max)
	}
	return j
}

// seriesQuery reads the parameters. Without a span it is the last hour, without a step about
// defaultPoints of them, but none shorter than the time between two polls.
func seriesQuery(args url.Values, link *linkmodel.Link, now time.Time) (SeriesQuery, *problem) {
	q := SeriesQuery{Link: link.Name, Field: args.Get("field"), Direction: linkmodel.NoDirection}
	p := onlyParameters(args, "field", "direction", "from", "to", "step")
	if p == nil && !slices.Contains(seriesFields, q.Field) {
		p = badParameter("field", "one of "+strings.Join(seriesFields, ", "))
	}
	if p == nil && q.Field != "state" {
		q.Direction, p = directionParameter(args)
	}
	if p == nil {
		q.To, p = instantParameter(args, "to", now)
	}
	if p == nil {
		q.From, p = instantParameter(args, "from", q.To.Add(-defaultSpan))
	}
	if p != nil {
		return q, p
	}
	if !q.From.Before(q.To) {
		return q, badParameter("from", "an instant before to")
	}
	return withStep(q, args.Get("step"), link.Interval)
}

func withStep(q SeriesQuery, text string, interval time.Duration) (SeriesQuery, *problem) {
	span := q.To.Sub(q.From)
	q.Step = max(span/defaultPoints, interval, time.Second)
	if text != "" {
		step, err := time.ParseDuration(text)
		if err != nil || step <= 0 {
			return q, badParameter("step", "a duration such as 60s")
		}
		q.Step = step
	}
	if span/q.Step >= maxPoints {
		return q, badParameter("step", fmt.Sprintf("large enough for at most %d points in the span", maxPoints))
	}
	return q, nil
}

func directionParameter(args url.Values) (linkmodel.Direction, *problem) {
	for _, d := range linkmodel.Directions {
		if args.Get("direction") == d.String() {
			return d, nil
		}
	}
	return linkmodel.NoDirection, badParameter("direction", "a_to_z or z_to_a")
}

func instantParameter(args url.Values, name string, missing time.Time) (time.Time, *problem) {
	text := args.Get(name)
	if text == "" {
		return missing, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return t, badParameter(name, "an instant such as 2026-12-03T10:47:03Z")
	}
	return t, nil
}

// onlyParameters refuses a parameter that would silently do nothing.
func onlyParameters(args url.Values, known ...string) *problem {
	for name := range args {
		if !slices.Contains(known, name) {
			return &problem{
				code: http.StatusBadRequest, text: "there is no parameter " + clean(name),
				hint: "parameters are " + strings.Join(known, ", "),
			}
		}
	}
	return nil
}

func badParameter(name, want string) *problem {
	return &problem{code: http.StatusBadRequest, text: "parameter " + name + " is missing or wrong", hint: name + " is " + want}
}
