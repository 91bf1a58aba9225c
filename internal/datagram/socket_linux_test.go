//go:build linux && !portable

package datagram

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestNothingIsAllocated(t *testing.T) {
	o := Options{Timestamps: true, Local: true, Unreachable: true}
	a, b := listenOn(t, "udp4", "127.0.0.1:0", o), listenOn(t, "udp4", "127.0.0.1:0", o)
	out, in := make([]Message, 32), room(64, 100)
	for i := range out {
		out[i] = Message{Addr: b.LocalAddr(), Local: a.LocalAddr().Addr(), Buf: []byte("request")}
	}
	told := func(netip.AddrPort, error) {}
	allocs := testing.AllocsPerRun(100, func() {
		if n, err := a.Write(out); n != len(out) || err != nil {
			t.Fatal(n, err)
		}
		for got := 0; got < len(out); { // a busy kernel delivers a moment later
			if ready, err := b.Wait(time.Minute); !ready || err != nil {
				t.Fatal(ready, err)
			}
			n, err := b.Read(in)
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
		_ = b.Unreachable(told)
		_ = b.Drops()
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 32 datagrams", allocs)
	}
}

// closedPort returns number n of the ports on which nobody listens: from 1, which are of services that
// never were. The kernel gives them to nobody who asks for any port.
func closedPort(addr string, n uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddrPort(addr).Addr(), n)
}

// TestRefusedIsToldOfTheRightAddress has two dead agents among living ones, in all orders.
func TestRefusedIsToldOfTheRightAddress(t *testing.T) {
	for _, c := range []struct{ network, addr string }{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}} {
		t.Run(c.network, func(t *testing.T) {
			if probe, err := Listen(c.network, netip.MustParseAddrPort(c.addr), Options{}); err != nil {
				t.Skipf("this host has no %s", c.addr)
			} else {
				_ = probe.Close()
			}
			a := listenOn(t, c.network, c.addr, Options{Unreachable: true})
			alive := listenOn(t, c.network, c.addr, Options{})
			dead := [2]netip.AddrPort{closedPort(c.addr, 1), closedPort(c.addr, 2)}
			to := func(addr netip.AddrPort) Message { return Message{Addr: addr, Buf: []byte("x")} }
			refused := make(map[netip.AddrPort]int)
			end := time.Now().Add(time.Minute)
			// The kernel limits how many ICMP errors it sends, so not every datagram brings one.
			for round := 0; round < 20 || len(refused) < 2 && time.Now().Before(end); round++ {
				write(t, a, to(dead[0]), to(alive.LocalAddr()), to(dead[1]), to(dead[1]), to(alive.LocalAddr()))
				for _, m := range read(t, alive, 2) {
					m.Buf = m.Buf[:m.N]
					write(t, alive, m)
				}
				// The replies come although errors are pending.
				read(t, a, 2)
				err := a.Unreachable(func(to netip.AddrPort, err error) {
					if !errors.Is(err, syscall.ECONNREFUSED) {
						t.Errorf("%s: %v", to, err)
					}
					refused[to]++
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if len(refused) != 2 || refused[dead[0]] == 0 || refused[dead[1]] == 0 {
				t.Errorf("refused: %v, want %v", refused, dead)
			}
		})
	}
}

// TestAPendingErrorIsPassedOver has each call begin with the error that the datagram before it left.
func TestAPendingErrorIsPassedOver(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{Unreachable: true})
	b := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	dead := Message{Addr: closedPort("127.0.0.1:0", 1), Buf: []byte("x")}
	for range 10 {
		write(t, a, dead)
		write(t, a, Message{Addr: b.LocalAddr(), Buf: []byte("x")})
		read(t, b, 1)
		write(t, a, dead)
		if n, err := a.Read(room(1, 10)); n != 0 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
	}
}

// TestAnErrorThatStaysIsNoPendingOne writes to a broadcast address, which Linux refuses with an errno
// that an ICMP message may bring as well.
func TestAnErrorThatStaysIsNoPendingOne(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{Unreachable: true})
	to := netip.MustParseAddrPort("255.255.255.255:9")
	if n, err := a.Write([]Message{{Addr: to}}); n != 0 || !errors.Is(err, syscall.EACCES) {
		t.Errorf("%d sent, %v", n, err)
	}
}

// TestWithoutUnreachableNothingIsTold shows that the option does something.
func TestWithoutUnreachableNothingIsTold(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	write(t, a, Message{Addr: closedPort("127.0.0.1:0", 1), Buf: []byte("x")})
	if err := a.Unreachable(func(to netip.AddrPort, err error) { t.Errorf("%s: %v", to, err) }); err != nil {
		t.Error(err)
	}
}

func TestDropsAreCounted(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	b := listenOn(t, "udp4", "127.0.0.1:0", Options{ReceiveBuffer: 4096})
	if n := b.ReceiveBuffer(); n < 4096 || n > 64<<10 {
		t.Errorf("%d bytes of buffer granted", n)
	}
	const sent = 200
	for range sent {
		write(t, a, Message{Addr: b.LocalAddr(), Buf: make([]byte, 500)})
	}
	// A busy kernel delivers a moment later: some after the first were read.
	got := 0
	for end := time.Now().Add(time.Minute); got+int(b.Drops()) < sent && time.Now().Before(end); {
		if b.Drops() == 0 {
			continue // not full yet
		}
		n, err := b.Read(room(sent, 500))
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if n := b.Drops(); got == 0 || n == 0 || n != uint64(sent-got) {
		t.Errorf("%d dropped, %d of %d read", n, got, sent)
	}
	write(t, a, Message{Addr: b.LocalAddr()})
	read(t, b, 1)
	if n := b.Drops(); n != uint64(sent-got) {
		t.Errorf("%d dropped after one more arrived", n)
	}
}

func TestBuffersAreGranted(t *testing.T) {
	const want = 100_000
	s := listenOn(t, "udp4", "127.0.0.1:0", Options{ReceiveBuffer: want, SendBuffer: want})
	send, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil || send != 2*want || s.ReceiveBuffer() != 2*want {
		t.Errorf("%d bytes to send, %d to receive, %v", send, s.ReceiveBuffer(), err)
	}
}

// TestOneSocketServesAHostOfAddresses asks many addresses of one wildcard socket; each answers as
// itself.
func TestOneSocketServesAHostOfAddresses(t *testing.T) {
	server := listenOn(t, "udp4", "0.0.0.0:0", Options{Local: true, Loopback: true})
	client := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	asked := make(map[netip.AddrPort]string)
	var batch []Message
	for i := range 50 {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 30, byte(i), byte(i + 1)}), server.LocalAddr().Port())
		asked[addr] = addr.String()
		batch = append(batch, Message{Addr: addr, Buf: []byte(addr.String())})
	}
	write(t, client, batch...)
	requests := read(t, server, len(batch))
	for i := range requests {
		m := &requests[i]
		if m.Buf = m.Buf[:m.N]; m.Local.String() != netip.MustParseAddrPort(string(m.Buf)).Addr().String() {
			t.Errorf("a datagram to %s was read as sent to %s", m.Buf, m.Local)
		}
	}
	write(t, server, requests...)
	got := make(map[netip.AddrPort]string)
	for _, m := range read(t, client, len(batch)) {
		got[m.Addr] = string(m.Buf[:m.N])
	}
	if d := gocmp.Diff(asked, got, gocmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
		t.Errorf("replies (-want +got):\n%s", d)
	}
}

func TestLocalAddressesOfIPv6(t *testing.T) {
	server, err := Listen("udp6", netip.MustParseAddrPort("[::]:0"), Options{Local: true, Loopback: true})
	if err != nil {
		t.Skipf("this host has no IPv6: %v", err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := Listen("udp6", netip.MustParseAddrPort("[::1]:0"), Options{})
	if err != nil {
		t.Skip("this host has no ::1")
	}
	t.Cleanup(func() { _ = client.Close() })
	to := netip.AddrPortFrom(netip.IPv6Loopback(), server.LocalAddr().Port())
	write(t, client, Message{Addr: to, Buf: []byte("x")})
	m := read(t, server, 1)[0]
	if m.Local != netip.IPv6Loopback() {
		t.Errorf("sent to %s", m.Local)
	}
	write(t, server, Message{Addr: m.Addr, Local: m.Local, Buf: []byte("y")})
	if back := read(t, client, 1)[0]; back.Addr != to {
		t.Errorf("the reply comes from %s, want %s", back.Addr, to)
	}
}

func TestOnlyThisHostReachesALoopbackSocket(t *testing.T) {
	s := listenOn(t, "udp4", "0.0.0.0:0", Options{Loopback: true})
	device, err := unix.GetsockoptString(s.fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
	if err != nil || device != "lo" {
		t.Errorf("the socket is bound to device %q, %v", device, err)
	}
}

func TestZones(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip("this host has no interface lo")
	}
	number := fmt.Sprint(lo.Index)
	for _, c := range []struct {
		zone  string
		scope uint32
		back  string // cmp.Or(back, zone)
	}{
		{zone: "lo", scope: uint32(lo.Index)},
		{zone: number, scope: uint32(lo.Index)},
		{zone: "4242", scope: 4242},
		{zone: "no-such", scope: 0},
	} {
		var z zones
		var s sockaddr
		addr := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(c.zone), 161)
		if n := s.put(addr, &z); n != unix.SizeofSockaddrInet6 || z.scope(c.zone) != c.scope {
			t.Errorf("%s: %d bytes, scope %d", addr, n, z.scope(c.zone))
		}
		want := addr
		if c.scope == 0 {
			want = netip.AddrPortFrom(addr.Addr().WithZone(""), 161)
		}
		if got := s.addrPort(&z); got != want {
			t.Errorf("%s came back as %s", want, got)
		}
	}
	var fresh zones
	if got := cmp.Or(fresh.zone(uint32(lo.Index)), "?"); got != "lo" {
		t.Errorf("the zone of %d is %q", lo.Index, got)
	}
	if got := fresh.zone(4242); got != "4242" {
		t.Errorf("the zone of an unknown interface is %q", got)
	}
}

// slowNetwork moves the test's thread into a network of its own, whose loopback interface passes 10
// bytes in a millisecond.
func slowNetwork(t *testing.T) {
	t.Helper()
	missing := func(what string, err error) {
		if os.Getenv("BOTHENDS_REQUIRE") == "1" {
			t.Fatalf("%s: %v", what, err)
		}
		t.Skipf("%s: %v", what, err)
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		missing("make a network namespace", err)
	}
	for _, command := range []string{
		"ip link set lo up", "tc qdisc add dev lo root tbf rate 80kbit burst 2000 limit 1000000",
	} {
		words := strings.Fields(command)
		if out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput(); err != nil {
			missing(command+": "+string(out), err)
		}
	}
}

func TestAFullSendBufferIsNoError(t *testing.T) {
	slowNetwork(t)
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{SendBuffer: 4096})
	b := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	batch := make([]Message, 500)
	for i := range batch {
		batch[i] = Message{Addr: b.LocalAddr(), Buf: make([]byte, 500)}
	}
	n, err := a.Write(batch)
	if err != nil || n == 0 || n == len(batch) {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if got := len(read(t, b, n)); got != n {
		t.Errorf("%d arrived of %d sent", got, n)
	}
	// Now there is room again.
	if n, err := a.Write(batch[n:]); err != nil || n == 0 {
		t.Errorf("wrote %d later, %v", n, err)
	}
}

func TestControlDataIsCheckedForItsLength(t *testing.T) {
	var good controlRoom
	n := good.putLocal(netip.MustParseAddr("127.1.2.3"), &zones{})
	if c, rest, ok := next(good[:n]); !ok || len(rest) != 0 || len(c.data) != unix.SizeofInet4Pktinfo {
		t.Errorf("%v, %d bytes left, %v", c, len(rest), ok)
	}
	for cut := range n {
		if c, _, ok := next(good[:cut]); ok && len(c.data) != unix.SizeofInet4Pktinfo {
			t.Errorf("%d bytes of %d: %v", cut, n, c)
		}
	}
	clear(good[:sizeofLength])
	if c, _, ok := next(good[:]); ok {
		t.Errorf("a length of 0 gives %v", c)
	}
}
