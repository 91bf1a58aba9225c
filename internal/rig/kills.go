//go:build linux

package rig

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Kills ends the program with kill -9 in every round, at a random instant or as it is about to make a
// call that matters to a disk, while the database behaves in one of many ways.
func Kills(r *Rig, seed uint64, rounds, batch int, progress string) *Campaign {
	k := &kills{r}
	return &Campaign{
		Kind: "kills", Seed: seed, Rounds: rounds, Batch: batch, Progress: progress, Log: r.Log,
		round: k.round, judge: k.judge,
	}
}

type kills struct{ *Rig }

const (
	// Three rounds in four end within longest after the first points were accepted, the others within
	// shortly after the start.
	longest = 2500 * time.Millisecond
	shortly = time.Second
	// patience is how long points may take on a machine that does many other things.
	patience = time.Minute
	// trapped is how long a call that kills may be waited for; then it is kill -9 after all.
	trapped = 6 * time.Second
)

func (k *kills) round(ctx context.Context, random *rand.Rand, _ int) (how string, err error) {
	m := drawMood(random)
	if err := k.set(m); err != nil {
		return "", err
	}
	if random.IntN(3) == 0 {
		call := []Call{Sync, Sync, Sync, Rename, Remove, Cut}[random.IntN(6)]
		return k.atCall(ctx, call, 1+random.IntN(12), m)
	}
	how = "killed, database " + m.name
	if err := k.Begin(nil); err != nil {
		return "", err
	}
	at := time.Duration(random.Int64N(int64(shortly)))
	if random.IntN(4) > 0 {
		at = time.Duration(random.Int64N(int64(longest)))
		if err := k.accepts(ctx); err != nil {
			return "", err
		}
	}
	if err := k.wait(ctx, at); err != nil {
		return "", err
	}
	k.finish(how, k.program.kill)
	return "at random", nil
}

// wait waits while the program runs.
func (k *kills) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-k.program.ended:
		return fmt.Errorf("the program ended by itself: %w: %s", k.program.err, k.program.tail())
	case <-time.After(d):
		return nil
	}
}

// accepts waits until the program has accepted something.
func (k *kills) accepts(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < patience; {
		if err := k.wait(ctx, scrapeEvery); err != nil {
			return err
		}
		if m, err := k.program.scrape(ctx); err == nil && m[metricAccepted] > 0 {
			return nil
		}
	}
	return fmt.Errorf("nothing is accepted within %v of the start: %s", patience, k.program.tail())
}

func (k *kills) atCall(ctx context.Context, call Call, n int, m mood) (how string, err error) {
	if err := k.Begin(KillAt(call, n)); err != nil {
		return "", err
	}
	how = fmt.Sprintf("at %s %d", call, n)
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-k.program.ended:
	case <-time.After(trapped):
		how = "at random"
	}
	k.finish(how+", database "+m.name, k.program.kill)
	if how != "at random" {
		how = "at a " + string(call)
	}
	return how, nil
}

func (k *kills) judge(ctx context.Context) (Verdict, []time.Duration, error) {
	if err := k.Settle(ctx); err != nil {
		return Verdict{}, nil, err
	}
	return k.Judge()
}
