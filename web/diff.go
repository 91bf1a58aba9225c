package web

import (
	"errors"
	"net/http"

	"go.uber.org/zap"
)

// Difference tells what a reload would change.
type Difference struct {
	Reloaded
	// Ending are the open alerts that would end with it.
	Ending []Ending `json:"ending"`
}

// Ending is an alert that would end.
type Ending struct {
	ID   string `json:"id"`
	Link string `json:"link"`
	Kind string `json:"kind"`
}

func (s *Server) getDifference(w http.ResponseWriter, r *http.Request) {
	if s.deps.Differ == nil {
		s.fail(w, r, problem{
			code: http.StatusNotFound, text: "there is no inventory to read again", hint: "bothends demo has none",
		})
		return
	}
	s.explaining.Lock()
	defer s.explaining.Unlock()
	d, err := s.deps.Differ()
	refused, ok := errors.AsType[*RefusedError](err)
	switch {
	case ok:
		s.refuse(w, refused)
	case err != nil:
		s.deps.Log.Warn("the inventory was not compared", zap.Error(err))
		s.fail(w, r, problem{code: http.StatusServiceUnavailable, text: clean(err.Error()), hint: "try again"})
	default:
		d.Reloaded, d.Ending = d.normal(), append([]Ending{}, d.Ending...)
		s.json(w, http.StatusOK, d)
	}
}

// refuse answers with what is wrong with the inventory on the disk.
func (s *Server) refuse(w http.ResponseWriter, refused *RefusedError) {
	s.json(w, http.StatusUnprocessableEntity, struct {
		Error    string    `json:"error"`
		Hint     string    `json:"hint"`
		Problems []Problem `json:"problems"`
		Report   string    `json:"report"`
		Closing  string    `json:"closing"`
	}{refused.Text, "the inventory before stays in use", refused.Problems, refused.Report, refused.Closing})
}
