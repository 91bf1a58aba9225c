//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/bothends/bothends/simulator"
)

// farmOrder tells the process of the simulated routers what to play.
type farmOrder struct {
	Scene string
	Ends  int
	Port  int
}

// farmCount is what the routers have seen since they run.
type farmCount struct {
	Requests, Replies uint64 // datagrams
}

// serveAgents plays the routers. It writes a line once they listen, and then a farmCount for each
// line it reads; it ends with its input, so that it cannot outlive the one who started it.
func serveAgents(ctx context.Context, order string, in io.Reader, out io.Writer) error {
	var o farmOrder
	if err := json.Unmarshal([]byte(order), &o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	s, ok := findScene(o.Scene)
	if !ok {
		return fmt.Errorf("there is no scene %q", o.Scene)
	}
	network := s.network(o.Ends, o.Port)
	sim, err := simulator.New(network)
	if err != nil {
		return err
	}
	for i := range network.Routers {
		if s.dead(i) {
			sim.Router(network.Routers[i].Name).Kill()
		}
	}
	if err := sim.Listen(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- sim.Run(ctx) }()
	answerCounts(sim, in, out)
	stop()
	return <-done
}

// answerCounts returns at the end of in.
func answerCounts(sim *simulator.Simulator, in io.Reader, out io.Writer) {
	routers := sim.Config().Routers
	agents := make([]*simulator.Agent, len(routers))
	for i := range routers {
		agents[i] = sim.Router(routers[i].Name)
	}
	encoder := json.NewEncoder(out)
	lines := bufio.NewScanner(in)
	for tell := true; tell; tell = lines.Scan() {
		var c farmCount
		for _, a := range agents {
			stats := a.Stats()
			c.Requests += stats.Requests
			c.Replies += stats.Replies
		}
		if err := encoder.Encode(c); err != nil {
			fmt.Fprintln(os.Stderr, "peers agents:", err)
			return
		}
	}
}
