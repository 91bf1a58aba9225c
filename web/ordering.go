package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"go.uber.org/zap"
)

// order reads the body of a request. It answers with 400 itself where that cannot be understood.
func (s *Server) order(w http.ResponseWriter, r *http.Request, to any, giver *Giver) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(to)
	if err == nil && decoder.More() {
		err = errors.New("there is more than one value")
	}
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "json: ")
		if errors.Is(err, io.EOF) {
			text = "it is empty"
		}
		s.fail(w, r, problem{
			code: http.StatusBadRequest, text: "the body is not understood: " + clean(text),
			hint: `send JSON as {"by":"jo","text":"why","for":"4h"}`,
		})
		return false
	}
	giver.From = hostOnly(r.RemoteAddr)
	return true
}

// ender reads who ends something, which the parameter by tells.
func (s *Server) ender(w http.ResponseWriter, r *http.Request) (by Giver, ok bool) {
	args := r.URL.Query()
	if p := onlyParameters(args, "by"); p != nil {
		s.fail(w, r, *p)
		return by, false
	}
	return Giver{By: args.Get("by"), From: hostOnly(r.RemoteAddr)}, true
}

// answer sends what became of an order.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	refused, ok := errors.AsType[*OrderError](err)
	switch {
	case ok && refused.Missing:
		s.fail(w, r, problem{code: http.StatusNotFound, text: refused.Text, hint: refused.Hint})
	case ok:
		s.fail(w, r, problem{code: http.StatusBadRequest, text: refused.Text, hint: refused.Hint})
	case err != nil:
		s.deps.Log.Error("an order was not taken", zap.String("path", r.URL.Path), zap.Error(err))
		s.fail(w, r, problem{
			code: http.StatusServiceUnavailable, text: "it could not be written to the disk and is not in use",
			hint: "the log of bothends tells why; try again",
		})
	default:
		s.json(w, http.StatusOK, v)
	}
}

func (s *Server) postAck(w http.ResponseWriter, r *http.Request) {
	var o AckOrder
	if s.order(w, r, &o, &o.Giver) {
		a, err := s.deps.Orders.Acknowledge(r.PathValue("id"), o)
		s.answer(w, r, a.normal(), err)
	}
}

func (s *Server) deleteAck(w http.ResponseWriter, r *http.Request) {
	if by, ok := s.ender(w, r); ok {
		a, err := s.deps.Orders.EndAck(r.PathValue("id"), by)
		s.answer(w, r, a.normal(), err)
	}
}

func (s *Server) getSilences(w http.ResponseWriter, _ *http.Request) {
	s.json(w, http.StatusOK, normals(s.deps.Orders.Silences()))
}

// normals is a list as the API shows it, which is not null where it is empty.
func normals[T interface{ normal() T }](list []T) []T {
	all := make([]T, len(list))
	for i := range list {
		all[i] = list[i].normal()
	}
	return all
}

func (s *Server) postSilence(w http.ResponseWriter, r *http.Request) {
	var o SilenceOrder
	if s.order(w, r, &o, &o.Giver) {
		silence, err := s.deps.Orders.Silence(o)
		s.answer(w, r, silence.normal(), err)
	}
}

func (s *Server) deleteSilence(w http.ResponseWriter, r *http.Request) {
	if by, ok := s.ender(w, r); ok {
		silence, err := s.deps.Orders.EndSilence(r.PathValue("id"), by)
		s.answer(w, r, silence.normal(), err)
	}
}

func (s *Server) getWorks(w http.ResponseWriter, _ *http.Request) {
	s.json(w, http.StatusOK, normals(s.deps.Orders.Works()))
}

func (s *Server) postWork(w http.ResponseWriter, r *http.Request) {
	var o WorkOrder
	if s.order(w, r, &o, &o.Giver) {
		work, err := s.deps.Orders.Work(o)
		s.answer(w, r, work.normal(), err)
	}
}

func (s *Server) deleteWork(w http.ResponseWriter, r *http.Request) {
	if by, ok := s.ender(w, r); ok {
		work, err := s.deps.Orders.EndWork(r.PathValue("id"), by)
		s.answer(w, r, work.normal(), err)
	}
}

func (w Work) normal() Work {
	w.From, w.To = instant(w.From), instant(w.To)
	return w
}

func (s Silence) normal() Silence {
	s.At, s.Until = instant(s.At), instant(s.Until)
	return s
}

// normal returns the alert with instants in UTC and numbers that JSON has.
func (a Alert) normal() Alert {
	a.Since, a.Until = instant(a.Since), instant(a.Until)
	a.Value, a.Threshold = number(a.Value), number(a.Threshold)
	if a.Ack != nil {
		ack := *a.Ack
		ack.At, ack.Until = instant(ack.At), instant(ack.Until)
		a.Ack = &ack
	}
	return a
}
