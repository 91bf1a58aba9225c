//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bothends/bothends/simulator"
)

// scene is a network that everybody polls.
type scene struct {
	name  string
	title string
	// interfaces per router; all of them are link ends
	interfaces int
	// deadEvery-th router is silent; 0 for none
	deadEvery int
}

var scenes = []scene{
	{name: "get", title: "one interface per router", interfaces: 1},
	{name: "dead", title: "one interface per router, 5 % of the routers dead", interfaces: 1, deadEvery: 20},
	{name: "wide", title: "48 interfaces per router, all of them link ends", interfaces: 48},
}

func caseNames() string {
	names := make([]string, len(scenes))
	for i := range scenes {
		names[i] = scenes[i].name
	}
	return strings.Join(names, ",")
}

func findScene(name string) (scene, bool) {
	i := slices.IndexFunc(scenes, func(s scene) bool { return s.name == name })
	if i < 0 {
		return scene{}, false
	}
	return scenes[i], true
}

// walked tells whether the peers walk the interface tables rather than ask for each object.
func (s scene) walked() bool { return s.interfaces > 1 }

// Every router numbers its interfaces from firstIndex. Explicit numbers are what makes GETs
// possible for the peers; bothends finds the interface by its name.
const firstIndex = 501

// network returns the simulated routers with about this many link ends: router 2i and router 2i+1
// are joined by as many links as they have interfaces.
func (s scene) network(ends, port int) simulator.Config {
	c := simulator.Config{Seed: 1}
	pairs := max(ends/2/s.interfaces, 1)
	addr := netip.MustParseAddr("127.16.0.1")
	for i := range 2 * pairs {
		c.Routers = append(c.Routers, simulator.Router{
			Name: fmt.Sprintf("r%05d", i), Platform: simulator.Junos, Community: simulator.DemoCommunity,
			Addr: netip.AddrPortFrom(addr, uint16(port)),
		})
		addr = addr.Next()
	}
	for i := range pairs * s.interfaces {
		pair, n := i/s.interfaces, i%s.interfaces
		name := fmt.Sprintf("xe-0/%d/%d", n/12, n%12)
		c.Links = append(c.Links, simulator.Link{
			Name: fmt.Sprintf("link%05d", i), Type: "ethernet", Speed: 10_000_000_000,
			A: simulator.Port{Router: c.Routers[2*pair].Name, Interface: name},
			Z: simulator.Port{Router: c.Routers[2*pair+1].Name, Interface: name},
		})
	}
	return c
}

// dead tells whether the router with this number is silent. Never both of a pair.
func (s scene) dead(router int) bool {
	return s.deadEvery > 0 && router%s.deadEvery == s.deadEvery/2
}

// liveEnds counts the link ends that answer.
func (s scene) liveEnds(c *simulator.Config) (n int) {
	for i := range c.Routers {
		if !s.dead(i) {
			n += s.interfaces
		}
	}
	return n
}
