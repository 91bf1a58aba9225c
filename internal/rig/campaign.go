//go:build linux

package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

// Campaign is many rounds of one kind from one seed. After some rounds everything is judged and the
// progress is noted, so that a campaign that was interrupted goes on there.
type Campaign struct {
	Kind   string // of the rounds, for the progress
	Seed   uint64
	Rounds int
	// Batch is how many rounds are judged at once.
	Batch int
	// Progress is the file of the progress; empty keeps none.
	Progress string
	Log      func(format string, args ...any)
	// round plays the n-th round. Its generator depends on the seed and n alone.
	round func(ctx context.Context, random *rand.Rand, n int) (how string, err error)
	// judge ends a batch. It returns as well how long each start took to its first request.
	judge func(ctx context.Context) (Verdict, []time.Duration, error)
	// end gives back what the rounds took.
	end func() error
}

// Progress is what a campaign has done.
type Progress struct {
	Kind    string         `json:"kind"`
	Seed    uint64         `json:"seed"`
	Next    int            `json:"next"` // round
	Figures Figures        `json:"figures"`
	Ways    map[string]int `json:"ways"` // how many rounds ended how
	// Firsts are the times from a start of the program to its first request, ms, sorted.
	Firsts []int    `json:"firsts"`
	Red    []string `json:"red"`
	// Took is the time spent on it.
	Took time.Duration `json:"took"`
}

// Run plays the rounds that are left.
func (c *Campaign) Run(ctx context.Context) (p Progress, err error) {
	if c.end != nil {
		defer func() { err = errors.Join(err, c.end()) }()
	}
	p = Progress{Kind: c.Kind, Seed: c.Seed, Ways: map[string]int{}}
	if err := c.load(&p); err != nil {
		return p, err
	}
	if p.Next > 0 {
		c.Log("seed=%d %s: going on at round %d of %d", c.Seed, c.Kind, p.Next, c.Rounds)
	}
	for p.Next < c.Rounds {
		if err := c.batch(ctx, &p); err != nil {
			return p, fmt.Errorf("seed=%d %s: %w", c.Seed, c.Kind, err)
		}
		c.Log("seed=%d %s: %d of %d rounds, %d points accepted, %d replies proved, %d red", c.Seed, c.Kind,
			p.Next, c.Rounds, p.Figures.Accepted, p.Figures.Proved, len(p.Red))
		if err := c.save(&p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// fewRed is how much of what is red in one batch is told.
const fewRed = 10

func (c *Campaign) batch(ctx context.Context, p *Progress) error {
	began := time.Now()
	from, to := p.Next, min(p.Next+c.Batch, c.Rounds)
	for n := from; n < to; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		how, err := c.round(ctx, rand.New(rand.NewPCG(c.Seed, uint64(n))), n) //nolint:gosec // a schedule
		if err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		p.Ways[how]++
	}
	v, firsts, err := c.judge(ctx)
	if err != nil {
		return fmt.Errorf("after round %d: %w", to-1, err)
	}
	for i, f := range v.Failures {
		if i == fewRed {
			c.Log("... and %d more", len(v.Failures)-i)
			p.Red = append(p.Red, fmt.Sprintf("... and %d more", len(v.Failures)-i))
			break
		}
		text := fmt.Sprintf("seed=%d %s rounds=%d..%d %s", c.Seed, c.Kind, from, to-1, f)
		c.Log("%s", text)
		p.Red = append(p.Red, text)
	}
	p.Figures.Add(&v.Figures)
	p.firsts(firsts)
	p.Next = to
	p.Took += time.Since(began)
	return nil
}

// load reads the progress, if it is of this campaign.
func (c *Campaign) load(p *Progress) error {
	if c.Progress == "" {
		return nil
	}
	text, err := os.ReadFile(c.Progress)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the progress: %w", err)
	}
	var got Progress
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Errorf("read the progress in %s: %w; remove it to begin anew", c.Progress, err)
	}
	if got.Kind == c.Kind && got.Seed == c.Seed && got.Next < c.Rounds {
		*p = got
	}
	return nil
}

func (c *Campaign) save(p *Progress) error {
	if c.Progress == "" {
		return nil
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write the progress: %w", err)
	}
	if err := os.WriteFile(c.Progress+".tmp", text, 0o600); err != nil {
		return fmt.Errorf("write the progress: %w", err)
	}
	return os.Rename(c.Progress+".tmp", c.Progress)
}

// firsts adds how long the program took to its first request.
func (p *Progress) firsts(all []time.Duration) {
	for _, d := range all {
		p.Firsts = append(p.Firsts, int(d.Milliseconds()))
	}
	slices.Sort(p.Firsts)
}

// Report says what came out.
func (p *Progress) Report() string {
	quantile := func(q float64) int {
		if len(p.Firsts) == 0 {
			return 0
		}
		return p.Firsts[int(q*float64(len(p.Firsts)-1))]
	}
	return fmt.Sprintf("seed=%d %s: %d rounds in %v %v; %d points accepted, %d stored; %d replies, %d proved accepted, "+
		"%d ignored, %d too late; %d rates computed anew, %d began too long ago; first request %d ms after a start (median), %d (p99), %d (max); %d red",
		p.Seed, p.Kind, p.Next, p.Took.Round(time.Second), p.Ways, p.Figures.Accepted, p.Figures.Points, p.Figures.Replies,
		p.Figures.Proved, p.Figures.Ignored, p.Figures.TooLate, p.Figures.Rates, p.Figures.LongAgo, quantile(.5), quantile(.99), quantile(1), len(p.Red))
}
