//go:build linux && !portable

package datagram

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// controlRoom takes the ancillary data (cmsg(3)) of one message: at most an extended error with the
// address of its sender, a timestamp and the local address.
type controlRoom [160]byte

// sizeofLength is the size of cmsg_len, which comes before the level and the type of 4 bytes each.
const sizeofLength = unix.SizeofCmsghdr - 8

// control is one piece of ancillary data.
type control struct {
	level, kind int32
	data        []byte
}

// next takes the first piece off b; ok is false when there is none left.
func next(b []byte) (c control, rest []byte, ok bool) {
	if len(b) < unix.SizeofCmsghdr {
		return control{}, nil, false
	}
	length := int(binary.NativeEndian.Uint32(b))
	if sizeofLength == 8 {
		length = int(binary.NativeEndian.Uint64(b))
	}
	if length < unix.SizeofCmsghdr || length > len(b) {
		return control{}, nil, false
	}
	c.level = int32(binary.NativeEndian.Uint32(b[sizeofLength:]))
	c.kind = int32(binary.NativeEndian.Uint32(b[sizeofLength+4:]))
	c.data = b[unix.CmsgLen(0):length]
	return c, b[min(unix.CmsgSpace(len(c.data)), len(b)):], true
}

// putLocal writes the address a datagram is to be sent from and returns the length of all.
func (c *controlRoom) putLocal(local netip.Addr, z *zones) int {
	local = local.Unmap()
	level, kind, size := unix.IPPROTO_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo
	if local.Is6() {
		level, kind, size = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo
	}
	if sizeofLength == 8 {
		binary.NativeEndian.PutUint64(c[:], uint64(unix.CmsgLen(size)))
	} else {
		binary.NativeEndian.PutUint32(c[:], uint32(unix.CmsgLen(size)))
	}
	binary.NativeEndian.PutUint32(c[sizeofLength:], uint32(level))
	binary.NativeEndian.PutUint32(c[sizeofLength+4:], uint32(kind))
	data := c[unix.CmsgLen(0):unix.CmsgSpace(size)]
	clear(data)
	if local.Is6() { // struct in6_pktinfo: address, interface
		b := local.As16()
		copy(data, b[:])
		binary.NativeEndian.PutUint32(data[16:], z.scope(local.Zone()))
	} else { // struct in_pktinfo: interface, source, destination
		b := local.As4()
		copy(data[4:], b[:])
	}
	return unix.CmsgSpace(size)
}

// local returns the address a datagram was sent to.
func (c *control) local(z *zones) (netip.Addr, bool) {
	switch {
	case c.level == unix.IPPROTO_IP && c.kind == unix.IP_PKTINFO && len(c.data) >= unix.SizeofInet4Pktinfo:
		return netip.AddrFrom4([4]byte(c.data[8:12])), true
	case c.level == unix.IPPROTO_IPV6 && c.kind == unix.IPV6_PKTINFO && len(c.data) >= unix.SizeofInet6Pktinfo:
		addr := netip.AddrFrom16([16]byte(c.data[:16]))
		if addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(z.zone(binary.NativeEndian.Uint32(c.data[16:])))
		}
		return addr, true
	default:
		return netip.Addr{}, false
	}
}

// received returns when the kernel received a datagram, in nanoseconds of CLOCK_REALTIME. struct
// timespec has two longs, of 4 or 8 bytes.
func (c *control) received() (int64, bool) {
	if c.level != unix.SOL_SOCKET || c.kind != unix.SO_TIMESTAMPNS {
		return 0, false
	}
	switch len(c.data) {
	case 16:
		seconds, nanos := binary.NativeEndian.Uint64(c.data), binary.NativeEndian.Uint64(c.data[8:])
		return int64(seconds)*int64(time.Second) + int64(nanos), true
	case 8:
		seconds, nanos := binary.NativeEndian.Uint32(c.data), binary.NativeEndian.Uint32(c.data[4:])
		return int64(seconds)*int64(time.Second) + int64(nanos), true
	default:
		return 0, false
	}
}

// failure returns the error of struct sock_extended_err, which begins with its number.
func (c *control) failure() (unix.Errno, bool) {
	told := c.level == unix.IPPROTO_IP && c.kind == unix.IP_RECVERR ||
		c.level == unix.IPPROTO_IPV6 && c.kind == unix.IPV6_RECVERR
	if !told || len(c.data) < 4 {
		return 0, false
	}
	return unix.Errno(binary.NativeEndian.Uint32(c.data)), true
}
