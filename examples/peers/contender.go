//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// contender is one way to poll the ends of a scene.
type contender struct {
	name string
	// program is what has to be there; nil for what this program brings itself.
	program func(s *settings) string
	start   func(ctx context.Context, m *match) (*entry, error)
	// flatOut tells that it knows no interval.
	flatOut bool
}

// contenders are in the order in which they take turns. All ratios are to ours and to the floor.
var contenders = []contender{
	{name: floorName, start: startFloor, flatOut: true},
	{name: oursName, start: startBothends, program: func(s *settings) string { return s.bothends }},
	{name: "telegraf", start: startTelegraf, program: func(s *settings) string { return s.telegraf }},
	{name: "snmp_exporter", start: startExporter, program: func(s *settings) string { return s.exporter }},
}

const (
	floorName = "floor"
	oursName  = "bothends"
)

func contenderExists(name string) bool {
	return slices.ContainsFunc(contenders, func(c contender) bool { return c.name == name })
}

// missing says why the contender cannot run here, or nothing.
func (c *contender) missing(s *settings) string {
	if c.program == nil {
		return ""
	}
	if _, err := exec.LookPath(c.program(s)); err != nil {
		return fmt.Sprintf("%s is left out: %v", c.name, err)
	}
	return ""
}

// match is what a contender needs to know: the routers, and where and how to run.
type match struct {
	*settings
	farm *farm
	dir  string // for its files, empty
	cpu  int    // to run on
}

// entry is a contender that runs.
type entry struct {
	*process
	// datagrams are how many replies of a router make one link end polled.
	datagrams float64
	// delivered counts the link ends whose values have come out of the contender; nil where nobody
	// counts.
	delivered func() uint64
	// close ends what belongs to the contender besides its process.
	close func()
}

func (e *entry) stop() {
	if e.close != nil {
		e.close()
	}
	e.process.stop()
}

func startFloor(ctx context.Context, m *match) (*entry, error) {
	order, err := json.Marshal(farmOrder{Scene: m.farm.scene.name, Ends: m.ends, Port: m.port})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := spawn(ctx, m.cpu, false, self, floorCommand, string(order))
	if err != nil {
		return nil, err
	}
	return &entry{process: p, datagrams: 1}, nil
}

// retries is the same for everybody: an end that does not answer costs two requests.
const retries = 1

// timeout is the same for everybody, and leaves time for a retry within the shortest interval.
func (s *settings) timeout() time.Duration { return min(time.Second, s.interval/5) }
