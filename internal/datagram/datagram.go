// Package datagram moves many UDP datagrams with one system call and without allocating.
//
// On Linux a Socket is a raw, non-blocking socket that reads with recvmmsg(2) and writes with
// sendmmsg(2). It is not registered with Go's poller: at tens of thousands of datagrams a second a
// wake-up for each costs more than the datagram, so the caller comes by every few milliseconds and
// takes what is there, or waits with Wait. golang.org/x/net has batches too, but allocates an
// address for every datagram read, and tells neither whom an ICMP error is about nor what the
// kernel dropped.
//
// On other systems a small portable file moves one datagram per call with net.UDPConn; what it
// lacks is said at Options and at each method.
//
// One goroutine may read from a Socket (Read, Unreachable) while another writes to it; the other
// methods are for any goroutine at any time.
package datagram

import (
	"net"
	"net/netip"
	"time"
)

// Message is one datagram to write or room for one to read.
type Message struct {
	// Addr is the receiver of a datagram to write and the sender of one that was read. An IPv4
	// address is never in its 4-in-6 form when read, and may be when written.
	Addr netip.AddrPort
	// Local, with Options.Local, is the address a read datagram was sent to, and the one a written
	// one is sent from; the zero Addr leaves the choice to the kernel.
	Local netip.Addr
	// Buf is the payload to write. When reading, its length is the room.
	Buf []byte
	// N is how many bytes of Buf were read.
	N int
	// Truncated tells that the datagram read was longer than Buf.
	Truncated bool
	// Age, with Options.Timestamps, is how long before Read looked the kernel had received the
	// datagram. It is never negative, and 0 where the kernel did not say.
	Age time.Duration
}

// Options of a Socket.
type Options struct {
	// ReceiveBuffer and SendBuffer are the bytes wanted for the kernel's queues; 0 leaves its
	// default. A process with CAP_NET_ADMIN may pass net.core.rmem_max and wmem_max.
	ReceiveBuffer, SendBuffer int
	// Unreachable keeps ICMP errors for Socket.Unreachable (IP_RECVERR). Linux only: elsewhere
	// nothing is told.
	Unreachable bool
	// Timestamps fills Message.Age (SO_TIMESTAMPNS).
	Timestamps bool
	// Local uses Message.Local (IP_PKTINFO). Linux only: elsewhere Listen fails with
	// errors.ErrUnsupported.
	Local bool
	// Loopback lets only this host reach the socket, even when it is bound to a wildcard address
	// (SO_BINDTODEVICE). Linux only: elsewhere Listen fails with errors.ErrUnsupported.
	Loopback bool
}

// maxBatch is how many messages the kernel takes in one call (UIO_MAXIOV).
const maxBatch = 1024

// check returns why a socket of this network cannot have the address.
func check(network string, addr netip.AddrPort) error {
	fits := false
	switch ip := addr.Addr(); network {
	case "udp4":
		fits = ip.Unmap().Is4()
	case "udp6":
		fits = ip.Is6() && !ip.Is4In6()
	default:
		return net.UnknownNetworkError(network)
	}
	if !fits {
		return &net.AddrError{Err: "not an address of " + network, Addr: addr.String()}
	}
	return nil
}
