package web

import "time"

// Status tells how bothends itself is doing; it is the answer of /api/v1/status. Errors in it are
// sentences without secrets.
type Status struct {
	Version   string         `json:"version"`
	Started   time.Time      `json:"started,omitzero"`
	Inventory Inventory      `json:"inventory"`
	Config    Load           `json:"config"`
	Polling   Polling        `json:"polling"`
	Links     map[string]int `json:"links"` // how many are in each state
	// AlertsOpen counts open episodes.
	AlertsOpen int        `json:"alerts_open"`
	Outputs    []Output   `json:"outputs"`
	History    History    `json:"history,omitzero"`
	Receivers  []Receiver `json:"receivers"`
}

// Inventory is the one in use.
type Inventory struct {
	Path string `json:"path"`
	// AbsolutePath is the same from the root of the file system; empty where it is in no file.
	AbsolutePath string `json:"absolute_path,omitempty"`

	LoadedAt time.Time `json:"loaded_at,omitzero"`
	Links    int       `json:"links"`
	Devices  int       `json:"devices"`
}

// Load tells whether the inventory on the disk is the one in use.
type Load struct {
	// OK is true when the inventory had no errors the last time it was read, at CheckedAt. LoadedAt is
	// when the one in use was read.
	OK        bool      `json:"ok"`
	LoadedAt  time.Time `json:"loaded_at,omitzero"`
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// FailingSince is when errors were first found since then, Problem the first of the Problems errors
	// found last: "links.yaml:12:3: what is wrong".
	FailingSince time.Time `json:"failing_since,omitzero"`
	Problem      string    `json:"problem,omitempty"`
	Problems     int       `json:"problems,omitempty"`
	// NeedsRestart names settings that the inventory wants otherwise than they are.
	NeedsRestart []string `json:"needs_restart"`
}

// Trouble is one sentence about the errors of the inventory on the disk; empty when it is in use.
func (l *Load) Trouble(clock func(time.Time) string) string {
	if l.OK || l.Problem == "" {
		return ""
	}
	text := "the inventory on disk has errors"
	if !l.FailingSince.IsZero() {
		text += " since " + clock(l.FailingSince)
	}
	text += ": " + l.Problem
	if !l.LoadedAt.IsZero() {
		text += "; the one of " + clock(l.LoadedAt) + " is in use"
	}
	return text
}

// Polling says which routers answer.
type Polling struct {
	Devices   int      `json:"devices"` // those that a link asks for
	Answering int      `json:"answering"`
	Silent    []string `json:"silent"` // names
	// TicksMissed counts polls that could not start in time since the start.
	TicksMissed int64 `json:"ticks_missed"`
	// Problem says why polling does not work, as /healthz does; empty when it does.
	Problem string `json:"problem,omitempty"`
}

// Output is one InfluxDB and what waits for it.
type Output struct {
	ID string `json:"id"`
	OK bool   `json:"ok"`
	// Cause says why OK is false; empty when it is true.
	Cause        string `json:"cause,omitempty"`
	QueuedPoints int64  `json:"queued_points"`
	QueuedBytes  int64  `json:"queued_bytes"`
	// OldestQueued is when the oldest of the queued points came.
	OldestQueued time.Time `json:"oldest_queued,omitzero"`
	// Accepted counts points that the queue has made safe, Dropped those it lost, DeadLetters those
	// the database refused for good, all since the start.
	Accepted    int64 `json:"accepted"`
	Dropped     int64 `json:"dropped"`
	DeadLetters int64 `json:"dead_letters"`
	// Damaged counts places of the queue on disk that could not be read.
	Damaged int64 `json:"damaged"`
	// Trouble says why the queue is not kept on disk now.
	Trouble     string    `json:"trouble,omitempty"`
	LastError   string    `json:"last_error,omitempty"`
	LastSuccess time.Time `json:"last_success,omitzero"`
}

// History is what is kept of the past.
type History struct {
	// Trouble says why samples are not kept now; empty when they are, and when none are wanted.
	Trouble string `json:"trouble,omitempty"`
}

// Receiver is one chat or webhook.
type Receiver struct {
	Name string `json:"name"`
	Type string `json:"type"`
	OK   bool   `json:"ok"`
	// Closed tells that nothing is taken until somebody changes the address, the key or the service.
	Closed      bool      `json:"closed,omitempty"`
	LastError   string    `json:"last_error,omitempty"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	// FailingSince is the first failure since the last success; absent when OK.
	FailingSince time.Time `json:"failing_since,omitzero"`
	// Queued counts the messages that wait, Lost those that will not arrive, since the start.
	Queued int `json:"queued"`
	Lost   int `json:"lost"`
}

// normal returns the status with instants in UTC and lists that are never null.
func (s Status) normal() Status {
	s.Started, s.Inventory.LoadedAt = instant(s.Started), instant(s.Inventory.LoadedAt)
	c := &s.Config
	c.LoadedAt, c.CheckedAt, c.FailingSince = instant(c.LoadedAt), instant(c.CheckedAt), instant(c.FailingSince)
	c.NeedsRestart = append([]string{}, c.NeedsRestart...)
	s.Polling.Silent = append([]string{}, s.Polling.Silent...)
	s.Outputs = append([]Output{}, s.Outputs...)
	for i := range s.Outputs {
		s.Outputs[i].LastSuccess = instant(s.Outputs[i].LastSuccess)
		s.Outputs[i].OldestQueued = instant(s.Outputs[i].OldestQueued)
	}
	s.Receivers = append([]Receiver{}, s.Receivers...)
	for i := range s.Receivers {
		s.Receivers[i].LastSuccess = instant(s.Receivers[i].LastSuccess)
		s.Receivers[i].FailingSince = instant(s.Receivers[i].FailingSince)
	}
	if s.Links == nil {
		s.Links = map[string]int{}
	}
	return s
}

// instant is the form of all instants in JSON: RFC 3339 in UTC with at most milliseconds.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}
