package web

import (
	"cmp"
	"slices"

	"github.com/bothends/bothends/linkmodel"
)

// worstFirst is the order of states on the page. Links that were shut on purpose come last.
var worstFirst = []linkmodel.State{
	linkmodel.StateDown, linkmodel.StateHalfDown, linkmodel.StateDeadPath, linkmodel.StateUnreachable,
	linkmodel.StateDegraded, linkmodel.StateUnknown, linkmodel.StateUp, linkmodel.StateDisabled,
}

// stateShapes tell states apart where colours cannot: in print, and for colour-blind eyes.
var stateShapes = map[linkmodel.State]string{
	linkmodel.StateUp: "●", linkmodel.StateUnknown: "·", linkmodel.StateDegraded: "◆",
	linkmodel.StateUnreachable: "?", linkmodel.StateDeadPath: "⊘", linkmodel.StateHalfDown: "◐",
	linkmodel.StateDown: "✖", linkmodel.StateDisabled: "▒",
}

// sortWorstFirst sorts by state, then by the worst finding, then by name.
func sortWorstFirst(views []*linkmodel.View) {
	slices.SortStableFunc(views, func(a, b *linkmodel.View) int {
		return cmp.Or(
			cmp.Compare(slices.Index(worstFirst, a.State), slices.Index(worstFirst, b.State)),
			cmp.Compare(worstFinding(b), worstFinding(a)),
			cmp.Compare(a.Link.Name, b.Link.Name),
		)
	})
}

func worstFinding(v *linkmodel.View) linkmodel.Severity {
	worst := linkmodel.SeverityNone
	for i := range v.Findings {
		worst = max(worst, v.Findings[i].Severity)
	}
	return worst
}

// reasonSentences say in words why a value is not known.
var reasonSentences = map[linkmodel.Reason]string{
	linkmodel.ReasonNone:          "no value yet",
	linkmodel.ReasonFirst:         "first reading, a rate needs two",
	linkmodel.ReasonMissed:        "the router did not answer this poll",
	linkmodel.ReasonRestart:       "the router or its agent restarted",
	linkmodel.ReasonDiscontinuity: "the router says its counters started anew",
	linkmodel.ReasonReset:         "the counters were reset",
	linkmodel.ReasonGlitch:        "a counter went backwards a little",
	linkmodel.ReasonRenumbered:    "the interface has a new number",
	linkmodel.ReasonReplaced:      "other hardware under the same name",
	linkmodel.ReasonImplausible:   "more than the line can carry",
	linkmodel.ReasonAmbiguous:     "a 32-bit counter may have wrapped more than once",
	linkmodel.ReasonStale:         "the router served old counters",
	linkmodel.ReasonNoCounter:     "the router does not have this counter",
	linkmodel.ReasonNoCapacity:    "capacity is not declared and the router's is not believable",
	linkmodel.ReasonFarEndSilent:  "the other end is silent",
	linkmodel.ReasonWindow:        "measured for too short a time",
	linkmodel.ReasonOffload:       "packet counts are distorted by segmentation offload",
	linkmodel.ReasonInconsistent:  "more arrived than was sent: do the two ends belong together?",
	linkmodel.ReasonIdle:          "too little traffic for a ratio",
	linkmodel.ReasonClock:         "the clock was set while bothends did not run",
}

// missSentences say in words why an end gave no reading.
var missSentences = map[linkmodel.Miss]string{
	linkmodel.MissNone:     "answers",
	linkmodel.MissTimeout:  "no answer: router, path, access list or community",
	linkmodel.MissRefused:  "the host is up, its SNMP agent is not",
	linkmodel.MissAuth:     "SNMPv3 user, authentication or privacy refused",
	linkmodel.MissIdentity: "the interface is not there, or another one took its number",
	linkmodel.MissBadReply: "an answer came and could not be trusted",
	linkmodel.MissResolve:  "the router's name does not resolve",
	linkmodel.MissOverrun:  "the poll's time was over before the request could be sent",
	linkmodel.MissHeldBack: "the router is silent; it is probed through another interface",
	linkmodel.MissDenied:   "the agent answers but may not show the interface",
}

// sentence is the value of m for key, or a plain word where a newer model knows more than we do.
func sentence[K comparable](m map[K]string, key K) string {
	if s, ok := m[key]; ok {
		return s
	}
	return "not known"
}

// findingText is a finding in a few words: "saturated a→z 86 %".
func findingText(f *linkmodel.Finding) string {
	text := string(f.Kind)
	switch {
	case f.Direction != linkmodel.NoDirection:
		text += " " + arrow(f.Direction)
	case f.End != linkmodel.NoEnd:
		text += " at end " + f.End.String()
	}
	switch {
	case !f.Kind.Measured():
		return text
	case f.PerSecond && f.Kind == linkmodel.KindSaturated:
		return text + " " + si(f.Value, "b/s")
	case f.PerSecond:
		return text + " " + si(f.Value, "/s")
	}
	return text + " " + percent(f.Value)
}

func arrow(d linkmodel.Direction) string {
	if d == linkmodel.AToZ {
		return "a→z"
	}
	return "z→a"
}
