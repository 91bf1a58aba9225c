package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

const (
	defaultPercent  = 95
	percentileSpan  = 30 * 24 * time.Hour
	percentileWidth = 5 * time.Minute // of the averages, as carriers bill
)

type percentileJSON struct {
	Link      string    `json:"link"`
	Direction string    `json:"direction"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Percent   float64   `json:"percent"`
	// BPS is absent where nothing is known.
	BPS *float64 `json:"bps,omitempty"`
	// Averages are the spans of Step that are known.
	Averages int     `json:"averages"`
	Step     float64 `json:"step_s"`
}

func (s *Server) getPercentile(w http.ResponseWriter, r *http.Request) {
	v, ok := s.findLink(w, r)
	if !ok {
		return
	}
	q, p := percentileQuery(r.URL.Query(), v.Link, s.deps.Now())
	if p != nil {
		s.fail(w, r, *p)
		return
	}
	got, err := s.source.Percentile(q)
	if err != nil {
		s.failHistory(w, r, err)
		return
	}
	out := percentileJSON{
		Link: q.Link, Direction: q.Direction.String(), From: instant(q.From), To: instant(q.To), Percent: q.Percent,
		Averages: got.Count, Step: percentileWidth.Seconds(),
	}
	if got.Count > 0 {
		out.BPS = number(&got.Value)
	}
	s.json(w, http.StatusOK, out)
}

// percentileQuery reads the parameters. Without a span it is the last 30 days.
func percentileQuery(args url.Values, link *linkmodel.Link, now time.Time) (PercentileQuery, *problem) {
	q := PercentileQuery{Link: link.Name, Percent: defaultPercent}
	p := onlyParameters(args, "direction", "from", "to", "percent")
	if p == nil {
		q.Direction, p = directionParameter(args)
	}
	if p == nil {
		q.To, p = instantParameter(args, "to", now)
	}
	if p == nil {
		q.From, p = instantParameter(args, "from", q.To.Add(-percentileSpan))
	}
	if p != nil {
		return q, p
	}
	if text := args.Get("percent"); text != "" {
		percent, err := strconv.ParseFloat(text, 64)
		if err != nil || !(percent > 0 && percent <= 100) { //nolint:staticcheck // also for what is not a number
			return q, badParameter("percent", "a number above 0, at most 100")
		}
		q.Percent = percent
	}
	if !q.From.Before(q.To) {
		return q, badParameter("from", "an instant before to")
	}
	return q, nil
}
