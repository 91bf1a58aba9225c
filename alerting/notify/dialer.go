package notify

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// errRefusedAddress is returned for an address that no receiver has any business to be at.
var errRefusedAddress = errors.New("link-local and cloud metadata addresses are refused")

// metadata are the addresses at which clouds hand credentials to whoever asks from inside, and
// which are not link-local.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS over IPv6
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("192.0.0.192"),     // Oracle Cloud
}

// nat64 is the well-known prefix that carries an IPv4 address in its last 4 bytes (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// sendTimeout bounds one attempt, from the first packet to the end of the answer.
const sendTimeout = 10 * time.Second

// newClient returns a client that follows no redirects and connects to no refused address. A nil
// resolver is the system's.
func newClient(resolver *net.Resolver) *http.Client {
	dialer := newDialer(resolver)
	return &http.Client{
		Timeout: sendTimeout,
		Transport: &http.Transport{
			Proxy:                 proxyFor,
			DialContext:           dialer.DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   1,
			IdleConnTimeout:       time.Minute,
			TLSHandshakeTimeout:   sendTimeout,
			ResponseHeaderTimeout: sendTimeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newDialer returns a dialer that connects to no refused address.
func newDialer(resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{Timeout: sendTimeout, Resolver: resolver, Control: controlAddress}
}

// proxyFor returns the proxy of the environment. A proxy connects on our behalf, out of the
// dialer's sight, so what can be seen to be refused is refused here.
func proxyFor(req *http.Request) (*url.URL, error) {
	if a, err := netip.ParseAddr(req.URL.Hostname()); err == nil && isRefused(a) {
		return nil, errRefusedAddress
	}
	return http.ProxyFromEnvironment(req)
}

// controlAddress refuses an address after the name was resolved and before a packet leaves, so
// that a name which resolves differently the second time is caught too.
func controlAddress(_, address string, _ syscall.RawConn) error {
	peer, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parse the address to connect to: %w", err)
	}
	if isRefused(peer.Addr()) {
		return errRefusedAddress
	}
	return nil
}

func isRefused(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || slices.Contains(metadata, a)
}
