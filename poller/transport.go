package poller

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
)

// How long the transport sleeps: tickTime at least, so that requests and answers come in batches at
// modest rates, since waking up costs as much as some ten polls; less while somebody waits for an
// answer. The kernel notes when a datagram came, so a longer sleep makes no sample less certain.
const (
	tickTime   = 20 * time.Millisecond
	promptTime = time.Millisecond
)

// promptFor is how long after a request that somebody waits for its answer is looked for more often.
// Most answers come within that time, and dead routers must not keep the loop busy.
const promptFor = 50 * time.Millisecond

// maxOutstanding is how many requests may wait for one router at a time. Routers answer from one
// thread; more only fills its queue.
const maxOutstanding = 4

// work is what is done in each turn of the transport's loop, on its goroutine.
type work interface {
	// begin launches what is due and returns when the next is.
	begin(now time.Duration) (next time.Duration)
	// end follows after everything was sent. It reports whether something waits for the next turns.
	end(now time.Duration) (waiting bool)
}

// transport carries requests to routers and their answers back, over one socket per address
// family. One goroutine does it all, so that nothing is locked and nothing allocated on the way.
type transport struct {
	open    opener
	log     *zap.Logger
	metrics *metrics
	ids     *rand.Rand

	ports   [families]*port
	table   outstanding
	earlier earlier
	hosts   map[netip.AddrPort]*host
	wheel   wheel
	in      [batchSize]datagram.Message
	values  []value
	reply   reply
	spare   []*flight     // of ordinary polls, to be used again
	now     time.Duration // the clock as it was last read in this turn
	active  int           // flights under way
	prompt  int           // those of them that somebody waits for
	// lookOften is until when answers are looked for more often, careful how many strays may still be
	// decoded in this turn.
	lookOften time.Duration
	careful   int
	tell      func(to netip.AddrPort, err error) // unreachable, made once

	inbox struct {
		sync.Mutex
		orders  []order
		stopped bool
		alarm   alarm // nil before run
	}
	newAlarm func() (alarm, error)
	// bursts is what may be confirmed; the loop's alone.
	bursts bursts
}

// attemptOf is a request on its way and the flight it belongs to.
type attemptOf struct {
	flight *flight
	port   *port
	mark   int64 // of the port's window
}

// order is what another goroutine wants of the loop: to launch or abort a flight, or to do something
// between two turns.
type order struct {
	flight *flight
	abort  bool
	do     func()
}

// maxDatagram is the largest reply that is read: a jumbo frame. Our largest request asks for far
// less, and SNMPv3 tells the agent the limit.
const maxDatagram = 9000

// maxObjects is how many objects the request of an ordinary poll may have: more would not fit a
// frame (about 26 bytes each in the reply).
const maxObjects = 45

// host is an address requests go to, and the flights under way to it: what comes from there and
// answers none of them still says something about them. peers is how many routers are there; once
// a name has moved away with the last of them, the address is forgotten.
type host struct {
	flights []*flight
	peers   int
}

// peer is a router as the transport knows it.
type peer struct {
	name string // for the log
	// sources are further addresses its answers may come from.
	sources []netip.Addr
	// timeout bounds one attempt.
	timeout time.Duration
	// hint ends the sentence about a router that does not answer.
	hint string
	// refused is called for each datagram that was not believed, with a stable word.
	refused func(reason string)

	// These belong to the transport's loop.
	busy    int
	waiting queue
	host    *host
	at      netip.AddrPort // of host
}

func newTransport(open opener, log *zap.Logger, m *metrics) *transport {
	var seed [32]byte
	_, _ = crand.Read(seed[:])
	t := &transport{
		open: open, log: log, metrics: m, ids: rand.New(rand.NewChaCha8(seed)),
		table: newOutstanding(), hosts: map[netip.AddrPort]*host{},
		values: make([]value, maxObjects), newAlarm: newTimerAlarm,
	}
	t.tell = t.unreachable
	for i := range t.in {
		t.in[i].Buf = make([]byte, maxDatagram)
	}
	return t
}

// run carries until ctx ends. Flights that are under way then are done with ctx's error.
func (t *transport) run(ctx context.Context, w work) {
	defer t.stop(ctx)
	a, err := t.newAlarm()
	if err != nil {
		t.log.Warn("polling costs more than it needs to", zap.Error(err))
		a, _ = newTimerAlarm()
	}
	defer func() { _ = a.Close() }()
	t.inbox.Lock()
	t.inbox.alarm = a
	t.inbox.Unlock()
	defer context.AfterFunc(ctx, a.Wake)()
	for ctx.Err() == nil {
		a.Sleep(t.turn(w))
	}
}

// turn does once what there is to do and returns how long to sleep.
func (t *transport) turn(w work) time.Duration {
	t.now = mono()
	t.intake()
	t.receive()
	t.now = mono()
	now := t.now
	t.wheel.advance(now, t.expired)
	next := w.begin(now)
	blocked := t.flush()
	waiting := w.end(now)
	t.metrics.waiting.Set(float64(t.active))
	switch {
	case blocked, t.prompt > 0 && now < t.lookOften:
		return promptTime
	case t.active > 0, waiting:
		return tickTime
	default:
		return max(next-mono(), tickTime)
	}
}

// stop ends all flights and closes the sockets.
func (t *transport) stop(ctx context.Context) {
	t.inbox.Lock()
	t.inbox.stopped = true
	t.inbox.Unlock()
	t.intake()
	for t.wheel.count > 0 { // the end of one lets another depart, which is then on the wheel anew
		t.wheel.each(func(f *flight) { t.finish(f, nil, ctx.Err()) })
	}
	t.metrics.waiting.Set(0)
	for _, p := range t.ports {
		if p != nil {
			_ = p.socket.Close()
			t.metrics.sockets.Dec()
		}
	}
}

// submit hands over a flight from another goroutine; false when the transport has stopped.
func (t *transport) submit(o order) bool {
	t.inbox.Lock()
	ok := !t.inbox.stopped
	if ok {
		t.inbox.orders = append(t.inbox.orders, o)
	}
	t.inbox.Unlock()
	if ok {
		t.wake()
	}
	return ok
}

// wake ends the transport's sleep.
func (t *transport) wake() {
	t.inbox.Lock()
	a := t.inbox.alarm
	t.inbox.Unlock()
	if a != nil {
		a.Wake()
	}
}

func (t *transport) intake() {
	t.inbox.Lock()
	orders := t.inbox.orders
	t.inbox.orders = nil
	t.inbox.Unlock()
	for _, o := range orders {
		switch {
		case o.do != nil:
			o.do()
		case !o.abort:
			t.launch(o.flight)
		case o.flight.flying:
			t.finish(o.flight, nil, context.Canceled)
		}
	}
}

// call is a request that somebody waits for.
type call struct {
	req    *request
	reply  *reply
	err    error
	alive  bool
	landed chan struct{}
}

func (c *call) request() *request { return c.req }

func (c *call) answered(f *flight, r *reply, err error) {
	if r != nil {
		c.reply = r.clone()
	}
	c.err, c.alive = err, f.probe.answered
	close(c.landed)
}

// do sends req to p at the given address and waits for the outcome. alive tells that the router
// did not answer the request, but the probe beside it.
func (t *transport) do(ctx context.Context, p *peer, s security, to netip.AddrPort, req *request) (r *reply, alive bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	c := &call{req: req, landed: make(chan struct{})}
	f := &flight{caller: c, peer: p, security: s, to: to, attempts: max(req.attempts, 1), prompt: true}
	if len(req.objects) > 0 {
		if f.pdu, err = encodePDU(req); err != nil {
			return nil, false, err
		}
	}
	f.deadline = forever
	if end, ok := ctx.Deadline(); ok {
		f.deadline = mono() + time.Until(end)
	}
	if !t.submit(order{flight: f}) {
		return nil, false, context.Canceled
	}
	select {
	case <-c.landed:
	case <-ctx.Done():
		// The transport keeps the deadline itself, and says what was met until then.
		if errors.Is(ctx.Err(), context.Canceled) {
			t.submit(order{flight: f, abort: true})
		}
		<-c.landed
	}
	return c.reply, c.alive, c.err
}
