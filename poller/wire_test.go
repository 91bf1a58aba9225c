package poller

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/internal/secret"
)

// wire is a socket whose every step a test decides.
type wire struct {
	// room is how many datagrams it still takes, any number when negative; refuse is what it says
	// to those for an address.
	room   int
	refuse map[netip.AddrPort]error
	out    []departed
	coming []datagram.Message
	// unreachable is told once.
	unreachable map[netip.AddrPort]error
	buffer      int
	drops       uint64
	closed      int
	// seen, when set, is called for each datagram written.
	seen func(departed)
}

// departed is a datagram that left.
type departed struct {
	at      time.Duration
	to      netip.AddrPort
	content []byte
}

func (w *wire) Write(batch []datagram.Message) (int, error) {
	for i, m := range batch {
		if w.room == 0 {
			return i, nil
		}
		if err := w.refuse[m.Addr]; err != nil {
			return i, err
		}
		w.room--
		d := departed{mono(), m.Addr, slices.Clone(m.Buf)}
		w.out = append(w.out, d)
		if w.seen != nil {
			w.seen(d)
		}
	}
	return len(batch), nil
}

func (w *wire) Read(batch []datagram.Message) (int, error) {
	n := min(len(batch), len(w.coming))
	for i, m := range w.coming[:n] {
		batch[i].N, batch[i].Addr, batch[i].Age, batch[i].Truncated = copy(batch[i].Buf, m.Buf), m.Addr, m.Age, m.Truncated
	}
	w.coming = w.coming[n:]
	return n, nil
}

func (w *wire) Unreachable(tell func(netip.AddrPort, error)) error {
	for to, err := range w.unreachable {
		tell(to, err)
	}
	w.unreachable = nil
	return nil
}

func (w *wire) Drops() uint64 { return w.drops }

func (w *wire) ReceiveBuffer() int {
	if w.buffer > 0 {
		return w.buffer
	}
	return socketBuffer
}

func (w *wire) Close() error { w.closed++; return nil }

// comes has a datagram arrive from an address.
func (w *wire) comes(from netip.AddrPort, content []byte) {
	w.coming = append(w.coming, datagram.Message{Buf: content, Addr: from})
}

// answer has the right answer to a datagram arrive.
func (w *wire) answer(d departed) { w.comes(d.to, goodReply(parseAsked(d.content)).bytes()) }

// to lists what was sent to an address.
func (w *wire) to(addr netip.AddrPort) []departed {
	return slices.DeleteFunc(slices.Clone(w.out), func(d departed) bool { return d.to != addr })
}

// stand is a transport over a wire that a test turns by hand.
type stand struct {
	*transport
	*wire
	t        testing.TB
	registry *prometheus.Registry
	tally    tally
	peers    []*peer
}

func newStand(t testing.TB) *stand {
	t.Helper()
	s := &stand{wire: &wire{room: -1}, t: t, registry: prometheus.NewRegistry()}
	s.transport = newTransport(func(family) (Socket, error) { return s.wire, nil }, zap.NewNop(), newMetrics(s.registry))
	return s
}

// turns lets the transport work for a while, at its own pace.
func (s *stand) turns(d time.Duration) {
	for end := mono() + d; ; {
		pause := min(s.turn(nothingDue{}), end-mono())
		if pause <= 0 {
			return
		}
		time.Sleep(pause)
	}
}

// refusals counts what was refused, whether a flight was blamed or nobody.
func (s *stand) refusals(word string) int {
	return s.tally.counted()[word] + int(metric(s.t, s.registry, "bothends_replies_refused_total", word))
}

// empty checks that nothing is left of any flight.
func (s *stand) empty() {
	s.t.Helper()
	if s.active != 0 || s.prompt != 0 || s.table.count != 0 || s.wheel.count != 0 {
		s.t.Errorf("left behind: %d flights, %d prompt, %d in the table, %d timers", s.active, s.prompt, s.table.count, s.wheel.count)
	}
	for _, p := range s.peers {
		if p.busy != 0 || p.waiting.head != nil {
			s.t.Errorf("%s: %d busy, %v waiting", p.name, p.busy, p.waiting.head)
		}
	}
	for at, h := range s.hosts {
		if len(h.flights) > 0 || h.peers == 0 {
			s.t.Errorf("%s has %d flights of %d routers", at, len(h.flights), h.peers)
		}
	}
	for _, p := range s.ports {
		if p != nil && p.outbox.head != nil {
			s.t.Error("a flight is in the outbox")
		}
	}
}

func (s *stand) peer(timeout time.Duration) *peer {
	p := &peer{name: "r1", timeout: timeout, refused: s.tally.refused, hint: "no hint"}
	s.peers = append(s.peers, p)
	return p
}

// outcome is how a flight of a test ended.
type outcome struct {
	*flight
	req   *request
	done  func(*reply, error)
	times int
	reply *reply
	err   error
}

// flight is a GET of threeObjects by p to an address; it is not launched yet.
func (s *stand) flight(p *peer, to netip.AddrPort, attempts int) *outcome {
	s.t.Helper()
	req := &request{objects: threeObjects}
	pdu, err := encodePDU(req)
	if err != nil {
		s.t.Fatal(err)
	}
	o := &outcome{}
	o.flight = &flight{
		peer: p, security: newCommunity(&Credential{Community: secret.New("public")}), to: to, pdu: pdu,
		caller: o, attempts: attempts, deadline: mono() + p.timeout*time.Duration(attempts),
	}
	o.req = req
	o.done = func(r *reply, err error) {
		o.times++
		o.err, o.reply = err, nil
		if r != nil {
			o.reply = r.clone()
		}
	}
	return o
}

func (o *outcome) request() *request { return o.req }

func (o *outcome) answered(_ *flight, r *reply, err error) { o.done(r, err) }

// landed checks that the flight is over, once, and whether it was answered.
func (o *outcome) landed(t testing.TB, answered bool) {
	t.Helper()
	if o.times != 1 || (o.err == nil) != answered || (o.reply != nil) != answered || o.flying {
		t.Errorf("flight to %s: ended %d times, reply %v, error %v", o.to, o.times, o.reply, o.err)
	}
}

// addrOf is address n of the documentation's network.
func addrOf(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}), 161)
}
