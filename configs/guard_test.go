package configs

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestGuard refuses what would take unbounded work and lets honest anchors pass.
func TestGuard(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		r := checkText("a.yaml", []byte(text))
		switch {
		case want == "" && r.Inventory == nil:
			t.Errorf("refused: %v", r.Problems[0])
		case want != "" && (len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, want)):
			t.Errorf("want %q, got %v", want, r.Problems)
		}
	}
	// Each level merges the one above nine times.
	var bomb strings.Builder
	bomb.WriteString(head + "x-0: &a0 {interval: 20s}\n")
	for i := range 9 {
		fmt.Fprintf(&bomb, "x-%d: &a%d {<<: [%s]}\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), ", "))
	}
	f(bomb.String()+"devices: {r1: {<<: *a9, address: 192.0.2.1}}\nlinks: {}\n", "stand for more values")
	f(head+"devices: &d {r1: {<<: *d, address: 192.0.2.1}}\nlinks: {}\n", "inside the value it stands for")

	// 40 levels, 40 more through an alias.
	deep := "x-a: &a " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n"
	f(head+deep+tail, "")
	f(head+deep+"x-b: "+strings.Repeat("[", 40)+"*a"+strings.Repeat("]", 40)+"\n"+tail, "more than 64 deep")

	var many strings.Builder
	many.WriteString(head + "x-t: &t {utilization: {warn: 60%, crit: 95%}, errors: {warn: 0.02%}}\ndevices: {r1: 192.0.2.1, r2: 192.0.2.2}\nlinks:\n")
	for i := range 3000 {
		fmt.Fprintf(&many, "  l%d: {a: \"r1:%d\", z: \"r2:%d\", thresholds: *t}\n", i, i, i)
	}
	f(many.String(), "")
}

// TestTwiceInLargeMap finds repeated keys in maps that are searched by an index too.
func TestTwiceInLargeMap(t *testing.T) {
	for _, n := range []int{2, indexFrom - 1, indexFrom, indexFrom + 1, 5 * indexFrom} {
		var text strings.Builder
		text.WriteString(head + "devices:\n")
		for i := range n {
			fmt.Fprintf(&text, "  r%d: 192.0.2.%d\n", i, i+1)
		}
		for _, i := range []int{0, n - 1} {
			again := text.String() + fmt.Sprintf("  r%d: 198.51.100.1\nlinks: {l: {a: \"r0:x\", z: \"r1:y\"}}\n", i)
			r := checkText("a.yaml", []byte(again))
			want := fmt.Sprintf("first defined at a.yaml:%d:3", 4+i)
			if len(r.Problems) != 1 || r.Problems[0].Code != "E005" || r.Problems[0].Notes[0] != want {
				t.Errorf("%d devices, r%d twice: %v", n, i, r.Problems)
			}
		}
	}
}

// TestKeySet finds every key again, below and above the size from which there is an index.
func TestKeySet(t *testing.T) {
	key := func(i, line int) entry {
		return entry{key: value{node: &yaml.Node{Value: strconv.Itoa(i), Line: line}}}
	}
	s := newKeySet(0)
	for n := range 3 * indexFrom {
		if _, dup := s.add(key(n, n)); dup {
			t.Fatalf("key %d is new", n)
		}
		for i := range n + 1 {
			if first, dup := s.add(key(i, -1)); !dup || first.key.node.Line != i {
				t.Fatalf("key %d of %d was not found again", i, n+1)
			}
		}
	}
	if len(s.list) != 3*indexFrom {
		t.Errorf("%d entries", len(s.list))
	}
}
