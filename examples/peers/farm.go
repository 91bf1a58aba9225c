//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/bothends/bothends/simulator"
)

// farm is the process of the simulated routers, seen from outside.
type farm struct {
	*process
	scene   scene
	network simulator.Config
	lines   *bufio.Scanner
}

// startFarm returns once the routers listen.
func startFarm(ctx context.Context, sc scene, s *settings, cpu int) (*farm, error) {
	order, err := json.Marshal(farmOrder{Scene: sc.name, Ends: s.ends, Port: s.port})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := spawn(ctx, cpu, true, self, agentsCommand, string(order))
	if err != nil {
		return nil, err
	}
	f := &farm{process: p, scene: sc, network: sc.network(s.ends, s.port), lines: bufio.NewScanner(p.stdout)}
	if _, err := f.read(); err != nil {
		p.stop()
		return nil, fmt.Errorf("start the simulated routers: %w: %s", err, p.errors)
	}
	return f, nil
}

// count asks what the routers have seen.
func (f *farm) count() (farmCount, error) {
	if _, err := fmt.Fprintln(f.stdin); err != nil {
		return farmCount{}, fmt.Errorf("ask the simulated routers: %w", err)
	}
	return f.read()
}

func (f *farm) read() (c farmCount, err error) {
	if !f.lines.Scan() {
		if err := f.lines.Err(); err != nil {
			return c, err
		}
		return c, errors.New("read the count of the simulated routers: they are gone")
	}
	return c, json.Unmarshal(f.lines.Bytes(), &c)
}

// addresses are those of all routers, "127.16.0.1:16161".
func (f *farm) addresses() []string {
	all := make([]string, 0, len(f.network.Routers))
	for i := range f.network.Routers {
		all = append(all, f.network.Routers[i].Addr.String())
	}
	return all
}
