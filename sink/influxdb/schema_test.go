package influxdb

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// contract is what dashboards rely on. A change here breaks every existing database: the type of
// a field and the set of tags are fixed by the first point stored.
var contract = map[string]shape{
	"link": {
		tags: []string{"a_device", "a_site", "carrier", "circuit", "direction", "link", "type", "z_device", "z_site"},
		fields: map[string]string{
			"bps": "float", "pps": "float", "capacity_bps": "float", "utilization": "float",
			"loss_ratio": "float", "loss_low": "float", "loss_high": "float", "loss_window_s": "float",
			"errors_per_s": "float", "discards_per_s": "float", "source": "string",
		},
	},
	"link_state": {
		tags: []string{"a_device", "a_site", "carrier", "circuit", "link", "type", "z_device", "z_site"},
		fields: map[string]string{
			"state": "string", "state_code": "int", "a_oper": "int", "z_oper": "int", "a_reachable": "int",
			"z_reachable": "int", "maintenance": "int", "changes": "int",
		},
	},
	"link_end": {
		tags: []string{"device", "end", "interface", "link"},
		fields: map[string]string{
			"in_octets": "int", "out_octets": "int", "in_packets": "int", "out_packets": "int",
			"in_errors": "int", "out_errors": "int", "in_discards": "int", "out_discards": "int",
			"in_unknown_protos": "int", "oper_status": "int", "admin_status": "int", "uptime_cs": "int",
			"speed_bps": "float", "snmp_rtt_ms": "float",
		},
	},
	"link_event": {
		tags: []string{"id", "kind", "link"},
		fields: map[string]string{
			"text": "string", "severity": "string", "status": "string", "direction": "string",
			"end": "string", "by": "string", "duration_s": "float",
		},
	},
	"bothends": {tags: []string{"instance"}, fields: map[string]string{}},
}

type shape struct {
	tags   []string
	fields map[string]string
}

func shapeOf[S, T any](m measurement[S, T]) shape {
	s := shape{fields: map[string]string{}}
	for _, t := range m.tags {
		s.tags = append(s.tags, t.name)
	}
	for _, f := range m.floats {
		s.fields[f.name] = "float"
	}
	for _, f := range m.ints {
		s.fields[f.name] = "int"
	}
	for _, f := range m.texts {
		s.fields[f.name] = "string"
	}
	return s
}

func TestSchemaIsTheContract(t *testing.T) {
	got := map[string]shape{
		linkPoints.name: shapeOf(linkPoints), statePoints.name: shapeOf(statePoints),
		endPoints.name: shapeOf(endPoints), eventPoints.name: shapeOf(eventPoints),
		selfPoints.name: shapeOf(selfPoints),
	}
	if diff := cmp.Diff(contract, got, cmp.AllowUnexported(shape{})); diff != "" {
		t.Errorf("schema (-contract +table):\n%s", diff)
	}
	for name, s := range contract {
		if !slices.IsSorted(s.tags) {
			t.Errorf("%s: tags are not sorted: %v", name, s.tags)
		}
		for _, tag := range s.tags {
			if _, clash := s.fields[tag]; clash {
				t.Errorf("%s: %s is a tag and a field", name, tag)
			}
		}
	}
}

// checkContract fails when a point is not of the contract's shape.
func checkContract(t interface{ Errorf(string, ...any) }, p point) {
	want, ok := contract[p.measurement]
	if !ok {
		t.Errorf("unknown measurement %q", p.measurement)
	}
	tags := make([]string, 0, len(p.tags))
	for name := range p.tags {
		tags = append(tags, name)
	}
	slices.Sort(tags)
	if !slices.Equal(tags, want.tags) {
		t.Errorf("%s: tags %v, want %v", p.measurement, tags, want.tags)
	}
	for name, value := range p.fields {
		var kind string
		switch value.(type) {
		case float64:
			kind = "float"
		case int64:
			kind = "int"
		case string:
			kind = "string"
		}
		if kind != want.fields[name] {
			t.Errorf("%s: %s is a %s, want %q", p.measurement, name, kind, want.fields[name])
		}
	}
}

func TestAnyViewKeepsTheContract(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := drawLink(t)
		v := drawView(t, link)
		lines, n := NewEncoder(link).AppendView(nil, v)
		points, err := parse(lines)
		if err != nil {
			t.Fatal(err)
		}
		if len(points) != n {
			t.Fatalf("%d lines, encoder says %d", len(points), n)
		}
		count := map[string]int{}
		for _, p := range points {
			checkContract(t, p)
			count[p.measurement]++
		}
		answered := 0
		for _, e := range v.Ends {
			if e.Answered {
				answered++
			}
		}
		if count["link_state"] != 1 || count["link_end"] != answered || count["link"] > 2 {
			t.Fatalf("points %v with %d answered ends", count, answered)
		}
	})
}

func drawLink(t *rapid.T) *linkmodel.Link {
	text := func(label string) string {
		return rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune(`\,= "a`+"\n")), 0, 300, -1)).Draw(t, label)
	}
	link := &linkmodel.Link{Name: text("name"), Type: text("type")}
	link.Circuit = linkmodel.Circuit{Carrier: text("carrier"), ID: text("id")}
	for i := range link.Ends {
		link.Ends[i] = linkmodel.LinkEnd{Device: text("device"), Site: text("site"), Interface: text("interface")}
	}
	return link
}

func drawQuantity(t *rapid.T, label string) linkmodel.Quantity {
	value := rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 1e12),
		rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 1e21}))
	return linkmodel.Quantity{Value: value.Draw(t, label), Known: rapid.Bool().Draw(t, label+" known")}
}

func drawView(t *rapid.T, link *linkmodel.Link) *linkmodel.View {
	v := &linkmodel.View{Link: link, At: at, State: linkmodel.State(rapid.Uint8Range(0, 7).Draw(t, "state"))}
	v.Changes = rapid.IntRange(0, 5).Draw(t, "changes")
	for i := range v.Directions {
		v.Directions[i] = linkmodel.DirectionView{
			Source: linkmodel.Source(rapid.Uint8Range(0, 3).Draw(t, "source")),
			BPS:    drawQuantity(t, "bps"), PPS: drawQuantity(t, "pps"), Capacity: drawQuantity(t, "capacity"),
			Utilization: drawQuantity(t, "utilization"),
			Errors:      linkmodel.Faults{PerSecond: drawQuantity(t, "errors")},
			Discards:    linkmodel.Faults{PerSecond: drawQuantity(t, "discards")},
			Loss: linkmodel.Loss{
				Known: rapid.Bool().Draw(t, "loss known"), Ratio: rapid.Float64().Draw(t, "loss"),
				Window: time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "window")),
			},
		}
	}
	for i := range v.Ends {
		e := &v.Ends[i]
		e.Answered, e.Seen = rapid.Bool().Draw(t, "answered"), true
		e.Last = linkmodel.Reading{At: at, UpTime: rapid.Uint32().Draw(t, "uptime")}
		e.Last.Oper = linkmodel.Status(rapid.Uint8().Draw(t, "oper"))
		e.Last.HighSpeed = rapid.Uint32().Draw(t, "speed")
		e.Last.RTT = time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "rtt"))
		for c := range linkmodel.NumCounters {
			if rapid.Bool().Draw(t, "present") {
				e.Last.Counters.Set(c, rapid.Uint64().Draw(t, "counter"), true)
			}
		}
	}
	return v
}
