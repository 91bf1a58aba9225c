package web

import (
	"encoding/json"
	"errors"
	"time"
)

// Addresses under which humans tell what they want of alerts.
const (
	alertsPath   = "/api/v1/alerts"
	silencesPath = "/api/v1/silences"
	worksPath    = "/api/v1/maintenance"
	ackSuffix    = "/ack"
)

// maxOrder bounds the body of an order, in bytes.
const maxOrder = 16 << 10

// Orders takes what humans ask of the judge of alerts. A method returns once what was asked is on the
// disk and in use. An error that is no *OrderError is not for the one who asked.
type Orders interface {
	// Acknowledge says that somebody works on the alert whose id begins with id.
	Acknowledge(id string, order AckOrder) (Alert, error)
	// EndAck takes that back.
	EndAck(id string, by Giver) (Alert, error)
	// Silence has nobody told of what happens to some links, EndSilence ends that.
	Silence(order SilenceOrder) (Silence, error)
	EndSilence(id string, by Giver) (Silence, error)
	// Silences returns those that are not over.
	Silences() []Silence
	// Work declares a maintenance beside the inventory, EndWork ends one.
	Work(order WorkOrder) (Work, error)
	EndWork(id string, by Giver) (Work, error)
	// Works returns those that are not over, and those of the inventory.
	Works() []Work
}

// OrderError says why an order is not taken, to the one who gave it. Its texts are printable.
type OrderError struct {
	Text, Hint string
	// Missing tells that there is no such thing.
	Missing bool
}

// Error implements error.
func (e *OrderError) Error() string { return e.Text }

// Giver is who gives an order.
type Giver struct {
	By string `json:"by"`
	// From is the address of the one who asked; the server fills it in.
	From string `json:"-"`
}

// AckOrder asks to acknowledge an alert, for a while or until an instant.
type AckOrder struct {
	Giver
	Text   string    `json:"text"`
	For    string    `json:"for,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	Sticky bool      `json:"sticky,omitempty"`
}

// SilenceOrder asks to silence some links, for a while or until an instant.
type SilenceOrder struct {
	Giver
	Text  string    `json:"text"`
	Match Match     `json:"match"`
	For   string    `json:"for,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// WorkOrder declares a maintenance: from an instant or at once, for a while or to an instant.
type WorkOrder struct {
	Giver
	Name   string    `json:"name"`
	Ticket string    `json:"ticket,omitempty"`
	Match  Match     `json:"match"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	For    string    `json:"for,omitempty"`
}

// Ack is an acknowledgement as the API shows it.
type Ack struct {
	By     string    `json:"by"`
	Text   string    `json:"text"`
	At     time.Time `json:"at,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Sticky bool      `json:"sticky"`
}

// Silence is one as the API shows it.
type Silence struct {
	ID    string    `json:"id"`
	By    string    `json:"by"`
	Text  string    `json:"text"`
	Match Match     `json:"match"`
	At    time.Time `json:"at,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Links is how many links it covers.
	Links int `json:"links"`
}

// Work is a maintenance as the API shows it. One of the inventory has no id and no by.
type Work struct {
	ID     string `json:"id,omitempty"`
	Name   string `json:"name"`
	Ticket string `json:"ticket,omitempty"`
	By     string `json:"by,omitempty"`
	Match  Match  `json:"match"`
	// From and To bound it where it comes once, or where it comes again: that which is under way, or else
	// the next.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Again tells that it comes back, Active that it is under way.
	Again  bool `json:"again"`
	Active bool `json:"active"`
	// Links is how many links it covers.
	Links int `json:"links"`
}

// Match selects links: every word that is given must match, of its values any.
type Match struct {
	// All selects all links, in place of words.
	All bool `json:"all,omitempty"`

	Link    Words `json:"link,omitempty"`
	Type    Words `json:"type,omitempty"`
	Group   Words `json:"group,omitempty"`
	Carrier Words `json:"carrier,omitempty"`
	Circuit Words `json:"circuit,omitempty"`
	Site    Words `json:"site,omitempty"`
	Device  Words `json:"device,omitempty"`
	// Kind is of what happens to the links; only a silence has it.
	Kind Words `json:"kind,omitempty"`
}

// Words are one or several values, in JSON a string or a list of them.
type Words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *Words) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = Words{one}
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return errors.New("a word of match is a text or a list of them")
	}
	*w = list
	return nil
}
