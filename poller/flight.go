package poller

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// caller is who wants an answer.
type caller interface {
	// answered takes the outcome of a flight; flight and reply are used again once it returns.
	answered(f *flight, r *reply, err error)
	// request describes the PDU for the careful way of decoding.
	request() *request
}

// flight is one request on its way to one router: what is sent, its attempts so far, and what came
// instead of an answer. From launch until the caller has the outcome it belongs to the transport's
// loop.
type flight struct {
	caller   caller
	peer     *peer
	security security
	to       netip.AddrPort
	// pdu is the request; its request-id is patched for each attempt.
	pdu []byte
	// wants and known are what the fast decoder may accept: the kinds of the values, and the one
	// text that is not copied. Without wants every answer is decoded with care.
	wants []kinds
	known string
	// attempts is how many datagrams may be sent, deadline when the last of them ends at the latest.
	attempts int
	deadline time.Duration
	// pace is the time between attempts where that is not the router's time-out.
	pace time.Duration
	// due is when the poll was due; 0 for what is no ordinary poll.
	due time.Duration
	// prompt tells that somebody waits for the answer, so that it is looked for more often.
	prompt bool
	// borrowed tells that the flight is used again.
	borrowed bool

	flying  bool
	start   time.Duration
	tried   []attempt
	first   [4]attempt   // room for tried
	refused refusalError // the last datagram that was not believed
	closed  bool         // ICMP port unreachable came
	network error        // the last other error of the network
	probe   probe

	timer wheelTimer
	place place
}

// attempt is one datagram sent.
type attempt struct {
	id   uint32
	sent time.Duration
}

// probe is the question beside the last attempt whether the router is there at all.
type probe struct {
	id       uint32 // 0 for none
	engine   string
	answered bool
}

// prober is a security that can ask a router whether it is there, and whether it is the one it
// was, without what may be wrong with the request itself.
type prober interface {
	// probe appends what to send to dst and returns the engine that is expected to answer; nothing
	// is appended when there is nothing to ask.
	probe(dst []byte, id uint32) (datagram []byte, engine string, err error)
}

// reset makes the flight ready for its next use.
func (f *flight) reset() {
	f.tried, f.refused, f.closed, f.network, f.probe = f.first[:0], "", false, nil, probe{}
}

// attempt returns the attempt with this identifier.
func (f *flight) attempt(id uint32) (attempt, bool) {
	for _, a := range f.tried {
		if a.id == id {
			return a, true
		}
	}
	return attempt{}, false
}

// timed tells the reply when its attempt left and when it came. Where the wall clock, which the
// kernel notes arrivals by, was set forward meanwhile, all that is known is that it is here.
func (f *flight) timed(r *reply, id uint32, at time.Duration) error {
	a, ok := f.attempt(id)
	if !ok {
		return errID // the identifier is that of the probe
	}
	if at < a.sent {
		at = mono()
	}
	r.sent, r.received, r.attempts = a.sent, at, len(f.tried)
	return nil
}

// from reports whether an answer may come from addr.
func (f *flight) from(addr netip.AddrPort) bool {
	return addr == f.to ||
		len(f.peer.sources) > 0 && addr.Port() == f.to.Port() && slices.Contains(f.peer.sources, addr.Addr().WithZone(""))
}

// refuse notes a datagram that is not believed. An answer to an earlier request is no evidence
// against the router.
func (f *flight) refuse(why refusalError) {
	if why != errLate {
		f.refused = why
	}
}

// failed notes an error of the network. It does not end the attempt: its time is waited out like
// that of a lost datagram, which paces the next one.
func (f *flight) failed(err error) {
	if errors.Is(err, syscall.ECONNREFUSED) {
		f.closed = true
		return
	}
	f.network = err
}

// probed takes the answer to the probe. From another engine than expected it ends the flight: the
// request was not for that one. Otherwise the answer to the request may still come.
func (f *flight) probed(rep *reportError) error {
	if rep.header.engine != f.probe.engine {
		return rep
	}
	f.probe.answered = true
	return nil
}

// failure says what the flight met, the most telling first.
func (f *flight) failure(now time.Duration) error {
	n := len(f.tried)
	took := (now - f.start).Round(10 * time.Millisecond)
	tried := fmt.Sprintf("%d requests in %s", n, took)
	if n == 1 {
		tried = fmt.Sprintf("1 request in %s", took)
	}
	switch {
	case n == 0:
		return context.DeadlineExceeded
	case f.refused != "":
		return missf(linkmodel.MissBadReply, "answers came to %s, but none may be believed (%s)", tried, string(f.refused))
	case f.closed:
		return missf(linkmodel.MissRefused, "the host is up, but its SNMP agent is not running (ICMP port unreachable)")
	case f.network != nil:
		return missf(linkmodel.MissTimeout, "no answer to %s: %w", tried, f.network)
	default:
		return missf(linkmodel.MissTimeout, "no answer to %s: %s", tried, f.peer.hint)
	}
}
