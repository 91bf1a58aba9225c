//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"syscall"
)

// Addresses of the link under test. They repeat in every lab: each lives in its own namespaces.
var linkAddresses = [2]netip.Addr{netip.MustParseAddr("10.99.0.1"), netip.MustParseAddr("10.99.0.2")}

// linkMACs are locally administered.
var linkMACs = [2]string{"02:be:00:00:00:01", "02:be:00:00:00:02"}

// linkQueue is the length of the queue in front of the wire, in frames. It covers 100 ms of a
// stalled machine at 100,000 frames per second, so that nothing is lost but on the wire.
const linkQueue = 10000

// discardPort is where Lab.Traffic sends to (RFC 863).
const discardPort = 9

// Router is one end of the link. All its methods may be called at any time from any goroutine,
// but not after Lab.Close.
type Router struct {
	number    int // 1 or 2
	namespace string
	address   netip.AddrPort
	manager   netip.Addr
	wire      *Wire
	ctx       context.Context // that of the lab: no router outlives it

	mu      sync.Mutex // protects all following fields
	link    string     // name of the interface under test
	agent   *agent
	kernel  *rtnetlink
	discard *net.UDPConn
}

func newRouter(ctx context.Context, s *slot, i int, cfg Config, w *Wire) *Router {
	// 198.18.0.0/15 is for benchmarks inside a site (RFC 2544) and is never routed.
	base := byte(4 * (i - 1))
	r := &Router{
		number:    i,
		namespace: s.namespace(i),
		manager:   netip.AddrFrom4([4]byte{198, 18, byte(s.n), base + 1}),
		address:   netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, byte(s.n), base + 2}), 161),
		wire:      w,
		ctx:       ctx,
		link:      "wan0",
	}
	r.agent = &agent{namespace: r.namespace, dir: filepath.Join(s.dir(), r.Name()), address: r.address, config: cfg}
	return r
}

// Name is "r1" or "r2", which is also its sysName.
func (r *Router) Name() string { return fmt.Sprintf("r%d", r.number) }

// Namespace is the name to give to `ip netns exec`.
func (r *Router) Namespace() string { return r.namespace }

// Address is where its agent is asked over SNMP, from the root namespace.
func (r *Router) Address() netip.AddrPort { return r.address }

// Interface is the present name of the interface under test.
func (r *Router) Interface() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.link
}

// IfIndex is the present index of the interface under test, as the kernel and the agent number it.
func (r *Router) IfIndex() (int, error) {
	c, err := r.KernelCounters()
	return c.IfIndex, err
}

// KernelCounters reads the interface's counters and status from the kernel, all in one answer. It
// takes some microseconds, so sampling at 10 Hz or faster disturbs nothing.
func (r *Router) KernelCounters() (Counters, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.aliveLocked(); err != nil {
		return Counters{}, err
	}
	return r.kernel.counters(r.link)
}

// KillAgent ends snmpd at once (SIGKILL), as a crash does: the router lives, its port 161 refuses.
func (r *Router) KillAgent() error {
	return r.do("kill agent", r.agent.kill)
}

// StartAgent starts snmpd and returns when it answers.
func (r *Router) StartAgent() error {
	return r.do("start agent", func() error { return r.agent.start(r.ctx) })
}

// FreezeAgent stops snmpd in its tracks (SIGSTOP): questions arrive and no answer comes, as from a
// router that is gone or too busy.
func (r *Router) FreezeAgent() error {
	return r.do("freeze agent", func() error { return r.agent.signal(syscall.SIGSTOP) })
}

// ThawAgent ends FreezeAgent. snmpd then answers all that it was asked meanwhile, late.
func (r *Router) ThawAgent() error {
	return r.do("thaw agent", func() error { return r.agent.signal(syscall.SIGCONT) })
}

// Isolate cuts the router's management wire: it forwards as before, and nobody can ask it.
func (r *Router) Isolate() error {
	return r.do("isolate", func() error { return r.ip("link set dev mgmt0 down") })
}

// Rejoin ends Isolate.
func (r *Router) Rejoin() error {
	return r.do("rejoin", func() error { return r.ip("link set dev mgmt0 up") })
}

// Shut is the operator's shutdown of the interface: ifAdminStatus and ifOperStatus fall.
func (r *Router) Shut() error {
	return r.do("shut", func() error { return r.ip("link set dev " + r.link + " down") })
}

// NoShut ends Shut.
func (r *Router) NoShut() error {
	return r.do("no shut", r.bringUpLocked)
}

// Carrier raises or drops the carrier of this end only; see Wire.Carrier for both.
func (r *Router) Carrier(up bool) error {
	return r.do("set carrier", func() error { return r.wire.jacks[r.number-1].carrier(up) })
}

// RenameInterface gives the interface another name; its index and its counters stay. It is down
// for some milliseconds and up afterwards.
func (r *Router) RenameInterface(name string) error {
	return r.do("rename interface", func() error {
		if err := r.ip("link set dev "+r.link+" down", "link set dev "+r.link+" name "+name); err != nil {
			return err
		}
		r.link = name
		return r.bringUpLocked()
	})
}

// Renumber deletes the interface and creates it anew, as a restart of a router may do: same name,
// another ifIndex, counters from 0, up. net-snmp shows the dead row beside the new one for 300 s.
func (r *Router) Renumber() error {
	return r.do("renumber", func() error {
		if err := r.wire.jacks[r.number-1].unplug(); err != nil {
			return fmt.Errorf("delete interface: %w", err)
		}
		return r.plugLocked()
	})
}

// do runs one change while nothing else happens to the router.
func (r *Router) do(what string, change func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.aliveLocked()
	if err == nil {
		err = change()
	}
	if err != nil {
		return fmt.Errorf("%s of %s: %w", what, r.Name(), err)
	}
	return nil
}

func (r *Router) aliveLocked() error {
	if r.ctx.Err() != nil {
		return errClosed
	}
	return nil
}

func (r *Router) ip(commands ...string) error { return ip(r.ctx, r.namespace, commands...) }

// plugLocked creates the interface under test, connects it to the wire and brings it up.
func (r *Router) plugLocked() error {
	tap, err := openTap(r.namespace, r.link)
	if err != nil {
		return err
	}
	if err := r.wire.plug(r.number, tap); err != nil {
		return err
	}
	return r.bringUpLocked()
}

// bringUpLocked may be repeated. Shutting an interface forgets its neighbours, hence the order.
func (r *Router) bringUpLocked() error {
	me, peer := r.number-1, 2-r.number
	return r.ip(
		fmt.Sprintf("link set dev %s address %s mtu 1500 txqueuelen %d", r.link, linkMACs[me], linkQueue),
		fmt.Sprintf("addr replace %s/30 dev %s", linkAddresses[me], r.link),
		fmt.Sprintf("link set dev %s up", r.link),
		fmt.Sprintf("neigh replace %s lladdr %s nud permanent dev %s", linkAddresses[peer], linkMACs[peer], r.link),
	)
}

// manage joins the root namespace and the router by its management wire.
func (r *Router) manage(veth string) error {
	// A leftover of a killed lab may hold the name; usually there is none.
	_ = deleteVeth(veth)
	if err := ip(r.ctx, "", fmt.Sprintf("link add %s type veth peer name mgmt0 netns %s", veth, r.namespace)); err != nil {
		return err
	}
	if err := quietIPv6(veth); err != nil {
		return err
	}
	return errors.Join(
		ip(r.ctx, "", fmt.Sprintf("addr add %s/30 dev %s", r.manager, veth), "link set dev "+veth+" up"),
		r.ip("link set dev lo up", fmt.Sprintf("addr add %s/30 dev mgmt0", r.address.Addr()), "link set dev mgmt0 up"),
	)
}

// listen opens what needs the namespace: the kernel's counters, and a UDP port that swallows the
// traffic without an ICMP error.
func (r *Router) listen() error {
	var err error
	if r.kernel, err = openRtnetlink(r.namespace); err != nil {
		return err
	}
	return inNamespace(r.namespace, func() error {
		at := netip.AddrPortFrom(linkAddresses[r.number-1], discardPort)
		r.discard, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("open discard port of %s: %w", r.Name(), err)
		}
		return nil
	})
}

// close ends the agent and the sockets. The wire and the namespace are the lab's to remove.
func (r *Router) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	errs := []error{r.agent.kill()}
	if r.discard != nil {
		errs = append(errs, r.discard.Close())
	}
	if r.kernel != nil {
		errs = append(errs, r.kernel.close())
	}
	return errors.Join(errs...)
}
