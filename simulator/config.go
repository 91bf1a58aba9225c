package simulator

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Config is the simulated network.
type Config struct {
	// Seed decides everything that is not given: loads, phases, addresses, uptimes.
	Seed    uint64
	Sites   []Site
	Routers []Router
	Links   []Link
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Start is the instant at which the simulation begins; zero means Now() at New. The truth
	// before Start is not defined.
	Start time.Time
	// KeepServed is how many replies per router the ledger keeps; 0 keeps none.
	KeepServed int
}

// Site is a place that houses routers.
type Site struct {
	Name, Title string
	Lat, Lon    float64 // degrees, WGS 84
	Timezone    string  // IANA name
}

// Router is one simulated router and its agent.
type Router struct {
	Name string
	Site string
	// Addr is a loopback address. Port 0 takes a free port when the simulator listens.
	Addr netip.AddrPort
	// Community is answered over SNMPv2c; empty answers none.
	Community string
	// V3 is the user answered over SNMPv3; nil answers none.
	V3       *V3User
	Platform Platform
	// CacheAge makes the agent serve counters as of the last multiple of it on the agent's own
	// clock; 0 serves live counters. sysUpTime and status are always live. A Linux router says how
	// old they may be (nsCacheTimeout), an EOS one how old they are (aristaIfCounterLastUpdated).
	CacheAge time.Duration
	// Delay is the time between a request and its reply. The sample is taken at the request.
	Delay time.Duration
	// UpTime is how long the router was up at Start; 0 means 1 to 400 days from the seed.
	UpTime time.Duration
	// FirstCount is what every counter of the router read at Start; 0 means plausible values.
	FirstCount uint64
	// Narrow hides the 64-bit columns of ifXTable (ifHC…), as on old devices.
	Narrow bool
	// Without lists OIDs (".1.3.6…") of objects or subtrees that the agent does not have.
	Without []string
	// OutIncludesDiscards counts packets dropped before the wire in the out-packet columns as
	// RFC 2863 words it. Most hardware does not.
	OutIncludesDiscards bool
	// Others are names of further interfaces that belong to no link and carry nothing. A name
	// may repeat.
	Others []string
	// Mangle, when set, turns each request and its proper reply (nil when there is none) into
	// what is sent. See Agent.SetMangle.
	Mangle Mangle
}

// Mangle scripts bad replies: it gets the bytes of a request and of the proper reply, nil when the
// agent would stay silent, and returns what is sent instead. It may be called from several
// goroutines and must not keep the slices.
type Mangle func(request, reply []byte) []Datagram

// Datagram is one packet to send, after a pause.
type Datagram struct {
	Bytes []byte
	After time.Duration
}

// V3User is a user of the user-based security model (RFC 3414). Without Auth the level is
// noAuthNoPriv, without Priv authNoPriv, else authPriv; requests below that level are answered
// with authorizationError.
type V3User struct {
	Name string
	// Auth is MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 or empty.
	Auth         string
	AuthPassword string // at least 8 characters
	// Priv is DES, AES-128, AES-192, AES-256, AES-192-C, AES-256-C or empty.
	Priv         string
	PrivPassword string // at least 8 characters
}

// Link joins two interfaces.
type Link struct {
	Name string
	Type string // link type of the inventory
	A, Z Port
	// Speed is the speed of both ports in bit/s.
	Speed uint64
	// Capacity is the contract in bit/s by direction; 0 means Speed. More offered load than this
	// is discarded by the sender.
	Capacity [2]uint64
	// Load is offered from Start on, by direction; a zero Load is drawn from the seed.
	Load                    [2]Load
	Carrier, Circuit, Phone string
	Groups                  []string
}

// Port is one end of a link.
type Port struct {
	Router    string
	Interface string // ifName, unique on the router
	Alias     string // ifAlias; empty means "link name to far router"
	// ReportedMbps is what ifHighSpeed says; 0 means the truth.
	ReportedMbps uint32
}

// capacities returns the capacity of each direction in bit/s.
func (l *Link) capacities() [2]uint64 {
	c := l.Capacity
	for d := range c {
		if c[d] == 0 {
			c[d] = l.Speed
		}
	}
	return c
}

// The ends of a link and its directions; they index arrays of length 2. In direction AToZ the
// sender is EndA.
const (
	EndA = 0
	EndZ = 1
	AToZ = 0
	ZToA = 1
)

// check returns every reason why the configuration cannot be simulated.
func (c *Config) check() error {
	var problems []error
	report := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format, args...))
	}
	routers := make(map[string]bool, len(c.Routers))
	addrs := make(map[netip.AddrPort]string, len(c.Routers))
	for i := range c.Routers {
		r := &c.Routers[i]
		if r.Name == "" || routers[r.Name] {
			report("router %q: the name is empty or taken", r.Name)
		}
		routers[r.Name] = true
		if !r.Addr.Addr().IsLoopback() {
			report("router %q: %s is not a loopback address", r.Name, r.Addr)
		}
		if other, taken := addrs[r.Addr]; taken && r.Addr.Port() != 0 {
			report("router %q: %s is the address of %q", r.Name, r.Addr, other)
		}
		addrs[r.Addr] = r.Name
		if err := r.V3.check(); err != nil {
			report("router %q: %w", r.Name, err)
		}
	}
	problems = append(problems, checkLinks(c.Links, routers)...)
	return errors.Join(problems...)
}

func checkLinks(links []Link, routers map[string]bool) []error {
	var problems []error
	names := make(map[string]bool, len(links))
	ports := make(map[[2]string]string, 2*len(links))
	for i := range links {
		l := &links[i]
		if l.Name == "" || names[l.Name] {
			problems = append(problems, fmt.Errorf("link %q: the name is empty or taken", l.Name))
		}
		names[l.Name] = true
		if l.Speed == 0 {
			problems = append(problems, fmt.Errorf("link %q: no speed", l.Name))
		}
		for _, p := range [2]Port{l.A, l.Z} {
			key := [2]string{p.Router, p.Interface}
			if !routers[p.Router] {
				problems = append(problems, fmt.Errorf("link %q: no router %q", l.Name, p.Router))
			}
			if other, taken := ports[key]; taken || p.Interface == "" {
				problems = append(problems, fmt.Errorf("link %q: %s %q is empty or used by %q",
					l.Name, p.Router, p.Interface, other))
			}
			ports[key] = l.Name
		}
	}
	return problems
}
