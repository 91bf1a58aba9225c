package alerting

import (
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// maxCause bounds the sentence that tells why a router gave no answer.
const maxCause = 200

// evidence writes what the routers said when the signal was judged. v may be nil.
func evidence(v *linkmodel.View, s *linkmodel.Signal) string {
	switch {
	case v == nil:
		return ""
	case isStateKind(s.Kind), s.Kind == linkmodel.KindCountersFrozen:
		return endEvidence(v, linkmodel.EndA) + "; " + endEvidence(v, linkmodel.EndZ)
	case s.Kind == linkmodel.KindFlapping:
		return flapEvidence(v)
	case s.Kind == linkmodel.KindErrors || s.Kind == linkmodel.KindDiscards:
		return ""
	case s.Kind == linkmodel.KindLossy:
		return lossEvidence(v, s.Direction)
	case s.Kind == linkmodel.KindSaturated:
		return trafficEvidence(v, s.Direction)
	default:
		return checkEvidence(v, s)
	}
}

// endEvidence writes what one end reports about itself.
func endEvidence(v *linkmodel.View, e linkmodel.End) string {
	ev := &v.Ends[e]
	who := e.String() + " (" + name(v.Link.Ends[e].Device) + ")"
	switch {
	case ev.Answered:
		return who + " reports oper " + ev.Last.Oper.String() + ", admin " + ev.Last.Admin.String()
	case ev.Detail != "":
		return who + " gave no answer: " + cut(Printable(ev.Detail), maxCause)
	default:
		return who + " gave no answer"
	}
}

// trafficEvidence writes what else was counted in the signal's direction, and the load of the
// other one: both narrow down why.
func trafficEvidence(v *linkmodel.View, way linkmodel.Direction) string {
	var parts []string
	add := func(label string, q linkmodel.Quantity, write func(float64) string) {
		if q.Known {
			parts = append(parts, label+" "+write(q.Value))
		}
	}
	d := &v.Directions[way]
	add("errors", d.Errors.PerSecond, events)
	add("discards", d.Discards.PerSecond, events)
	other := linkmodel.ZToA - way
	add(arrow(other), v.Directions[other].Utilization, percent)
	return strings.Join(parts, ", ")
}

// shutText names the ends that an operator shut.
func shutText(v *linkmodel.View) string {
	var shut []string
	for _, e := range linkmodel.Ends {
		if v.Ends[e].Last.Admin == linkmodel.StatusDown {
			shut = append(shut, e.String()+" ("+endText(&v.Link.Ends[e])+")")
		}
	}
	if len(shut) == 0 {
		return "an operator shut an end"
	}
	return "an operator shut " + strings.Join(shut, " and ")
}
