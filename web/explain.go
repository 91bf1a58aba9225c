package web

import (
	"net/http"
	"time"
)

// Explanation tells what a link is judged by, where each setting comes from, how each rule stands and
// where an alert would go.
type Explanation struct {
	Link  string    `json:"link"`
	State string    `json:"state,omitempty"`
	Since time.Time `json:"since,omitzero"`
	AsOf  time.Time `json:"as_of,omitzero"`
	// Inventory is where the settings are read from. Note says what is wrong with them; empty when
	// they are those in use.
	Inventory string    `json:"inventory,omitempty"`
	Note      string    `json:"note,omitempty"`
	Settings  []Setting `json:"settings"`
	Rules     []Rule    `json:"rules"`
	Ways      []Way     `json:"ways"`
}

// Setting is one value and where it is set.
type Setting struct {
	Part  string `json:"part,omitempty"` // a threshold, an end (a, z), or nothing for the link's own
	Name  string `json:"name"`
	Value string `json:"value"`
	Layer string `json:"layer"`           // built-in, defaults, type, device, link or router
	Path  string `json:"path,omitempty"`  // the key from the top of the inventory
	Place string `json:"place,omitempty"` // file:line:col
	// Reported is what the routers say of the same, where they say anything.
	Reported string `json:"reported,omitempty"`
}

// Rule is how one rule stands.
type Rule struct {
	Kind      string `json:"kind"`
	Direction string `json:"direction,omitempty"`
	// Setting is the part of the settings that holds its thresholds; empty for what is built in.
	Setting string `json:"setting,omitempty"`
	// Value is a ratio (0..1), or per second where the levels are; absent where it is not known.
	Value  *float64 `json:"value,omitempty"`
	Text   string   `json:"text"` // the value in words
	Levels []Level  `json:"levels"`
	For    float64  `json:"for_s"`
	Why    string   `json:"why"` // it is, or is not, an alarm
	Alarm  *Alarm   `json:"alarm,omitempty"`
}

// Level is one threshold.
type Level struct {
	Severity  string  `json:"severity"`
	Threshold float64 `json:"threshold"`
	PerSecond bool    `json:"per_second,omitempty"`
	Text      string  `json:"text,omitempty"`
}

// Alarm is the open episode of a rule.
type Alarm struct {
	ID       string    `json:"id"`
	Severity string    `json:"severity"`
	Since    time.Time `json:"since"`
	// HeldBack says why nobody is told now; ToldAt is when To were told.
	HeldBack string    `json:"held_back,omitempty"`
	ToldAt   time.Time `json:"told_at,omitzero"`
	To       []string  `json:"to,omitempty"`
}

// Way is where alerts of some kinds would go now.
type Way struct {
	Severity string   `json:"severity"`
	Kinds    []string `json:"kinds"`
	Route    int      `json:"route,omitempty"` // 0 where no route matches
	Place    string   `json:"place,omitempty"`
	To       []string `json:"to"`
}

// getExplanation reads the inventory again, so one is made at a time.
func (s *Server) getExplanation(w http.ResponseWriter, r *http.Request) {
	v, ok := s.findLink(w, r)
	if !ok {
		return
	}
	if s.deps.Explain == nil {
		s.fail(w, r, problem{code: http.StatusNotFound, text: "this bothends does not explain links", hint: "it has no inventory to read again"})
		return
	}
	s.explaining.Lock()
	defer s.explaining.Unlock()
	s.json(w, http.StatusOK, s.deps.Explain(v).normal())
}

// normal returns the explanation with instants in UTC and lists that are never null.
func (e Explanation) normal() Explanation {
	e.Since, e.AsOf = instant(e.Since), instant(e.AsOf)
	e.Settings = append([]Setting{}, e.Settings...)
	e.Ways = append([]Way{}, e.Ways...)
	e.Rules = append([]Rule{}, e.Rules...)
	for i := range e.Rules {
		r := &e.Rules[i]
		r.Value = number(r.Value)
		if r.Alarm != nil {
			a := *r.Alarm
			a.Since, a.ToldAt = instant(a.Since), instant(a.ToldAt)
			r.Alarm = &a
		}
	}
	return e
}
