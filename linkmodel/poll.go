package linkmodel

import "time"

// Poll is what one cycle learned about one link. Both outcomes come from requests sent back to
// back from one timer event. The poller reuses it: it is valid only during the call that hands
// it over.
type Poll struct {
	Link string
	// Scheduled is the wall-clock instant at which the cycle was due.
	Scheduled time.Time
	// ScheduledMono is the same instant on the clock of Reading.Mono.
	ScheduledMono time.Duration
	Ends          [2]Outcome
}

// Outcome is the answer of one end, or why there is none.
type Outcome struct {
	// Miss is MissNone when the end answered; Reading is valid only then.
	Miss    Miss
	Reading Reading
	// Detail is one sentence for a human that names the cause of a miss; empty otherwise.
	Detail string
	// Context is set in the cycles in which the slower read succeeded too.
	Context *Context
}

// Answered reports whether the end gave a valid reading.
func (o *Outcome) Answered() bool { return o.Miss == MissNone }

// Miss says why an end gave no reading in a cycle.
type Miss uint8

// Causes of a missing reading, as an operator would act on them.
const (
	MissNone     Miss = iota
	MissTimeout       // no answer: router, path, access list or v2c community
	MissRefused       // ICMP port unreachable: the host is up, its agent is not
	MissAuth          // SNMPv3 user, authentication or privacy refused
	MissIdentity      // the interface is not there, or another one sits at its index
	MissBadReply      // an answer came and the guard refused it
	MissResolve       // the router's name does not resolve
	MissOverrun       // the poll's deadline passed before the request could be sent
	MissHeldBack      // the router is silent; this cycle's probe asks for another interface
	MissDenied        // the agent answers but does not show the objects (view, authorisation)
)

var missNames = [...]string{
	"", "timeout", "refused", "auth", "identity", "bad-reply", "resolve", "overrun",
	"held-back", "denied",
}

// String returns a stable word for metrics, logs and JSON.
func (m Miss) String() string {
	if int(m) < len(missNames) {
		return missNames[m]
	}
	return "unknown"
}
