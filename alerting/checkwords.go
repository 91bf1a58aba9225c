package alerting

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// maxDifferences bounds the differences of the ends in a headline.
const maxDifferences = 40

// checkHeadline writes what is true of an episode that both ends' counters together tell.
func checkHeadline(ep *Episode) string {
	end := ep.End.String()
	switch ep.Kind { //nolint:exhaustive // the others have theirs in headline
	case linkmodel.KindDeadPath:
		return "nothing arrives"
	case linkmodel.KindNotMatching:
		return ep.Direction.Receiver().String() + " receives something else"
	case linkmodel.KindCountersFrozen:
		return end + "'s counters stand still"
	case linkmodel.KindMismatch:
		return cut(ep.Evidence, maxDifferences)
	case linkmodel.KindCapacityUntrusted:
		if ep.End == linkmodel.NoEnd {
			return "more than its capacity"
		}
		return end + "'s speed is wrong"
	case linkmodel.KindFraming:
		return end + " counts " + octets(ep.Rate.Value) + " more per packet"
	case linkmodel.KindPoliced:
		return "cut at " + bitrate(ep.Rate.Value)
	}
	return ""
}

// checkEvidence writes what the counters say.
func checkEvidence(v *linkmodel.View, s *linkmodel.Signal) string {
	switch s.Kind { //nolint:exhaustive // the others have theirs in evidence
	case linkmodel.KindDeadPath:
		return whose(v, s.Direction.Sender()) + " sends " + perSecond(v.Directions[s.Direction].PPS) +
			", " + whose(v, s.Direction.Receiver()) + " receives nothing, and both are up"
	case linkmodel.KindNotMatching:
		return notMatchingText(v, s.Direction)
	case linkmodel.KindMismatch:
		return differencesText(v)
	case linkmodel.KindCapacityUntrusted:
		return untrustedText(v, s)
	case linkmodel.KindFraming:
		return framingText(s)
	case linkmodel.KindPoliced:
		return "what arrives stays at " + bitrate(s.Rate.Value) + " when more is sent, and below that nothing is lost"
	}
	return ""
}

// whose names an end with its router.
func whose(v *linkmodel.View, e linkmodel.End) string {
	return e.String() + " (" + name(v.Link.Ends[e].Device) + ")"
}

func perSecond(pps linkmodel.Quantity) string {
	if !pps.Known {
		return "packets"
	}
	return count(pps.Value) + " packets/s"
}

// count writes a number of things: "4.11 M", "950".
func count(n float64) string { return strings.TrimSpace(bits(n)) }

func octets(n float64) string {
	return strconv.FormatFloat(n, 'f', 0, 64) + " octets"
}

// interfaceText names an end by router and interface.
func interfaceText(e *linkmodel.LinkEnd) string {
	return join([]string{name(e.Device), name(e.Interface)})
}

func notMatchingText(v *linkmodel.View, d linkmodel.Direction) string {
	c := &v.Directions[d].Checks
	from, to := &v.Link.Ends[d.Sender()], &v.Link.Ends[d.Receiver()]
	text := "what " + interfaceText(from) + " sends does not arrive at " + interfaceText(to)
	if c.Drift {
		text = interfaceText(to) + " receives more than " + interfaceText(from) + " sends"
	}
	if c.Fit == nil {
		return text
	}
	router := " of " + name(c.Fit.Device)
	if c.Fit.InPlaceOf == d.Sender() {
		router = " of the same router"
	}
	return text + "; " + name(c.Fit.Interface) + router + " fits"
}

func differencesText(v *linkmodel.View) string {
	differences := linkmodel.AppendDifferences(nil, v)
	parts := make([]string, 0, len(differences))
	for _, d := range differences {
		parts = append(parts, fmt.Sprintf("%s a %s z %s", d.Property, property(&d, linkmodel.EndA), property(&d, linkmodel.EndZ)))
	}
	return strings.Join(parts, ", ")
}

func property(d *linkmodel.Difference, e linkmodel.End) string {
	switch n := d.Values[e]; {
	case d.Property == "speed":
		return capacity(float64(n) * 1e6)
	case d.Property == "duplex" && n == linkmodel.DuplexHalf:
		return "half"
	case d.Property == "duplex":
		return "full"
	default:
		return strconv.FormatUint(uint64(n), 10)
	}
}

func untrustedText(v *linkmodel.View, s *linkmodel.Signal) string {
	d := &v.Directions[s.Direction]
	if s.End != linkmodel.NoEnd {
		reported := capacity(float64(v.Ends[s.End].Last.HighSpeed) * 1e6)
		return whose(v, s.End) + " reports " + reported + " and counts more"
	}
	if !d.BPS.Known || !d.Utilization.Known {
		return "the ends report less than they count"
	}
	return bitrate(d.BPS.Value) + " on " + capacity(d.Capacity.Value)
}

// framings are the usual differences of framing in octets.
var framings = map[float64]string{
	4: "the frame check sequence or a VLAN tag", 14: "the Ethernet header", 18: "the Ethernet header with its check sequence or a VLAN tag",
	22: "the Ethernet header, its check sequence and a VLAN tag",
}

func framingText(s *linkmodel.Signal) string {
	text := s.End.String() + " counts " + octets(s.Rate.Value) + " more per packet"
	if what, ok := framings[s.Rate.Value]; ok {
		text += ": " + what
	}
	return text
}

// checkAdvice says where to look first.
func checkAdvice(n *Notification) string {
	ep := &n.Episode
	switch ep.Kind { //nolint:exhaustive // the others have theirs in advice
	case linkmodel.KindDeadPath:
		return "Both ends have light: look at what lies between them." + callCarrier(&n.Circuit)
	case linkmodel.KindNotMatching:
		return "Look at the inventory first: these may not be the two ends of one link."
	case linkmodel.KindCountersFrozen:
		return "Traffic flows and " + ep.End.String() + " does not count it: look at its agent or line card."
	case linkmodel.KindMismatch:
		return "Set both ends alike."
	case linkmodel.KindPoliced:
		return "Something limits the rate below the capacity: a policer, a shaper, or what was sold." + callCarrier(&n.Circuit)
	case linkmodel.KindCapacityUntrusted:
		return "Declare the link's capacity."
	case linkmodel.KindFlapping:
		return flapAdvice(n)
	case linkmodel.KindPairDown:
		return "No way is left between the two ends: tell both carriers, with each circuit, and look for what both have in common."
	case linkmodel.KindRedundancyLost:
		return "The next fault cuts the ends off: mend this one first."
	}
	return ""
}
