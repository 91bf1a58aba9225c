//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

// ErrUnavailable is wrapped by Start when this machine cannot run a lab at all; the text says what
// is missing. A test may skip on it.
var ErrUnavailable = errors.New("the lab cannot run here")

// errClosed meets whoever uses a lab after its end.
var errClosed = errors.New("the lab is closed")

// Lab is two running routers and the wire between them.
type Lab struct {
	ctx     context.Context
	cancel  context.CancelFunc
	slot    *slot
	wire    *Wire
	routers [2]*Router
	undo    []func() error // what Start built, to be taken down in reverse

	mu      sync.Mutex // orders the start of traffic and the end of ctx
	traffic sync.WaitGroup

	adding sync.Mutex // orders AddLine
	lines  int        // how many there are; protected by adding

	closing sync.Once
	closed  error // set by closing
}

// Start builds a lab and returns when both agents answer, after a second or two. The lab ends
// with Close or with ctx, whatever comes first. Should the process be killed, its agents die with
// it and its namespaces are removed by the next lab that starts.
func Start(ctx context.Context, cfg Config) (*Lab, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("lab configuration: %w", err)
	}
	if err := available(); err != nil {
		return nil, err
	}
	s, err := takeSlot()
	if err != nil {
		return nil, err
	}
	l := &Lab{slot: s}
	l.ctx, l.cancel = context.WithCancel(ctx)
	if err := l.build(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("build the lab: %w", err), l.Close())
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	return l, nil
}

// available says what this machine lacks.
func available() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: it needs root, to make network namespaces", ErrUnavailable)
	}
	for program, pack := range map[string]string{"ip": "iproute2", snmpdPath(): "snmpd", "snmpget": "snmp"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%w: %s is missing (Debian package %s)", ErrUnavailable, filepath.Base(program), pack)
		}
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return fmt.Errorf("%w: TAP devices are missing: %w", ErrUnavailable, err)
	}
	return nil
}

func (l *Lab) build(cfg Config) error {
	l.undo = append(l.undo, l.slot.release)
	if err := os.RemoveAll(l.slot.dir()); err != nil {
		return fmt.Errorf("sweep working directory: %w", err)
	}
	l.undo = append(l.undo, func() error { return os.RemoveAll(l.slot.dir()) })
	if err := deleteNamespace(l.slot.middle()); err != nil {
		return fmt.Errorf("sweep lines: %w", err)
	}

	l.wire = newWire(l.ctx)
	l.undo = append(l.undo, l.wire.close)
	for i := 1; i <= 2; i++ {
		l.routers[i-1] = newRouter(l.ctx, l.slot, i, cfg, l.wire)
		if err := l.buildRouter(l.routers[i-1]); err != nil {
			return fmt.Errorf("router %d: %w", i, err)
		}
	}
	return l.startAgents()
}

func (l *Lab) buildRouter(r *Router) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	veth := l.slot.veth(r.number)
	l.undo = append(l.undo, func() error { return deleteNamespace(r.namespace) })
	if err := addNamespace(l.ctx, r.namespace); err != nil {
		return err
	}
	l.undo = append(l.undo, func() error { return deleteVeth(veth) })
	if err := r.manage(veth); err != nil {
		return err
	}
	l.undo = append(l.undo, r.close)
	if err := r.plugLocked(); err != nil {
		return err
	}
	if err := r.listen(); err != nil {
		return err
	}
	return r.agent.configure(r.Name(), r.manager)
}

// startAgents starts both at once: most of a lab's start is waiting for snmpd.
func (l *Lab) startAgents() error {
	var starting sync.WaitGroup
	var errs [2]error
	for i, r := range l.routers {
		starting.Go(func() { errs[i] = r.StartAgent() })
	}
	starting.Wait()
	return errors.Join(errs[0], errs[1])
}

// Router returns router 1 (end a) or 2 (end z); any other number panics.
func (l *Lab) Router(i int) *Router { return l.routers[i-1] }

// Wire returns the wire between the routers.
func (l *Lab) Wire() *Wire { return l.wire }

// Dir is a directory of the lab's own, readable by root only and removed by Close. The agents'
// logs are in it.
func (l *Lab) Dir() string { return l.slot.dir() }

// Close ends the agents, removes interfaces, namespaces and files, and returns when all are gone.
// It may be called again and from anywhere; every call returns the same.
func (l *Lab) Close() error {
	l.closing.Do(func() {
		l.mu.Lock()
		l.cancel()
		l.mu.Unlock()
		l.traffic.Wait()
		var errs []error
		for _, undo := range slices.Backward(l.undo) {
			errs = append(errs, undo())
		}
		if err := errors.Join(errs...); err != nil {
			l.closed = fmt.Errorf("close the lab: %w", err)
		}
	})
	return l.closed
}

// deleteVeth removes a management wire; a missing one is no error.
func deleteVeth(name string) error {
	if !interfaceExists(name) {
		return nil
	}
	return ip(context.Background(), "", "link del "+name)
}

func interfaceExists(name string) bool {
	_, err := net.InterfaceByName(name)
	return err == nil
}

// quietIPv6 keeps an interface of the root namespace from speaking IPv6.
func quietIPv6(name string) error {
	path := filepath.Join("/proc/sys/net/ipv6/conf", name, "disable_ipv6")
	err := os.WriteFile(path, []byte("1"), 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) { // absent on a kernel without IPv6
		return fmt.Errorf("switch IPv6 of %s off: %w", name, err)
	}
	return nil
}
