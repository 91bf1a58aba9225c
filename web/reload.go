package web

import (
	"errors"
	"net/http"

	"go.uber.org/zap"
)

const reloadPath = "/api/v1/reload"

// Reloaded tells what a reload changed.
type Reloaded struct {
	// Summary is one line, Changes are lines of the form "links added: x, y"; none when nothing changed.
	Summary string   `json:"summary"`
	Changes []string `json:"changes"`
	// Added, Removed and Changed are names of links; Renamed holds former names by present ones.
	Added   []string          `json:"added"`
	Removed []string          `json:"removed"`
	Changed []string          `json:"changed"`
	Renamed map[string]string `json:"renamed"`
	// NeedsRestart names the settings that stay as they are until the program is started anew.
	NeedsRestart []string `json:"needs_restart"`
}

// RefusedError says that the inventory has errors and the one before stays in use.
type RefusedError struct {
	Text string
	// Problems are all that was found; Report is the same for people, and Closing its last line.
	Problems        []Problem
	Report, Closing string
}

// Problem is one mistake in the inventory.
type Problem struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Col      int    `json:"col"`
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Text }

func (s *Server) postReload(w http.ResponseWriter, r *http.Request) {
	if s.deps.Reload == nil {
		s.fail(w, r, problem{
			code: http.StatusNotFound, text: "there is no inventory to read again", hint: "bothends demo has none",
		})
		return
	}
	done, err := s.deps.Reload(r.Context())
	refused, ok := errors.AsType[*RefusedError](err)
	switch {
	case ok:
		s.refuse(w, refused)
	case err != nil:
		s.deps.Log.Warn("the inventory was not read again", zap.Error(err))
		s.fail(w, r, problem{code: http.StatusServiceUnavailable, text: clean(err.Error()), hint: "try again"})
	default:
		s.json(w, http.StatusOK, done.normal())
	}
}

// normal returns the answer with lists that are never null.
func (d Reloaded) normal() Reloaded {
	for _, list := range []*[]string{&d.Changes, &d.Added, &d.Removed, &d.Changed, &d.NeedsRestart} {
		*list = append([]string{}, *list...)
	}
	if d.Renamed == nil {
		d.Renamed = map[string]string{}
	}
	return d
}
