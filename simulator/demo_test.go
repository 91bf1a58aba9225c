package simulator

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func demo(t testing.TB) Config {
	t.Helper()
	return Demo(1, loopback(t, "127.0.10.1:16161"))
}

func TestTheDemoIsComplete(t *testing.T) {
	c := demo(t)
	build(t, c)
	if len(c.Routers) != 12 || len(c.Links) != 10 || len(c.Sites) != 6 {
		t.Errorf("%d routers, %d links, %d sites", len(c.Routers), len(c.Links), len(c.Sites))
	}
	var v3 int
	used := make(map[string]bool)
	for _, l := range c.Links {
		used[l.A.Router], used[l.Z.Router] = true, true
		if l.Type == "" || l.Carrier == "" || l.Circuit == "" {
			t.Errorf("link %s lacks its papers", l.Name)
		}
	}
	for i, r := range c.Routers {
		if r.V3 != nil {
			v3++
		}
		if !used[r.Name] || !slices.ContainsFunc(c.Sites, func(s Site) bool { return s.Name == r.Site }) {
			t.Errorf("router %s has no link or no site", r.Name)
		}
		if want := netip.MustParseAddrPort("127.0.10.1:16161"); i == 0 && r.Addr != want {
			t.Errorf("the first router is at %s", r.Addr)
		}
	}
	if v3 != 2 {
		t.Errorf("%d routers speak SNMPv3", v3)
	}
}

func TestTheDemoIsQuietWithoutFaults(t *testing.T) {
	for seed := range uint64(20) {
		c := Demo(seed, loopback(t, "127.0.10.1:16161"))
		now := newClock()
		c.Now = now.now
		s := build(t, c)
		for _, l := range c.Links {
			for d := range 2 {
				for i := range 120 {
					from := now.now().Add(time.Duration(i) * 30 * time.Second)
					first, _ := s.Ledger().Flow(l.Name, d, from)
					last, _ := s.Ledger().Flow(l.Name, d, from.Add(2*time.Second))
					use := float64(last[SentOctets]-first[SentOctets]) * 4 / float64(l.capacities()[d])
					if use < 0.05 || use > 0.75 || last[Lost]+last[SenderDiscards]+last[ReceiverErrors] > 0 {
						t.Errorf("seed %d: %s carries %.2f of its capacity, %v", seed, l.Name, use, last)
					}
				}
			}
		}
	}
}

var update = flag.Bool("update", false, "write testdata/demo.yaml anew")

// TestTheInventoryOfTheDemo compares with a file that is read by eye; cmd/bothends loads the same
// text.
func TestTheInventoryOfTheDemo(t *testing.T) {
	const golden = "testdata/demo.yaml"
	got := DemoInventory(demo(t))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("run with -update and read the difference:\n%s", d)
	}
}

func TestTheInventoryOfAnOddNetwork(t *testing.T) {
	c := pair(t)
	c.Routers[0].Name, c.Links[0].A.Router = "0123", "0123"
	c.Routers[0].Community, c.Routers[0].CacheAge = `se"cret`, 3*time.Second
	c.Routers[1].V3 = &V3User{Name: "nms", Auth: "MD5", AuthPassword: "authentication"}
	c.Links[0].Name, c.Links[0].Capacity = "r1 to r2", [2]uint64{1_500_000, 999}
	c.Links[0].Groups = []string{"core", "A b"}
	want := `version: 1

defaults:
  interval: 2s
  timeout: 500ms
  retries: 1

credentials:
  v2c: {version: 2c, community: "se\"cret"}
  v3:
    version: 3
    user: "nms"
    level: authNoPriv
    auth: {protocol: MD5, password: "authentication"}

devices:
  "0123": {address: 127.0.0.1, port: 0, credential: v2c, counter_cache: 3s}
  r2: {address: 127.0.0.1, port: 0, credential: v3, counter_cache: 0s}

links:
  "r1 to r2":
    a: "0123:eth0"
    z: "r2:eth1"
    capacity: {a_to_z: 1500k, z_to_a: 0.999k}
    groups: [core, "A b"]
`
	if d := cmp.Diff(want, DemoInventory(c)); d != "" {
		t.Error(d)
	}
}

func TestManyJoinsThemAll(t *testing.T) {
	c := Many(1, 1000, 40, loopback(t, "127.1.0.1:0"))
	s := build(t, c)
	for _, a := range s.agents {
		if n := len(a.ports); n != 50 {
			t.Fatalf("router %s has %d interfaces", a.Name(), n)
		}
	}
	if !strings.Contains(DemoInventory(c), "  l00999:\n    a: \"r00039:xe-0/2/4\"\n") {
		t.Error("the last link is not in the inventory")
	}
}

func TestTheScriptIsAFunctionOfTheSeed(t *testing.T) {
	c, same, other := demo(t), demo(t), demo(t)
	other.Seed = 2
	differ := false
	var order []Fault
	for n := range 10 {
		if c.Step(n) != same.Step(n) {
			t.Errorf("step %d: %v and %v", n, c.Step(n), same.Step(n))
		}
		differ = differ || c.Step(n) != other.Step(n)
		order = append(order, c.Step(n).Fault)
		if s := c.Step(n); s.Begins == "" || s.Ends == "" {
			t.Errorf("step %d says nothing", n)
		}
	}
	if !differ {
		t.Error("another seed gives the same script")
	}
	want := []Fault{FaultCut, FaultSaturation, FaultErrors, FaultSilence, FaultLoss}
	if d := cmp.Diff(append(want, want...), order); d != "" {
		t.Error(d)
	}
	if first := c.Step(0); first.Begin > 20*time.Second || first.End > 60*time.Second {
		t.Errorf("the first fault is there from %v to %v", first.Begin, first.End)
	}
}

// TestTheScriptBreaksAndMends plays two rounds and looks in the middle of each fault and after it.
func TestTheScriptBreaksAndMends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := build(t, demo(t))
		var told []string
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		began := time.Now()
		go func() { done <- s.Play(ctx, func(sentence string) { told = append(told, sentence) }) }()
		for n := range 10 {
			step := s.config.Step(n)
			time.Sleep(time.Until(began.Add(step.Begin + time.Second)))
			if !broken(s, step) {
				t.Errorf("nothing is broken in step %d, %s", n, step.Begins)
			}
			time.Sleep(time.Until(began.Add(step.End + time.Second)))
			if broken(s, step) {
				t.Errorf("still broken after step %d, %s", n, step.Ends)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(told) != 20 || told[0] != s.config.Step(0).Begins || told[19] != s.config.Step(9).Ends {
			t.Errorf("told %q", told)
		}
	})
}

// broken looks at the network itself, not at what the script says.
func broken(s *Simulator, step Step) bool {
	if step.Fault == FaultSilence {
		return s.Router(step.Router).manner().dead
	}
	truth, err := s.Ledger().Truth(step.Link, time.Now())
	if err != nil {
		return false
	}
	load := truth.Load[step.Direction]
	capacity := float64(s.links[step.Link].capacity[step.Direction])
	switch step.Fault {
	case FaultCut:
		return truth.Cut
	case FaultSaturation:
		return load.BPS > 0.9*capacity
	case FaultErrors:
		return load.ReceiverErrors > 0
	default:
		return load.Loss > 0
	}
}

func TestFillGivesEachRouterAsManyInterfaces(t *testing.T) {
	c := Many(1, 5, 4, loopback(t, "127.0.20.1:0"))
	c.Routers[3].Others = []string{"lo"}
	c.Fill(6)
	s := build(t, c)
	for _, a := range s.agents {
		if len(a.ports) != 6 {
			t.Errorf("router %s has %d interfaces", a.Name(), len(a.ports))
		}
	}
	c.Fill(2)
	if n := len(build(t, c).agents[0].ports); n != 6 {
		t.Errorf("%d interfaces are left", n)
	}
}
