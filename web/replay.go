package web

import (
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"
)

const replayPath = "/api/v1/replay"

// replayTime bounds how long an answer about a replay may take.
const replayTime = 2 * time.Minute

// Replayed tells which points wait again for an output.
type Replayed struct {
	ID     string `json:"id"`
	Points int    `json:"points"`
	// From and To are when the first and the last of them came.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// KeptFrom is when the oldest point came that is still kept; what came before cannot be sent again.
	KeptFrom time.Time `json:"kept_from,omitzero"`
}

// ErrNoOutput is returned by Deps.Replay when no output has that id.
var ErrNoOutput = errors.New("there is no such output")

// postReplay sends points again that the outputs have stored already. since is an instant (RFC 3339) or how long
// ago (2h), output the id of the only output that is meant.
func (s *Server) postReplay(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	since, err := sinceOf(query.Get("since"), s.deps.Now())
	if err != nil {
		s.fail(w, r, problem{
			code: http.StatusBadRequest, text: "since is neither a time nor how long ago",
			hint: "for example since=2h or since=2026-12-03T10:00:00Z",
		})
		return
	}
	// Looking through large queues may take longer than any other answer.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(replayTime))
	output := query.Get("output")
	done, err := s.deps.Replay(output, since)
	switch {
	case errors.Is(err, ErrNoOutput):
		p := problem{code: http.StatusNotFound, text: "there is no output " + clean(output), hint: "their ids are in /api/v1/status"}
		if output == "" {
			p = problem{code: http.StatusNotFound, text: "there is no output", hint: "the inventory has no influxdb"}
		}
		s.fail(w, r, p)
	case err != nil:
		s.deps.Log.Warn("stored points could not be queued again", zap.Error(err))
		s.fail(w, r, problem{code: http.StatusInternalServerError, text: clean(err.Error()), hint: "some may be queued; try again"})
	default:
		for i := range done {
			d := &done[i]
			d.From, d.To, d.KeptFrom = instant(d.From), instant(d.To), instant(d.KeptFrom)
		}
		s.json(w, http.StatusOK, struct {
			Outputs []Replayed `json:"outputs"`
		}{append([]Replayed{}, done...)})
	}
}

// sinceOf reads how long ago something was, or when.
func sinceOf(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	return time.Parse(time.RFC3339, text)
}
