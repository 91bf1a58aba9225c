package influxdb

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

var at = time.Date(2026, 12, 3, 10, 47, 3, 123_456_789, time.UTC)

func testLink() *linkmodel.Link {
	return &linkmodel.Link{
		Name: "lon1-par2-1", Type: "backbone",
		Circuit: linkmodel.Circuit{Carrier: "Colt", ID: "COLT/LON-PAR/00123"},
		Ends: [2]linkmodel.LinkEnd{
			{Device: "cr1.lon1", Site: "lon1", Interface: "et-0/0/1:0"},
			{Device: "cr1.par2", Interface: "et-0/0/3"},
		},
	}
}

// fullView is a view in which everything is known.
func fullView(link *linkmodel.Link) *linkmodel.View {
	v := &linkmodel.View{Link: link, At: at, State: linkmodel.StateDegraded, Changes: 2}
	for i := range v.Ends {
		e := &v.Ends[i]
		e.Seen, e.Answered, e.Reachable = true, true, true
		e.Last = linkmodel.Reading{
			At: at.Add(-time.Duration(i) * time.Millisecond), RTT: 1500 * time.Microsecond,
			UpTime: 4_000_000_000, Admin: linkmodel.StatusUp, Oper: linkmodel.StatusDormant, HighSpeed: 100_000,
		}
		for c := range linkmodel.NumCounters {
			e.Last.Counters.Set(c, uint64(i+1)<<40+uint64(c), true)
		}
	}
	for i := range v.Directions {
		v.Directions[i] = linkmodel.DirectionView{
			Source: linkmodel.SourceBoth,
			BPS:    linkmodel.Known(8.6e10), PPS: linkmodel.Known(7), Capacity: linkmodel.Known(1e11),
			Utilization: linkmodel.Known(0.86),
			Errors:      linkmodel.Faults{PerSecond: linkmodel.Known(0)},
			Discards:    linkmodel.Faults{PerSecond: linkmodel.Known(0.25)},
			Loss: linkmodel.Loss{
				Known: true, Ratio: 0.0001, Low: 0, High: 0.0004, Window: 10 * time.Minute,
			},
		}
	}
	return v
}

func mustParse(t *testing.T, lines []byte, points int) []point {
	t.Helper()
	got, err := parse(lines)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != points {
		t.Fatalf("%d lines, encoder says %d:\n%s", len(got), points, lines)
	}
	return got
}

func TestAppendViewWritesEverythingThatIsKnown(t *testing.T) {
	link := testLink()
	v := fullView(link)
	v.Maintenance = true
	lines, n := NewEncoder(link).AppendView(nil, v)
	got := mustParse(t, lines, n)
	if n != 5 {
		t.Fatalf("%d points, want 5:\n%s", n, lines)
	}
	tags := func(more ...string) map[string]string {
		m := map[string]string{
			"link": "lon1-par2-1", "type": "backbone", "carrier": "Colt", "circuit": "COLT/LON-PAR/00123",
			"a_device": "cr1.lon1", "a_site": "lon1", "z_device": "cr1.par2", "z_site": "none",
		}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	rates := map[string]any{
		"bps": 8.6e10, "pps": 7.0, "capacity_bps": 1e11, "utilization": 0.86, "loss_ratio": 0.0001,
		"loss_low": 0.0, "loss_high": 0.0004, "loss_window_s": 600.0, "errors_per_s": 0.0,
		"discards_per_s": 0.25, "source": "both",
	}
	ends := func(i int64) map[string]any {
		base := (i + 1) << 40
		return map[string]any{
			"in_octets": base, "out_octets": base + 1, "in_packets": 3*base + 2 + 3 + 4,
			"out_packets": 3*base + 5 + 6 + 7, "in_errors": base + 8, "out_errors": base + 9,
			"in_discards": base + 10, "out_discards": base + 11, "in_unknown_protos": base + 12,
			"oper_status": int64(5), "admin_status": int64(1), "uptime_cs": int64(4_000_000_000),
			"speed_bps": 1e11, "snmp_rtt_ms": 1.5,
		}
	}
	millis := at.UnixMilli()
	want := []point{
		{"link", tags("direction", "a_to_z"), rates, millis},
		{"link", tags("direction", "z_to_a"), rates, millis},
		{"link_state", tags(), map[string]any{
			"state": "degraded", "state_code": int64(2), "a_oper": int64(5), "z_oper": int64(5),
			"a_reachable": int64(1), "z_reachable": int64(1), "maintenance": int64(1), "changes": int64(2),
		}, millis},
		{"link_end", map[string]string{"link": "lon1-par2-1", "end": "a", "device": "cr1.lon1", "interface": "et-0/0/1:0"}, ends(0), millis},
		{"link_end", map[string]string{"link": "lon1-par2-1", "end": "z", "device": "cr1.par2", "interface": "et-0/0/3"}, ends(1), millis - 1},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(point{})); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

func TestAppendViewOmitsWhatIsUnknown(t *testing.T) {
	link := testLink()
	v := &linkmodel.View{Link: link, At: at, State: linkmodel.StateUnreachable}
	for end := range v.Ends { // silent for hours, with an old reading
		v.Ends[end].Seen, v.Ends[end].Misses = true, 500
		v.Ends[end].Last = linkmodel.Reading{At: at, Oper: linkmodel.StatusUp}
	}
	lines, n := NewEncoder(link).AppendView(nil, v)
	got := mustParse(t, lines, n)
	if n != 1 {
		t.Fatalf("%d points, want only link_state:\n%s", n, lines)
	}
	want := map[string]any{
		"state": "unreachable", "state_code": int64(3), "a_reachable": int64(0),
		"z_reachable": int64(0), "maintenance": int64(0), "changes": int64(0),
	}
	if diff := cmp.Diff(want, got[0].fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// TestOperStatusOutlivesAMissedPoll: an end is silent only after several misses in a row.
func TestOperStatusOutlivesAMissedPoll(t *testing.T) {
	link := testLink()
	v := fullView(link)
	v.Ends[linkmodel.EndA].Answered, v.Ends[linkmodel.EndA].Misses = false, 1
	v.Ends[linkmodel.EndZ].Answered, v.Ends[linkmodel.EndZ].Reachable = false, false
	lines, n := NewEncoder(link).AppendView(nil, v)
	fields := mustParse(t, lines, n)[2].fields
	if fields["a_oper"] != int64(5) || fields["z_oper"] != nil {
		t.Errorf("a_oper=%v z_oper=%v, want that of the end that still counts as reachable", fields["a_oper"], fields["z_oper"])
	}
}

func TestValuesInfluxDBCannotHoldAreOmitted(t *testing.T) {
	link := testLink()
	v := fullView(link)
	d := &v.Directions[linkmodel.AToZ]
	d.BPS, d.PPS = linkmodel.Known(math.NaN()), linkmodel.Known(math.Inf(1))
	d.Loss.Ratio, d.Loss.Low = math.Inf(-1), math.NaN()
	r := &v.Ends[linkmodel.EndA].Last
	r.Counters.Set(linkmodel.InOctets, math.MaxInt64, true)
	r.Counters.Set(linkmodel.OutOctets, math.MaxInt64+1, true)
	r.HighSpeed, r.RTT, r.Oper = 0, 0, linkmodel.StatusAbsent
	r.Counters.Present &^= linkmodel.InUnknownProtos.Mask() | linkmodel.InUcastPkts.Mask()

	lines, n := NewEncoder(link).AppendView(nil, v)
	got := mustParse(t, lines, n)
	for _, name := range []string{"bps", "pps", "loss_ratio", "loss_low"} {
		if x, there := got[0].fields[name]; there {
			t.Errorf("link has %s=%v", name, x)
		}
	}
	if _, there := got[0].fields["loss_high"]; !there {
		t.Error("a finite field went with the others")
	}
	end := got[3].fields
	if end["in_octets"] != int64(math.MaxInt64) {
		t.Errorf("in_octets=%v, want the greatest int64", end["in_octets"])
	}
	for _, name := range []string{"out_octets", "speed_bps", "snmp_rtt_ms", "oper_status", "in_unknown_protos", "in_packets"} {
		if x, there := end[name]; there {
			t.Errorf("link_end has %s=%v", name, x)
		}
	}
	if _, there := got[2].fields["a_oper"]; there {
		t.Error("link_state has an a_oper that was not read")
	}
}

func TestInstantsThatCannotBeStoredAreOmitted(t *testing.T) {
	link := testLink()
	for _, bad := range []time.Time{{}, time.Unix(-1, 0), time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)} {
		v := fullView(link)
		v.At = bad
		v.Ends[linkmodel.EndA].Last.At = bad
		lines, n := NewEncoder(link).AppendView([]byte("x\n"), v)
		if n != 1 || len(mustParse(t, lines[2:], n)) != 1 {
			t.Errorf("at %v: %d points, want that of end z only:\n%s", bad, n, lines)
		}
	}
}

func TestAppendEvent(t *testing.T) {
	lines, n := AppendEvent(nil, EventPoint{
		Link: "l 1", Kind: "down", ID: "7f3a", At: at, Text: "said \"no\"\nand \\ left", Severity: "critical",
		Status: "firing", By: "ana", Direction: linkmodel.NoDirection, End: linkmodel.EndZ, Duration: 90 * time.Second,
	})
	want := []point{{
		"link_event",
		map[string]string{"link": "l 1", "kind": "down", "id": "7f3a"},
		map[string]any{
			"text": `said "no" and \ left`, "severity": "critical", "status": "firing", "by": "ana",
			"end": "z", "duration_s": 90.0,
		},
		at.UnixMilli(),
	}}
	if diff := cmp.Diff(want, mustParse(t, lines, n), cmp.AllowUnexported(point{})); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	empty := EventPoint{Link: "l", Kind: "down", At: at, Direction: linkmodel.NoDirection, End: linkmodel.NoEnd}
	if lines, n := AppendEvent(nil, empty); n != 0 || len(lines) != 0 {
		t.Errorf("event without a field gave %q", lines)
	}
}

func TestAppendSelf(t *testing.T) {
	metrics := map[string]float64{
		"bothends_polls_total": 5, "lateness p99": 0.5, "bad": math.NaN(), "instance": 1, "time": 2,
	}
	lines, n := AppendSelf(nil, "noc, 1", at, metrics)
	want := []point{{
		"bothends",
		map[string]string{"instance": "noc, 1"},
		map[string]any{"bothends_polls_total": 5.0, "lateness p99": 0.5},
		at.UnixMilli(),
	}}
	if diff := cmp.Diff(want, mustParse(t, lines, n), cmp.AllowUnexported(point{})); diff != "" {
		t.Errorf("self (-want +got):\n%s", diff)
	}
	if lines, n := AppendSelf(nil, "x", at, nil); n != 0 || len(lines) != 0 {
		t.Errorf("no metrics gave %q", lines)
	}
}

func TestAppendViewAllocatesNothing(t *testing.T) {
	link := testLink()
	e, v := NewEncoder(link), fullView(link)
	buf, _ := e.AppendView(nil, v)
	if n := testing.AllocsPerRun(200, func() { buf, _ = e.AppendView(buf[:0], v) }); n != 0 {
		t.Errorf("%v allocations per view, want 0", n)
	}
}

func BenchmarkAppendView(b *testing.B) {
	link := testLink()
	e, v := NewEncoder(link), fullView(link)
	buf, points := e.AppendView(nil, v)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = e.AppendView(buf[:0], v)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
}
