//go:build linux

package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bothends/bothends/simulator"
)

// PowerCuts cuts the power of the program's disk in every round. The state folder is on an ext4 file
// system in an image; the power goes by stopping the program and copying the image below its mount, so
// that the copy holds what the device got and nothing that the system only meant to write. The next
// round goes on from the copy. Mounting takes root.
func PowerCuts(r *Rig, seed uint64, rounds, batch int, progress string) *Campaign {
	p := &powerCuts{Rig: r}
	return &Campaign{
		Kind: "power cuts", Seed: seed, Rounds: rounds, Batch: batch, Progress: progress, Log: r.Log,
		round: p.round, judge: p.judge, end: p.giveBack,
	}
}

type powerCuts struct {
	*Rig
	image   string // that is mounted, empty at the beginning of a batch
	mounted string
	cuts    int
	broken  []string // links, since the beginning of the batch
	// alarms are those that the program had told well before the power went.
	alarms     []alarm
	remembered int
	red        []Failure
}

const (
	imageSize = "512M"
	// told is how long an alarm has to be known before it must have reached the disk.
	told = 2500 * time.Millisecond
)

func command(ctx context.Context, name string, args ...string) error {
	if text, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, text)
	}
	return nil
}

// mount mounts an image. Nothing comes to it by itself for five minutes, and then only what was
// synced.
func (p *powerCuts) mount(ctx context.Context, image string) error {
	p.cuts++
	dir := filepath.Join(p.Dir, fmt.Sprintf("disk%d", p.cuts))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a place to mount: %w", err)
	}
	if err := command(ctx, "mount", "-o", "loop,commit=300,noinit_itable", image, dir); err != nil {
		return err
	}
	p.image, p.mounted = image, dir
	return p.Move(filepath.Join(dir, "state"))
}

func (p *powerCuts) unmount() error {
	if p.mounted == "" {
		return nil
	}
	dir := p.mounted
	p.mounted = ""
	return errors.Join(command(context.Background(), "umount", dir), os.Remove(dir), os.Remove(p.image))
}

// giveBack ends a batch that was interrupted.
func (p *powerCuts) giveBack() error {
	if p.program.ended != nil && p.program.running() {
		p.finish("given up", p.program.kill)
	}
	return p.unmount()
}

// first makes an empty disk at the beginning of a batch.
func (p *powerCuts) first(ctx context.Context) error {
	image := filepath.Join(p.Dir, fmt.Sprintf("image%d", p.cuts))
	if err := command(ctx, "truncate", "-s", imageSize, image); err != nil {
		return err
	}
	if err := command(ctx, "mkfs.ext4", "-q", image); err != nil {
		return err
	}
	return p.mount(ctx, image)
}

func (p *powerCuts) round(ctx context.Context, random *rand.Rand, n int) (string, error) {
	if p.mounted == "" {
		if err := p.first(ctx); err != nil {
			return "", err
		}
	}
	m := drawMood(random)
	if n%3 == 0 {
		m = down // what is stored at once needs no disk
	}
	if err := p.set(m); err != nil {
		return "", err
	}
	if err := p.Begin(nil); err != nil {
		return "", err
	}
	if err := p.remembers(ctx, n); err != nil {
		return "", err
	}
	// Each round breaks one more link, so that there are alarms to remember.
	links := p.Sim.Config().Links
	broken := links[random.IntN(len(links))].Name
	if err := p.Sim.Set(broken, func(t *simulator.Truth) { t.Cut = true }); err != nil {
		return "", err
	}
	p.broken = append(p.broken, broken)
	k := kills{p.Rig}
	if err := k.accepts(ctx); err != nil {
		return "", err
	}
	at := time.Duration(random.Int64N(int64(longest)))
	if err := k.wait(ctx, at); err != nil {
		return "", err
	}
	p.alarms = p.listed(ctx)
	if err := k.wait(ctx, told); err != nil {
		return "", err
	}
	return "cut", p.cut(ctx, "power cut, database "+m.name)
}

// cut takes the power away and puts the copy of the disk in place of the disk.
func (p *powerCuts) cut(ctx context.Context, how string) error {
	image := fmt.Sprintf("%s/image%d", p.Dir, p.cuts)
	var err error
	p.finish(how, func() {
		err = p.copy(ctx, image)
		p.program.kill()
	})
	if err != nil {
		return err
	}
	if err := p.unmount(); err != nil {
		return err
	}
	return p.mount(ctx, image)
}

// copy stops the program and copies the image as it is at one instant: once no thread is inside a system
// call any more, and again when the system wrote to the device meanwhile.
func (p *powerCuts) copy(ctx context.Context, to string) error {
	p.program.signal(syscall.SIGSTOP)
	if err := p.program.allStopped(ctx); err != nil {
		return err
	}
	for {
		before, err := p.written()
		if err != nil {
			return err
		}
		if err := command(ctx, "cp", "--sparse=always", p.image, to); err != nil {
			return err
		}
		if after, err := p.written(); err != nil || after == before {
			return err
		}
	}
}

// written returns what the kernel counts of the writes to the mounted device, those under way included.
func (p *powerCuts) written() (string, error) {
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		return "", fmt.Errorf("find the loop device: %w", err)
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if fields[1] != p.mounted {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(fields[0]), "stat"))
		if err != nil {
			return "", fmt.Errorf("read the statistics of the loop device: %w", err)
		}
		// Documentation/block/stat.rst: 4 to 7 are about writes, 8 counts requests under way.
		return strings.Join(strings.Fields(string(stat))[4:9], " "), nil
	}
	return "", fmt.Errorf("find the loop device: %s is not mounted", p.mounted)
}

type alarm struct{ ID, Link, Status string }

// listed returns the alarms that the program shows as open, nil when it does not answer.
func (p *powerCuts) listed(ctx context.Context) (open []alarm) {
	var all []alarm
	body, err := p.program.get(ctx, "/api/v1/alerts")
	if err != nil || json.Unmarshal(body, &all) != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(a alarm) bool { return a.Status != "firing" })
}

// remembers waits for the program to answer and holds its open alarms against those that it had told
// before the power went.
func (p *powerCuts) remembers(ctx context.Context, n int) error {
	k := kills{p.Rig}
	for {
		if err := k.wait(ctx, scrapeEvery); err != nil {
			return err
		}
		if _, err := p.program.get(ctx, "/api/v1/alerts"); err == nil {
			break
		}
	}
	now := p.listed(ctx)
	for _, a := range p.alarms {
		p.remembered++
		if !slices.ContainsFunc(now, func(b alarm) bool { return a.ID == b.ID }) {
			p.red = append(p.red, Failure{"F31", fmt.Sprintf(
				"alarm %s of %s was open before the power cut of round %d and is forgotten", a.ID, a.Link, n-1)})
		}
	}
	return nil
}

func (p *powerCuts) judge(ctx context.Context) (Verdict, []time.Duration, error) {
	if err := p.Settle(ctx); err != nil {
		return Verdict{}, nil, err
	}
	v, firsts, err := p.Judge()
	v.Failures = append(v.Failures, p.red...)
	p.Log("%d alarms remembered so far", p.remembered)
	p.red, p.alarms = nil, nil
	for _, link := range p.broken {
		err = errors.Join(err, p.Sim.Set(link, func(t *simulator.Truth) { t.Cut = false }))
	}
	p.broken = nil
	return v, firsts, errors.Join(err, p.unmount())
}
