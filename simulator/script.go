package simulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Fault names what a step of the script breaks.
type Fault string

// The faults of the script, in the order in which they come.
const (
	FaultCut        Fault = "cut"
	FaultSaturation Fault = "saturation"
	FaultErrors     Fault = "errors"
	FaultSilence    Fault = "silence"
	FaultLoss       Fault = "loss"
)

var faults = [...]Fault{FaultCut, FaultSaturation, FaultErrors, FaultSilence, FaultLoss}

// One fault a minute: it begins faultDelay into the minute and lasts faultLength.
const (
	faultEvery  = time.Minute
	faultDelay  = 12 * time.Second
	faultLength = 28 * time.Second
)

// Step is one fault of the script.
type Step struct {
	Fault Fault
	// Link is what it strikes, or Router for FaultSilence; the other is empty.
	Link, Router string
	Direction    int // AToZ or ZToA; of saturation, errors and loss
	// Begin and End are since the start of the script.
	Begin, End time.Duration
	// Begins and Ends say in a sentence what happens then.
	Begins, Ends string
}

// Step returns the n-th step (from 0) of the network's script. It depends on nothing but the
// configuration and n.
func (c *Config) Step(n int) Step {
	r := rand.New(rand.NewPCG(c.Seed, uint64(n)))
	s := Step{
		Fault: faults[n%len(faults)], Direction: r.IntN(2),
		Begin: time.Duration(n)*faultEvery + faultDelay,
	}
	s.End = s.Begin + faultLength
	if s.Fault == FaultSilence {
		s.Router = c.Routers[r.IntN(len(c.Routers))].Name
	} else {
		s.Link = c.Links[r.IntN(len(c.Links))].Name
	}
	way := [2]string{"a to z", "z to a"}[s.Direction]
	switch s.Fault {
	case FaultCut:
		s.Begins = s.Link + " is cut: both ends lose the light"
		s.Ends = s.Link + " is spliced: both ends are up again"
	case FaultSaturation:
		s.Begins = fmt.Sprintf("%s fills up to %.0f %% %s", s.Link, saturation*100, way)
		s.Ends = s.Link + " carries its usual load again"
	case FaultErrors:
		s.Begins = fmt.Sprintf("%s gets a dirty connector: %.1f %% of packets arrive broken %s",
			s.Link, errorShare*100, way)
		s.Ends = s.Link + " is cleaned: no more errors"
	case FaultSilence:
		s.Begins = s.Router + " stops answering SNMP but goes on forwarding"
		s.Ends = s.Router + " answers SNMP again"
	case FaultLoss:
		s.Begins = fmt.Sprintf("%s loses %.0f %% of packets %s without counting them anywhere",
			s.Link, lossShare*100, way)
		s.Ends = s.Link + " loses nothing any more"
	}
	return s
}

// How bad the faults are.
const (
	saturation = 0.97
	errorShare = 0.005
	lossShare  = 0.04
)

// Play plays the script of the network, one fault a minute, until ctx ends; then it returns nil
// and leaves everything as it is. tell gets a sentence at each beginning and end.
func (s *Simulator) Play(ctx context.Context, tell func(sentence string)) error {
	began := time.Now()
	for n := 0; ; n++ {
		step := s.config.Step(n)
		if !sleep(ctx, time.Until(began.Add(step.Begin))) {
			return nil
		}
		tell(step.Begins)
		mend, err := s.strike(step)
		if err != nil {
			return fmt.Errorf("play step %d: %w", n, err)
		}
		if !sleep(ctx, time.Until(began.Add(step.End))) {
			return nil
		}
		tell(step.Ends)
		if err := mend(); err != nil {
			return fmt.Errorf("end step %d: %w", n, err)
		}
	}
}

// sleep waits and tells whether it could.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// strike begins a fault and returns what ends it.
func (s *Simulator) strike(step Step) (mend func() error, err error) {
	if step.Fault == FaultSilence {
		a := s.Router(step.Router)
		a.Kill()
		return func() error { a.Revive(); return nil }, nil
	}
	var before Truth
	err = s.Set(step.Link, func(t *Truth) {
		before = *t
		load := &t.Load[step.Direction]
		switch step.Fault {
		case FaultCut:
			t.Cut = true
		case FaultSaturation:
			load.BPS = saturation * float64(s.links[step.Link].capacity[step.Direction])
			load.Daily, load.Burst = 0, 0
		case FaultErrors:
			load.ReceiverErrors = errorShare
		case FaultLoss:
			load.Loss = lossShare
		case FaultSilence:
		}
	})
	return func() error { return s.Set(step.Link, func(t *Truth) { *t = before }) }, err
}
