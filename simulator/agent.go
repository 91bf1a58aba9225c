package simulator

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// Agent is one running router. Its methods may be called at any time from any goroutine; each
// takes effect at once and is recorded in the ledger.
type Agent struct {
	sim    *Simulator
	config *Router
	codec  codec
	stats  counts

	// The rest is guarded by sim.mu.
	conn        *net.UDPConn
	shared      bool    // served by a shared socket, while the simulator listens
	ports       []*port // by index
	visible     []bool  // by object
	agentStart  int64   // microseconds since Start, as all instants
	hostStart   int64
	renumbered  int64 // ifTableLastChange
	boots       uint32
	phase       int64 // of the counter cache
	dead        bool
	frozen      bool
	frozenAt    int64
	delay       time.Duration
	mangle      Mangle
	rewrite     Rewrite
	description string
}

type counts struct{ requests, replies, panics atomic.Uint64 }

// Stats counts what reached an agent, also while it was dead.
type Stats struct {
	Requests uint64 // datagrams received
	Replies  uint64 // datagrams sent
	Panics   uint64 // requests whose decoding panicked
}

// firstIndex is the lowest ifIndex; real agents rarely begin at 1.
const firstIndex = 501

func newAgent(s *Simulator, config *Router, ports []*port, r *rand.Rand) *Agent {
	up := config.UpTime
	if up == 0 {
		up = 24*time.Hour + time.Duration(r.Int64N(int64(400*24*time.Hour)))
	}
	a := &Agent{
		sim: s, config: config, ports: ports, visible: visibleObjects(config),
		agentStart: -up.Microseconds(), hostStart: -up.Microseconds(),
		renumbered: -up.Microseconds(), boots: 1 + r.Uint32N(40), delay: config.Delay, mangle: config.Mangle,
		description: config.Platform.description(config.Name),
	}
	if cache := config.CacheAge.Microseconds(); cache > 0 {
		a.phase = r.Int64N(cache)
	}
	for i, name := range config.Others {
		a.ports = append(a.ports, &port{name: name, alias: fmt.Sprintf("spare %d", i+1)})
	}
	for i, p := range a.ports {
		p.index = firstIndex + uint32(i)
		p.descr = config.Platform.ifDescr(p.name)
		p.countDiscards = config.OutIncludesDiscards
		p.resets = []reset{{at: a.agentStart, value: firstCounters(r, config.FirstCount)}}
		p.mac = [6]byte{0x02, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(i >> 8), byte(i)}
		if p.link != nil {
			// Links came up a little after the router.
			p.link.segments[0].changed[p.end] = a.agentStart + min(up.Microseconds(), 42_000_000)
		}
	}
	a.codec.init(config, r)
	return a
}

// Name returns the router's name.
func (a *Agent) Name() string { return a.config.Name }

// Addr returns the agent's address; with port 0 in the configuration it is right once the
// simulator listens.
func (a *Agent) Addr() netip.AddrPort {
	a.sim.mu.RLock()
	defer a.sim.mu.RUnlock()
	if a.conn == nil {
		return a.config.Addr
	}
	return a.conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Stats returns what has reached the agent.
func (a *Agent) Stats() Stats {
	return Stats{a.stats.requests.Load(), a.stats.replies.Load(), a.stats.panics.Load()}
}

// act changes the agent under the lock and records what was done.
func (a *Agent) act(what string, f func(now int64)) {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	now := a.sim.elapsed()
	f(now)
	a.sim.record(now, Change{Router: a.config.Name, What: what})
}

// Kill makes the agent silent. The router goes on forwarding.
func (a *Agent) Kill() { a.act("kill", func(int64) { a.dead = true }) }

// Revive makes a killed agent answer again. Nothing else changed meanwhile.
func (a *Agent) Revive() { a.act("revive", func(int64) { a.dead = false }) }

// Reboot restarts the router in no time: counters, sysUpTime, hrSystemUptime and snmpEngineTime
// begin at 0 and snmpEngineBoots grows by one. For an outage, Kill before and Revive after, and
// Set its links.
func (a *Agent) Reboot() {
	a.act("reboot", func(now int64) {
		a.agentStart, a.hostStart = now, now
		a.boots++
		a.frozen = false
		for _, p := range a.ports {
			p.clear(now, false)
		}
	})
}

// RestartAgent restarts the SNMP agent only: sysUpTime and snmpEngineTime begin at 0, counters,
// hrSystemUptime and snmpEngineBoots stay.
func (a *Agent) RestartAgent() { a.act("restart agent", func(now int64) { a.agentStart = now }) }

// Renumber gives every interface the ifIndex of its neighbour (and the last one that of the
// first), so that each old index now belongs to another interface; a lone interface moves up by
// one. Counters go on.
func (a *Agent) Renumber() {
	a.act("renumber", func(now int64) {
		first := a.ports[0].index
		for i := range len(a.ports) - 1 {
			a.ports[i].index = a.ports[i+1].index
		}
		a.ports[len(a.ports)-1].index = first
		if len(a.ports) == 1 {
			a.ports[0].index++
		}
		slices.SortFunc(a.ports, func(p, q *port) int { return cmp.Compare(p.index, q.index) })
		a.renumbered = now
	})
}

// ClearCounters sets the counters of an interface to 0, as when its line card restarts. marked
// tells whether ifCounterDiscontinuityTime admits it.
func (a *Agent) ClearCounters(name string, marked bool) error {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	i := slices.IndexFunc(a.ports, func(p *port) bool { return p.name == name })
	if i < 0 {
		return fmt.Errorf("clear counters: router %q has no interface %q", a.config.Name, name)
	}
	now := a.sim.elapsed()
	a.ports[i].clear(now, marked)
	a.sim.record(now, Change{Router: a.config.Name, What: "clear counters of " + name})
	return nil
}

// Freeze stops the counters that are served, and Thaw lets them jump to the truth.
func (a *Agent) Freeze() {
	a.act("freeze", func(now int64) { a.frozenAt, a.frozen = a.asOf(now), true })
}

// Thaw ends Freeze.
func (a *Agent) Thaw() { a.act("thaw", func(int64) { a.frozen = false }) }

// SetDelay changes the time between a request and its reply.
func (a *Agent) SetDelay(d time.Duration) {
	a.act("delay "+d.String(), func(int64) { a.delay = d })
}

// SetMangle changes what is done to replies; nil sends them as they are.
func (a *Agent) SetMangle(m Mangle) { a.act("mangle", func(int64) { a.mangle = m }) }

// Rewrite changes the value of an object before it is encoded, SNMPv3 included. Values are int
// (INTEGER), uint32 (Counter32, Gauge32, TimeTicks), uint64 (Counter64), string or []byte; nil means
// noSuchInstance. It may return another type, which then goes out as that type.
type Rewrite func(oid string, value any) any

// SetRewrite sets what is done to every value, for scripted glitches; nil changes nothing.
func (a *Agent) SetRewrite(r Rewrite) { a.act("rewrite", func(int64) { a.rewrite = r }) }

// asOf returns the instant whose counters the agent serves at t.
func (a *Agent) asOf(t int64) int64 {
	if a.frozen {
		return a.frozenAt
	}
	cache := a.config.CacheAge.Microseconds()
	if cache <= 0 {
		return t
	}
	age := (t + a.phase) % cache
	return max(t-age, a.hostStart, 0)
}

// ticks returns the hundredths of a second from start to t, as TimeTicks wrap. An instant before
// start gives 0.
func ticks(start, t int64) uint32 {
	return uint32(max(t-start, 0) / 10_000)
}
