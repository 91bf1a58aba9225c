package poller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// walkAgent walks ifName of a scripted agent, in a synctest bubble.
func walkAgent(t *testing.T, timeout time.Duration, play script) ([]row, *agent, error) {
	t.Helper()
	a := newAgent(play)
	dev := a.device()
	dev.Timeout = timeout
	var c tally
	s := a.connect(t, &dev, &c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	rows, err := walk(ctx, s.ask, ifName)
	return rows, a, err
}

// lastArc is the index a GETBULK starts after; 0 for the column itself.
func lastArc(a asked) int {
	oid := a.oids[0]
	if len(oid) == len(oidBytes(oidIfName)) {
		return 0
	}
	n := 0
	for _, b := range oid[len(oidBytes(oidIfName)):] {
		n = n<<7 | int(b&0x7f)
	}
	return n
}

// bulk answers a GETBULK with rows first to last of ifName, then whatever end is.
func bulk(a asked, first, last int, end ...[]byte) [][]byte {
	r := response{version: 1, community: a.community, pdu: 0xa2, id: a.id}
	for i := first; i <= last; i++ {
		r.binds = append(r.binds, bind(fmt.Sprintf("%s.%d", oidIfName, i), tlv(4, fmt.Appendf(nil, "eth%d", i))))
	}
	r.binds = append(r.binds, end...)
	return [][]byte{r.bytes()}
}

func TestWalkIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = 45
		got, a, err := walkAgent(t, 2*time.Second, func(a asked) [][]byte {
			from := lastArc(a)
			to := min(from+int(a.size), rows)
			if to-from < int(a.size) {
				return bulk(a, from+1, to, bind(".1.3.6.1.2.1.31.1.1.1.2.1", whole(0x41, 1)))
			}
			return bulk(a, from+1, to)
		})
		if err != nil || len(got) != rows || got[44] != (row{45, "eth45"}) {
			t.Errorf("%d rows, %v", len(got), err)
		}
		if n := len(a.asked()); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
	})
}

func TestWalkThatBreaksOffIsAnError(t *testing.T) {
	tests := []struct {
		name string
		play script
		text string
	}{
		{"endless", func(a asked) [][]byte { return bulk(a, lastArc(a)+1, lastArc(a)+int(a.size)) }, "more than 10000 rows"},
		{"same again", func(a asked) [][]byte { return bulk(a, 1, 3) }, "do not move forward"},
		{"backwards", func(a asked) [][]byte { return bulk(a, 9, 9, bind(oidIfName+".3", nameValue)) }, "do not move forward"},
		{"genErr in the middle", func(a asked) [][]byte {
			if a.n == 0 {
				return bulk(a, 1, int(a.size))
			}
			r := response{version: 1, community: a.community, pdu: 0xa2, id: a.id, status: 5}
			return [][]byte{r.bytes()}
		}, "genErr"},
		{"tooBig whatever the size", func(a asked) [][]byte {
			r := response{version: 1, community: a.community, pdu: 0xa2, id: a.id, status: 1}
			return [][]byte{r.bytes()}
		}, "tooBig"},
		{"empty", func(a asked) [][]byte { return bulk(a, 2, 1) }, "varbind-count"},
		{"more than asked", func(a asked) [][]byte { return bulk(a, 1, int(a.size)+1) }, "varbind-count"},
		{"numbers for names", func(a asked) [][]byte { return bulk(a, 2, 1, bind(oidIfName+".1", whole(0x41, 1))) }, "(type)"},
		{"silent in the middle", func(a asked) [][]byte {
			if a.n == 0 {
				return bulk(a, 1, int(a.size))
			}
			return nil
		}, "no answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rows, _, err := walkAgent(t, 40*time.Millisecond, tt.play)
				if err == nil || rows != nil {
					t.Fatalf("%d rows, no error", len(rows))
				}
				if !strings.Contains(err.Error(), tt.text) {
					t.Errorf("error %q, want …%s…", err, tt.text)
				}
			})
		})
	}
}

// An agent that can only answer small requests is asked with smaller ones.
func TestWalkHalvesItsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, silent := range []bool{true, false} {
			rows, _, err := walkAgent(t, 50*time.Millisecond, func(a asked) [][]byte {
				switch {
				case a.size > 5 && silent:
					return nil
				case a.size > 5:
					r := response{version: 1, community: a.community, pdu: 0xa2, id: a.id, status: 1}
					return [][]byte{r.bytes()}
				case lastArc(a) >= 10:
					return bulk(a, 2, 1, bind(oidIfName+".10", tlv(0x82)))
				}
				return bulk(a, lastArc(a)+1, lastArc(a)+5)
			})
			if err != nil || len(rows) != 10 {
				t.Errorf("silent %t: %d rows, %v", silent, len(rows), err)
			}
		}
	})
}

// follows orders OIDs as numbers, not as text.
func TestFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arcs := rapid.SliceOfN(rapid.Uint32(), 1, 8)
		a, b := arcs.Draw(t, "a"), arcs.Draw(t, "b")
		want := cmpArcs(a, b) > 0
		if got := follows(dotted(a), dotted(b)); got != want {
			t.Fatalf("follows(%s, %s) = %t", dotted(a), dotted(b), got)
		}
	})
}

func cmpArcs(a, b []uint32) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			if a[i] > b[i] {
				return 1
			}
			return -1
		}
	}
	return len(a) - len(b)
}

func dotted(arcs []uint32) string {
	var b strings.Builder
	for _, n := range arcs {
		fmt.Fprintf(&b, ".%d", n)
	}
	return b.String()
}

// tableAgent answers the requests of lookUp from plain maps, without a wire.
type tableAgent struct {
	columns map[string][]row
	values  map[string]uint64
	asked   int
}

func (a *tableAgent) ask(_ context.Context, req *request) (*reply, error) {
	a.asked++
	r := &reply{}
	if req.repetitions == 0 {
		for _, o := range req.objects {
			r.values = append(r.values, value{kind: kindInteger, num: a.values[o.oid]})
		}
		return r, nil
	}
	for _, row := range a.columns[req.root] {
		oid := req.root + "." + utoa(row.index)
		if follows(oid, req.objects[0].oid) {
			r.oids, r.values = append(r.oids, oid), append(r.values, value{kind: kindText, text: row.text})
		}
	}
	r.oids, r.values = append(r.oids, ".2"), append(r.values, value{kind: kindEnd})
	return r, nil
}

func routerTable() *tableAgent {
	return &tableAgent{
		columns: map[string][]row{
			oidIfName:  {{1, "lo0"}, {7, "\x01et-0/0/3"}, {8, "et-0/0/30"}, {9, "dm0"}, {11, "dm0"}, {12, "old0"}},
			oidIfDescr: {{1, "loopback"}, {7, "TenGig3"}, {8, "TenGig30"}, {9, "dm0"}, {11, "dm0"}, {12, "new0"}},
			oidIfAlias: {{7, "Core: cr1.lon1"}, {8, "Core: cr1.ams1"}, {9, "spare"}, {11, "spare"}},
		},
		values: map[string]uint64{
			oidIfOperStatus + ".9": 2, oidIfOperStatus + ".11": 1,
			oidIfAdminStatus + ".9": 2, oidIfAdminStatus + ".11": 1,
		},
	}
}

func TestLookUp(t *testing.T) {
	tests := []struct {
		name   string
		index  uint32
		how    string
		expect string
		label  string
		miss   linkmodel.Miss
		text   string
	}{
		{"et-0/0/3", 7, byName, "et-0/0/3", "ifName", 0, ""},
		{"TenGig30", 8, byDescr, "TenGig30", "ifDescr", 0, ""},
		{"new0", 12, byDescr, "new0", "ifDescr", 0, ""},
		{"Core: cr1.ams1", 8, byAlias, "et-0/0/30", "ifName", 0, ""},
		{"dm0", 11, byName, "dm0", "ifName", 0, `2 interfaces are named "dm0"; taking ifIndex 11`},
		{"spare", 0, "", "", "", linkmodel.MissIdentity, `"spare" matches 2 interfaces by ifAlias: dm0, dm0`},
		{"et-0/0/33", 0, "", "", "", linkmodel.MissIdentity, `there is no interface "et-0/0/33" among 6; closest names: et-0/0/3 (alias "Core: cr1.lon1"), et-0/0/30 (alias "Core: cr1.ams1")`},
	}
	for _, tt := range tests {
		table, err := lookUp(t.Context(), routerTable().ask, []string{tt.name})
		if err != nil {
			t.Fatal(err)
		}
		f := table.found[tt.name]
		if tt.miss != 0 {
			var named *Error
			if !errors.As(f.err, &named) || named.Miss != tt.miss || !strings.Contains(named.Error(), tt.text) {
				t.Errorf("%s: %v, want …%s…", tt.name, f.err, tt.text)
			}
			continue
		}
		got := []any{f.at.index, f.at.how, f.at.expect, f.at.label.name, f.at.note, f.err}
		want := []any{tt.index, tt.how, tt.expect, tt.label, tt.text, error(nil)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Among rows of one name, oper up wins, then admin up, then the later change, then the higher index.
func TestBetterRow(t *testing.T) {
	three := func(oper, admin, change uint64) []value { return []value{{num: oper}, {num: admin}, {num: change}} }
	tests := []struct {
		a, b []value
		want bool
	}{
		{three(1, 2, 0), three(2, 1, 9), true},
		{three(2, 1, 0), three(2, 2, 9), true},
		{three(1, 1, 5), three(1, 1, 9), false},
		{three(1, 1, 9), three(1, 1, 5), true},
		{three(2, 2, 5), three(2, 2, 5), true}, // a comes later in the table
	}
	for _, tt := range tests {
		if got := better(tt.a, tt.b); got != tt.want {
			t.Errorf("better(%v, %v) = %t", tt.a, tt.b, got)
		}
	}
}

// A column that no declared interface needs is not walked.
func TestLookUpReadsOnlyWhatItNeeds(t *testing.T) {
	a := routerTable()
	if _, err := lookUp(t.Context(), a.ask, []string{"et-0/0/3", "lo0", "#9"}); err != nil || a.asked != 1 {
		t.Errorf("%d requests, want 1 (%v)", a.asked, err)
	}
}

func TestLookUpWithoutInterfaces(t *testing.T) {
	table, err := lookUp(t.Context(), (&tableAgent{}).ask, []string{"eth0"})
	if err != nil {
		t.Fatal(err)
	}
	var named *Error
	if !errors.As(table.found["eth0"].err, &named) || named.Miss != linkmodel.MissDenied {
		t.Errorf("got %v, want denied", table.found["eth0"].err)
	}
}

// Nothing a router says can reach a terminal, whatever its bytes.
func TestCleanLeavesNoControls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := string(rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "raw"))
		got := clean(raw)
		if len(got) > maxText {
			t.Fatalf("%d bytes", len(got))
		}
		for _, r := range got {
			if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' || r == '\u2028' {
				t.Fatalf("%q of %q", r, raw)
			}
		}
	})
	if got := clean("\x01\x01et-0/0/1 \x00"); got != "et-0/0/1" {
		t.Errorf("got %q", got)
	}
}
