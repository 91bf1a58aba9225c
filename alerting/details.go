package alerting

import (
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// details writes the lines below the summary: where, whose circuit, why, what to do.
func details(n *Notification) []Detail {
	var out []Detail
	add := func(label, text string) {
		if text != "" {
			out = append(out, Detail{Label: label, Text: text})
		}
	}
	add("Ends", endsText(&n.Ends))
	add("Circuit", circuitText(&n.Circuit))
	if n.Status == StatusResolved {
		return out
	}
	add("Why", reasonText(&n.Episode))
	add("Seen", n.Episode.Evidence)
	add("Do", advice(n))
	return out
}

func endsText(ends *[2]linkmodel.LinkEnd) string {
	a, z := endText(&ends[linkmodel.EndA]), endText(&ends[linkmodel.EndZ])
	if a == "" && z == "" {
		return ""
	}
	return "a " + a + " ↔ z " + z
}

func endText(e *linkmodel.LinkEnd) string {
	text := join([]string{name(e.Device), name(e.Interface)})
	if e.Site != "" {
		text += " (" + name(e.Site) + ")"
	}
	return text
}

func circuitText(c *linkmodel.Circuit) string {
	text := join([]string{name(c.Carrier), name(c.ID)})
	if c.Phone == "" {
		return text
	}
	return join([]string{text, "☎", name(c.Phone)})
}

// reasonText says which threshold was passed and for how long.
func reasonText(ep *Episode) string {
	var parts []string
	if ep.Kind == linkmodel.KindSaturated && !ep.PerSecond && ep.Rate.Known {
		parts = append(parts, bitrate(ep.Rate.Value))
	}
	if (ep.Kind == linkmodel.KindErrors || ep.Kind == linkmodel.KindDiscards) && !ep.PerSecond && ep.Rate.Known {
		parts = append(parts, events(ep.Rate.Value))
	}
	limit := ep.Severity.String()
	if ep.Kind.Measured() {
		limit += " from " + amount(ep, ep.Threshold)
	}
	if ep.For > 0 {
		limit += " for " + lasting(ep.For)
	}
	return strings.Join(append(parts, limit), "; ")
}

// advice says where to look first.
func advice(n *Notification) string {
	ep := &n.Episode
	switch ep.Kind {
	case linkmodel.KindSaturated:
		return "Look for traffic that moved here or is new."
	case linkmodel.KindLossy:
		return "Errors or discards at an end point there; without them, at the circuit." + callCarrier(&n.Circuit)
	case linkmodel.KindErrors:
		return errorAdvice(ep)
	case linkmodel.KindDiscards:
		return discardAdvice(ep)
	case linkmodel.KindDown:
		return "No end that answers has the line." + callCarrier(&n.Circuit)
	case linkmodel.KindHalfDown:
		return "The ends disagree: one fibre of the pair, or one transmitter." + callCarrier(&n.Circuit)
	case linkmodel.KindUnreachable:
		return "The router does not answer: look at the way to it and at its SNMP before the circuit."
	default:
		return checkAdvice(n)
	}
}

func errorAdvice(ep *Episode) string {
	switch {
	case ep.End == linkmodel.NoEnd:
		return ""
	case ep.End == ep.Direction.Receiver():
		return "Look at " + ep.End.String() + "'s optics and cable, or at " + ep.End.Other().String() + "'s transmitter."
	default:
		return "Look at " + ep.End.String() + "'s own interface: it fails to send."
	}
}

func discardAdvice(ep *Episode) string {
	switch {
	case ep.End == linkmodel.NoEnd:
		return ""
	case ep.End == ep.Direction.Receiver():
		return ep.End.String() + " drops what it received: look at that router, not at the circuit."
	default:
		return ep.End.String() + "'s output queue overflows: bursts, a shaper, or too little capacity."
	}
}

func callCarrier(c *linkmodel.Circuit) string {
	if c.Carrier == "" || c.ID == "" {
		return ""
	}
	return " " + name(c.Carrier) + " will ask for circuit " + name(c.ID) + "."
}
