package poller

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/secret"
)

// tlv encodes one BER element; parts are joined as its content.
func tlv(tag byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	switch n := len(content); {
	case n < 0x80:
		return slices.Concat([]byte{tag, byte(n)}, content)
	case n < 0x100:
		return slices.Concat([]byte{tag, 0x81, byte(n)}, content)
	default:
		return slices.Concat([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content)
	}
}

// whole encodes a number that is not negative in as few bytes as it needs.
func whole(tag byte, n uint64) []byte {
	b := []byte{byte(n)}
	for n >>= 8; n > 0; n >>= 8 {
		b = slices.Insert(b, 0, byte(n))
	}
	if b[0]&0x80 != 0 {
		b = slices.Insert(b, 0, 0)
	}
	return tlv(tag, b)
}

// oidBytes encodes ".1.3.6…".
func oidBytes(oid string) []byte {
	var b []byte
	first := true
	for oid != "" {
		var n uint64
		n, oid = arc(oid)
		if first {
			var second uint64
			second, oid = arc(oid)
			n, first = n*40+second, false
		}
		group := []byte{byte(n & 0x7f)}
		for n >>= 7; n > 0; n >>= 7 {
			group = slices.Insert(group, 0, byte(n&0x7f)|0x80)
		}
		b = append(b, group...)
	}
	return b
}

func bind(oid string, val []byte) []byte { return tlv(0x30, tlv(0x06, oidBytes(oid)), val) }

// asked is a request as the scripted agent sees it.
type asked struct {
	raw       []byte
	community string
	pdu       byte
	id        []byte // the encoded INTEGER
	size      uint32 // max-repetitions of a GETBULK
	oids      [][]byte
	n         int // how many requests came before
	from      netip.AddrPort
}

// parseAsked keeps a copy of the datagram: a script may answer it after the next one came.
func parseAsked(datagram []byte) asked {
	raw := slices.Clone(datagram)
	outer := berReader{rest: raw}
	body := berReader{rest: outer.take(0x30)}
	body.next()
	a := asked{raw: raw, community: string(body.take(0x04))}
	tag, content := body.next()
	a.pdu = tag
	pdu := berReader{rest: content}
	a.id = tlv(0x02, pdu.take(0x02))
	pdu.next()
	a.size = pdu.number()
	list := berReader{rest: pdu.take(0x30)}
	for !list.bad && len(list.rest) > 0 {
		vb := berReader{rest: list.take(0x30)}
		a.oids = append(a.oids, vb.take(0x06))
	}
	return a
}

// response is the answer under construction; its fields start out right.
type response struct {
	version   byte
	community string
	pdu       byte
	id        []byte
	status    byte
	index     byte
	binds     [][]byte
	list      []byte // the list of binds as it is sent, where it is not their usual one
}

func answer(a asked, values ...[]byte) response {
	r := response{version: 1, community: a.community, pdu: 0xa2, id: a.id}
	for i, v := range values {
		r.binds = append(r.binds, tlv(0x30, tlv(0x06, a.oids[i]), v))
	}
	return r
}

func (r response) bytes() []byte {
	list := r.list
	if list == nil {
		list = tlv(0x30, r.binds...)
	}
	return tlv(0x30, tlv(2, []byte{r.version}), tlv(4, []byte(r.community)),
		tlv(r.pdu, r.id, tlv(2, []byte{r.status}), tlv(2, []byte{r.index}), list))
}

// script tells what to send for a request, in order.
type script func(a asked) [][]byte

// agent is a scripted SNMP agent on loopback.
type agent struct {
	conn, other *net.UDPConn // other answers from another port
	mu          sync.Mutex
	requests    []asked
}

// elsewhere marks a datagram that the agent sends from its other port.
const elsewhere = "\x00elsewhere"

func startAgent(t testing.TB, play script) *agent {
	t.Helper()
	a := &agent{conn: loopback(t), other: loopback(t)}
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := a.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			req := parseAsked(buf[:n])
			a.mu.Lock()
			req.n, req.from = len(a.requests), from
			a.requests = append(a.requests, req)
			a.mu.Unlock()
			for _, d := range play(req) {
				conn := a.conn
				if len(d) > len(elsewhere) && string(d[:len(elsewhere)]) == elsewhere {
					conn, d = a.other, d[len(elsewhere):]
				}
				_, _ = conn.WriteToUDPAddrPort(d, from)
			}
		}
	}()
	return a
}

func loopback(t testing.TB) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (a *agent) addr() netip.AddrPort { return a.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (a *agent) asked() []asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

func (a *agent) device() Device {
	return Device{
		Name: "r1", Address: a.addr().Addr().String(), Port: a.addr().Port(),
		Credential: Credential{Version: V2c, Community: secret.New("public")},
		Timeout:    200 * time.Millisecond, Retries: 0,
	}
}

// tally counts refusals by reason.
type tally struct {
	mu    sync.Mutex
	words map[string]int
	notes []string
}

func (c *tally) refused(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.words == nil {
		c.words = map[string]int{}
	}
	c.words[word]++
}

func (c *tally) note(s Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, s.Text)
}

// counted returns the refusals so far.
func (c *tally) counted() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.words)
}

// connect is dev at addr, over a transport of its own that ends with the test.
func connect(t testing.TB, dev *Device, addr netip.AddrPort, c *tally) *device {
	t.Helper()
	d, _ := lonely(t, dev, openUDP, c)
	d.address.current, d.address.port = addr.Addr(), addr.Port()
	return d
}

// lonely is a device without a schedule around it.
func lonely(t testing.TB, dev *Device, open opener, c *tally) (*device, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	m := newMetrics(registry)
	carrier := newTransport(open, zap.NewNop(), m)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); carrier.run(ctx, nothingDue{}) }()
	t.Cleanup(func() { cancel(); <-done })
	return newDevice(dev, deviceDeps{
		log: zap.NewNop(), metrics: m, tasks: &tasks{ctx: ctx}, transport: carrier,
		refused: c.refused, note: c.note, change: func(bool) {},
	}), registry
}

// get sends one GET of threeObjects to the agent.
func get(t testing.TB, a *agent, timeout time.Duration, attempts int) (*reply, map[string]int, error) {
	t.Helper()
	var c tally
	dev := a.device()
	dev.Timeout = timeout
	s := connect(t, &dev, a.addr(), &c)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := s.ask(ctx, &request{objects: threeObjects, attempts: attempts})
	return r, c.counted(), err
}

var threeObjects = []object{sysUpTime, at(ifName, 7), at(columns[0].wide, 7)}

func listenOn(t testing.TB, at netip.AddrPort) (*net.UDPConn, error) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}
