package simulator

import (
	"fmt"
	"slices"
	"time"
)

// Ledger says what was true. It may be read while the simulator runs.
type Ledger struct{ sim *Simulator }

// Ledger returns the simulator's ledger.
func (s *Simulator) Ledger() Ledger { return Ledger{s} }

// Change is one thing done to the network.
type Change struct {
	At time.Time
	// Link or Router tells what was changed; the other is empty.
	Link, Router string
	// What is the deed: "set" for a link; "kill", "revive", "reboot" and so on for a router.
	What string
	// Truth is the link's truth from At on.
	Truth Truth
}

// Served is one reply that an agent made.
type Served struct {
	// At is when the sample was taken, AsOf the instant whose counters it held.
	At, AsOf time.Time
	UpTime   uint32 // sysUpTime, hundredths of a second
	// Interfaces are the names of those whose objects were asked, in order, without repeats.
	Interfaces []string
}

// record keeps a change; hold mu.
func (s *Simulator) record(now int64, c Change) {
	c.At = s.at(now)
	s.changes = append(s.changes, c)
}

func (s *Simulator) at(t int64) time.Time {
	return s.start.Add(time.Duration(t) * time.Microsecond)
}

// keep remembers a reply, the last KeepServed of each router.
func (s *Simulator) keep(router string, served Served) {
	s.servedMu.Lock()
	defer s.servedMu.Unlock()
	kept := s.served[router]
	if len(kept) >= s.config.KeepServed {
		kept = slices.Delete(kept, 0, 1)
	}
	s.served[router] = append(kept, served)
}

// Changes returns all changes so far, oldest first.
func (l Ledger) Changes() []Change {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	return slices.Clone(l.sim.changes)
}

// Served returns the last replies of a router, oldest first; see Config.KeepServed.
func (l Ledger) Served(router string) []Served {
	l.sim.servedMu.Lock()
	defer l.sim.servedMu.Unlock()
	return slices.Clone(l.sim.served[router])
}

// Counters returns what the counters of an interface truly read at an instant between Start and
// now: before any cache, wrap or missing column of the agent. Of interfaces with the same name it
// takes the one with the lowest ifIndex. At the instant of a change, what holds after it counts.
func (l Ledger) Counters(router, name string, at time.Time) (Counters, error) {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	if a := l.sim.byName[router]; a != nil {
		for _, p := range a.ports {
			if p.name == name {
				return p.counters(l.sim.instant(at)), nil
			}
		}
	}
	return Counters{}, fmt.Errorf("ledger: there is no interface %q on router %q", name, router)
}

// Flow returns the totals since Start of one direction of a link at an instant.
func (l Ledger) Flow(link string, direction int, at time.Time) (Flow, error) {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	history := l.sim.links[link]
	if history == nil {
		return Flow{}, fmt.Errorf("ledger: there is no link %q", link)
	}
	return history.flow(direction, l.sim.instant(at)), nil
}

// Truth returns the truth of a link at an instant.
func (l Ledger) Truth(link string, at time.Time) (Truth, error) {
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	history := l.sim.links[link]
	if history == nil {
		return Truth{}, fmt.Errorf("ledger: there is no link %q", link)
	}
	return history.segmentAt(l.sim.instant(at)).truth, nil
}
