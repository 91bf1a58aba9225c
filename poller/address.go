package poller

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Names are looked up again this often, so that a change is followed within five minutes; sooner after a
// look-up that failed, and soonest while there is no address.
const (
	refreshName = 4 * time.Minute
	recheckName = time.Minute
	retryName   = 10 * time.Second
)

// address is where a router is. A DNS name is resolved in the background, never while a poll
// waits, and the last good answer is kept when the resolver fails.
type address struct {
	host string
	port uint16

	mu      sync.Mutex
	current netip.Addr
	err     error
	lookup  func(ctx context.Context, host string) ([]netip.Addr, error)
}

func newAddress(dev *Device) *address {
	a := &address{host: strings.Trim(dev.Address, "[]"), port: dev.Port}
	a.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	if ip, err := netip.ParseAddr(a.host); err == nil {
		a.current = ip
	}
	return a
}

// literal reports whether there is nothing to resolve.
func (a *address) literal() bool {
	_, err := netip.ParseAddr(a.host)
	return err == nil
}

// get returns the address, or why there is none.
func (a *address) get() (netip.AddrPort, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.current.IsValid():
		return netip.AddrPortFrom(a.current, a.port), nil
	case a.err != nil:
		return netip.AddrPort{}, missf(linkmodel.MissResolve, "the name %q does not resolve: %w", a.host, a.err)
	default:
		return netip.AddrPort{}, missf(linkmodel.MissResolve, "the name %q is still being resolved", a.host)
	}
}

// known returns the last good address, invalid when there was none.
func (a *address) known() netip.Addr {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current
}

// refresh looks the name up once and returns how long to wait before the next time. The address in use
// stays while it is among the answers.
func (a *address) refresh(ctx context.Context) (wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, retryName)
	defer cancel()
	found, err := a.lookup(ctx, a.host)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
	switch {
	case err == nil && len(found) > 0:
		if !slices.ContainsFunc(found, func(ip netip.Addr) bool { return ip.Unmap() == a.current }) {
			a.current = found[0].Unmap()
		}
		return refreshName
	case a.current.IsValid():
		return recheckName
	default:
		return retryName
	}
}

// run keeps the address fresh until ctx ends.
func (a *address) run(ctx context.Context) {
	for {
		t := time.NewTimer(a.refresh(ctx))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}
