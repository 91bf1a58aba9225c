package web

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Source gives the server what it shows. Its methods are called from many goroutines; what they
// return belongs to the caller and must not change afterwards.
type Source interface {
	// Links returns the latest view of every enabled link, in order of their names.
	Links() []*linkmodel.View
	// Link returns the latest view of one link; false when no link has that name.
	Link(name string) (*linkmodel.View, bool)
	// Alerts returns the open episodes, worst first.
	Alerts() []Alert
	// Events returns the newest events first.
	Events(q EventQuery) ([]Event, error)
	// Series returns one field of one link over time.
	Series(q SeriesQuery) ([]Point, error)
	// Percentile returns one percentile of the traffic of one link.
	Percentile(q PercentileQuery) (Percentile, error)
	// Status tells how bothends itself is doing.
	Status() Status
	// Healthy returns nil while polling works, else one sentence that says why not.
	Healthy(now time.Time) error
}

// Alert is an open episode as the API shows it. Fields that do not apply are empty.
type Alert struct {
	ID       string `json:"id"`
	Status   string `json:"status"` // firing or resolved
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	Link     string `json:"link"`
	// Subject is what a cause is about, whose Link is empty: a site, a router, two routers.
	Subject   string `json:"subject,omitempty"`
	Direction string `json:"direction,omitempty"`
	End       string `json:"end,omitempty"`
	Summary   string `json:"summary,omitempty"`
	// ExplainedBy is the id of its cause.
	ExplainedBy string `json:"explained_by,omitempty"`
	// Value and Threshold are ratios (0..1) or per second; nil where the kind has none.
	Value     *float64  `json:"value,omitempty"`
	Threshold *float64  `json:"threshold,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	Until     time.Time `json:"until,omitzero"`
	// Told counts the messages about it. HeldBack says why there are none at the moment, and who or what
	// stands behind that; it is empty when nothing holds it back.
	Told     int    `json:"told"`
	HeldBack string `json:"held_back,omitempty"`
	// Ack is who works on it; nil where nobody said so.
	Ack *Ack `json:"ack,omitempty"`
}

// Event is something that happened, as the API shows it. Fields that do not apply are empty.
type Event struct {
	At        time.Time
	Link      string
	Kind      string
	ID        string // of the episode
	Text      string
	Severity  string
	Status    string
	Direction string
	End       string
	By        string
	Duration  time.Duration
}

// EventQuery selects events of one link: From <= at < To, no bound where zero.
type EventQuery struct {
	Link     string
	From, To time.Time
	Limit    int // 1 to maxEvents
}

// SeriesQuery selects one field of one link: From <= at < To in steps of Step, which is positive.
type SeriesQuery struct {
	Link      string
	Field     string              // one of seriesFields
	Direction linkmodel.Direction // NoDirection for the field "state"
	From, To  time.Time
	Step      time.Duration
}

// PercentileQuery asks for a percentile of the averages of five minutes that begin in From <= at < To.
type PercentileQuery struct {
	Link      string
	Direction linkmodel.Direction
	From, To  time.Time
	Percent   float64 // in (0, 100]
}

// Percentile is in bit/s; with Count 0, the number of averages, it is unknown.
type Percentile struct {
	Value float64
	Count int
}

// Point is one step of a series; with Count 0 it is a gap.
type Point struct {
	At             time.Time
	Count          int
	Min, Mean, Max float64
}
