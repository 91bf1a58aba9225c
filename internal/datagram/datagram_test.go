package datagram

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// listenOn opens a socket for the length of a test.
func listenOn(t testing.TB, network, addr string, o Options) *Socket {
	t.Helper()
	s, err := Listen(network, netip.MustParseAddrPort(addr), o)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no such option")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// room is n messages to read into.
func room(n, size int) []Message {
	batch := make([]Message, n)
	for i := range batch {
		batch[i].Buf = make([]byte, size)
	}
	return batch
}

// read waits until want datagrams were read, in as many calls as it takes.
func read(t testing.TB, s *Socket, want int) []Message {
	t.Helper()
	var all []Message
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		batch := room(want+5, 2048)
		n, err := s.Read(batch)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, batch[:n]...); len(all) >= want {
			return all
		}
		if _, err := s.Wait(100 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%d datagrams came, want %d", len(all), want)
	return nil
}

func write(t testing.TB, s *Socket, batch ...Message) {
	t.Helper()
	if n, err := s.Write(batch); n != len(batch) || err != nil {
		t.Fatalf("wrote %d of %d: %v", n, len(batch), err)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, c := range []struct{ network, addr string }{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}} {
		t.Run(c.network, func(t *testing.T) {
			if probe, err := Listen(c.network, netip.MustParseAddrPort(c.addr), Options{}); err != nil {
				t.Skipf("this host has no %s", c.addr)
			} else {
				_ = probe.Close()
			}
			a, b := listenOn(t, c.network, c.addr, Options{}), listenOn(t, c.network, c.addr, Options{})
			// One more than the kernel takes in a call.
			var batch []Message
			const many = 100
			for i := range many {
				batch = append(batch, Message{Addr: b.LocalAddr(), Buf: []byte(strings.Repeat("x", i))})
			}
			write(t, a, batch...)
			got := read(t, b, many)
			// A kernel that moves the test to another processor may deliver them in another order.
			slices.SortFunc(got, func(m, n Message) int { return m.N - n.N })
			for i, m := range got {
				if m.Addr != a.LocalAddr() || string(m.Buf[:m.N]) != string(batch[i].Buf) || m.Truncated {
					t.Fatalf("datagram %d is %q from %s, truncated: %v", i, m.Buf[:m.N], m.Addr, m.Truncated)
				}
				if m.Age != 0 || m.Local.IsValid() {
					t.Errorf("age %v and local address %v were not asked for", m.Age, m.Local)
				}
			}
			got[7].Buf = got[7].Buf[:got[7].N]
			write(t, b, got[7])
			if back := read(t, a, 1)[0]; back.Addr != b.LocalAddr() || back.N != 7 {
				t.Errorf("%d bytes came back from %s", back.N, back.Addr)
			}
		})
	}
}

func TestAnIPv4AddressMayBeGivenMapped(t *testing.T) {
	a, b := listenOn(t, "udp4", "127.0.0.1:0", Options{}), listenOn(t, "udp4", "127.0.0.1:0", Options{})
	to := netip.AddrPortFrom(netip.AddrFrom16(b.LocalAddr().Addr().As16()), b.LocalAddr().Port())
	write(t, a, Message{Addr: to, Buf: []byte("x")})
	if m := read(t, b, 1)[0]; m.Addr != a.LocalAddr() {
		t.Errorf("from %s, want %s", m.Addr, a.LocalAddr())
	}
}

func TestMoreThanTheKernelTakesAtOnce(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	b := listenOn(t, "udp4", "127.0.0.1:0", Options{ReceiveBuffer: 4 << 20})
	batch := make([]Message, maxBatch+10)
	for i := range batch {
		batch[i] = Message{Addr: b.LocalAddr(), Buf: []byte{byte(i), byte(i >> 8)}}
	}
	write(t, a, batch...)
	// Without root the buffer may be too small for all of them.
	least := 1
	if b.ReceiveBuffer() >= 1300*len(batch) {
		least = len(batch)
	}
	came := make([]int, len(batch))
	for _, m := range read(t, b, least) {
		came[int(m.Buf[0])|int(m.Buf[1])<<8]++
	}
	for i, n := range came {
		if n > 1 || n == 0 && least > 1 {
			t.Errorf("datagram %d came %d times", i, n)
		}
	}
}

func TestTruncationIsTold(t *testing.T) {
	a, b := listenOn(t, "udp4", "127.0.0.1:0", Options{}), listenOn(t, "udp4", "127.0.0.1:0", Options{})
	for _, c := range []struct {
		text string
		n    int
		more bool
	}{{"12345", 4, true}, {"1234", 4, false}, {"", 0, false}} {
		write(t, a, Message{Addr: b.LocalAddr(), Buf: []byte(c.text)})
		if ready, err := b.Wait(time.Minute); !ready || err != nil {
			t.Fatalf("%q does not come: %v", c.text, err)
		}
		batch := room(3, 4)
		if n, err := b.Read(batch); n != 1 || err != nil {
			t.Fatalf("read %d, %v", n, err)
		}
		if m := batch[0]; m.N != c.n || m.Truncated != c.more {
			t.Errorf("%q: %d bytes, truncated %v", c.text, m.N, m.Truncated)
		}
	}
}

func TestNothingThere(t *testing.T) {
	s := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	if n, err := s.Read(room(3, 10)); n != 0 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if n, err := s.Read(nil); n != 0 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if n, err := s.Write(nil); n != 0 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if ready, err := s.Wait(time.Millisecond); ready || err != nil {
		t.Errorf("ready %v, %v", ready, err)
	}
}

// TestAnErrorIsAboutTheDatagramItStopsAt sends to an address that is none.
func TestAnErrorIsAboutTheDatagramItStopsAt(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{Unreachable: true})
	b := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	fine := Message{Addr: b.LocalAddr(), Buf: []byte("x")}
	for _, to := range []netip.AddrPort{
		{},
		netip.AddrPortFrom(netip.Addr{}, 9), netip.MustParseAddrPort("127.0.0.1:0"),
		netip.MustParseAddrPort("[::1]:9"),
	} {
		n, err := a.Write([]Message{fine, {Addr: to, Buf: []byte("x")}, fine})
		if n != 1 || err == nil || !strings.Contains(err.Error(), to.String()) {
			t.Errorf("to %v: %d sent, %v", to, n, err)
		}
		read(t, b, 1)
	}
	if n, err := a.Write([]Message{{Addr: b.LocalAddr(), Buf: make([]byte, 1<<17)}}); n != 0 || err == nil {
		t.Errorf("a datagram longer than any: %d sent, %v", n, err)
	}
}

func TestAgesAreSane(t *testing.T) {
	a := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	b := listenOn(t, "udp4", "127.0.0.1:0", Options{Timestamps: true})
	const wait = 20 * time.Millisecond
	// The kernel turns its clock on a moment after the first socket asks for it.
	for range 50 {
		sent := time.Now()
		write(t, a, Message{Addr: b.LocalAddr(), Buf: []byte("x")})
		time.Sleep(wait)
		m := read(t, b, 1)[0]
		if most := time.Since(sent); m.Age < 0 || m.Age > most {
			t.Fatalf("age %v of a datagram sent %v ago", m.Age, most)
		}
		if m.Age >= wait {
			return
		}
	}
	t.Errorf("no age was as long as the %v between arriving and being read", wait)
}

func TestListenRefuses(t *testing.T) {
	for _, c := range []struct{ network, addr string }{
		{"udp", "127.0.0.1:0"},
		{"tcp4", "127.0.0.1:0"},
		{"udp4", "[::1]:0"},
		{"udp6", "127.0.0.1:0"},
		{"udp6", "[::ffff:127.0.0.1]:0"},
		{"udp4", "192.0.2.1:0"},
	} {
		if s, err := Listen(c.network, netip.MustParseAddrPort(c.addr), Options{}); err == nil {
			t.Errorf("%s %s: bound to %s", c.network, c.addr, s.LocalAddr())
		} else if !strings.Contains(err.Error(), "listen on "+c.network+" "+c.addr) {
			t.Errorf("%s %s: %v does not say what was done", c.network, c.addr, err)
		}
	}
	if _, err := Listen("udp4", netip.AddrPort{}, Options{}); err == nil {
		t.Error("bound to no address")
	}
	first := listenOn(t, "udp4", "127.0.0.1:0", Options{})
	if _, err := Listen("udp4", first.LocalAddr(), Options{}); err == nil {
		t.Error("bound twice")
	}
}

// TestCloseEndsEveryCall closes a socket under a reader that waits and a writer.
func TestCloseEndsEveryCall(t *testing.T) {
	a, b := listenOn(t, "udp4", "127.0.0.1:0", Options{}), listenOn(t, "udp4", "127.0.0.1:0", Options{})
	var group sync.WaitGroup
	errs := make([]error, 2)
	group.Go(func() {
		for batch := room(4, 10); errs[0] == nil; {
			if _, errs[0] = a.Wait(time.Hour); errs[0] == nil {
				_, errs[0] = a.Read(batch)
			}
		}
	})
	group.Go(func() {
		batch := []Message{{Addr: b.LocalAddr(), Buf: []byte("x")}}
		for errs[1] == nil {
			_, errs[1] = a.Write(batch)
		}
	})
	read(t, b, 10)
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	group.Wait()
	if slices.ContainsFunc(errs, func(err error) bool { return !errors.Is(err, net.ErrClosed) }) {
		t.Errorf("the calls ended with %v", errs)
	}
	_, read := a.Read(room(1, 1))
	_, write := a.Write([]Message{{Addr: b.LocalAddr()}})
	_, wait := a.Wait(0)
	for what, err := range map[string]error{
		"read": read, "write": write, "wait": wait, "close": a.Close(),
		"unreachable": a.Unreachable(func(netip.AddrPort, error) {}),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after close: %v", what, err)
		}
	}
	if a.Drops() != 0 || a.ReceiveBuffer() != 0 {
		t.Errorf("%d dropped, %d bytes of buffer after close", a.Drops(), a.ReceiveBuffer())
	}
}
