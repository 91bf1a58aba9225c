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
	// A round is over between earliest and latest after the start: with one poll a second, two or
	// three groups of points are accepted until then.
	earliest = 200 * time.Millisecond
	latest   = 3200 * time.Millisecond
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
	at := earliest + time.Duration(random.Int64N(int64(latest-earliest)))
	how = fmt.Sprintf("killed after %v, database %s", at.Round(time.Millisecond), m.name)
	if err := k.Begin(nil); err != nil {
		return "", err
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
	return k.Rig.Judge()
}
