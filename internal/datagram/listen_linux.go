//go:build linux && !portable

package datagram

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Listen binds a socket. network is "udp4" or "udp6"; the latter takes no IPv4 even on the wildcard
// address. Port 0 takes a free port.
func Listen(network string, addr netip.AddrPort, o Options) (*Socket, error) {
	s, err := listen(network, addr, o)
	if err != nil {
		return nil, fmt.Errorf("listen on %s %s: %w", network, addr, err)
	}
	return s, nil
}

func listen(network string, addr netip.AddrPort, o Options) (*Socket, error) {
	if err := check(network, addr); err != nil {
		return nil, err
	}
	family := unix.AF_INET
	if network == "udp6" {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &Socket{fd: fd, options: o}
	if err := s.bind(family, addr); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *Socket) bind(family int, addr netip.AddrPort) error {
	if err := s.set(family); err != nil {
		return err
	}
	port, ip := int(addr.Port()), addr.Addr()
	var to unix.Sockaddr
	if family == unix.AF_INET {
		to = &unix.SockaddrInet4{Port: port, Addr: ip.Unmap().As4()}
	} else {
		to = &unix.SockaddrInet6{Port: port, Addr: ip.As16(), ZoneId: s.zones.scope(ip.Zone())}
	}
	if err := unix.Bind(s.fd, to); err != nil {
		return os.NewSyscallError("bind", err)
	}
	bound, err := unix.Getsockname(s.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	switch bound := bound.(type) {
	case *unix.SockaddrInet4:
		s.local = netip.AddrPortFrom(addr.Addr().Unmap(), uint16(bound.Port))
	case *unix.SockaddrInet6:
		s.local = netip.AddrPortFrom(addr.Addr(), uint16(bound.Port))
	}
	return nil
}

// set turns the options on.
func (s *Socket) set(family int) error {
	var options []option
	on := func(wanted bool, name string, level, key int) {
		if wanted {
			options = append(options, option{name, level, key})
		}
	}
	if family == unix.AF_INET6 {
		on(true, "IPV6_V6ONLY", unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
		on(s.options.Unreachable, "IPV6_RECVERR", unix.IPPROTO_IPV6, unix.IPV6_RECVERR)
		on(s.options.Local, "IPV6_RECVPKTINFO", unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO)
	} else {
		on(s.options.Unreachable, "IP_RECVERR", unix.IPPROTO_IP, unix.IP_RECVERR)
		on(s.options.Local, "IP_PKTINFO", unix.IPPROTO_IP, unix.IP_PKTINFO)
	}
	on(s.options.Timestamps, "SO_TIMESTAMPNS", unix.SOL_SOCKET, unix.SO_TIMESTAMPNS)
	for _, o := range options {
		if err := unix.SetsockoptInt(s.fd, o.level, o.key, 1); err != nil {
			return fmt.Errorf("set %s: %w", o.name, err)
		}
	}
	if s.options.Loopback {
		if err := unix.BindToDevice(s.fd, "lo"); err != nil {
			return fmt.Errorf("bind to the loopback interface: %w", err)
		}
	}
	if err := s.buffer(s.options.ReceiveBuffer, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF); err != nil {
		return fmt.Errorf("set the receive buffer: %w", err)
	}
	if err := s.buffer(s.options.SendBuffer, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF); err != nil {
		return fmt.Errorf("set the send buffer: %w", err)
	}
	return nil
}

type option struct {
	name       string
	level, key int
}

// buffer asks for a queue of so many bytes. force passes the system's limit but needs a privilege;
// ask takes what the limit allows.
func (s *Socket) buffer(bytes, force, ask int) error {
	if bytes <= 0 || unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, force, bytes) == nil {
		return nil
	}
	return unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, ask, bytes)
}
