//go:build linux

// Command chaos kills the program, cuts its power and breaks everything around it for as long as it is
// told, and judges what is stored in the end. docs/reliability.md has what it found.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/bothends/bothends/internal/rig"
)

func main() {
	rig.InTrap()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// plan is what the flags ask for.
type plan struct {
	seed               uint64
	kills, cuts, mixed int
	soak               time.Duration
	links, routers     int
	interval           time.Duration
	binary, progress   string
	out                io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) error {
	p := plan{out: out}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&p.seed, "seed", 1, "the same seed makes the same faults")
	flags.IntVar(&p.kills, "kills", 0, "rounds that end with kill -9")
	flags.IntVar(&p.cuts, "power-cuts", 0, "rounds that end with a power cut (root)")
	flags.IntVar(&p.mixed, "mixed", 0, "rounds with another fault each")
	flags.DurationVar(&p.soak, "soak", 0, "one life of this length with a fault each minute")
	flags.IntVar(&p.links, "links", 1000, "links of the network")
	flags.IntVar(&p.routers, "routers", 400, "routers of the network")
	flags.DurationVar(&p.interval, "interval", time.Second, "time between two polls")
	flags.StringVar(&p.binary, "binary", "", "the program (default: built from this tree)")
	flags.StringVar(&p.progress, "progress", ".cache/chaos", "folder in which what is done is noted, to go on there")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	return p.run(ctx)
}

func (p *plan) log(format string, args ...any) {
	fmt.Fprintf(p.out, time.Now().UTC().Format("15:04:05 ")+format+"\n", args...)
}

func (p *plan) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bothends-chaos-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.MkdirAll(p.progress, 0o700); err != nil {
		return fmt.Errorf("make the folder of the progress: %w", err)
	}
	if p.binary == "" {
		p.binary = filepath.Join(dir, "bothends")
		if err := rig.Build(ctx, "", p.binary); err != nil {
			return err
		}
	}
	return errors.Join(p.campaigns(ctx, dir), p.soaks(ctx, dir))
}

// campaigns plays those with rounds, one after the other.
func (p *plan) campaigns(ctx context.Context, dir string) error {
	const batch = 20
	mounts := os.Geteuid() == 0
	all := []struct {
		name   string
		rounds int
		make   func(r *rig.Rig, progress string) *rig.Campaign
	}{
		{"kills", p.kills, func(r *rig.Rig, progress string) *rig.Campaign {
			return rig.Kills(r, p.seed, p.kills, batch, progress)
		}},
		{"power-cuts", p.cuts, func(r *rig.Rig, progress string) *rig.Campaign {
			return rig.PowerCuts(r, p.seed, p.cuts, batch, progress)
		}},
		{"mixed", p.mixed, func(r *rig.Rig, progress string) *rig.Campaign {
			return rig.Mixed(r, p.seed, p.mixed, batch, progress, mounts)
		}},
	}
	var errs []error
	for _, c := range all {
		if c.rounds == 0 {
			continue
		}
		errs = append(errs, p.with(filepath.Join(dir, c.name), func(r *rig.Rig) error {
			done, err := c.make(r, filepath.Join(p.progress, c.name+".json")).Run(ctx)
			p.log("%s", done.Report())
			if len(done.Red) > 0 {
				err = errors.Join(err, fmt.Errorf("seed=%d %s: %d red", p.seed, c.name, len(done.Red)))
			}
			return err
		}))
	}
	return errors.Join(errs...)
}

func (p *plan) soaks(ctx context.Context, dir string) error {
	if p.soak == 0 {
		return nil
	}
	return p.with(filepath.Join(dir, "soak"), func(r *rig.Rig) error {
		s := &rig.Soak{Seed: p.seed, Length: p.soak, Disk: os.Geteuid() == 0}
		err := s.Run(ctx, r)
		p.log("%s", s.Report())
		return err
	})
}

// with makes a rig for something.
func (p *plan) with(dir string, do func(*rig.Rig) error) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	r, err := rig.New(rig.Options{
		Seed: p.seed, Links: p.links, Routers: p.routers, Interval: p.interval, Binary: p.binary, Dir: dir, Log: p.log,
	})
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.Close())
}
