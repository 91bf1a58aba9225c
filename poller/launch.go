package poller

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// forever is a deadline that never comes.
const forever = time.Duration(1<<63 - 1)

// borrow returns a flight for an ordinary poll. Only those under way need one, which is a small part
// of all ends.
func (t *transport) borrow() *flight {
	if n := len(t.spare); n > 0 {
		f := t.spare[n-1]
		t.spare = t.spare[:n-1]
		return f
	}
	return &flight{borrowed: true}
}

// giveBack keeps a borrowed flight for its next use; others are their owners'.
func (t *transport) giveBack(f *flight) {
	if !f.borrowed {
		return
	}
	*f = flight{pdu: f.pdu[:0], borrowed: true}
	if len(t.spare) < maxSpare {
		t.spare = append(t.spare, f)
	}
}

// launch takes over a flight. It is sent in this turn, unless its router has enough requests to
// answer; waiting for its turn counts against its deadline.
func (t *transport) launch(f *flight) {
	f.reset()
	f.flying = true
	if f.start == 0 {
		f.start = mono()
	}
	t.active++
	if f.prompt {
		t.prompt++
	}
	if f.peer.busy >= maxOutstanding {
		f.peer.waiting.push(f)
		t.wheel.set(f, f.deadline)
		return
	}
	t.depart(f)
}

// depart gives a flight its place among those of its router.
func (t *transport) depart(f *flight) {
	f.peer.busy++
	h := t.hostOf(f)
	h.flights = append(h.flights, f)
	t.retry(f)
}

// hostOf moves the flight's router to the address the flight goes to.
func (t *transport) hostOf(f *flight) *host {
	p := f.peer
	if p.host != nil && p.at == f.to {
		return p.host
	}
	h := t.hosts[f.to]
	if h == nil {
		h = &host{}
		t.hosts[f.to] = h
	}
	h.peers++
	if was := p.host; was != nil {
		was.peers--
		t.leave(p.at, was)
	}
	p.host, p.at = h, f.to
	return h
}

// leave forgets an address that nobody has any more.
func (t *transport) leave(at netip.AddrPort, h *host) {
	if h.peers == 0 && len(h.flights) == 0 {
		delete(t.hosts, at)
	}
}

// retry queues the flight's next attempt.
func (t *transport) retry(f *flight) {
	t.wheel.set(f, f.deadline)
	p, err := t.port(familyOf(f.to))
	if err != nil {
		f.failed(fmt.Errorf("open a socket: %w", err))
		f.tried = append(f.tried, attempt{sent: mono()})
		t.wheel.set(f, min(mono()+f.peer.timeout, f.deadline))
		return
	}
	p.outbox.push(f)
}

// port opens the socket of a family when it is first needed.
func (t *transport) port(of family) (*port, error) {
	if t.ports[of] == nil {
		s, err := t.open(of)
		if err != nil {
			return nil, err
		}
		t.ports[of] = newPort(s)
		t.metrics.sockets.Inc()
	}
	return t.ports[of], nil
}

// flush sends what is queued, and reports whether some of it has to wait for room.
func (t *transport) flush() (blocked bool) {
	for _, p := range t.ports {
		if p == nil {
			continue
		}
		p.window.advance(mono())
		for p.outbox.head != nil && !p.window.full() && t.fill(p) {
			p.send(t.sent)
		}
		p.send(t.sent)
		blocked = blocked || p.outbox.head != nil || p.loaded > 0
	}
	return blocked
}

// fill loads the batch from the outbox; false when there is no room in the batch at all.
func (t *transport) fill(p *port) bool {
	before := p.loaded
	for p.loaded < batchSize && !p.window.full() {
		f := p.outbox.pop()
		if f == nil {
			break
		}
		t.load(p, f)
	}
	return p.loaded > before
}

// load makes the datagram of the flight's next attempt. With the last one goes a probe, so that it
// costs neither time nor an attempt.
func (t *transport) load(p *port, f *flight) {
	defer t.rescue(f)
	id := t.newID()
	if f.pdu != nil {
		patchID(f.pdu, id)
	}
	made, err := f.security.seal(p.next(), f.pdu, id)
	if err != nil {
		t.finish(f, nil, missf(linkmodel.MissAuth, "encode the request: %w", err))
		return
	}
	p.load(f.to, made, f)
	t.table.put(id, attemptOf{f, p, p.window.add()})
	f.tried = append(f.tried, attempt{id: id})
	if n := len(f.tried); n > 1 && n == f.attempts {
		t.loadProbe(p, f)
	}
}

func (t *transport) loadProbe(p *port, f *flight) {
	s, ok := f.security.(prober)
	if !ok {
		return
	}
	id := t.newID()
	made, engine, err := s.probe(p.next(), id)
	if err != nil || len(made) == 0 {
		return // there is nothing to ask
	}
	p.load(f.to, made, nil)
	f.probe.id, f.probe.engine = id, engine
	t.table.put(id, attemptOf{f, p, p.window.add()})
}

// newID draws an identifier that no request on its way has.
func (t *transport) newID() uint32 {
	for {
		id := minID + t.ids.Uint32N(maxID-minID+1)
		if _, taken := t.table.find(id); !taken {
			return id
		}
	}
}

// sent notes that the latest attempt of a flight left, and when it is to be given up.
func (t *transport) sent(f *flight, at time.Duration) {
	f.tried[len(f.tried)-1].sent = at
	if f.prompt {
		t.lookOften = at + promptFor
	}
	if f.due > 0 && len(f.tried) == 1 {
		t.metrics.lateness.Observe((at - f.due).Seconds())
	}
	wait := f.peer.timeout
	if f.pace > 0 && len(f.tried) < f.attempts {
		wait = f.pace
	}
	t.wheel.set(f, min(at+wait, f.deadline))
}

// expired ends a flight's latest attempt: the next one follows, or the flight is over.
func (t *transport) expired(f *flight) {
	now := mono()
	if now < f.deadline && len(f.tried) < f.attempts {
		t.retry(f)
		return
	}
	t.finish(f, nil, f.failure(now))
}

// finish ends a flight and lets the next one of its router depart.
func (t *transport) finish(f *flight, r *reply, err error) {
	for _, a := range f.tried {
		t.close(a.id)
	}
	t.close(f.probe.id)
	t.wheel.remove(f)
	if p := t.ports[familyOf(f.to)]; p != nil && p.loaded > 0 {
		p.forget(f)
	}
	f.flying = false
	t.active--
	if f.prompt {
		t.prompt--
	}
	t.release(f)
	f.caller.answered(f, r, err)
	t.giveBack(f)
}

// close takes an identifier off the table.
func (t *transport) close(id uint32) {
	if a, ok := t.table.take(id); ok {
		a.port.window.answered(a.mark)
		t.earlier.add(id)
	}
}

// release gives back the flight's place among those of its router.
func (t *transport) release(f *flight) {
	if f.place.in == &f.peer.waiting {
		f.leave()
		return
	}
	f.leave()
	h := f.peer.host
	if f.peer.at != f.to {
		h = t.hosts[f.to]
	}
	if i := slices.Index(h.flights, f); i >= 0 {
		h.flights = slices.Delete(h.flights, i, i+1)
	}
	t.leave(f.to, h)
	f.peer.busy--
	t.admit(f.peer)
}

// admit lets the first flight in line depart; one whose time is over ends by itself.
func (t *transport) admit(p *peer) {
	for f := p.waiting.head; f != nil; f = f.place.next {
		if mono() < f.deadline {
			f.leave()
			t.depart(f)
			return
		}
	}
}

// unreachable takes what the network reports about a datagram.
func (t *transport) unreachable(to netip.AddrPort, err error) {
	if h := t.hosts[to]; h != nil {
		for _, f := range h.flights {
			f.failed(err)
		}
	}
}
