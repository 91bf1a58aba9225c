package poller

import (
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/linkmodel"
)

// maxReads bounds how many batches are read in one turn: somebody may send faster than we look. It
// is more than the replies that the receive buffer holds, so that no request is given up whose
// answer lies there.
const maxReads = 128

// maxCareful is how many datagrams that answer nothing are decoded in one turn to say what is wrong
// with them. A flood of them must not cost more than its reading.
const maxCareful = 64

// receive takes in what has come.
func (t *transport) receive() {
	for _, p := range t.ports {
		if p == nil {
			continue
		}
		p.window.advance(t.now)
		t.careful = maxCareful
		for range maxReads {
			n, err := p.socket.Read(t.in[:])
			t.now = mono()
			for i := range t.in[:n] {
				t.arrived(&t.in[i], p.cameAt(t.now, t.in[i].Age))
			}
			t.hears(p, err)
			if err != nil {
				break
			}
			if n < len(t.in) {
				p.empty = t.now
				break
			}
		}
		_ = p.socket.Unreachable(t.tell)
		t.countDrops(p)
	}
}

// hears tells once that a socket cannot be read, and once that it can again.
func (t *transport) hears(p *port, err error) {
	if (err == nil) == (p.deaf == nil) {
		return
	}
	p.deaf = err
	if err != nil {
		t.log.Error("answers of routers cannot be read", zap.Error(err))
	} else {
		t.log.Info("answers of routers can be read again")
	}
}

// arrived takes one datagram: it belongs to the request whose identifier it carries, if it comes
// from where that went.
func (t *transport) arrived(m *datagram.Message, at time.Duration) {
	content := m.Buf[:m.N]
	id := messageID(content)
	a, ok := t.table.get(id)
	switch {
	case m.Truncated || !ok:
		t.stray(m)
	case !a.flight.from(m.Addr):
		a.flight.peer.refused(string(errSource))
	default:
		t.judge(a.flight, id, content, at)
	}
}

// messageID returns the identifier of a message: the request-id of SNMPv2c, the msgID of SNMPv3; 0
// where none can be read. Nothing else is looked at.
func messageID(content []byte) uint32 {
	outer := berReader{rest: content}
	body := berReader{rest: outer.take(berSequence)}
	version := body.number()
	_, second := body.next() // community, or msgGlobalData
	if version != uint32(gosnmp.Version3) {
		_, second = body.next()
	}
	inner := berReader{rest: second}
	id := inner.number()
	if inner.bad || body.bad {
		return 0
	}
	return id
}

// judge decides whether a datagram is the flight's answer. A panic on the way, in a decoder for
// example, is this router's miss.
func (t *transport) judge(f *flight, id uint32, content []byte, at time.Duration) {
	defer t.rescue(f)
	r, err := t.read(f, id, content)
	if err == nil && r == nil {
		return // the answer to a probe
	}
	if err == nil {
		err = f.timed(r, id, at)
	}
	if why, ok := errors.AsType[refusalError](err); ok {
		f.peer.refused(string(why))
		f.refuse(why)
		return
	}
	t.finish(f, r, err)
}

func (t *transport) rescue(f *flight) {
	if r := recover(); r != nil {
		err := panicked(t.log, t.metrics, f.peer.name, r)
		if f.flying {
			t.finish(f, nil, err)
		}
	}
}

// panicked counts a panic and makes it the router's miss.
func panicked(log *zap.Logger, m *metrics, device string, r any) *Error {
	m.panics.Inc()
	log.Error("reading an answer panicked", zap.String("device", device), zap.Any("panic", r), zap.ByteString("stack", debug.Stack()))
	return missf(linkmodel.MissBadReply, "reading the answer failed inside bothends: %v", r)
}

// read opens a datagram and holds it against the request. Both results are nil for the answer to a
// probe.
func (t *transport) read(f *flight, id uint32, content []byte) (*reply, error) {
	pdu, err := f.security.open(content)
	if err != nil {
		if rep, ok := errors.AsType[*reportError](err); ok && id == f.probe.id {
			return nil, f.probed(rep)
		}
		return nil, err
	}
	if n := len(f.wants); n > 0 {
		patchID(f.pdu, id) // a later attempt may have written its own
		if decodeFast(f.pdu, pdu, f.wants, f.known, t.values[:n]) {
			t.reply = reply{values: t.values[:n]}
			return &t.reply, nil
		}
	}
	m, err := decodeGuarded(pdu)
	if err != nil {
		return nil, err
	}
	if m.id != id {
		return nil, errID
	}
	values, oids, err := check(f.caller.request(), m)
	if err != nil {
		return nil, err
	}
	t.reply = reply{values: values, oids: oids}
	return &t.reply, nil
}

// stray looks at a datagram that answers no request on its way. Where it comes from an address that
// has some, it says something about them.
func (t *transport) stray(m *datagram.Message) {
	h := t.hosts[m.Addr]
	if h == nil || len(h.flights) == 0 {
		t.metrics.refuse(string(t.idleWord(h, m)))
		return
	}
	first := h.flights[0]
	defer t.rescue(first)
	why := t.strayWord(first, m)
	first.peer.refused(string(why))
	for _, f := range h.flights {
		f.refuse(why)
	}
}

// idleWord says what is wrong with a datagram that nobody waits for.
func (t *transport) idleWord(h *host, m *datagram.Message) refusalError {
	switch {
	case t.earlier.has(messageID(m.Buf[:m.N])):
		return errLate
	case h == nil:
		return errSource
	default:
		return errID
	}
}

// strayWord says what is wrong with a datagram: that of the first check it fails, and when it fails
// none, that it answers nothing that was asked.
func (t *transport) strayWord(f *flight, m *datagram.Message) refusalError {
	if m.Truncated {
		return errTooLong
	}
	content := m.Buf[:m.N]
	if t.earlier.has(messageID(content)) {
		return errLate
	}
	if t.careful--; t.careful < 0 {
		return errID
	}
	pdu, err := f.security.open(slices.Clone(content))
	if err == nil {
		_, err = decodeGuarded(pdu)
	}
	if why, ok := errors.AsType[refusalError](err); ok {
		return why
	}
	return errID
}

// countDrops tells how many replies the kernel dropped since the last look, once a second.
func (t *transport) countDrops(p *port) {
	if second := int64(t.now / time.Second); second != p.looked {
		p.looked = second
		drops := p.socket.Drops()
		t.metrics.drops.Add(float64(drops - p.drops))
		p.drops = drops
	}
}
