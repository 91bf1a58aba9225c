package poller

import (
	"bytes"
	"context"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
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
}

// parseAsked keeps a copy of the datagram: a script may answer it after the next one came.
func parseAsked(content []byte) asked {
	raw := slices.Clone(content)
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

// Where the scripted agent is asked, and from where it may answer as well.
var (
	agentAddr = netip.MustParseAddrPort("127.0.0.1:161")
	otherPort = netip.MustParseAddrPort("127.0.0.1:162")
)

// agentDelay is how long a scripted agent takes.
const agentDelay = time.Millisecond

// agent is a scripted SNMP agent and the socket by which it is asked. Nothing in it waits: in a
// synctest bubble whoever asks has all the time it was given, however busy the machine is.
type agent struct {
	play script
	// answersFrom is where the answers come from.
	answersFrom netip.AddrPort

	mu       sync.Mutex
	requests []asked
	coming   []arrival
}

// elsewhere marks a datagram that the agent sends from its other port.
const elsewhere = "\x00elsewhere"

func newAgent(play script) *agent { return &agent{play: play, answersFrom: agentAddr} }

func (a *agent) open(family) (Socket, error) { return a, nil }

// Write implements Socket.
func (a *agent) Write(batch []datagram.Message) (int, error) {
	for i := range batch {
		a.mu.Lock()
		req := parseAsked(batch[i].Buf)
		req.n = len(a.requests)
		a.requests = append(a.requests, req)
		a.mu.Unlock()
		for _, content := range a.play(req) {
			from := a.answersFrom
			if rest, ok := bytes.CutPrefix(content, []byte(elsewhere)); ok {
				from, content = otherPort, rest
			}
			a.mu.Lock()
			a.coming = append(a.coming, arrival{at: mono() + agentDelay, from: from, content: content})
			a.mu.Unlock()
		}
	}
	return len(batch), nil
}

// Read implements Socket.
func (a *agent) Read(batch []datagram.Message) (n int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for now := mono(); n < len(batch) && len(a.coming) > 0 && a.coming[0].at <= now; n++ {
		m, next := &batch[n], a.coming[0]
		m.N, m.Addr, m.Age = copy(m.Buf, next.content), next.from, now-next.at
		m.Truncated = m.N < len(next.content)
		a.coming = a.coming[1:]
	}
	return n, nil
}

// Unreachable implements Socket.
func (a *agent) Unreachable(func(netip.AddrPort, error)) error { return nil }

// Drops implements Socket.
func (a *agent) Drops() uint64 { return 0 }

// ReceiveBuffer implements Socket.
func (a *agent) ReceiveBuffer() int { return socketBuffer }

// Close implements Socket.
func (a *agent) Close() error { return nil }

func (a *agent) asked() []asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

func (a *agent) device() Device {
	return Device{
		Name: "r1", Address: agentAddr.Addr().String(), Port: agentAddr.Port(),
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

// connect is dev, over a transport of its own that ends with the test.
func (a *agent) connect(t testing.TB, dev *Device, c *tally) *device {
	t.Helper()
	d, _ := lonely(t, dev, a.open, c)
	return d
}

// connect is dev at addr, over a real socket.
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

// get sends one GET of threeObjects to the agent, in a synctest bubble.
func get(t testing.TB, a *agent, timeout time.Duration, attempts int) (*reply, map[string]int, error) {
	t.Helper()
	var c tally
	dev := a.device()
	dev.Timeout = timeout
	s := a.connect(t, &dev, &c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := s.ask(ctx, &request{objects: threeObjects, attempts: attempts})
	return r, c.counted(), err
}

var threeObjects = []object{sysUpTime, at(ifName, 7), at(columns[0].wide, 7)}
