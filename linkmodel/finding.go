package linkmodel

import "time"

// Kind names a finding: a fact about a link that matters.
type Kind string

// Kinds of findings.
const (
	KindSaturated   Kind = "saturated"
	KindLossy       Kind = "lossy"
	KindErrors      Kind = "errors"
	KindDiscards    Kind = "discards"
	KindHalfDown    Kind = "half-down"
	KindDown        Kind = "down"
	KindUnreachable Kind = "unreachable"

	// KindDeadPath: one end sends, the other receives nothing, and both are oper up.
	KindDeadPath Kind = "dead-path"
	// KindNotMatching: the two ends cannot be the two ends of one link.
	KindNotMatching Kind = "ends-do-not-match"
	// KindMismatch: the ends differ in speed, MTU or duplex.
	KindMismatch Kind = "mismatch"
	// KindCapacityUntrusted: the reported speed is not believed, or traffic exceeds the capacity.
	KindCapacityUntrusted Kind = "capacity-untrusted"
	// KindFraming: the ends count a constant number of octets more or less per packet.
	KindFraming Kind = "framing"
	// KindCountersFrozen: an end answers and its counters have stopped.
	KindCountersFrozen Kind = "counters-frozen"
	// KindPoliced: traffic is cut at a rate below the capacity.
	KindPoliced Kind = "policed"
	// KindFlapping: ifOperStatus of an end changes again and again.
	KindFlapping Kind = "flapping"
	// KindRedundancyLost: of links that protect each other not all carry traffic any more; KindPairDown:
	// none does.
	KindRedundancyLost Kind = "redundancy-lost"
	KindPairDown       Kind = "pair-down"
)

// Measured reports whether findings of kind k have a value; those of the other kinds are true or
// false.
func (k Kind) Measured() bool {
	switch k { //nolint:exhaustive // the others are not
	case KindSaturated, KindLossy, KindErrors, KindDiscards:
		return true
	}
	return false
}

// Severity ranks a finding.
type Severity uint8

// Severities; SeverityNone means the finding is not open.
const (
	SeverityNone Severity = iota
	SeverityInfo
	SeverityWarning
	SeverityCritical
)

// String returns "info", "warning", "critical" or "".
func (s Severity) String() string {
	switch s {
	case SeverityInfo:
		return "info"
	case SeverityWarning:
		return "warning"
	case SeverityCritical:
		return "critical"
	default:
		return ""
	}
}

// Finding is one open finding on a link.
type Finding struct {
	Kind     Kind
	Severity Severity
	// Direction and End are NoDirection and NoEnd where the finding has none.
	Direction Direction
	End       End
	Since     time.Time
	// Value and Threshold are ratios (0..1) or per-second rates, as PerSecond tells.
	Value, Threshold float64
	PerSecond        bool
	// Text is one sentence with the evidence; strings from routers and the inventory in it are clean.
	Text string
	// Episode is the id under which the finding is told, from raise to clear.
	Episode string
}

// Signal is one quantity of a view that may be judged. Exactly one signal per (Kind, Direction)
// comes out of every view, known or not, so that a judge never guesses.
type Signal struct {
	Kind      Kind
	Direction Direction
	// End is the side the fault points at, NoEnd when it does not.
	End End
	// Ratio is 0..1: utilisation; errors, discards or lost packets per packet; 1 or 0 for the
	// kinds that are either true or false (down, half-down, unreachable).
	Ratio Quantity
	// Rate is per second: bit/s for saturated, events/s for errors and discards.
	Rate Quantity
	// Low and High are what Ratio surely exceeds and what it surely stays below where it carries an
	// error bar (lossy: Loss.Certain and Loss.Recent, which may come of different windows); else both
	// equal Ratio.
	Low, High float64
}

// Event is something that happened to a link or an end in one cycle, with its evidence.
type Event struct {
	Kind EventKind
	At   time.Time
	End  End // NoEnd for the link
	// Text is one sentence with the evidence; strings from routers in it are already cleaned.
	Text string
	// Duration is how long the state lasted that the event ends; 0 where that has no meaning.
	Duration time.Duration
}

// EventKind names what happened.
type EventKind string

// Kinds of events.
const (
	EventState          EventKind = "state"           // the link's state changed
	EventOper           EventKind = "oper"            // ifOperStatus changed
	EventAdmin          EventKind = "admin"           // ifAdminStatus changed
	EventFlap           EventKind = "flap"            // ifLastChange moved, same status
	EventSilent         EventKind = "silent"          // SilentAfter misses in a row
	EventBack           EventKind = "back"            // first answer after silence
	EventRestart        EventKind = "restart"         // sysUpTime restarted, host's uptime unknown
	EventAgentRestart   EventKind = "agent-restart"   // the agent restarted, the host did not
	EventReboot         EventKind = "reboot"          // the host restarted
	EventDiscontinuity  EventKind = "discontinuity"   // ifCounterDiscontinuityTime changed
	EventReset          EventKind = "counter-reset"   // counters went back without a mark
	EventRenumbered     EventKind = "renumbered"      // another ifIndex
	EventSpeed          EventKind = "speed"           // ifHighSpeed changed
	EventSpeedDoubted   EventKind = "speed-doubted"   // more traffic than ifHighSpeed allows
	EventPacketsDoubted EventKind = "packets-doubted" // packets that do not fit their octets
	EventReplaced       EventKind = "replaced"        // ifType or ifPhysAddress changed
)
