package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// problem is an answer that is not what was asked for.
type problem struct {
	code       int
	text, hint string
}

// fail answers with a problem: JSON under /api, one plain sentence elsewhere.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p problem) {
	if strings.HasPrefix(r.URL.Path, "/api") {
		s.json(w, p.code, struct {
			Error string `json:"error"`
			Hint  string `json:"hint,omitempty"`
		}{p.text, p.hint})
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.code)
	_, _ = w.Write([]byte(p.text + ": " + p.hint + "\n"))
}

// json encodes before it writes, so that an answer is whole or an error.
func (s *Server) json(w http.ResponseWriter, code int, v any) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		panic(err) // all types are ours and floats were checked: a bug, told like one
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body.Bytes())
}
