package simulator

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/bothends/bothends/internal/datagram"
)

// portsTried counts the calls of freePort: none of its ports is given out twice.
var portsTried atomic.Uint32

// freePort returns a UDP port that is free on every address, and that the kernel gives to nobody who
// asks for any port: those are above 32767.
func freePort(t testing.TB) uint16 {
	t.Helper()
	const first, ports = 10_000, 20_000
	for range ports {
		port := uint16(first + (uint32(os.Getpid())*97+portsTried.Add(1))%ports)
		s, err := datagram.Listen("udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), port), datagram.Options{})
		if err == nil {
			_ = s.Close()
			return port
		}
	}
	t.Fatal("no UDP port is free")
	return 0
}

// crowd runs routers that have one port.
func crowd(t testing.TB, edit func(*Config)) *Simulator {
	t.Helper()
	c := pair(t)
	port := freePort(t)
	c.Routers[0].Addr = netip.AddrPortFrom(netip.MustParseAddr("127.40.0.1"), port)
	c.Routers[1].Addr = netip.AddrPortFrom(netip.MustParseAddr("127.40.255.2"), port)
	if edit != nil {
		edit(&c)
	}
	s := start(t, c)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.shared) == 0 {
		if runtime.GOOS == "linux" {
			t.Fatal("the routers of one port do not share a socket")
		}
		t.Skip("this system has no sockets to share")
	}
	return s
}

func name(t *testing.T, a *Agent) string {
	t.Helper()
	got, err := client(t, a, nil).Get([]string{".1.3.6.1.2.1.1.5.0"})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := got.Variables[0].Value.([]byte)
	return string(text)
}

func TestRoutersOfOnePortShareASocket(t *testing.T) {
	s := crowd(t, func(c *Config) {
		c.Routers[0].Others = []string{"eth9"}
		c.Routers = append(c.Routers, Router{
			Name: "alone", Addr: loopback(t, "127.40.0.3:0"), Community: "public", Others: []string{"eth0"},
		})
	})
	for _, a := range s.agents {
		if own := a.conn != nil; own != (a.Name() == "alone") {
			t.Errorf("router %s has a socket of its own: %v", a.Name(), own)
		}
		// The client's socket is connected: it hears nobody but the address it asked.
		if got := name(t, a); got != a.Name() {
			t.Errorf("%s is answered by %s", a.Addr(), got)
		}
		if stats := a.Stats(); stats != (Stats{Requests: 1, Replies: 1}) {
			t.Errorf("router %s: %+v", a.Name(), stats)
		}
	}
	// What is not quick goes the same way.
	rows, err := client(t, s.Router("r1"), nil).BulkWalkAll(".1.3.6.1.2.1.2.2")
	if err != nil || len(rows) != 36 {
		t.Errorf("ifTable: %d values, %v", len(rows), err)
	}
	nobody := netip.AddrPortFrom(netip.MustParseAddr("127.40.0.9"), s.Router("r1").Addr().Port())
	g := &gosnmp.GoSNMP{
		Target: nobody.Addr().String(), Port: nobody.Port(), Version: gosnmp.Version2c, Community: "public",
		Timeout: 50 * time.Millisecond,
	}
	if err := g.Connect(); err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if got, err := g.Get([]string{oidName}); err == nil {
		t.Errorf("an address of nobody answers %v", got.Variables)
	}
}

// TestManyRoutersNeedOneSocket asks the first and the last of more routers than there are files.
func TestManyRoutersNeedOneSocket(t *testing.T) {
	const routers = 5000
	at := netip.AddrPortFrom(netip.MustParseAddr("127.42.0.1"), freePort(t))
	s := crowd(t, func(c *Config) { *c = Many(1, routers, routers, at) })
	s.mu.RLock()
	for _, a := range s.agents {
		if a.conn != nil {
			t.Fatalf("router %s has a socket of its own", a.Name())
		}
	}
	s.mu.RUnlock()
	for _, a := range []*Agent{s.agents[0], s.agents[routers-1]} {
		g := client(t, a, func(g *gosnmp.GoSNMP) { g.Community = DemoCommunity })
		got, err := g.Get([]string{".1.3.6.1.2.1.1.5.0"})
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := got.Variables[0].Value.([]byte); string(text) != a.Name() {
			t.Errorf("%s is answered by %s", a.Name(), text)
		}
	}
}

func TestAPortInUseIsNotShared(t *testing.T) {
	port := freePort(t)
	busy, err := datagram.Listen("udp4", netip.AddrPortFrom(netip.MustParseAddr("127.41.0.9"), port), datagram.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	c := pair(t)
	c.Routers[0].Addr = netip.AddrPortFrom(netip.MustParseAddr("127.41.0.1"), port)
	c.Routers[1].Addr = netip.AddrPortFrom(netip.MustParseAddr("127.41.0.2"), port)
	for _, a := range start(t, c).agents {
		if got := name(t, a); got != a.Name() || a.Addr() != a.config.Addr {
			t.Errorf("%s is answered by %s", a.Addr(), got)
		}
	}
}

// TestSharedSocketsAreClosed takes the port a second time.
func TestSharedSocketsAreClosed(t *testing.T) {
	config := crowd(t, nil).config
	port := freePort(t)
	for i := range config.Routers {
		config.Routers[i].Addr = netip.AddrPortFrom(config.Routers[i].Addr.Addr(), port)
	}
	s := build(t, config)
	for range 2 {
		if err := s.Listen(); err != nil {
			t.Fatal(err)
		}
		if len(s.shared) != 1 || !s.agents[0].shared || !s.agents[1].shared {
			t.Errorf("%d sockets are shared", len(s.shared))
		}
		s.closeLocked()
	}
	if len(s.shared) != 0 || s.agents[0].shared {
		t.Errorf("%d sockets are left", len(s.shared))
	}
}

// TestSlowRoutersShareASocketToo uses the real clock: replies go out in the order in which they are
// due, and none too early. Requests that a busy machine hands over far apart are due in another order;
// slower routers show what is right then.
func TestSlowRoutersShareASocketToo(t *testing.T) {
	wrong := ""
	for slow := 60 * time.Millisecond; slow < 10*time.Second; slow *= 5 {
		if wrong = askSlowly(t, slow); wrong == "" {
			return
		}
	}
	t.Error(wrong)
}

// askSlowly asks one router that takes slow, twice, and one that takes half of that and later sends
// something of its own. It tells what was wrong with the order of the replies.
func askSlowly(t *testing.T, slow time.Duration) (wrong string) {
	t.Helper()
	s := crowd(t, func(c *Config) { c.Routers[0].Delay, c.Routers[1].Delay = slow, slow/2 })
	s.Router("r2").SetMangle(func(_, reply []byte) []Datagram {
		return []Datagram{{Bytes: reply}, {Bytes: []byte("last"), After: 2 * slow}}
	})
	socket, err := datagram.Listen("udp4", loopback(t, "127.0.0.1:0"), datagram.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	r1, r2 := s.Router("r1").Addr(), s.Router("r2").Addr()
	var requests []datagram.Message
	for i, to := range []netip.AddrPort{r1, r1, r2} {
		request := encodeGet(t, gosnmp.GetRequest, "public", 0x01020304+uint32(i), oidUpTime)
		requests = append(requests, datagram.Message{Addr: to, Buf: request})
	}
	began := time.Now()
	if n, err := socket.Write(requests); n != len(requests) {
		t.Fatal(n, err)
	}
	replies := []struct {
		from  netip.AddrPort
		text  string // part of the reply
		after time.Duration
	}{
		{r2, "\x01\x02\x03\x06", slow / 2},
		{r1, "\x01\x02\x03\x04", slow},
		{r1, "\x01\x02\x03\x05", slow},
		{r2, "last", slow * 5 / 2},
	}
	batch := make([]datagram.Message, 1)
	batch[0].Buf = make([]byte, 100)
	came := make([]bool, len(replies))
	for place := range replies {
		for n := 0; n == 0; {
			if ready, err := socket.Wait(time.Minute); !ready || err != nil {
				t.Fatalf("reply %d does not come: %v", place, err)
			}
			if n, err = socket.Read(batch); err != nil {
				t.Fatal(err)
			}
		}
		after, got := time.Since(began), batch[0].Buf[:batch[0].N]
		i := 0
		for i < len(replies) && (came[i] || batch[0].Addr != replies[i].from || !strings.Contains(string(got), replies[i].text)) {
			i++
		}
		if i == len(replies) || after < replies[i].after {
			t.Fatalf("% x came from %s after %v", got, batch[0].Addr, after)
		}
		if came[i] = true; i != place {
			wrong = fmt.Sprintf("with routers that take %v, reply %d came at place %d", slow, i, place)
		}
	}
	return wrong
}
