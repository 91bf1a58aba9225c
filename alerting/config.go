package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Config is what judging needs of the inventory, resolved and valid.
type Config struct {
	// Rules holds the thresholds of every enabled link by its name: defaults, link type and the
	// link's own overrides already merged.
	Rules map[string]Rules
	// Disabled are the names of links that the inventory has and does not watch.
	Disabled map[string]bool
	// Runbook by link name; the text may hold {{.Alert}}, {{.Link}} and {{.Type}}.
	Runbook map[string]string
	// Routes are tried in order; the first that matches decides. Default is used when none does.
	Routes      []Route
	Default     []string      // receiver names
	RemindEvery time.Duration // 0 never reminds
	// GroupWait is how long an episode waits before it is told, so that its cause can be found.
	GroupWait time.Duration
	// Maintenance are the planned windows of the inventory.
	Maintenance []Window
	// Protects tells by link which other one it protects: with all of them down there is no way left.
	Protects map[string]string
	// PageURL is the address of the web page for links in messages, without a trailing slash.
	PageURL string
}

// DefaultGroupWait lets the links of one router be polled and leaves ten seconds to have told within
// thirty.
const DefaultGroupWait = 20 * time.Second

// Rules are the thresholds of one link.
type Rules struct {
	Utilization, Errors, Discards, Loss Rule
	// Down judges down, half-down, dead-path and unreachable; only the presence of Warn or Crit
	// matters.
	Down Rule
	// Flapping is passed by so many changes of ifOperStatus in so short a time.
	Flapping Rule
	// Own replaces what is built in, or what Down says, for kinds that are true or false.
	Own map[linkmodel.Kind]Rule
	// AtMost is how loud an episode of the link may be; SeverityNone for no such limit.
	AtMost linkmodel.Severity
}

// Rule is up to two thresholds. A zero Threshold is never passed. What passes Info alone goes only to
// routes that ask for it.
type Rule struct {
	Info, Warn, Crit Threshold
	// For is how long the threshold must be passed before the episode is raised.
	For time.Duration
	// Changes within Within, or one more within six times as long, are flapping. It ends when there
	// was none for Quiet. Other rules leave them zero.
	Changes       int
	Within, Quiet time.Duration
}

// Threshold is a limit with its unit.
type Threshold struct {
	Value float64
	Unit  Unit
}

// Unit tells how a threshold compares.
type Unit uint8

// Units of thresholds.
const (
	UnitNone      Unit = iota // no threshold
	UnitRatio                 // 0..1: of capacity, or of packets
	UnitPerSecond             // bit/s for utilisation, events/s for errors and discards
	UnitTrue                  // the signal is true (down); Value is 1, or less for what is half true
)

// Route sends matching episodes to receivers. Every set field must match; within a field any of
// the values is enough.
type Route struct {
	Severity []linkmodel.Severity
	Kind     []linkmodel.Kind
	Link     []string
	Type     []string
	Group    []string
	Carrier  []string
	Circuit  []string
	Site     []string
	Device   []string
	// Hours are when the route is open; nil is always.
	Hours *Hours
	To    []string
}
