package influxdb

import (
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// A measurement is what the encoder writes under one name: its tags, sorted by name and always
// all present, and its fields with their types. A field's type never changes, because InfluxDB
// refuses a point whose field has another type than the first one stored. S is what the tags are
// taken from, T what the fields are taken from.
type measurement[S, T any] struct {
	name   string
	tags   []tag[S]
	floats []field[T, float64]
	ints   []field[T, uint64]
	texts  []field[T, string]
}

// tag is written as "none" where its value is empty.
type tag[S any] struct {
	name  string
	value func(*S) string
}

// field is left out of a point when its value is not known.
type field[T, V any] struct {
	name  string
	value func(*T) (v V, known bool)
}

// series is what the tags of a link's measurements are taken from.
type series struct {
	link      *linkmodel.Link
	direction linkmodel.Direction
	end       linkmodel.End
}

// The tags that the rates and the state of a link have in common, in their order around the tag
// "direction".
var (
	circuitTags = []tag[series]{
		{"a_device", func(s *series) string { return s.link.Ends[linkmodel.EndA].Device }},
		{"a_site", func(s *series) string { return s.link.Ends[linkmodel.EndA].Site }},
		{"carrier", func(s *series) string { return s.link.Circuit.Carrier }},
		{"circuit", func(s *series) string { return s.link.Circuit.ID }},
	}
	directionTag = tag[series]{"direction", func(s *series) string { return s.direction.String() }}
	linkTags     = []tag[series]{
		{"link", func(s *series) string { return s.link.Name }},
		{"type", func(s *series) string { return s.link.Type }},
		{"z_device", func(s *series) string { return s.link.Ends[linkmodel.EndZ].Device }},
		{"z_site", func(s *series) string { return s.link.Ends[linkmodel.EndZ].Site }},
	}
)

// linkPoints are the rates of one direction of a link.
var linkPoints = measurement[series, linkmodel.DirectionView]{
	name: "link",
	tags: slices.Concat(circuitTags, []tag[series]{directionTag}, linkTags),
	floats: []field[linkmodel.DirectionView, float64]{
		{"bps", func(d *linkmodel.DirectionView) (float64, bool) { return known(d.BPS) }},
		{"pps", func(d *linkmodel.DirectionView) (float64, bool) { return known(d.PPS) }},
		{"capacity_bps", func(d *linkmodel.DirectionView) (float64, bool) { return known(d.Capacity) }},
		{"utilization", func(d *linkmodel.DirectionView) (float64, bool) { return known(d.Utilization) }},
		{"loss_ratio", func(d *linkmodel.DirectionView) (float64, bool) { return d.Loss.Ratio, d.Loss.Known }},
		{"loss_low", func(d *linkmodel.DirectionView) (float64, bool) { return d.Loss.Low, d.Loss.Known }},
		{"loss_high", func(d *linkmodel.DirectionView) (float64, bool) { return d.Loss.High, d.Loss.Known }},
		{"loss_window_s", func(d *linkmodel.DirectionView) (float64, bool) {
			return d.Loss.Window.Seconds(), d.Loss.Known
		}},
		{"errors_per_s", func(d *linkmodel.DirectionView) (float64, bool) { return known(d.Errors.PerSecond) }},
		{"discards_per_s", func(d *linkmodel.DirectionView) (float64, bool) { return known(d.Discards.PerSecond) }},
	},
	texts: []field[linkmodel.DirectionView, string]{
		{"source", func(d *linkmodel.DirectionView) (string, bool) {
			return d.Source.String(), d.Source != linkmodel.SourceNone
		}},
	},
}

// statePoints are the state of a link, written every cycle.
var statePoints = measurement[series, linkmodel.View]{
	name: "link_state",
	tags: slices.Concat(circuitTags, linkTags),
	ints: []field[linkmodel.View, uint64]{
		{"state_code", func(v *linkmodel.View) (uint64, bool) { return uint64(v.State), true }},
		{"a_oper", func(v *linkmodel.View) (uint64, bool) { return operOf(&v.Ends[linkmodel.EndA]) }},
		{"z_oper", func(v *linkmodel.View) (uint64, bool) { return operOf(&v.Ends[linkmodel.EndZ]) }},
		{"a_reachable", func(v *linkmodel.View) (uint64, bool) { return bit(v.Ends[linkmodel.EndA].Reachable) }},
		{"z_reachable", func(v *linkmodel.View) (uint64, bool) { return bit(v.Ends[linkmodel.EndZ].Reachable) }},
		{"maintenance", func(v *linkmodel.View) (uint64, bool) { return bit(v.Maintenance) }},
		{"changes", func(v *linkmodel.View) (uint64, bool) { return uint64(max(v.Changes, 0)), true }},
	},
	texts: []field[linkmodel.View, string]{
		{"state", func(v *linkmodel.View) (string, bool) { return v.State.String(), true }},
	},
}

// endPoints are the raw counters of one end, written for each answered poll.
var endPoints = measurement[series, linkmodel.Reading]{
	name: "link_end",
	tags: []tag[series]{
		{"device", func(s *series) string { return s.link.Ends[s.end].Device }},
		{"end", func(s *series) string { return s.end.String() }},
		{"interface", func(s *series) string { return s.link.Ends[s.end].Interface }},
		{"link", func(s *series) string { return s.link.Name }},
	},
	ints: []field[linkmodel.Reading, uint64]{
		counter("in_octets", linkmodel.InOctets),
		counter("out_octets", linkmodel.OutOctets),
		{"in_packets", func(r *linkmodel.Reading) (uint64, bool) { return r.Counters.Packets(linkmodel.PacketsIn) }},
		{"out_packets", func(r *linkmodel.Reading) (uint64, bool) { return r.Counters.Packets(linkmodel.PacketsOut) }},
		counter("in_errors", linkmodel.InErrors),
		counter("out_errors", linkmodel.OutErrors),
		counter("in_discards", linkmodel.InDiscards),
		counter("out_discards", linkmodel.OutDiscards),
		counter("in_unknown_protos", linkmodel.InUnknownProtos),
		{"oper_status", func(r *linkmodel.Reading) (uint64, bool) { return status(r.Oper) }},
		{"admin_status", func(r *linkmodel.Reading) (uint64, bool) { return status(r.Admin) }},
		{"uptime_cs", func(r *linkmodel.Reading) (uint64, bool) { return uint64(r.UpTime), true }},
	},
	floats: []field[linkmodel.Reading, float64]{
		{"speed_bps", func(r *linkmodel.Reading) (float64, bool) { return float64(r.HighSpeed) * 1e6, r.HighSpeed != 0 }},
		{"snmp_rtt_ms", func(r *linkmodel.Reading) (float64, bool) {
			return float64(r.RTT) / float64(time.Millisecond), r.RTT > 0
		}},
	},
}

// eventPoints are what happened to links.
var eventPoints = measurement[EventPoint, EventPoint]{
	name: "link_event",
	tags: []tag[EventPoint]{
		{"id", func(e *EventPoint) string { return e.ID }},
		{"kind", func(e *EventPoint) string { return e.Kind }},
		{"link", func(e *EventPoint) string { return e.Link }},
	},
	floats: []field[EventPoint, float64]{
		{"duration_s", func(e *EventPoint) (float64, bool) { return e.Duration.Seconds(), e.Duration > 0 }},
	},
	texts: []field[EventPoint, string]{
		{"text", func(e *EventPoint) (string, bool) { return e.Text, e.Text != "" }},
		{"severity", func(e *EventPoint) (string, bool) { return e.Severity, e.Severity != "" }},
		{"status", func(e *EventPoint) (string, bool) { return e.Status, e.Status != "" }},
		{"direction", func(e *EventPoint) (string, bool) { return e.Direction.String(), e.Direction != linkmodel.NoDirection }},
		{"end", func(e *EventPoint) (string, bool) { return e.End.String(), e.End != linkmodel.NoEnd }},
		{"by", func(e *EventPoint) (string, bool) { return e.By, e.By != "" }},
	},
}

// selfPoints are the program's own metrics. Its fields are not listed here: each is the name of
// a metric, and all are floats.
var selfPoints = measurement[string, struct{}]{
	name: "bothends",
	tags: []tag[string]{{"instance", func(s *string) string { return *s }}},
}

func counter(name string, c linkmodel.Counter) field[linkmodel.Reading, uint64] {
	return field[linkmodel.Reading, uint64]{name, func(r *linkmodel.Reading) (uint64, bool) { return r.Counters.Get(c) }}
}

func known(q linkmodel.Quantity) (float64, bool) { return q.Value, q.Known }

func status(s linkmodel.Status) (uint64, bool) { return uint64(s), s != linkmodel.StatusAbsent }

// operOf is not known of an end that no longer answers: its last status may be hours old.
func operOf(e *linkmodel.EndView) (uint64, bool) {
	n, known := status(e.Last.Oper)
	return n, known && e.Reachable
}

func bit(b bool) (uint64, bool) {
	if b {
		return 1, true
	}
	return 0, true
}
