//go:build linux

// Peers measures what it costs to poll a link end: with bothends, with Telegraf, with Prometheus'
// snmp_exporter, and with a bare loop of system calls as the floor, all against the same simulated
// routers in one run.
//
// The simulated routers live in a process of their own on another CPU. Nobody's figures are taken
// from itself: CPU time comes from the kernel, the number of polls from the routers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// The processes this program starts of itself, by their first argument.
const (
	agentsCommand = "agents"
	floorCommand  = "floor"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == agentsCommand {
		return serveAgents(ctx, args[1], os.Stdin, os.Stdout)
	}
	if len(args) == 2 && args[0] == floorCommand {
		return runFloor(ctx, args[1])
	}
	s, err := parse(args)
	if err != nil {
		return err
	}
	results, err := runAll(ctx, s)
	if len(results) > 0 {
		report(os.Stdout, s, results)
	}
	return err
}

// settings is what the command line says.
type settings struct {
	rounds   int
	ends     int
	interval time.Duration
	cycles   int // whole intervals that a measurement lasts
	objects  int // that the peers ask of each end
	port     int // UDP port of the simulated routers
	cases    []string
	only     []string // names of contenders; empty means all
	// Where the programs are.
	bothends, telegraf, exporter string
}

// floorTime is how long the floor is measured: it runs flat out, so it needs no whole cycles.
const floorTime = 5 * time.Second

func parse(args []string) (settings, error) {
	var s settings
	var quick bool
	var cases, only string
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.IntVar(&s.rounds, "rounds", 3, "how often every contender is measured")
	flags.IntVar(&s.ends, "ends", 10_000, "link ends")
	flags.DurationVar(&s.interval, "interval", 20*time.Second, "how often every end is polled")
	flags.IntVar(&s.cycles, "cycles", 2, "whole intervals per measurement")
	flags.IntVar(&s.objects, "peer-objects", len(objects), "objects per end that Telegraf and snmp_exporter ask, most useful first")
	flags.IntVar(&s.port, "port", 16161, "UDP port of the simulated routers")
	flags.StringVar(&cases, "cases", "get,dead,wide", "what is measured: "+caseNames())
	flags.StringVar(&only, "only", "", "contenders, separated by commas (default all)")
	flags.StringVar(&s.bothends, "bothends", "bin/bothends", "bothends' program")
	flags.StringVar(&s.telegraf, "telegraf", ".cache/peers/telegraf", "Telegraf's program")
	flags.StringVar(&s.exporter, "exporter", ".cache/peers/snmp_exporter", "snmp_exporter's program")
	flags.BoolVar(&quick, "quick", false, "one short round with 200 ends, to see that it works; the figures mean nothing")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if quick {
		s.rounds, s.ends, s.interval, s.cycles = 1, 200, time.Second, 2
	}
	s.cases = strings.Split(cases, ",")
	if only != "" {
		s.only = strings.Split(only, ",")
	}
	return s, s.check()
}

func (s *settings) check() error {
	switch {
	case s.rounds < 1 || s.cycles < 1:
		return errors.New("-rounds and -cycles must be at least 1")
	case s.ends < 2 || s.ends > 60_000:
		return errors.New("-ends must be 2 to 60000")
	case s.interval < time.Second || s.interval%time.Second != 0:
		return errors.New("-interval must be whole seconds, at least 1s")
	case s.objects < 1 || s.objects > len(objects):
		return fmt.Errorf("-peer-objects must be 1 to %d", len(objects))
	}
	for _, name := range s.cases {
		if _, ok := findScene(name); !ok {
			return fmt.Errorf("-cases: %q is none of %s", name, caseNames())
		}
	}
	for _, name := range s.only {
		if !contenderExists(name) {
			return fmt.Errorf("-only: there is no contender %q", name)
		}
	}
	return nil
}
