package influxdb

import (
	"maps"
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Encoder writes the views of one link as line protocol. It keeps the escaped tags of the link's
// series, and once those that several series share. Its methods change nothing.
type Encoder struct {
	// circuit and link are the tags before and after the direction, end is all that a line of an
	// end begins with (by linkmodel.End).
	circuit, link string
	end           [2]string
}

// NewEncoder returns the encoder of one link.
func NewEncoder(link *linkmodel.Link) *Encoder {
	var cuts [4]int
	text := appendTags(nil, circuitTags, &series{link: link})
	cuts[0] = len(text)
	text = append(appendTags(text, linkTags, &series{link: link}), ' ')
	cuts[1] = len(text)
	for _, end := range linkmodel.Ends {
		text = append(text, endPoints.prefix(&series{link: link, end: end})...)
		cuts[2+end] = len(text)
	}
	all := string(text) // one piece of memory for the four
	return &Encoder{
		circuit: all[:cuts[0]], link: all[cuts[0]:cuts[1]],
		end: [2]string{all[cuts[1]:cuts[2]], all[cuts[2]:]},
	}
}

// directionText is the tag between an encoder's circuit and its link, by linkmodel.Direction.
var directionText = [2]string{
	string(appendTags(nil, []tag[series]{directionTag}, &series{direction: linkmodel.AToZ})),
	string(appendTags(nil, []tag[series]{directionTag}, &series{direction: linkmodel.ZToA})),
}

// AppendView appends the lines of one view to dst and returns the extended slice and the number
// of lines: both directions and the state at the view's instant, and each answered end at its
// reading's instant. Timestamps are in milliseconds.
func (e *Encoder) AppendView(dst []byte, v *linkmodel.View) (lines []byte, points int) {
	var n int
	for _, d := range linkmodel.Directions {
		dst, n = linkPoints.appendPoint(dst, &v.Directions[d], v.At, linkPoints.name, e.circuit, directionText[d], e.link)
		points += n
	}
	dst, n = statePoints.appendPoint(dst, v, v.At, statePoints.name, e.circuit, e.link)
	points += n
	for _, end := range linkmodel.Ends {
		if !v.Ends[end].Answered {
			continue
		}
		reading := &v.Ends[end].Last
		dst, n = endPoints.appendPoint(dst, reading, reading.At, e.end[end])
		points += n
	}
	return dst, points
}

// EventPoint is one point of link_event.
type EventPoint struct {
	Link string
	// Kind is a linkmodel.EventKind or a linkmodel.Kind.
	Kind string
	// ID is the episode's. An event of no episode carries the end that told it, so that points of
	// both ends with the same kind and millisecond do not overwrite each other. It may be empty.
	ID string
	At time.Time
	// Text, Severity, Status and By are left out where empty.
	Text, Severity, Status, By string
	// Direction and End are NoDirection and NoEnd where the event has none.
	Direction linkmodel.Direction
	End       linkmodel.End
	// Duration is left out when it is not positive.
	Duration time.Duration
}

// AppendEvent appends the line of one event to dst and returns the extended slice and the number
// of lines, 0 when the event carries nothing to write.
func AppendEvent(dst []byte, ev EventPoint) (lines []byte, points int) {
	return eventPoints.appendPoint(dst, &ev, ev.At, eventPoints.prefix(&ev))
}

// AppendSelf appends one line with the program's own metrics to dst, in the order of their names,
// and returns the extended slice and the number of lines. NaN and infinities are left out.
func AppendSelf(dst []byte, instance string, at time.Time, metrics map[string]float64) (lines []byte, points int) {
	self := measurement[string, map[string]float64]{name: selfPoints.name, tags: selfPoints.tags}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		key := string(appendTagValue(nil, name))
		if key == selfPoints.tags[0].name || key == "time" {
			continue // InfluxDB takes these names for the tag and the timestamp
		}
		self.floats = append(self.floats, field[map[string]float64, float64]{
			key, func(m *map[string]float64) (float64, bool) { return (*m)[name], true },
		})
	}
	return self.appendPoint(dst, &metrics, at, self.prefix(&instance))
}
