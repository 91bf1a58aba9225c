package poller

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// However little room there is for answers, everything is asked, and never more at a time than fit.
func TestPacingKeepsToTheReceiveBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room, flights, age = 5, 300, windowSlot * (windowSlots - 1)
		s := newStand(t)
		s.buffer = room * replyRoom
		young := map[netip.AddrPort]time.Duration{} // asked, not answered, by when
		s.seen = func(d departed) {
			young[d.to] = d.at
			n := 0
			for _, at := range young {
				if d.at-at < age {
					n++
				}
			}
			if n > room {
				t.Errorf("%d answers may come at once", n)
			}
		}
		var all []*outcome
		for i := range flights {
			o := s.flight(s.peer(time.Second), addrOf(i), 1)
			o.deadline = mono() + time.Minute
			s.launch(o.flight)
			all = append(all, o)
		}
		for s.table.count > 0 || s.active > 0 {
			pause := s.turn(nothingDue{})
			for _, d := range s.out {
				if d.to.Addr().As4()[3]%4 > 0 { // the others are dead
					s.answer(d)
					delete(young, d.to)
				}
			}
			s.out = nil
			time.Sleep(pause)
		}
		for i, o := range all {
			o.landed(t, i%256%4 > 0)
		}
		s.empty()
	})
}

// Without a socket nothing can be sent; once there is one everything goes on by itself.
func TestSocketThatCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		broken, opened := true, 0
		s.open = func(family) (Socket, error) {
			opened++
			if broken {
				return nil, errors.New("too many open files")
			}
			return s.wire, nil
		}
		never, later := s.flight(s.peer(100*time.Millisecond), addrOf(1), 2), s.flight(s.peer(100*time.Millisecond), addrOf(2), 5)
		s.launch(never.flight)
		s.launch(later.flight)
		s.turns(250 * time.Millisecond)
		never.landed(t, false)
		if named := of("r1", "read", never.err); named.Miss != linkmodel.MissTimeout || !strings.Contains(named.Error(), "open a socket: too many open files") {
			t.Errorf("%s %v", named.Miss, named)
		}
		if opened > 6 {
			t.Errorf("tried to open a socket %d times for 5 attempts", opened)
		}
		broken = false
		s.turns(150 * time.Millisecond)
		if len(s.out) == 0 {
			t.Fatal("nothing is sent although a socket can be opened")
		}
		s.answer(s.out[0])
		s.turn(nothingDue{})
		later.landed(t, true)
		s.empty()
	})
}

// A datagram that the kernel did not take goes with the flight it belongs to: nothing is sent that
// nobody waits for, and what stands behind it leaves.
func TestFlightEndsWhileTheKernelTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.room = 0
		p := s.peer(100 * time.Millisecond)
		gone, stays := s.flight(p, addrOf(1), 1), s.flight(p, addrOf(2), 1)
		gone.deadline, stays.deadline = mono()+50*time.Millisecond, mono()+time.Second
		s.launch(gone.flight)
		s.launch(stays.flight)
		s.turns(80 * time.Millisecond)
		gone.landed(t, false)
		s.room = -1
		s.turn(nothingDue{})
		if len(s.out) != 1 || s.out[0].to != addrOf(2) {
			t.Fatalf("sent %+v", s.out)
		}
		s.answer(s.out[0])
		s.turn(nothingDue{})
		stays.landed(t, true)
		s.empty()
	})
}

// A flight whose time is over before it begins ends at once, and sends no more than one request.
func TestDeadlineInThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		time.Sleep(time.Minute)
		p := s.peer(time.Second)
		var all []*outcome
		for range maxOutstanding + 3 {
			o := s.flight(p, addrOf(1), 4)
			o.deadline = mono() - 30*time.Second
			s.launch(o.flight)
			all = append(all, o)
		}
		s.turns(2 * slack)
		for _, o := range all {
			o.landed(t, false)
		}
		if len(s.out) > maxOutstanding {
			t.Errorf("%d requests", len(s.out))
		}
		s.empty()
	})
}

// unsealable is a security that cannot make messages; its probe is not asked for.
type unsealable struct{ security }

func (unsealable) seal(dst, _ []byte, _ uint32) ([]byte, error) {
	return append(dst, "half"...), errors.New("no key")
}

// Requests that cannot be made end by themselves, while the batch is filled, and hold up nobody.
func TestRequestsThatCannotBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		bad, good := s.peer(time.Second), s.peer(time.Second)
		var ill []*outcome
		for range 3 * maxOutstanding {
			o := s.flight(bad, addrOf(1), 3)
			o.security = unsealable{o.security}
			s.launch(o.flight)
			ill = append(ill, o)
		}
		well := s.flight(good, addrOf(2), 1)
		s.launch(well.flight)
		s.turn(nothingDue{})
		for _, o := range ill {
			o.landed(t, false)
			if named := of("r1", "read", o.err); named.Miss != linkmodel.MissAuth {
				t.Errorf("%s %v", named.Miss, named)
			}
		}
		if len(s.out) != 1 {
			t.Fatalf("%d requests", len(s.out))
		}
		s.answer(s.out[0])
		s.turn(nothingDue{})
		well.landed(t, true)
		s.empty()
	})
}

// probing is a security that asks beside the last attempt.
type probing struct{ security }

func (probing) probe(dst []byte, id uint32) ([]byte, string, error) {
	req := &request{objects: threeObjects}
	pdu, err := encodePDU(req)
	if err != nil {
		return nil, "", err
	}
	patchID(pdu, id)
	made, err := (&community{head: []byte("\x02\x01\x01\x04\x06public")}).seal(dst, pdu, id)
	return made, "engine", err
}

// A reading that answers the probe has no instant, so it is none.
func TestProbeAnsweredWithAReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		o := s.flight(s.peer(100*time.Millisecond), addrOf(1), 2)
		o.security = probing{o.security}
		s.launch(o.flight)
		s.turns(130 * time.Millisecond)
		if len(s.out) != 3 || messageID(s.out[2].content) != o.probe.id {
			t.Fatalf("%d requests", len(s.out))
		}
		s.answer(s.out[2])
		s.turn(nothingDue{})
		if o.times > 0 || s.refusals("request-id") != 1 {
			t.Fatalf("ended %d times: %v", o.times, o.err)
		}
		s.answer(s.out[1])
		s.turn(nothingDue{})
		o.landed(t, true)
		s.empty()
	})
}

// The end of the transport ends every flight once, wherever it is, and closes the sockets.
func TestStopEndsEveryFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.open = func(f family) (Socket, error) {
			if f == ipv6 {
				return nil, errors.New("no such protocol")
			}
			return s.wire, nil
		}
		const round = wheelStep * wheelSlots
		time.Sleep(round - mono()%round + round - 1100*time.Millisecond) // attempts of 1 s end with it
		var all []*outcome
		begin := func(p *peer, to netip.AddrPort, n int) {
			for i := range n {
				o := s.flight(p, to, 3)
				o.prompt, o.deadline = i%2 == 0, mono()+round+1050*time.Millisecond
				s.launch(o.flight)
				all = append(all, o)
			}
		}
		begin(s.peer(time.Second), addrOf(1), 3*maxOutstanding) // some in line
		s.turn(nothingDue{})
		s.room = 3
		begin(s.peer(20*time.Second), addrOf(2), maxOutstanding) // one waits for the kernel
		s.turn(nothingDue{})
		begin(s.peer(time.Second), netip.MustParseAddrPort("[2001:db8::1]:161"), 3*maxOutstanding) // no socket
		begin(s.peer(30*time.Second), netip.MustParseAddrPort("[2001:db8::2]:161"), 3*maxOutstanding)
		s.turns(300 * time.Millisecond)
		begin(s.peer(time.Second), addrOf(3), 2) // in the outbox
		o := s.flight(s.peer(time.Second), addrOf(4), 1)
		o.deadline = forever
		all = append(all, o)
		s.submit(order{flight: o.flight}) // in the inbox
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.stop(ctx)
		for i, o := range all {
			o.landed(t, false)
			if !errors.Is(o.err, context.Canceled) {
				t.Errorf("flight %d: %v", i, o.err)
			}
		}
		if s.closed != 1 || s.submit(order{flight: o.flight}) {
			t.Errorf("closed %d times, still takes orders", s.closed)
		}
		s.empty()
	})
}

// A mistake of ours where a flight ends costs that flight.
func TestPanicWhereAFlightEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.log = zap.NewNop()
		p := s.peer(time.Second)
		o, next := s.flight(p, addrOf(1), 1), s.flight(p, addrOf(1), 1)
		end := o.done
		o.done = func(r *reply, err error) { end(r, err); panic("done") }
		s.launch(o.flight)
		s.launch(next.flight)
		s.turn(nothingDue{})
		s.answer(s.out[0])
		s.answer(s.out[1])
		s.turn(nothingDue{})
		o.landed(t, true)
		next.landed(t, true)
		if n := metric(t, s.registry, "bothends_poll_panics_total", ""); n != 1 {
			t.Errorf("%g panics counted", n)
		}
		s.empty()
	})
}

// What the kernel refuses to send fails that flight alone, after the time an answer would have.
func TestKernelRefusesOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.refuse = map[netip.AddrPort]error{addrOf(5): syscall.EPERM}
		var all []*outcome
		for i := range 10 {
			o := s.flight(s.peer(100*time.Millisecond), addrOf(i), 2)
			s.launch(o.flight)
			all = append(all, o)
		}
		start := mono()
		s.turn(nothingDue{})
		if len(s.out) != 9 {
			t.Fatalf("%d sent", len(s.out))
		}
		for _, d := range s.out {
			s.answer(d)
		}
		s.turns(time.Second)
		for i, o := range all {
			o.landed(t, i != 5)
		}
		if err := all[5].err; !errors.Is(err, syscall.EPERM) || !strings.Contains(err.Error(), "2 requests in 2") {
			t.Errorf("%v after %s", err, mono()-start)
		}
		s.empty()
	})
}
