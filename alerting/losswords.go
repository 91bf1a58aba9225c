package alerting

import (
	"github.com/bothends/bothends/linkmodel"
)

// lossEvidence writes how much was lost of how many packets, where, and what else was counted.
func lossEvidence(v *linkmodel.View, way linkmodel.Direction) string {
	d := &v.Directions[way]
	text := d.Loss.Text()
	if d.Loss.Known {
		text += " of " + count(float64(d.Loss.Packets)) + " packets in " + lasting(d.Loss.Window)
	}
	if d.Loss.Proof == linkmodel.ProofHard {
		text += ", which no timing explains"
	}
	if cause := causeText(d.Breakdown(), way); cause != "" {
		text += ", " + cause
	}
	if rest := trafficEvidence(v, way); rest != "" {
		text += "; " + rest
	}
	return text
}

// causeText names the first cause of a loss with its share: "mostly input errors at z (0.9 %)".
func causeText(b linkmodel.Breakdown, way linkmodel.Direction) string {
	sender, receiver := way.Sender().String(), way.Receiver().String()
	var what string
	switch b.First {
	case linkmodel.CauseEgressDiscards:
		what = "output discards at " + sender
	case linkmodel.CauseEgressErrors:
		what = "output errors at " + sender
	case linkmodel.CauseIngressErrors:
		what = "input errors at " + receiver
	case linkmodel.CauseIngressDiscards:
		what = "input discards at " + receiver
	case linkmodel.CauseUnknownProtos:
		what = "unknown protocols at " + receiver
	case linkmodel.CauseWire:
		return "mostly counted by neither router"
	case linkmodel.CauseNone:
		return ""
	default:
		return ""
	}
	return "mostly " + what + " (" + percent(b.Share[b.First]) + ")"
}
