package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/configs"
)

// TestChangeInWords compares two inventories each and tells what is different.
func TestChangeInWords(t *testing.T) {
	t.Setenv("SNMP_COMMUNITY", "public")
	const base = `version: 1
defaults: {interval: 10s, credential: {version: 2c, community: "${env:SNMP_COMMUNITY}"}}
devices:
  r1: 127.0.0.1
  r2: {address: 127.0.0.2, timeout: 1s}
notify: {receivers: {noc: {type: slack, url: "https://hooks.example.net/x"}}, default: noc}
links:
  l1: {a: "r1:1", z: "r2:1"}
  l2: {a: "r1:2", z: "r2:2", capacity: 10G}
`
	parse := func(text string) *configs.Inventory {
		t.Helper()
		inv, problems := configs.Parse([]configs.Source{{Name: "links.yaml", Text: []byte(text)}}, configs.OS())
		if inv == nil {
			t.Fatalf("%s\n%s", text, problems.Text())
		}
		return inv
	}
	f := func(summary string, edits []string, want ...string) {
		t.Helper()
		c := compareInventories(parse(base), parse(strings.NewReplacer(edits...).Replace(base)))
		if diff := cmp.Diff(want, c.lines()); diff != "" || c.summary() != summary {
			t.Errorf("%q: %s\n%s", edits, c.summary(), diff)
		}
	}
	f("nothing changed", []string{"links:", "x-note: none\nlinks:"})
	f("links: 1 added, 1 removed", []string{"  l1:", "  l3:"}, "links added: l3", "links removed: l1",
		"l3 has the ends of l1: with was: l1 its history and open alerts go on")
	f("links: 1 renamed", []string{`  l1: {`, `  l3: {was: l1, `}, "links renamed: l1 is now l3")
	f("links: 1 changed", []string{"10G", "20G, groups: [core], circuit: {carrier: Colt}, type: fiber, interval: 20s, notes: x"},
		"links changed: l2 (interval, type, capacity, circuit, groups, notes)")
	f("links: 1 changed", []string{"r1:2", "r1:3"}, "links changed: l2 (ends)")
	f("links: 2 changed", []string{"timeout: 1s", "site: lon1, counter_cache: 5s"},
		"links changed: l1 (site, counter_cache), l2 (site, counter_cache)", "routers changed: r2")
	f("no link changed, but something else did", []string{"timeout: 1s", "timeout: 2s, retries: 1", "  r1:", "  r3: 127.0.0.3\n  r1:"},
		"routers added: r3", "routers changed: r2")
	f("no link changed, but something else did", []string{"net/x", "net/y", "notify: {", "notify: {remind_every: 1h, "},
		"receivers changed: noc", "routes changed")
	f("no link changed, but something else did", []string{"links:", "influxdb: {url: http://127.0.0.1:8086, bucket: a/b}\nlinks:"},
		"outputs added: influxdb")
	many := []string{"  l1:"}
	text := "  l1:"
	for i := range 30 {
		text = fmt.Sprintf("  m%02d: {a: \"r1:m%d\", z: \"r2:m%d\"}\n", i, i, i) + text
	}
	names := make([]string, 0, maxListed)
	for i := range maxListed {
		names = append(names, fmt.Sprintf("m%02d", i))
	}
	f("links: 30 added", append(many, text), "links added: "+strings.Join(names, ", ")+" and 10 more")
}
