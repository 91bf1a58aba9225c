package linkmodel

// Reason says why a value is not known.
type Reason uint8

// Reasons, from the counters of one end to the comparison of both.
const (
	ReasonNone          Reason = iota
	ReasonFirst                // no earlier reading to subtract
	ReasonMissed               // the end did not answer this cycle
	ReasonRestart              // sysUpTime restarted: agent restart or reboot
	ReasonDiscontinuity        // ifCounterDiscontinuityTime changed
	ReasonReset                // counters went back to a new start
	ReasonGlitch               // one counter went backwards a little; the high-water mark is kept
	ReasonRenumbered           // the interface has another ifIndex
	ReasonReplaced             // speed, type or address changed: other hardware under the same name
	ReasonImplausible          // more than the line can carry, or impossible packet sizes
	ReasonAmbiguous            // a 32-bit counter may have wrapped more than once
	ReasonStale                // the counters are older than the interval can resolve
	ReasonNoCounter            // the agent does not have the column
	ReasonNoCapacity           // capacity is neither declared nor believable
	ReasonFarEndSilent         // needs both ends, and one is silent
	ReasonWindow               // the window is too short to say anything
	ReasonOffload              // packet counts are of segmentation-offload super-packets
	ReasonInconsistent         // the far end received more than the near end sent
	ReasonIdle                 // too few packets to state a ratio
	ReasonClock                // the clock was set while bothends did not run: the time between is not known
)

var reasonNames = [...]string{
	"", "first-reading", "missed-poll", "restart", "discontinuity", "reset", "glitch",
	"renumbered", "replaced", "implausible", "ambiguous-wrap", "stale-counters", "no-counter",
	"no-capacity", "far-end-silent", "window-too-short", "segmentation-offload",
	"ends-inconsistent", "idle", "clock-set",
}

// String returns the stable word used in JSON and on the page.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Quantity is a value that may be unknown. The zero Quantity is unknown.
type Quantity struct {
	Value  float64
	Known  bool
	Reason Reason // why it is not known; ReasonNone when known
}

// Known returns a known quantity.
func Known(v float64) Quantity { return Quantity{Value: v, Known: true} }

// Unknown returns an unknown quantity with its reason.
func Unknown(r Reason) Quantity { return Quantity{Reason: r} }
