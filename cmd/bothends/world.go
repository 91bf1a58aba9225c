package main

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
)

// world is what the program stands in: its clocks, chance, the network, and the disk of its queues. A
// simulation has one of its own, in which the same seed makes the same days.
type world struct {
	// now is the wall clock. It may be set; what it returns also has the monotonic clock, which may not.
	now func() time.Time
	// machine returns the name of this run of the machine and how long it lasts, sleep included.
	machine func() (boot uint64, uptime time.Duration)
	// chance returns a random time below one that is above 0.
	chance func(below time.Duration) time.Duration

	// What is nil is the system's.
	sockets   func(ipv6 bool) (poller.Socket, error)
	database  http.RoundTripper // to the outputs
	receivers http.RoundTripper
	listen    func(ctx context.Context, network, address string) (net.Listener, error)
	disk      func(what string) error // may refuse what a queue does on its disk
}

func realWorld() *world {
	return &world{now: time.Now, machine: machine, chance: rand.N[time.Duration]}
}

// present is the instant on all clocks there are.
func (w *world) present() linkmodel.Moment {
	m := linkmodel.Moment{At: w.now().Round(0), Mono: poller.Mono()}
	m.Boot, m.Uptime = w.machine()
	return m
}
