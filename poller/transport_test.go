package poller

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/linkmodel"
)

// slack is how late a retry may be: the wheel's step, and the transport's sleep.
const slack = wheelStep + tickTime

func TestRetriesKeepTheTimeoutsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		o := s.flight(s.peer(100*time.Millisecond), addrOf(1), 5)
		o.deadline += time.Minute
		start := mono()
		s.launch(o.flight)
		s.turns(time.Second)
		o.landed(t, false)
		ids := map[uint32]bool{}
		for i, d := range s.out {
			if late := d.at - start - time.Duration(i)*100*time.Millisecond; late < 0 || late > time.Duration(i)*slack {
				t.Errorf("attempt %d left %s after the first", i, d.at-start)
			}
			ids[messageID(d.content)] = true
		}
		if len(s.out) != 5 || len(ids) != 5 {
			t.Errorf("%d requests, %d identifiers", len(s.out), len(ids))
		}
		if want := "no answer to 5 requests in 6"; !strings.Contains(o.err.Error(), want) {
			t.Errorf("%v, want %q", o.err, want)
		}
		s.empty()
	})
}

// What the network says about one address is no word about another, nor about another port of it.
func TestUnreachableIsAboutOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		refused, other := s.flight(s.peer(time.Second), addrOf(1), 1), s.flight(s.peer(time.Second), addrOf(2), 1)
		port := s.flight(s.peer(time.Second), netip.AddrPortFrom(addrOf(1).Addr(), 162), 1)
		gone := s.flight(s.peer(time.Second), addrOf(3), 1)
		for _, o := range []*outcome{refused, other, port, gone} {
			s.launch(o.flight)
		}
		s.turn(nothingDue{})
		s.wire.unreachable = map[netip.AddrPort]error{
			addrOf(1): syscall.ECONNREFUSED, addrOf(3): syscall.EHOSTUNREACH, addrOf(9): syscall.ECONNREFUSED,
		}
		s.turns(2 * time.Second)
		for _, c := range []struct {
			*outcome
			miss linkmodel.Miss
			text string
		}{
			{refused, linkmodel.MissRefused, "port unreachable"},
			{other, linkmodel.MissTimeout, "no hint"},
			{port, linkmodel.MissTimeout, "no hint"},
			{gone, linkmodel.MissTimeout, "no route to host"},
		} {
			c.landed(t, false)
			if named := of("r1", "read", c.err); named.Miss != c.miss || !strings.Contains(named.Error(), c.text) {
				t.Errorf("%s: %s %v, want %q", c.to, named.Miss, named, c.text)
			}
		}
		s.empty()
	})
}

// Whoever guesses an identifier, but is at another address, is not believed, and ends nothing.
func TestAnswerFromElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		p := s.peer(time.Second)
		p.sources = []netip.Addr{addrOf(7).Addr()}
		o := s.flight(p, addrOf(1), 1)
		s.launch(o.flight)
		s.turn(nothingDue{})
		good := goodReply(parseAsked(s.out[0].content)).bytes()
		s.comes(addrOf(2), good)                                        // another address
		s.comes(netip.AddrPortFrom(addrOf(1).Addr(), 162), good)        // another port
		s.comes(netip.AddrPortFrom(addrOf(7).Addr(), 162), good)        // the listed one, another port
		s.comes(netip.MustParseAddrPort("[::ffff:198.51.0.2]:1"), good) // another family
		s.turn(nothingDue{})
		if n := s.refusals("source"); n != 4 || o.times > 0 {
			t.Fatalf("%d refused, ended %d times", n, o.times)
		}
		s.comes(addrOf(7), good)
		s.turn(nothingDue{})
		o.landed(t, true)
		s.comes(addrOf(7), good)
		s.comes(addrOf(2), []byte("garbage"))
		s.turn(nothingDue{})
		if late, source := s.refusals("late"), s.refusals("source"); late != 1 || source != 5 {
			t.Errorf("afterwards %d late, %d from elsewhere", late, source)
		}
		s.empty()
	})
}

// The answer to any attempt ends the flight, with that attempt's instant.
func TestAnswerToAnEarlierAttempt(t *testing.T) {
	for answered := range 3 {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(t)
			o := s.flight(s.peer(100*time.Millisecond), addrOf(1), 4)
			s.launch(o.flight)
			s.turns(250 * time.Millisecond)
			came := mono()
			s.answer(s.out[answered])
			s.turn(nothingDue{})
			o.landed(t, true)
			if r := o.reply; r.sent != s.out[answered].at || r.received != came || r.attempts != 3 || r.rtt() != 0 {
				t.Errorf("attempt %d: sent %s, received %s, %d attempts", answered, r.sent, r.received, r.attempts)
			}
			s.turns(time.Second)
			if len(s.out) != 3 {
				t.Errorf("%d requests", len(s.out))
			}
			s.empty()
		})
	}
}

// The kernel notes arrivals by the wall clock. A step of that must not make a sample more certain
// than it is.
func TestWallClockSetForwardBeforeTheAnswerIsRead(t *testing.T) {
	const ms = time.Millisecond
	for age, want := range map[time.Duration]time.Duration{0: 10 * ms, 4 * ms: 6 * ms, 8 * ms: 10 * ms, time.Hour: 10 * ms} {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(t)
			o := s.flight(s.peer(time.Second), addrOf(1), 1)
			s.launch(o.flight)
			s.turn(nothingDue{})
			time.Sleep(5 * ms)
			s.turn(nothingDue{}) // finds nothing
			time.Sleep(5 * ms)
			s.answer(s.out[0])
			s.coming[0].Age = age
			s.turn(nothingDue{})
			o.landed(t, true)
			if rtt := o.reply.rtt(); rtt != want {
				t.Errorf("age %s: round trip of %s, want %s", age, rtt, want)
			}
		})
	}
}

// No answer came before its request left, whatever its note says.
func TestAnswerFromBeforeItsRequest(t *testing.T) {
	f := flight{tried: []attempt{{id: 7, sent: mono() - time.Second}}}
	var r reply
	if err := f.timed(&r, 7, f.tried[0].sent-1); err != nil || r.rtt() < time.Second {
		t.Errorf("round trip of %s, %v", r.rtt(), err)
	}
}

// Whoever sends more than can be read does not keep the transport from its other work.
func TestFloodDoesNotHoldUpATurn(t *testing.T) {
	s := newStand(t)
	s.coming = make([]datagram.Message, 1_000_000)
	for i := range s.coming {
		s.coming[i] = datagram.Message{Buf: []byte("noise"), Addr: addrOf(3)}
	}
	o := s.flight(s.peer(time.Second), addrOf(1), 1)
	s.launch(o.flight)
	s.turn(nothingDue{})
	if read := 1_000_000 - len(s.coming); read != maxReads*batchSize {
		t.Errorf("%d datagrams read in a turn", read)
	}
	if room := maxReads * batchSize * 1280; room < 2*socketBuffer {
		t.Errorf("a turn reads %d bytes; the receive buffer has %d", room, 2*socketBuffer)
	}
}

// The kernel's drops are counted, once each.
func TestDropsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.launch(s.flight(s.peer(time.Second), addrOf(1), 1).flight)
		s.turn(nothingDue{})
		for _, drops := range []uint64{3, 3, 10} {
			s.drops = drops
			time.Sleep(1100 * time.Millisecond)
			s.turn(nothingDue{})
			if n := metric(t, s.registry, "bothends_socket_drops_total", ""); n != float64(drops) {
				t.Errorf("%g counted, want %d", n, drops)
			}
		}
	})
}

// An address whose routers have moved away is forgotten, so that names may move for ever.
func TestNameMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		one, two := s.peer(time.Second), s.peer(time.Second)
		stays := s.flight(two, addrOf(0), 1)
		s.launch(stays.flight)
		var all []*outcome
		for i := range 20 {
			o := s.flight(one, addrOf(i), 1)
			s.launch(o.flight) // the one before is under way at another address, or in line
			s.turn(nothingDue{})
			all = append(all, o)
		}
		s.wire.unreachable = map[netip.AddrPort]error{addrOf(2): syscall.ECONNREFUSED}
		s.turn(nothingDue{})
		for i := range 20 {
			for _, sent := range s.to(addrOf(i)) {
				if i != 2 {
					s.answer(sent)
				}
			}
			s.turn(nothingDue{})
		}
		s.turns(2 * time.Second)
		for i, o := range all {
			o.landed(t, i != 2)
		}
		if named := of("r1", "read", all[2].err); named.Miss != linkmodel.MissRefused {
			t.Errorf("%s %v", named.Miss, named)
		}
		stays.landed(t, true)
		if len(s.hosts) != 2 || s.hosts[addrOf(0)] == nil || s.hosts[addrOf(19)] == nil {
			t.Errorf("remembered %v", s.hosts)
		}
		s.empty()
	})
}

// Two routers of the inventory may be one address. What comes from there and answers neither is
// a doubt about both.
func TestTwoRoutersAtOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		one, two := s.flight(s.peer(time.Second), addrOf(1), 1), s.flight(s.peer(time.Second), addrOf(1), 1)
		s.launch(one.flight)
		s.launch(two.flight)
		s.turn(nothingDue{})
		s.comes(addrOf(1), []byte("\x30\x03garbage"))
		s.turns(2 * time.Second)
		for _, o := range []*outcome{one, two} {
			o.landed(t, false)
			var named *Error
			if !errors.As(o.err, &named) || named.Miss != linkmodel.MissBadReply || !strings.Contains(named.Error(), "undecodable") {
				t.Errorf("%v", o.err)
			}
		}
		s.empty()
	})
}
