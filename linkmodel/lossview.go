package linkmodel

import "time"

// Loss is what the two ends say together about lost packets of one direction. The true ratio of
// the window lies in [Low, High]; see loss.go for the derivation.
type Loss struct {
	Known  bool
	Reason Reason // why not, when not Known
	// Proof tells what Low rests on.
	Proof Proof
	// Ratio, Low and High are shares of the packets the sender sent in the window, 0..1.
	Ratio, Low, High float64
	// Floor is the least ratio that could be told from no loss at all in the window, 0..1.
	Floor float64
	// Window is the time the figures cover.
	Window time.Duration
	// Packets is how many the sender sent in the window.
	Packets uint64

	// Certain is a ratio that the loss exceeds with the certainty an alarm needs: six standard
	// errors and twenty packets beyond control traffic, in whichever window proves most, as far
	// as the shorter ones allow it. 0 when nothing is that certain.
	Certain float64
	// Recent is the upper limit of the ratio there is now, by which an alarm ends: the least (three
	// standard errors) over all windows of a dozen polls and more, but never below what a shorter one
	// proves, nor below Certain; 1 when they say nothing.
	Recent float64

	// Counted are the packets of the window that a router itself counted as not delivered, by
	// cause, modulo 2^32; CauseWire stays 0.
	Counted [NumCauses]uint32
}

// BelowSight reports whether the ratio is so far inside its bar that only the upper limit says
// anything: no loss would explain what was counted as well.
func (l *Loss) BelowSight() bool { return l.Low <= 0 && l.Ratio <= l.High/5 }

// Proof is what the lower limit of a loss rests on.
type Proof uint8

// Kinds of proof, the stronger the higher.
const (
	// ProofNone: the lower limit is 0, no loss at all is possible.
	ProofNone Proof = iota
	// ProofStatistical: the counts differ by more than the timing noise learned on this link makes
	// likely.
	ProofStatistical
	// ProofHard: no traffic that the line can carry explains the difference.
	ProofHard
)

// String returns "none", "statistical" or "hard".
func (p Proof) String() string {
	switch p {
	case ProofStatistical:
		return "statistical"
	case ProofHard:
		return "hard"
	default:
		return "none"
	}
}

// Cause is a place on a packet's way where it may be lost.
type Cause uint8

// Causes in the order of a packet's way; CauseNone where nothing is lost for certain.
const (
	CauseNone            Cause = iota
	CauseEgressDiscards        // ifOutDiscards of the sender
	CauseEgressErrors          // ifOutErrors of the sender
	CauseWire                  // counted by nobody
	CauseIngressErrors         // ifInErrors of the receiver
	CauseIngressDiscards       // ifInDiscards of the receiver
	CauseUnknownProtos         // ifInUnknownProtos of the receiver
	NumCauses
)

var causeNames = [...]string{
	"", "egress-discards", "egress-errors", "wire", "ingress-errors", "ingress-discards", "unknown-protos",
}

// String returns a stable word, "" for CauseNone.
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return "unknown"
}

// Breakdown tells where the packets of a Loss were lost, as shares of the packets the sender sent
// in the loss's window. It is zero where the loss is not known.
type Breakdown struct {
	Known bool
	// Share is what the routers counted themselves, 0..1; CauseWire is the middle of what is left.
	Share [NumCauses]float64
	// WireLow and WireHigh bound what nobody counted.
	WireLow, WireHigh float64
	// First is the cause of the largest share, CauseNone when no loss is certain.
	First Cause
}
