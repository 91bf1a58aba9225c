package configs

import (
	"fmt"
	"strings"
	"testing"
)

// large is an inventory of n links between n/5 routers, as a program would write it.
func large(n int) []byte {
	var b strings.Builder
	b.WriteString(head + "devices:\n")
	for i := range n / 5 {
		fmt.Fprintf(&b, "  pe%d.site%d: {address: 10.%d.%d.%d, site: site%d}\n", i, i%100, i>>16, i>>8&255, i&255, i%100)
	}
	b.WriteString("links:\n")
	for i := range n {
		r := n / 5
		fmt.Fprintf(&b, "  link-%d:\n    a: pe%d.site%d:et-0/0/%d\n    z: pe%d.site%d:et-1/0/%d\n", i, i%r, i%r%100, i, (i+1)%r, (i+1)%r%100, i)
		fmt.Fprintf(&b, "    type: backbone\n    capacity: 100G\n    circuit: {carrier: Colt, id: \"COLT/%d\"}\n    groups: [core, emea]\n", i)
		b.WriteString("    thresholds: {utilization: {crit: 95%, for: 10m}}\n")
	}
	return []byte(b.String())
}

func BenchmarkLoad10000Links(b *testing.B) {
	text := large(10_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if r := checkText("links.yaml", text); len(r.Inventory.Links) != 10_000 {
			b.Fatal(r.Problems[0])
		}
	}
}

// BenchmarkCheck10000BrokenLinks has a mistake in every link, each of which asks for a near name.
func BenchmarkCheck10000BrokenLinks(b *testing.B) {
	text := []byte(strings.ReplaceAll(string(large(10_000)), "    z: pe", "    z: ep"))
	b.ReportAllocs()
	for b.Loop() {
		if r := checkText("links.yaml", text); r.Problems.Errors() != 10_000 {
			b.Fatal(r.Problems.Errors())
		}
	}
}
