package linkmodel

import "time"

// View is the state of one link at an instant, computed from both ends. A tracker reuses it: it
// is valid until the tracker's next call; keep a copy with Clone.
type View struct {
	Link *Link
	// At is the later of the two readings' instants, or the scheduled one when neither answered.
	At time.Time
	// Mono is the same instant on the monotonic clock of the readings.
	Mono  time.Duration
	State State
	// Since is the instant at which State was entered.
	Since time.Time
	// Maintenance tells that the link is in a planned maintenance. It stands beside State and is set by
	// whoever knows the calendar.
	Maintenance bool
	// Changes counts changes of ifOperStatus of either end since the previous view, including
	// those only ifLastChange shows.
	Changes    int
	Ends       [2]EndView
	Directions [2]DirectionView
	// Events happened in this cycle.
	Events []Event
	// Findings are the open findings, worst first.
	Findings []Finding
}

// Clone returns a copy that shares nothing that changes.
func (v *View) Clone() *View {
	c := *v
	c.Events = append([]Event(nil), v.Events...)
	c.Findings = append([]Finding(nil), v.Findings...)
	return &c
}

// EndView is what is known of one end.
type EndView struct {
	// Seen is false until the end has answered once; Last and Context are then zero.
	Seen bool
	// Answered tells whether the end answered in this cycle.
	Answered bool
	// Reachable turns true at the first answer and false after SilentAfter consecutive misses.
	Reachable bool
	// Misses counts consecutive misses, Miss and Detail tell the cause of the latest.
	Misses int
	Miss   Miss
	Detail string
	// Last is the latest valid reading, of this cycle when Answered.
	Last    Reading
	Context Context
	// Changes counts the changes of ifOperStatus since the reading before, as View.Changes does.
	Changes int
	// Interval is what this cycle's reading and the one before give.
	Interval Interval
	// CounterCache is how old the counters may be that the router serves.
	CounterCache CounterCache
	// SpeedDoubted tells that the end counts more than its reported speed allows.
	SpeedDoubted bool
	// Frozen tells that the end answers while its counters stand still and packets of its own arrive
	// at the far end.
	Frozen Verdict
}

// DirectionView is one direction of a link, reconciled from the sender's and the receiver's
// counters.
type DirectionView struct {
	// Source tells whose counters the rates come from.
	Source Source
	// BPS is in bit/s as the routers count octets (layer 2, on most without FCS), PPS in
	// packets/s. With both ends they are what the sender sent.
	BPS, PPS Quantity
	// Capacity is in bit/s: the least of what is declared and of the believable ifHighSpeed of both
	// ends.
	Capacity Quantity
	// Utilization is BPS/Capacity, 0..1 and above where a router counts more than the contract.
	Utilization Quantity
	// Errors and Discards happened to this direction's packets: out-counters of the sender plus
	// in-counters of the receiver.
	Errors, Discards Faults
	Loss             Loss
	Checks           Checks
	// DropsSent tells whether the sender counts among what it sent what its queue drops.
	DropsSent Verdict
}

// Faults are errors or discards of one direction, by the side that counted them.
type Faults struct {
	// PerSecond sums both sides; Ratio is the share of the direction's packets, 0..1.
	PerSecond, Ratio Quantity
	// AtSender and AtReceiver are the summands in events/s.
	AtSender, AtReceiver Quantity
}

// Side returns the end that counted more of the faults in direction d, or NoEnd when none did.
func (f *Faults) Side(d Direction) End {
	sent, received := f.AtSender.Value, f.AtReceiver.Value
	switch {
	case sent == 0 && received == 0:
		return NoEnd
	case received >= sent:
		return d.Receiver()
	default:
		return d.Sender()
	}
}

// Source tells from which ends a direction's rates come.
type Source uint8

// Sources of a direction's rates.
const (
	SourceNone Source = iota
	SourceBoth
	SourceA
	SourceZ
)

// String returns "both", "a", "z" or "none".
func (s Source) String() string {
	switch s {
	case SourceBoth:
		return "both"
	case SourceA:
		return "a"
	case SourceZ:
		return "z"
	default:
		return "none"
	}
}

// Interval is two readings of one end that may be subtracted, or the reason why not.
type Interval struct {
	// Reason is ReasonNone for a valid interval.
	Reason Reason
	// Elapsed is the time between the two samples; 0 when there was no earlier reading.
	Elapsed time.Duration
	// Delta holds the increments of the columns in Present; a column that was refused alone is
	// missing from Present although the interval is valid.
	Delta   [NumCounters]uint64
	Present CounterMask
	// Glitched are columns that went backwards alone, or came back from that: no increment.
	Glitched CounterMask
	// Over are columns that counted more than the line carries in Elapsed. The counts are right,
	// an agent that serves old ones catches up so, but they give no rate.
	Over CounterMask
	// In and Out are the increments of unicast+multicast+broadcast packets.
	InPackets, OutPackets       uint64
	HasInPackets, HasOutPackets bool
}

// Valid reports whether increments may be read.
func (i *Interval) Valid() bool { return i.Reason == ReasonNone && i.Elapsed > 0 }

// Rate returns the increment of c per second.
func (i *Interval) Rate(c Counter) Quantity {
	switch {
	case i.Reason != ReasonNone:
		return Unknown(i.Reason)
	case i.Elapsed <= 0:
		return Unknown(ReasonFirst)
	case i.Glitched.Has(c):
		return Unknown(ReasonGlitch)
	case !i.Present.Has(c):
		return Unknown(ReasonNoCounter)
	case i.Over.Has(c):
		return Unknown(ReasonImplausible)
	}
	return Known(float64(i.Delta[c]) / i.Elapsed.Seconds())
}

// State is the state of a link; the number is written to InfluxDB as state_code.
type State uint8

// States in the order of their numbers. The first that is true holds, from the highest number
// down.
const (
	StateUp State = iota
	StateUnknown
	StateDegraded
	StateUnreachable
	StateDeadPath
	StateHalfDown
	StateDown
	StateDisabled
	numStates
)

var stateNames = [...]string{
	"up", "unknown", "degraded", "unreachable", "dead-path", "half-down", "down", "disabled",
}

// String returns the stable word of the state.
func (s State) String() string {
	if s < numStates {
		return stateNames[s]
	}
	return "unknown"
}

// SilentAfter is how many consecutive missed polls make an end silent.
const SilentAfter = 3
