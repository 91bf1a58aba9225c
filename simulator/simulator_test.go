package simulator

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that moves only when told.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func loopback(t testing.TB, addr string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// pair is two routers joined by one steady gigabit link: 1000 packets/s of 1000 bytes each way.
func pair(t testing.TB) Config {
	steady := Load{BPS: 8e6, PacketSize: 1000}
	return Config{
		Seed: 7,
		Routers: []Router{
			{Name: "r1", Addr: loopback(t, "127.0.0.1:0"), Community: "public", UpTime: time.Hour},
			{Name: "r2", Addr: loopback(t, "127.0.0.1:0"), Community: "public", UpTime: time.Hour},
		},
		Links: []Link{{
			Name: "r1-r2", A: Port{Router: "r1", Interface: "eth0"}, Z: Port{Router: "r2", Interface: "eth1"},
			Speed: 1e9, Load: [2]Load{steady, steady},
		}},
	}
}

func build(t testing.TB, c Config) *Simulator {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs a network until the end of the test.
func start(t testing.TB, c Config) *Simulator {
	t.Helper()
	s := build(t, c)
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return s
}

func TestNewRefusesWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Config)
	}{
		{"an address that others can reach", func(c *Config) { c.Routers[0].Addr = loopback(t, "192.0.2.1:161") }},
		{"two routers on one address", func(c *Config) {
			c.Routers[0].Addr = loopback(t, "127.0.0.1:16161")
			c.Routers[1].Addr = c.Routers[0].Addr
		}},
		{"two routers of one name", func(c *Config) { c.Routers[1].Name = "r1" }},
		{"a router without interfaces", func(c *Config) { c.Links = nil }},
		{"a link to nowhere", func(c *Config) { c.Links[0].Z.Router = "r3" }},
		{"two links of one name", func(c *Config) { c.Links = append(c.Links, c.Links[0]) }},
		{"an interface with two links", func(c *Config) {
			second := c.Links[0]
			second.Name = "second"
			c.Links = append(c.Links, second)
		}},
		{"a link without speed", func(c *Config) { c.Links[0].Speed = 0 }},
		{"a short password", func(c *Config) {
			c.Routers[0].V3 = &V3User{Name: "u", Auth: "MD5", AuthPassword: "short"}
		}},
		{"an unknown protocol", func(c *Config) {
			c.Routers[0].V3 = &V3User{Name: "u", Auth: "SHA256", AuthPassword: "long enough"}
		}},
		{"privacy alone", func(c *Config) {
			c.Routers[0].V3 = &V3User{Name: "u", Priv: "DES", PrivPassword: "long enough"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := pair(t)
			c.spoil(&config)
			if _, err := New(config); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestABusyAddressIsAnErrorThatNamesTheRouter(t *testing.T) {
	first := start(t, pair(t))
	config := pair(t)
	config.Routers[1].Addr = first.Router("r1").Addr()
	second := build(t, config)
	if err := second.Listen(); err == nil {
		t.Fatal("two agents listen on one address")
	}
	if addr := second.Router("r1").Addr(); addr.Port() != 0 {
		t.Errorf("the other router still listens on %s", addr)
	}
}

func TestUnknownNamesAreErrors(t *testing.T) {
	s := build(t, pair(t))
	if s.Router("r9") != nil {
		t.Error("a router that is not there")
	}
	if s.Set("nowhere", func(*Truth) {}) == nil {
		t.Error("set a link that is not there")
	}
	if s.Router("r1").ClearCounters("eth9", true) == nil {
		t.Error("cleared an interface that is not there")
	}
	if _, err := s.Ledger().Counters("r1", "eth9", time.Now()); err == nil {
		t.Error("counters of an interface that is not there")
	}
	if _, err := s.Ledger().Flow("nowhere", AToZ, time.Now()); err == nil {
		t.Error("flow of a link that is not there")
	}
	if _, err := s.Ledger().Truth("nowhere", time.Now()); err == nil {
		t.Error("truth of a link that is not there")
	}
	if n := len(s.Ledger().Changes()); n != 0 {
		t.Errorf("%d changes recorded of things that are not there", n)
	}
}

func TestOneSeedGivesOneNetwork(t *testing.T) {
	at := newClock().now()
	read := func(seed uint64) (all []Counters) {
		c := Demo(seed, loopback(t, "127.0.10.1:16161"))
		c.Now = func() time.Time { return at }
		s := build(t, c)
		for _, l := range c.Links {
			for _, p := range []Port{l.A, l.Z} {
				counters, err := s.Ledger().Counters(p.Router, p.Interface, at.Add(12345*time.Second))
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, counters)
			}
		}
		return all
	}
	one, same, other := read(1), read(1), read(2)
	for i := range one {
		if one[i] != same[i] {
			t.Errorf("end %d: %v and %v from one seed", i, one[i], same[i])
		}
		if one[i] == other[i] {
			t.Errorf("end %d: the same counters from two seeds", i)
		}
	}
}
