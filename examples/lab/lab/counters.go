//go:build linux

package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Counters is what the kernel counted on the link's interface: the truth about what its SNMP
// agent should say. Linux calls it rtnl_link_stats64; octets are those of Counts.
type Counters struct {
	At      time.Time // just before the kernel was asked
	IfIndex int       // the counters of another index are those of another device
	AdminUp bool      // not shut
	Carrier bool      // the wire is there; always false on a shut interface

	RxPackets, TxPackets uint64
	RxBytes, TxBytes     uint64
	RxErrors, TxErrors   uint64
	RxDropped, TxDropped uint64
	RxMulticast          uint64 // part of RxPackets; Linux does not count sent multicast
}

// kernelCounters is the part of rtnl_link_stats64 that Counters shows, in the kernel's order.
const kernelCounters = 9

// rtnetlink asks the kernel about the interfaces of one namespace. A socket belongs to the
// namespace it was opened in, so asking needs no change of namespace: one send, one receive.
type rtnetlink struct {
	fd  int
	seq uint32
}

func openRtnetlink(namespace string) (*rtnetlink, error) {
	n := &rtnetlink{fd: -1}
	err := inNamespace(namespace, func() (err error) {
		n.fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket in %s: %w", namespace, err)
	}
	timeout := unix.Timeval{Sec: 2}
	if err := unix.SetsockoptTimeval(n.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return nil, errors.Join(fmt.Errorf("limit rtnetlink waiting: %w", err), n.close())
	}
	return n, nil
}

func (n *rtnetlink) close() error { return unix.Close(n.fd) }

// counters asks for one interface by name. It is not safe for concurrent use.
func (n *rtnetlink) counters(name string) (Counters, error) {
	n.seq++
	at := time.Now()
	if err := unix.Sendto(n.fd, linkRequest(n.seq, name), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return Counters{}, fmt.Errorf("ask for interface %s: %w", name, err)
	}
	reply, err := n.receive()
	if err != nil {
		return Counters{}, fmt.Errorf("ask for interface %s: %w", name, err)
	}
	c, err := parseLink(reply)
	if err != nil {
		return Counters{}, fmt.Errorf("read answer about interface %s: %w", name, err)
	}
	c.At = at
	return c, nil
}

// receive returns the message that answers the latest request.
func (n *rtnetlink) receive() (syscall.NetlinkMessage, error) {
	buffer := make([]byte, 16<<10)
	for {
		size, _, err := unix.Recvfrom(n.fd, buffer, 0)
		if err != nil {
			return syscall.NetlinkMessage{}, err
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:size])
		if err != nil {
			return syscall.NetlinkMessage{}, err
		}
		for _, m := range messages {
			if m.Header.Seq == n.seq {
				return m, nil
			}
		}
	}
}

// linkRequest builds RTM_GETLINK for the interface of that name.
func linkRequest(seq uint32, name string) []byte {
	order := binary.NativeEndian
	attribute := make([]byte, (unix.SizeofRtAttr+len(name)+1+3)&^3)
	order.PutUint16(attribute, uint16(unix.SizeofRtAttr+len(name)+1))
	order.PutUint16(attribute[2:], unix.IFLA_IFNAME)
	copy(attribute[unix.SizeofRtAttr:], name)

	b := make([]byte, unix.SizeofNlMsghdr+unix.SizeofIfInfomsg, 64)
	order.PutUint32(b, uint32(len(b)+len(attribute)))
	order.PutUint16(b[4:], unix.RTM_GETLINK)
	order.PutUint16(b[6:], unix.NLM_F_REQUEST)
	order.PutUint32(b[8:], seq)
	return append(b, attribute...)
}

func parseLink(m syscall.NetlinkMessage) (Counters, error) {
	order := binary.NativeEndian
	if m.Header.Type == unix.NLMSG_ERROR && len(m.Data) >= 4 {
		return Counters{}, unix.Errno(-int32(order.Uint32(m.Data)))
	}
	if m.Header.Type != unix.RTM_NEWLINK || len(m.Data) < unix.SizeofIfInfomsg {
		return Counters{}, fmt.Errorf("unexpected rtnetlink message type %d", m.Header.Type)
	}
	c := Counters{
		IfIndex: int(int32(order.Uint32(m.Data[4:]))),
		AdminUp: order.Uint32(m.Data[8:])&unix.IFF_UP != 0,
	}
	attributes, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		return Counters{}, err
	}
	found := false
	for _, a := range attributes {
		switch {
		case a.Attr.Type == unix.IFLA_CARRIER && len(a.Value) > 0:
			c.Carrier = a.Value[0] != 0 && c.AdminUp
		case a.Attr.Type == unix.IFLA_STATS64 && len(a.Value) >= 8*kernelCounters:
			c.fill(a.Value)
			found = true
		}
	}
	if !found {
		return Counters{}, errors.New("the kernel gave no counters")
	}
	return c, nil
}

// fill reads rtnl_link_stats64, in the order of linux/if_link.h.
func (c *Counters) fill(stats []byte) {
	for i, field := range [kernelCounters]*uint64{
		&c.RxPackets, &c.TxPackets, &c.RxBytes, &c.TxBytes,
		&c.RxErrors, &c.TxErrors, &c.RxDropped, &c.TxDropped, &c.RxMulticast,
	} {
		*field = binary.NativeEndian.Uint64(stats[8*i:])
	}
}
