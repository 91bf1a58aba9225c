//go:build linux

package rig

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/bothends/bothends/simulator"
)

// Theatre is a world in memory for the program in one process with it: routers, database, receivers, disk and
// clock, all on the time of time.Now, which a bubble of testing/synctest makes virtual. What breaks in it, and
// when, comes from the seed alone.
type Theatre struct {
	Seed   uint64
	Length time.Duration // with faults; a quiet time follows
	// Dense is how many times as often as usual something happens.
	Dense    float64
	Interval time.Duration
	Clock    *Clock
	Snare    *Snare
	Sim      *simulator.Simulator
	Ether    *Ether
	Database *Wireless
	Chat     *Chat
	Began    time.Time

	mu       sync.Mutex
	disk     string    // what fails on the disk; empty for nothing
	Lives    []*Life   // oldest first
	truths   []*Truth  // what was wrong with links, as it was done
	deeds    []act     // by time
	failures []Failure // found on the way
	// diskWindows are the times in which the disk failed.
	diskWindows []Window
	log         func(format string, args ...any)
}

// The size of the network. Links have two routers each, routers four ends.
const (
	theatreRouters = 12
	theatreLinks   = 24
	// Spare is a further link that comes and goes with the inventory.
	Spare = "spare"
)

// Receivers are the names of those who are told everything.
var Receivers = []string{"noc", "duty"}

// NewTheatre builds the world of a seed. It begins now.
func NewTheatre(seed uint64, length time.Duration, dense float64, log func(format string, args ...any)) (*Theatre, error) {
	t := &Theatre{
		Seed: seed, Length: length, Dense: dense, Interval: time.Minute, Clock: NewClock(), Snare: &Snare{}, Began: time.Now(),
		log: log,
	}
	config := theatreNetwork(seed)
	var err error
	if t.Ether, t.Sim, err = NewEther(seed, &config); err != nil {
		return nil, err
	}
	t.Database = NewWireless(seed, t.Clock, t.Snare)
	t.Chat = NewChat(seed, t.Snare)
	t.plan()
	return t, nil
}

func theatreNetwork(seed uint64) simulator.Config {
	config := simulator.Many(seed, theatreLinks, theatreRouters, netip.MustParseAddrPort("127.61.0.1:161"))
	config.Fill(4)
	config.Links = append(config.Links, simulator.Link{
		Name: Spare, Type: "ethernet", Speed: speed,
		A: simulator.Port{Router: config.Routers[0].Name, Interface: "ge-8/0/0"},
		Z: simulator.Port{Router: config.Routers[1].Name, Interface: "ge-8/0/0z"},
	})
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a script
	for i := range config.Links {
		for d := range config.Links[i].Load {
			config.Links[i].Load[d] = simulator.Load{
				BPS: speed * (0.1 + 0.4*r.Float64()), PacketSize: 500 + r.IntN(600), Burst: 0.1 * r.Float64(),
			}
		}
	}
	return config
}

// Inventory is what the program reads. notes changes it without changing a link, spare adds a link.
func (t *Theatre) Inventory(state string, spare bool, notes int) string {
	var w strings.Builder
	fmt.Fprintf(&w, "version: 1\nstate_dir: %q\nlog: {level: info, format: json}\nweb: {listen: \"127.0.0.1:8080\"}\nhistory: off\n", state)
	w.WriteString("influxdb: {url: \"http://127.0.0.1:8086\", bucket: rig/autogen, token: \"rig:password\", spool: {max_bytes: 256MiB}}\n")
	fmt.Fprintf(&w, "defaults: {interval: %v, timeout: 2s, retries: 3}\ncredentials:\n  rig: {version: 2c, community: %s}\ndevices:\n",
		t.Interval, simulator.DemoCommunity)
	config := t.Sim.Config()
	for i := range config.Routers {
		d := &config.Routers[i]
		fmt.Fprintf(&w, "  %s: {address: %s, port: %d, credential: rig, counter_cache: 0s}\n", d.Name, d.Addr.Addr(), d.Addr.Port())
	}
	w.WriteString("links:\n")
	for i := range config.Links {
		l := &config.Links[i]
		if l.Name == Spare && !spare {
			continue
		}
		fmt.Fprintf(&w, "  %s:\n    a: %q\n    z: %q\n    capacity: 10G\n    notes: \"%d\"\n", l.Name,
			l.A.Router+":"+l.A.Interface, l.Z.Router+":"+l.Z.Interface, notes)
	}
	w.WriteString("notify:\n  receivers:\n")
	for _, name := range Receivers {
		fmt.Fprintf(&w, "    %s: {type: webhook, url: \"http://127.0.0.1:9/%s\"}\n", name, name)
	}
	fmt.Fprintf(&w, "  default: [%s]\n", strings.Join(Receivers, ", "))
	return w.String()
}

// Disk is what a queue asks before it changes something on its disk.
func (t *Theatre) Disk(l *Life) func(what string) error {
	return func(what string) error {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.Dead() {
			return errors.New("the program is dead")
		}
		switch t.disk {
		case "":
			return nil
		case "full":
			if what == "write" || what == "create" || what == "replace" {
				return syscall.ENOSPC
			}
			return nil
		case "all", what:
			return syscall.EIO
		}
		return nil
	}
}

// DiskFails reports whether the disk fails now.
func (t *Theatre) DiskFails() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.disk != ""
}

func (t *Theatre) setDisk(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.disk == "" {
		t.diskWindows = append(t.diskWindows, Window{From: time.Now()})
	}
	if t.disk = what; what == "" {
		t.diskWindows[len(t.diskWindows)-1].To = time.Now()
	}
}

// Fail notes a broken promise that was found on the way.
func (t *Theatre) Fail(rule, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, Failure{rule, t.Stamp(time.Now()) + " " + fmt.Sprintf(format, args...)})
}

// Stamp writes an instant as the time since the beginning.
func (t *Theatre) Stamp(at time.Time) string {
	d := at.Sub(t.Began).Round(time.Millisecond)
	return fmt.Sprintf("%02d:%02d:%06.3f", int(d.Hours()), int(d.Minutes())%60, (d % time.Minute).Seconds())
}

// Chance returns a source of random times for one life. Each caller at one instant gets what belongs to its
// bound, so that it does not matter who asks first.
func (t *Theatre) Chance(l *Life) func(below time.Duration) time.Duration {
	return func(below time.Duration) time.Duration {
		now := uint64(time.Now().UnixNano())                         //nolint:gosec // after 1970
		r := rand.New(rand.NewPCG(t.Seed^uint64(l.Number)<<32, now)) //nolint:gosec // a script
		return time.Duration(r.Int64N(int64(below)))
	}
}
