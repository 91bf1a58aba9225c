package main

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

const swappedInventory = `version: 1
defaults: {interval: 10s, credential: {version: 2c, community: "${env:SNMP_COMMUNITY}"}}
devices:
  r1: {address: 127.0.0.1, counter_cache: 0s}
  r2: {address: 127.0.0.2, counter_cache: 0s}
links:
  one: {a: "r1:a1", z: "r2:z1"}
  two: {a: "r1:a2", z: "r2:z2"}
`

// Two links whose z ends were swapped in the inventory: each finding names the interface that fits.
func TestSwappedEndsAreNamed(t *testing.T) {
	a := newTestApp(t, swappedInventory, t.TempDir())
	random := rand.New(rand.NewPCG(1, 2))
	polls := map[string]*linkmodel.Poll{"one": {Link: "one"}, "two": {Link: "two"}}
	count := func(link string, end linkmodel.End, packets, octets linkmodel.Counter, n uint64) {
		c := &polls[link].Ends[end].Reading.Counters
		c.Set(packets, c.Value[packets]+n, true)
		c.Set(octets, c.Value[octets]+500*n, true)
	}
	for range 250 {
		for from, to := range map[string]string{"one": "two", "two": "one"} {
			n := 5_000 + random.Uint64N(20_000)
			count(from, linkmodel.EndA, linkmodel.OutUcastPkts, linkmodel.OutOctets, n)
			count(to, linkmodel.EndZ, linkmodel.InUcastPkts, linkmodel.InOctets, n)
		}
		for _, name := range []string{"one", "two"} {
			poll := polls[name]
			for e := range poll.Ends {
				r := &poll.Ends[e].Reading
				r.Mono += 10 * time.Second
				r.At, r.UpTime = costStart.Add(r.Mono), uint32(r.Mono/(10*time.Millisecond)) //nolint:gosec // an hour
				r.Admin, r.Oper, r.HighSpeed = linkmodel.StatusUp, linkmodel.StatusUp, 1000
				for c := range linkmodel.NumCounters {
					r.Counters.Set(c, r.Counters.Value[c], true)
				}
			}
			a.pipeline.handle(poll)
		}
	}
	v, _ := (&source{app: a}).Link("one")
	for _, f := range v.Findings {
		if f.Kind == linkmodel.KindNotMatching && f.Direction == linkmodel.AToZ {
			if !strings.HasSuffix(f.Text, "; a2 of the same router fits") {
				t.Errorf("text %q does not name a2", f.Text)
			}
			return
		}
	}
	t.Errorf("findings %+v", v.Findings)
}
