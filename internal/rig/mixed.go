//go:build linux

package rig

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Mixed breaks one thing after the other around a program that goes on running: databases, routers,
// links, the disk. disk tells that it may mount a small tmpfs for the state, which takes root.
func Mixed(r *Rig, seed uint64, rounds, batch int, progress string, disk bool) *Campaign {
	m := &mixed{faulty: faulty{Rig: r, trap: newTrap(func(Call, int) deed { return goOn })}, mounts: disk}
	return &Campaign{
		Kind: "mixed faults", Seed: seed, Rounds: rounds, Batch: batch, Progress: progress, Log: r.Log,
		round: m.round, judge: m.judge, end: m.unmount,
	}
}

type mixed struct {
	faulty
	mounts bool
}

const (
	stateDisk = "96m"
	// faultFor is how long one fault lasts at least, healFor how long everything is well after it.
	faultFor = 1200 * time.Millisecond
	healFor  = 1800 * time.Millisecond
)

func (m *mixed) begin(ctx context.Context) error {
	if m.mounts && m.disk == "" {
		disk := filepath.Join(m.Dir, "small")
		if err := os.Mkdir(disk, 0o700); err != nil {
			return fmt.Errorf("make a place to mount: %w", err)
		}
		if err := command(ctx, "mount", "-t", "tmpfs", "-o", "size="+stateDisk, "none", disk); err != nil {
			return err
		}
		m.disk = disk
		if err := m.Move(filepath.Join(disk, "state")); err != nil {
			return err
		}
	}
	m.trap = newTrap(func(Call, int) deed { return goOn })
	if err := m.Begin(m.trap); err != nil {
		return err
	}
	k := kills{m.Rig}
	return k.wait(ctx, 2*m.Interval)
}

func (m *mixed) unmount() error {
	if m.program.ended != nil && m.program.running() {
		m.finish("given up", m.program.kill)
	}
	if m.disk == "" {
		return nil
	}
	disk := m.disk
	m.disk = ""
	return command(context.Background(), "umount", "-l", disk)
}

// round takes the faults in turns, in an order from the seed, so that none is left out.
func (m *mixed) round(ctx context.Context, random *rand.Rand, n int) (string, error) {
	if m.program.ended == nil || !m.program.running() {
		if err := m.begin(ctx); err != nil {
			return "", err
		}
	}
	usable := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return f.root && !m.mounts })
	which := &usable[n%len(usable)]
	during := faultFor + time.Duration(random.Int64N(int64(faultFor)))
	if err := m.play(ctx, random, which, during); err != nil {
		return "", err
	}
	k := kills{m.Rig}
	return which.name, k.wait(ctx, healFor)
}

func (m *mixed) judge(ctx context.Context) (Verdict, []time.Duration, error) {
	if err := m.Settle(ctx); err != nil {
		return Verdict{}, nil, err
	}
	return m.Judge()
}
