//go:build linux && !portable

package datagram

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// sockaddr holds a sockaddr_in or sockaddr_in6: the family in the machine's byte order, the port in
// the network's, then the address, and what else IPv6 has (ip(7), ipv6(7)).
type sockaddr [unix.SizeofSockaddrInet6]byte

const (
	portAt  = 2
	v4At    = 4
	v6At    = 8
	scopeAt = 24
)

// put encodes an address and returns its length; 0 for one that is not valid, which the kernel
// refuses.
func (s *sockaddr) put(to netip.AddrPort, z *zones) uint32 {
	addr := to.Addr().Unmap()
	binary.BigEndian.PutUint16(s[portAt:], to.Port())
	switch {
	case addr.Is4():
		binary.NativeEndian.PutUint16(s[:], unix.AF_INET)
		b := addr.As4()
		copy(s[v4At:], b[:])
		return unix.SizeofSockaddrInet4
	case addr.Is6():
		binary.NativeEndian.PutUint16(s[:], unix.AF_INET6)
		clear(s[v4At:v6At])
		b := addr.As16()
		copy(s[v6At:], b[:])
		binary.NativeEndian.PutUint32(s[scopeAt:], z.scope(addr.Zone()))
		return unix.SizeofSockaddrInet6
	default:
		return 0
	}
}

// addrPort decodes what put encodes; the zero AddrPort for another family.
func (s *sockaddr) addrPort(z *zones) netip.AddrPort {
	port := binary.BigEndian.Uint16(s[portAt:])
	switch binary.NativeEndian.Uint16(s[:]) {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s[v4At:v6At])), port)
	case unix.AF_INET6:
		addr := netip.AddrFrom16([16]byte(s[v6At:scopeAt]))
		if scope := binary.NativeEndian.Uint32(s[scopeAt:]); scope != 0 {
			addr = addr.WithZone(z.zone(scope))
		}
		return netip.AddrPortFrom(addr, port)
	default:
		return netip.AddrPort{}
	}
}

// zones turns the zone of an IPv6 address into the kernel's scope id and back. A scope id comes
// back as the zone that was last written for it, so that a reply's sender equals the address the
// request went to.
type zones struct {
	mu     sync.Mutex
	scopes map[string]scope
	names  map[uint32]string
}

type scope struct {
	id    uint32
	until time.Time
}

// zoneLife is how long a name is believed: interfaces come back with other numbers.
const zoneLife = time.Minute

// scope returns the scope id of a zone, a number or the name of an interface; 0 for none and for
// an unknown one.
func (z *zones) scope(zone string) uint32 {
	if zone == "" {
		return 0
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	now := time.Now()
	if s, known := z.scopes[zone]; known && now.Before(s.until) {
		return s.id
	}
	if z.scopes == nil {
		z.scopes, z.names = make(map[string]scope), make(map[uint32]string)
	}
	id := lookUp(zone)
	z.scopes[zone] = scope{id, now.Add(zoneLife)}
	if id != 0 {
		z.names[id] = zone
	}
	return id
}

func lookUp(zone string) uint32 {
	if id, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(id)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}

// zone returns the zone of a scope id.
func (z *zones) zone(id uint32) string {
	z.mu.Lock()
	defer z.mu.Unlock()
	if name, known := z.names[id]; known {
		return name
	}
	name := strconv.FormatUint(uint64(id), 10)
	if i, err := net.InterfaceByIndex(int(id)); err == nil {
		name = i.Name
	}
	if z.names == nil {
		z.scopes, z.names = make(map[string]scope), make(map[uint32]string)
	}
	z.names[id] = name
	return name
}
