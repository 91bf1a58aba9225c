package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// A receiver is tried at receiversPath, its name, trialPath.
const (
	receiversPath = "/api/v1/receivers/"
	trialPath     = "/test"
)

// trialTime bounds how long trying a receiver may take.
const trialTime = 45 * time.Second

// Trial is how a message went that somebody tried a receiver with.
type Trial struct {
	Receiver string `json:"receiver"`
	// Text is the first line of the message, TookMS how long the receiver took for it.
	Text   string `json:"text"`
	TookMS int64  `json:"took_ms"`
}

// Errors of Deps.Test that say nothing about the receiver.
var (
	ErrNoReceiver = errors.New("there is no such receiver")
	ErrNoExample  = errors.New("there is no such example")
)

// postTest sends an example, marked TEST, to one receiver at once. example names it; saturation is the
// usual one.
func (s *Server) postTest(w http.ResponseWriter, r *http.Request) {
	name, example := r.PathValue("receiver"), r.URL.Query().Get("example")
	if example == "" {
		example = "saturation"
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(trialTime + 5*time.Second))
	ctx, cancel := context.WithTimeout(r.Context(), trialTime)
	defer cancel()
	trial, err := s.deps.Test(ctx, name, example)
	switch {
	case errors.Is(err, ErrNoReceiver):
		s.fail(w, r, problem{code: http.StatusNotFound, text: "there is no receiver " + clean(name), hint: "their names are in /api/v1/status"})
	case errors.Is(err, ErrNoExample):
		s.fail(w, r, problem{code: http.StatusBadRequest, text: "there is no example " + clean(example), hint: "one of: " + strings.Join(s.deps.Examples, ", ")})
	case err != nil:
		s.fail(w, r, problem{code: http.StatusBadGateway, text: clean(name) + " did not take the test: " + clean(err.Error()), hint: "docs/receivers.md says what each kind needs"})
	default:
		s.json(w, http.StatusOK, trial)
	}
}
