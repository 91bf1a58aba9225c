package web

import "net/http"

// ReceiverExplanation tells how a receiver is doing and which routes lead to it.
type ReceiverExplanation struct {
	Receiver
	Place  string          `json:"place,omitempty"` // file:line:col
	Routes []ReceiverRoute `json:"routes"`
}

// ReceiverRoute is one way to a receiver; Route 0 is the default.
type ReceiverRoute struct {
	Route int    `json:"route"`
	Place string `json:"place,omitempty"`
	// Takes is in words what goes this way.
	Takes string `json:"takes"`
}

func (s *Server) getReceiver(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("receiver")
	if s.deps.Receiver != nil {
		if e, ok := s.deps.Receiver(name); ok {
			e.LastSuccess = instant(e.LastSuccess)
			e.Routes = append([]ReceiverRoute{}, e.Routes...)
			s.json(w, http.StatusOK, e)
			return
		}
	}
	s.fail(w, r, problem{
		code: http.StatusNotFound, text: "there is no receiver " + clean(name), hint: "/api/v1/status lists all",
	})
}
