package poller

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// usual is what is asked of an agent that has everything, in order.
var usual = []string{
	"sysUpTime", "ifName", "ifAdminStatus", "ifOperStatus", "snmpEngineTime", "ifLastChange",
	"ifCounterDiscontinuityTime", "ifHighSpeed", "ifHCInOctets", "ifHCOutOctets", "ifHCInUcastPkts",
	"ifHCInMulticastPkts", "ifHCInBroadcastPkts", "ifHCOutUcastPkts", "ifHCOutMulticastPkts",
	"ifHCOutBroadcastPkts", "ifInErrors", "ifOutErrors", "ifInDiscards", "ifOutDiscards", "ifInUnknownProtos",
}

func namesOf(objects []object) []string {
	out := make([]string, len(objects))
	for i, o := range objects {
		out[i] = o.name
	}
	return out
}

func TestPlanAsksForEverything(t *testing.T) {
	p := newPlan(561, ifName)
	if diff := cmp.Diff(usual, namesOf(p.objects())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, o := range p.objects() {
		if o.want != p.wants()[i] {
			t.Errorf("%s: kinds %b, want %b", o.name, p.wants()[i], o.want)
		}
	}
	for place, name := range map[int]string{placeUpTime: "sysUpTime", placeName: "ifName", placeAdmin: "ifAdminStatus", placeOper: "ifOperStatus", placeOptional: "snmpEngineTime"} {
		if got := p.objects()[place].name; got != name {
			t.Errorf("at place %d: %s, want %s", place, got, name)
		}
	}
	if got := p.objects()[placeName].oid; got != oidIfName+".561" {
		t.Error(got)
	}
	if got := newPlan(7, ifDescr).objects()[placeName]; got != at(ifDescr, 7) {
		t.Errorf("%+v", got)
	}
	if n := len(p.all()); n != 26 {
		t.Errorf("a plan chooses from %d objects", n)
	}
}

// knowledge is what a plan has learned, kept by the names of objects.
type knowledge struct {
	missing, trimmed, stuck map[string]bool
}

func (k *knowledge) reset() {
	k.missing, k.trimmed, k.stuck = map[string]bool{}, map[string]bool{}, map[string]bool{}
}

// asks lists by name what is to be asked.
func (k *knowledge) asks() []string {
	out := slices.Clone(usual[:placeOptional])
	usable := func(name string) bool { return !k.missing[name] && !k.trimmed[name] }
	for _, name := range usual[placeOptional:] {
		second := "ifSpeed"
		for _, c := range columns {
			if c.wide.name == name {
				second = c.narrow.name
			} else if c.narrow.name == name {
				second = ""
			}
		}
		switch {
		case slices.Contains(usual[placeOptional:placeOptional+3], name), second == "":
			if usable(name) {
				out = append(out, name)
			}
		case k.trimmed[name]:
		case usable(name) && !k.stuck[name]:
			out = append(out, name)
		case usable(second):
			out = append(out, second)
		}
	}
	return out
}

// Whatever happens to a plan, it asks what its simple description says.
func TestPlanLearns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, k := newPlan(9, ifName), &knowledge{}
		k.reset()
		some := func() []value { // some present, some absent
			out := make([]value, p.size())
			for i := range out {
				out[i].kind = rapid.SampledFrom([]kind{kindOther, kindOther, kindOther, kindAbsent, kindEnd}).Draw(rt, "value")
			}
			return out
		}
		rt.Repeat(map[string]func(*rapid.T){
			"fill": func(*rapid.T) {
				values, names := some(), namesOf(p.objects())
				p.fill(values, &linkmodel.Reading{})
				for i, v := range values {
					if !v.there() && i >= placeOptional {
						k.missing[names[i]] = true
					}
				}
			},
			"drop": func(rt *rapid.T) {
				i, names := rapid.IntRange(-1, 30).Draw(rt, "index"), namesOf(p.objects())
				dropped := i > placeOptional && i <= len(names)
				if p.drop(i) != dropped {
					rt.Fatalf("drop %d of %d", i, len(names))
				}
				if dropped {
					k.missing[names[i-1]] = true
				}
			},
			"trim": func(rt *rapid.T) {
				left := 12 - len(k.trimmed)
				if p.trim() != (left > 0) {
					rt.Fatalf("%d objects to trim", left)
				}
				for _, f := range leastImportant[12-left:][:min(3, left)] {
					k.trimmed[catalogue[f].name] = true
				}
			},
			"stick": func(rt *rapid.T) {
				c, stuck := rapid.SampledFrom(unicast[:]).Draw(rt, "counter"), rapid.Bool().Draw(rt, "stuck")
				name := columns[c].wide.name
				if p.stick(c, stuck) != (k.stuck[name] != stuck) {
					rt.Fatalf("stick %s", name)
				}
				k.stuck[name] = stuck
			},
			"probe": func(rt *rapid.T) {
				probes := p.probes()
				if len(probes) != len(k.missing) {
					rt.Fatalf("%d probes for %d objects", len(probes), len(k.missing))
				}
				values := make([]value, len(probes))
				for i, o := range probes {
					if !k.missing[o.name] {
						rt.Fatalf("%s is not missing", o.name)
					}
					values[i].kind = rapid.SampledFrom([]kind{kindOther, kindAbsent}).Draw(rt, "value")
					if values[i].there() {
						delete(k.missing, o.name)
					}
				}
				p.found(probes, values)
			},
			"reset": func(*rapid.T) { p.reset(); k.reset() },
			"": func(rt *rapid.T) {
				if diff := cmp.Diff(k.asks(), namesOf(p.objects())); diff != "" {
					rt.Fatalf("(-want +got):\n%s", diff)
				}
				pdu, err := p.appendRequest(nil)
				want, _ := encodePDU(&request{objects: p.objects()})
				if err != nil || !bytes.Equal(pdu, want) {
					rt.Fatalf("request of something else: %v", err)
				}
			},
		})
	})
}

// The request of an interface with any index and either label is what would be encoded for it.
func TestTemplateIsTheRequest(t *testing.T) {
	for _, label := range []object{ifName, ifDescr} {
		for _, index := range []uint32{1, 127, 128, 561, 1<<14 - 1, 1 << 14, 1<<21 - 1, 1 << 21, 1<<28 - 1, 1 << 28, 1<<32 - 1} {
			p := newPlan(index, label)
			got, err := p.appendRequest([]byte("before"))
			if want := mustPDU(t, p.objects(), minID); err != nil || string(got) != "before"+string(want) {
				t.Errorf("%s.%d: % x, want % x (%v)", label.name, index, got, want, err)
			}
		}
	}
}

// Every object goes to its place in the reading.
func TestPlanFills(t *testing.T) {
	p := newPlan(9, ifName)
	values := make([]value, p.size())
	for i := range values {
		values[i] = value{kind: kindGauge32, num: uint64(i) + 1<<33}
	}
	values[placeName] = value{kind: kindText, text: "\x01et-0/0/1 "}
	values[placeAdmin].num, values[placeOper].num = 1, 8
	var got linkmodel.Reading
	p.fill(values, &got)
	want := linkmodel.Reading{
		Index: 9, Name: "et-0/0/1", Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUnknown,
		EngineTime: 4, HasEngineTime: true, LastChange: 5, HasLastChange: true,
		Discontinuity: 6, HasDiscontinuity: true, HighSpeed: 7,
	}
	for c := range linkmodel.NumCounters {
		want.Counters.Set(c, uint64(c)+8+1<<33, c < linkmodel.InErrors)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where the 64-bit forms are missing, the 32-bit ones fill the same places.
func TestPlanFillsFromSecondForms(t *testing.T) {
	p := newPlan(9, ifName)
	values := make([]value, p.size())
	values[7].kind, values[8].kind = kindAbsent, kindAbsent // ifHighSpeed, ifHCInOctets
	p.fill(values, &linkmodel.Reading{})
	for _, tt := range []struct {
		speed uint64
		want  uint32
	}{{1e9, 1000}, {1<<32 - 1, 0}} {
		values[7], values[8] = value{kind: kindGauge32, num: tt.speed}, value{kind: kindCounter32, num: 77}
		var r linkmodel.Reading
		p.fill(values, &r)
		n, ok := r.Counters.Get(linkmodel.InOctets)
		if r.HighSpeed != tt.want || n != 77 || !ok || r.Counters.Wide.Has(linkmodel.InOctets) || !r.Counters.Wide.Has(linkmodel.OutOctets) {
			t.Errorf("%+v", r)
		}
	}
}

// The whole way from a usual response to its reading costs no allocation.
func TestUsualReplyAllocatesNothing(t *testing.T) {
	p := newPlan(561, ifName)
	pdu, err := p.appendRequest(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, reply, _ := fullReply(t)
	patchID(pdu, 0x01020304)
	values := make([]value, p.size())
	known := "et-0/0/1"
	var r linkmodel.Reading
	n := testing.AllocsPerRun(100, func() {
		if !decodeFast(pdu, reply, p.wants(), known, values) {
			t.Fatal("not accepted")
		}
		p.fill(values, &r)
	})
	if n != 0 || r.Name != known {
		t.Errorf("%g allocations for %+v", n, r)
	}
}

// Plans that ask the same share it, and however routers behave there are not many to share.
func TestShapesAreSharedAndFew(t *testing.T) {
	a, b := newPlan(1, ifName), newPlan(4_000_000_000, ifDescr)
	if a.shape != b.shape {
		t.Error("two shapes for one list")
	}
	before := namesOf(a.objects())
	for i := range 3 * maxShapes {
		shapeOf(fields(i)<<fieldEngineTime | ^optional&(1<<numFields-1))
	}
	if n := len(shapes.of); n > maxShapes {
		t.Errorf("%d shapes are kept", n)
	}
	if diff := cmp.Diff(before, namesOf(a.objects())); diff != "" {
		t.Errorf("a plan changed (-before +after):\n%s", diff)
	}
}

// What is kept for each of 200,000 ends stays small.
func TestPlanIsSmall(t *testing.T) {
	for name, tt := range map[string]struct{ got, most uintptr }{
		"plan":           {unsafe.Sizeof(plan{}), 96},
		"slowRead":       {unsafe.Sizeof(slowRead{}), 24},
		"endpoint":       {unsafe.Sizeof(endpoint{}), 288},
		"value of a PDU": {unsafe.Sizeof(value{}), 32},
	} {
		t.Logf("%s: %d bytes", name, tt.got)
		if tt.got > tt.most {
			t.Errorf("%s: %d bytes, at most %d expected", name, tt.got, tt.most)
		}
	}
}

// Text of printable ASCII is as clean as the same text that has something to drop.
func TestCleanOfPlainText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune(" ab~/0\t")), 0, 300, -1).Draw(rt, "text")
		if got, want := clean(s), clean("\x01"+s); got != want {
			rt.Fatalf("%q, want %q", got, want)
		}
	})
	if got := clean(strings.Repeat("x", 300)); len(got) != maxText {
		t.Errorf("%d bytes of 300", len(got))
	}
	s := "  et-0/0/1 "
	if n := testing.AllocsPerRun(10, func() { s = clean(s) }); n != 0 || s != "et-0/0/1" {
		t.Errorf("%q with %g allocations", s, n)
	}
}

// BenchmarkPlanMemory tells what a plan costs in memory.
func BenchmarkPlanMemory(b *testing.B) {
	const ends = 10_000
	plans := make([]*plan, ends)
	for b.Loop() {
		clear(plans)
		before := heapBytes()
		for i := range plans {
			plans[i] = newPlan(uint32(500+i), ifName)
		}
		b.ReportMetric(float64(heapBytes()-before)/ends, "bytes/plan")
	}
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkFill is what comes behind decodeFast.
func BenchmarkFill(b *testing.B) {
	p := newPlan(561, ifName)
	_, reply, objects := fullReply(b)
	values, err := careful(objects, reply)
	if err != nil {
		b.Fatal(err)
	}
	var r linkmodel.Reading
	b.ReportAllocs()
	for b.Loop() {
		p.fill(values, &r)
	}
}
