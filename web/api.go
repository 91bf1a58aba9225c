package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

func (s *Server) getLinks(w http.ResponseWriter, r *http.Request) {
	views, p := s.selectLinks(r.URL.Query())
	if p != nil {
		s.fail(w, r, *p)
		return
	}
	links := make([]*linkJSON, 0, len(views))
	for _, v := range views {
		links = append(links, newLinkJSON(v))
	}
	s.json(w, http.StatusOK, links)
}

func (s *Server) getLink(w http.ResponseWriter, r *http.Request) {
	if v, ok := s.findLink(w, r); ok {
		s.json(w, http.StatusOK, newLinkJSON(v))
	}
}

// findLink answers with 404 itself when the path names no link.
func (s *Server) findLink(w http.ResponseWriter, r *http.Request) (*linkmodel.View, bool) {
	name := r.PathValue("link")
	v, ok := s.source.Link(name)
	if !ok {
		s.fail(w, r, problem{code: http.StatusNotFound, text: "there is no link " + clean(name), hint: s.noLinkHint(name)})
	}
	return v, ok
}

func (s *Server) noLinkHint(name string) string {
	if s.deps.Nearest != nil {
		if near := s.deps.Nearest(name); near != "" {
			return "did you mean " + clean(near) + "?"
		}
	}
	return "/api/v1/links lists all; a slash in a name is written %2F"
}

func (s *Server) getAlerts(w http.ResponseWriter, r *http.Request) {
	keep, p := s.newAlertFilter(r.URL.Query())
	if p != nil {
		s.fail(w, r, *p)
		return
	}
	alerts := []Alert{}
	for _, a := range s.source.Alerts() {
		if keep(&a) {
			alerts = append(alerts, a.normal())
		}
	}
	s.json(w, http.StatusOK, alerts)
}

func (s *Server) getStatus(w http.ResponseWriter, _ *http.Request) {
	s.json(w, http.StatusOK, s.source.Status().normal())
}

// Bounds of one answer with events.
const (
	defaultEvents = 100
	maxEvents     = 1000
)

// EventRow is an event in an answer of the API.
type EventRow struct {
	At        time.Time `json:"at"`
	Link      string    `json:"link"`
	Kind      string    `json:"kind"`
	ID        string    `json:"id,omitempty"`
	Text      string    `json:"text"`
	Severity  string    `json:"severity,omitempty"`
	Status    string    `json:"status,omitempty"`
	Direction string    `json:"direction,omitempty"`
	End       string    `json:"end,omitempty"`
	By        string    `json:"by,omitempty"`
	Duration  float64   `json:"duration_s,omitempty"`
}

func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) {
	v, ok := s.findLink(w, r)
	if !ok {
		return
	}
	q, p := eventQuery(r, v.Link.Name)
	if p != nil {
		s.fail(w, r, *p)
		return
	}
	events, err := s.source.Events(q)
	if err != nil {
		s.failHistory(w, r, err)
		return
	}
	out := make([]EventRow, 0, len(events))
	for i := range events {
		e := &events[i]
		out = append(out, EventRow{
			At: instant(e.At), Link: e.Link, Kind: e.Kind, ID: e.ID, Text: e.Text, Severity: e.Severity, Status: e.Status,
			Direction: e.Direction, End: e.End, By: e.By, Duration: e.Duration.Seconds(),
		})
	}
	s.json(w, http.StatusOK, out)
}

func eventQuery(r *http.Request, link string) (EventQuery, *problem) {
	q := EventQuery{Link: link, Limit: defaultEvents}
	args := r.URL.Query()
	p := onlyParameters(args, "from", "to", "limit")
	if p == nil {
		q.From, p = instantParameter(args, "from", time.Time{})
	}
	if p == nil {
		q.To, p = instantParameter(args, "to", time.Time{})
	}
	if text := args.Get("limit"); p == nil && text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > maxEvents {
			return q, badParameter("limit", fmt.Sprintf("a number from 1 to %d", maxEvents))
		}
		q.Limit = limit
	}
	return q, p
}

// failHistory hides what went wrong below, which names files, and tells it to the log.
func (s *Server) failHistory(w http.ResponseWriter, r *http.Request, err error) {
	s.deps.Log.Error("history cannot be read", zap.String("path", r.URL.Path), zap.Error(err))
	s.fail(w, r, problem{
		code: http.StatusServiceUnavailable, text: "the history cannot be read now",
		hint: "the log of bothends tells why; current values are not affected",
	})
}
