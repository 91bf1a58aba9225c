package poller

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/linkmodel"
)

// echo answers every request with one reply that was encoded before, and allocates nothing.
type echo struct {
	wire
	asked [4 * batchSize]struct {
		id   [4]byte
		from netip.AddrPort
	}
	waiting int
	reply   []byte
	// idIn and idOut are where the request-id stands in requests and in the reply.
	idIn, idOut int
}

func (e *echo) Write(batch []datagram.Message) (int, error) {
	for i := range batch {
		if e.idIn == 0 {
			e.learn(batch[i].Buf)
		}
		a := &e.asked[e.waiting]
		copy(a.id[:], batch[i].Buf[e.idIn:])
		a.from = batch[i].Addr
		e.waiting++
	}
	return len(batch), nil
}

// learn prepares the reply to the first request; all others differ in the identifier alone.
func (e *echo) learn(request []byte) {
	id := binary.BigEndian.AppendUint32(nil, messageID(request))
	e.reply = benchAnswer(parseAsked(request))[0]
	e.idIn, e.idOut = bytes.Index(request, id), bytes.Index(e.reply, id)
}

func (e *echo) Read(batch []datagram.Message) (int, error) {
	n := min(len(batch), e.waiting)
	for i := range batch[:n] {
		e.waiting--
		a := &e.asked[e.waiting]
		copy(e.reply[e.idOut:], a.id[:])
		batch[i].N, batch[i].Addr, batch[i].Age = copy(batch[i].Buf, e.reply), a.from, time.Microsecond
	}
	return n, nil
}

// located has every end know its interface and need nothing but its counters.
func (p *Poller) located() {
	for _, l := range p.links {
		for _, e := range l.ends {
			e.adopt(location{index: 1, label: &ifName, expect: "et-0/0/1"})
			e.slow.done(mono(), time.Hour)
		}
	}
}

// An ordinary poll allocates nothing, from the schedule to the hand-over.
func TestPollAllocatesNothing(t *testing.T) {
	const links = 64
	cfg := Config{}
	for i := range 2 * links {
		cfg.Devices = append(cfg.Devices, benchDevice(fmt.Sprintf("r%d", i)))
	}
	for i := range links {
		cfg.Links = append(cfg.Links, Link{
			Name: fmt.Sprintf("link%d", i), Interval: time.Minute,
			Ends: [2]Endpoint{{cfg.Devices[2*i].Name, "et-0/0/1"}, {cfg.Devices[2*i+1].Name, "et-0/0/1"}},
		})
	}
	answered := 0
	p := newPoller(cfg, Deps{Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now, Emit: func(poll *linkmodel.Poll) {
		for end := range poll.Ends {
			if r := &poll.Ends[end].Reading; poll.Ends[end].Answered() && r.Name == "et-0/0/1" && r.Counters.Wide.Has(linkmodel.InOctets) {
				answered++
			}
		}
	}}, func(family) (Socket, error) { return &echo{wire: wire{room: -1}}, nil })
	p.located()
	p.schedule = newSchedule(p.links, time.Now(), p.metrics, func(l *link, due time.Duration) {
		p.emitter.borrow().begin(l, due, wallAt(p.deps.Now, due))
	})
	batch, rounds := make([]*cycle, 0, emitChunk), 0
	allocs := testing.AllocsPerRun(100, func() {
		rounds++
		now := mono()
		for i := range p.schedule.ticks {
			p.schedule.ticks[i].due = now
		}
		p.transport.turn(p) // asks
		p.transport.turn(p) // is answered
		for more := true; more; {
			batch, more = p.emitter.take(batch[:0])
			for _, c := range batch {
				p.emit(context.Background(), c)
			}
			p.emitter.giveBack(batch)
		}
	})
	if allocs != 0 {
		t.Errorf("%g allocations in %d polls", allocs, 2*links)
	}
	if answered != 2*links*rounds {
		t.Errorf("%d readings of %d", answered, 2*links*rounds)
	}
}
