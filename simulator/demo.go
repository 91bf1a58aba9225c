package simulator

import (
	"fmt"
	"net/netip"
	"slices"
)

// DemoCommunity is the SNMPv2c community of the demo's routers.
const DemoCommunity = "demo"

// demoUser is the SNMPv3 user of the demo's routers that have one. Nothing is protected by it.
var demoUser = V3User{
	Name: "nms-ro",
	Auth: "SHA-256", AuthPassword: "demo-auth-password",
	Priv: "AES-128", PrivPassword: "demo-priv-password",
}

var demoSites = []Site{
	{"lon1", "London Docklands", 51.507, -0.013, "Europe/London"},
	{"par2", "Paris PA2", 48.927, 2.352, "Europe/Paris"},
	{"ams1", "Amsterdam Science Park", 52.356, 4.951, "Europe/Amsterdam"},
	{"fra3", "Frankfurt Ostend", 50.119, 8.735, "Europe/Berlin"},
	{"man4", "Manchester", 53.467, -2.235, "Europe/London"},
	{"mad1", "Madrid Alcobendas", 40.533, -3.648, "Europe/Madrid"},
}

var demoRouters = []struct {
	name     string
	platform Platform
	v3       bool
}{
	{"cr1.lon1", Junos, false},
	{"pe1.lon1", EOS, false},
	{"cr1.par2", Junos, false},
	{"cr1.ams1", IOSXR, false},
	{"br1.ams1", IOS, false},
	{"cr1.fra3", EOS, true},
	{"cr2.fra3", SROS, false},
	{"pe1.man4", Junos, false},
	{"br1.man4", IOS, false},
	{"br2.man4", IOS, false},
	{"cr1.mad1", SROS, true},
	{"br1.mad1", IOS, false},
}

const (
	gbit = 1_000_000_000
	mbit = 1_000_000
)

// demoLinks holds the links; ports are "router interface".
var demoLinks = []Link{
	{
		Name: "lon1-par2-1", Type: "backbone", Speed: 100 * gbit,
		A: Port{Router: "cr1.lon1", Interface: "et-0/0/1:0"}, Z: Port{Router: "cr1.par2", Interface: "et-0/0/3"},
		Carrier: "Northlight", Circuit: "NL/LON-PAR/00123", Phone: "+44 20 5550 0100",
	},
	{
		Name: "par2-mad1-1", Type: "backbone", Speed: 100 * gbit,
		A: Port{Router: "cr1.par2", Interface: "et-0/0/5"}, Z: Port{Router: "cr1.mad1", Interface: "1/1/c1/1"},
		Carrier: "Iberlink", Circuit: "IBL-PA2-MD1-7741", Phone: "+34 91 555 01 00",
	},
	{
		Name: "fra3-ams1-1", Type: "backbone", Speed: 100 * gbit,
		A: Port{Router: "cr1.fra3", Interface: "Ethernet3/1/1"}, Z: Port{Router: "cr1.ams1", Interface: "Hu0/0/0/2"},
		Carrier: "Eurowave", Circuit: "EW0098812", Phone: "+49 69 5550 0100",
	},
	{
		Name: "lon1-man4-1", Type: "fiber", Speed: 10 * gbit,
		A: Port{Router: "cr1.lon1", Interface: "xe-1/0/0"}, Z: Port{Router: "pe1.man4", Interface: "xe-0/1/0"},
		Carrier: "Northlight", Circuit: "NL/LON-MAN/00418", Phone: "+44 20 5550 0100",
	},
	{
		Name: "par2-fra3-1", Type: "fiber", Speed: 10 * gbit,
		A: Port{Router: "cr1.par2", Interface: "xe-0/1/0"}, Z: Port{Router: "cr2.fra3", Interface: "1/1/1"},
		Carrier: "Eurowave", Circuit: "EW0101377", Phone: "+49 69 5550 0100",
	},
	{
		Name: "lon1-fra3-1", Type: "mpls", Speed: 10 * gbit, Capacity: [2]uint64{2 * gbit, 2 * gbit},
		A: Port{Router: "pe1.lon1", Interface: "Ethernet12"}, Z: Port{Router: "cr2.fra3", Interface: "1/1/2"},
		Carrier: "Meridian", Circuit: "MPLS-7700-31", Phone: "+44 161 555 0100",
	},
	{
		Name: "ams1-leased-2", Type: "leased-line", Speed: 1 * gbit,
		A: Port{Router: "cr1.ams1", Interface: "Gi0/2/0/7"}, Z: Port{Router: "br1.ams1", Interface: "Gi0/0/1"},
		Carrier: "Eurowave", Circuit: "EW0044120", Phone: "+49 69 5550 0100",
	},
	{
		Name: "man4-mast-1", Type: "microwave", Speed: 1 * gbit, Capacity: [2]uint64{400 * mbit, 400 * mbit},
		A: Port{Router: "pe1.man4", Interface: "ge-0/0/8"}, Z: Port{Router: "br2.man4", Interface: "Gi0/0/0"},
		Carrier: "Skyhop", Circuit: "RADIO-MAN-01", Phone: "+44 161 555 0177",
	},
	{
		Name: "man4-tail-17", Type: "customer-tail", Speed: 1 * gbit, Capacity: [2]uint64{200 * mbit, 20 * mbit},
		A: Port{Router: "pe1.man4", Interface: "ge-0/0/17.300"}, Z: Port{Router: "br1.man4", Interface: "Gi0/1"},
		Carrier: "Meridian", Circuit: "OGEA-1234567", Phone: "+44 161 555 0100",
	},
	{
		Name: "mad1-tail-3", Type: "customer-tail", Speed: 1 * gbit, Capacity: [2]uint64{100 * mbit, 100 * mbit},
		A: Port{Router: "cr1.mad1", Interface: "1/1/5"}, Z: Port{Router: "br1.mad1", Interface: "Gi0/1"},
		Carrier: "Iberlink", Circuit: "0045512", Phone: "+34 91 555 01 00",
	},
}

// Demo returns 12 routers in 6 European sites, joined by 10 links of all common types. The first
// router listens on at, the others on the same port of the addresses that follow.
func Demo(seed uint64, at netip.AddrPort) Config {
	c := Config{Seed: seed, Sites: append([]Site(nil), demoSites...)}
	addr := at.Addr()
	for _, d := range demoRouters {
		r := Router{
			Name: d.name, Site: d.name[len("cr1."):], Platform: d.platform,
			Addr: netip.AddrPortFrom(addr, at.Port()), Community: DemoCommunity,
		}
		if d.v3 {
			user := demoUser
			r.V3, r.Community = &user, ""
		}
		c.Routers = append(c.Routers, r)
		addr = addr.Next()
	}
	c.Links = append(c.Links, demoLinks...)
	for i := range c.Links {
		if c.Links[i].Type == "backbone" {
			c.Links[i].Groups = []string{"core"}
		}
	}
	return c
}

// Many returns a network for benchmarks: the links join the routers in pairs, evenly. Routers
// listen on consecutive addresses from at; with port 0 each takes a free port, and with any other
// port they share one socket, where the system can. There must be at least 2 routers.
func Many(seed uint64, links, routers int, at netip.AddrPort) Config {
	c := Config{Seed: seed, Routers: make([]Router, 0, routers), Links: make([]Link, 0, links)}
	addr := at.Addr()
	for i := range routers {
		c.Routers = append(c.Routers, Router{
			Name: fmt.Sprintf("r%05d", i), Platform: Junos, Community: DemoCommunity,
			Addr: netip.AddrPortFrom(addr, at.Port()),
		})
		addr = addr.Next()
	}
	for i := range links {
		name := fmt.Sprintf("xe-%d/%d/%d", i/routers/400, i/routers/10%40, i/routers%10)
		a, z := i%routers, (i+1)%routers
		c.Links = append(c.Links, Link{
			Name: fmt.Sprintf("l%05d", i), Type: "ethernet", Speed: 10 * gbit,
			A: Port{Router: c.Routers[a].Name, Interface: name},
			Z: Port{Router: c.Routers[z].Name, Interface: name + "z"},
		})
	}
	return c
}

// Fill adds spare interfaces, which carry nothing, to each router with fewer than n interfaces.
func (c *Config) Fill(n int) {
	used := make(map[string]int, len(c.Routers))
	for i := range c.Links {
		used[c.Links[i].A.Router]++
		used[c.Links[i].Z.Router]++
	}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("ge-9/0/%d", i)
	}
	for i := range c.Routers {
		r := &c.Routers[i]
		if missing := n - used[r.Name] - len(r.Others); missing > 0 {
			r.Others = append(slices.Clip(r.Others), names[:missing]...)
		}
	}
}
