package poller

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// device is one router: whether it answers, and where its interfaces are.
type device struct {
	cfg       Device
	log       *zap.Logger
	label     string // name and address, for people
	address   *address
	transport *transport
	peer      peer
	security  security
	usm       *engine // security, where that is SNMPv3
	note      func(Step)
	metrics   *metrics
	tasks     *tasks
	health    health
	// stop ends what goes on in the background; nil before that began.
	stop context.CancelFunc
	// demand is changed on the transport's loop, and with mu held.
	demand

	mu    sync.Mutex
	table *table
	walk  *walking
	// absent are the interfaces the last walk did not find.
	absent map[string]backoff
}

// deviceDeps are what a device shares with the others.
type deviceDeps struct {
	log       *zap.Logger
	metrics   *metrics
	tasks     *tasks
	transport *transport
	// refused is called for each datagram that was not believed, note for each step worth showing
	// in a trace.
	refused func(reason string)
	note    func(Step)
	// change is told when the router begins or ceases to answer.
	change func(answering bool)
}

func newDevice(cfg *Device, deps deviceDeps) *device {
	d := &device{
		cfg: *cfg, log: deps.log, label: cfg.Name + " (" + cfg.Address + ")", address: newAddress(cfg),
		transport: deps.transport, note: deps.note, metrics: deps.metrics, tasks: deps.tasks,
	}
	d.peer = peer{
		name: cfg.Name, timeout: cfg.Timeout, refused: deps.refused,
		hint: "wrong community, wrong address, an access list, or SNMP is off",
	}
	for _, a := range cfg.ReplyFrom {
		d.peer.sources = append(d.peer.sources, a.Unmap().WithZone(""))
	}
	if d.usm = newEngine(&d.cfg); d.usm != nil {
		d.security, d.peer.hint = d.usm, "wrong address, an access list, or SNMP is off"
	} else {
		d.security = newCommunity(&cfg.Credential)
	}
	d.health = health{log: deps.log, name: cfg.Name, addr: cfg.Address, change: deps.change}
	return d
}

// demand is what the links that end at a router want of it.
type demand struct {
	// wanted are the interfaces declared here.
	wanted []string
	// interval is the shortest of the links, budget the time of one poll.
	interval, budget time.Duration
}

func (d *demand) add(iface string, interval time.Duration, cfg *Device) {
	d.wanted = append(d.wanted, iface)
	if d.interval == 0 || interval < d.interval {
		d.interval = interval
	}
	d.budget = min(cfg.Timeout*time.Duration(cfg.Retries+1), d.interval*8/10)
}

// serves adds a link's interface to what is wanted of the device, before anything runs.
func (d *device) serves(iface string, interval time.Duration) {
	d.add(iface, interval, &d.cfg)
	d.health.cycle = d.interval
}

func (d *device) attempts() int { return d.cfg.Retries + 1 }

// ask is the asker of everything that is not an ordinary poll. Any answer shows that the router is
// there, also one that says it could not answer.
func (d *device) ask(ctx context.Context, req *request) (*reply, error) {
	to, err := d.address.get()
	if err != nil {
		return nil, err
	}
	var r *reply
	if d.usm != nil {
		r, err = (&usmSession{d, to}).exchange(ctx, req)
	} else {
		r, _, err = d.transport.do(ctx, &d.peer, d.security, to, req)
	}
	if status := (*statusError)(nil); err == nil || errors.As(err, &status) {
		d.health.replied(mono())
	}
	return r, err
}

// guarded runs f. A panic in it is this router's miss.
func (d *device) guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(d.log, d.metrics, d.cfg.Name, r)
		}
	}()
	return f()
}

// walking is a walk that is under way; whoever needs its result waits for done.
type walking struct {
	done  chan struct{}
	table *table
	err   error
}

// rewalkAfter is how soon a router is walked again for an interface that was not there: a line card
// may still be starting. Then ever more rarely: most such names are misspelt, and a walk is not
// free.
const rewalkAfter = time.Minute

// locate finds the interface, from the last walk where that is newer than stale. At most one
// walk of a router runs at a time, and all its ends share it.
func (d *device) locate(ctx context.Context, iface string, stale, attempts int) (location, error) {
	if at, ok := explicit(iface); ok {
		return at, nil
	}
	if f, ok := d.settled(iface, stale); ok {
		return f.at, f.err
	}
	d.mu.Lock()
	w := d.walkOnce(attempts)
	d.mu.Unlock()
	select {
	case <-w.done:
		if w.err != nil {
			return location{}, w.err
		}
		f := w.table.get(iface)
		return f.at, f.err
	case <-ctx.Done():
		return location{}, missf(linkmodel.MissOverrun, "still reading the interface names; the next poll will know")
	}
}

// settled returns what a walk newer than stale found, unless it is time to look again for what it
// did not find.
func (d *device) settled(iface string, stale int) (f found, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.table == nil || d.table.generation <= stale {
		return found{}, false
	}
	f = d.table.get(iface)
	return f, f.err == nil || d.absent[iface].waiting(mono())
}

// walkOnce starts a walk unless one is under way, and returns it. d.mu is held.
func (d *device) walkOnce(attempts int) *walking {
	if d.walk == nil {
		w := &walking{done: make(chan struct{})}
		d.walk = w
		d.tasks.start(func(ctx context.Context) { d.survey(ctx, w, attempts) })
	}
	return d.walk
}

// walkAgain starts a walk and waits for nothing.
func (d *device) walkAgain(attempts int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.walkOnce(attempts)
}

// later returns where a walk after generation before found the interface.
func (d *device) later(iface string, before int) (location, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.table == nil || d.table.generation <= before {
		return location{}, false
	}
	f := d.table.get(iface)
	return f.at, f.err == nil
}

// survey walks the device and publishes the result. A first small request tells a router that
// does not answer before a walk would take long to find out.
func (d *device) survey(ctx context.Context, w *walking, attempts int) {
	ctx, cancel := context.WithTimeout(ctx, maxWalk)
	defer cancel()
	err := d.guarded(func() error { return d.look(ctx, w, attempts) })
	d.mu.Lock()
	defer d.mu.Unlock()
	w.err = err
	if err == nil {
		w.table.generation = 1
		if d.table != nil {
			w.table.generation = d.table.generation + 1
		}
		d.table = w.table
		d.plan(w.table)
	}
	d.walk = nil
	close(w.done)
}

// look fills w's table.
func (d *device) look(ctx context.Context, w *walking, attempts int) error {
	d.mu.Lock()
	budget, wanted := d.budget, d.wanted
	d.mu.Unlock()
	first, cancel := context.WithTimeout(ctx, budget*9/10)
	defer cancel()
	r, err := d.ask(first, &request{objects: []object{sysUpTime}, attempts: attempts})
	if err != nil {
		return err
	}
	if !r.values[0].there() {
		return errNoUpTime
	}
	w.table, err = lookUp(ctx, d.ask, wanted)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
		return missf(linkmodel.MissBadReply, "read the interface names: %w", errCut)
	}
	return err
}

// plan sets when the interfaces that a walk did not find are looked for again. d.mu is held.
func (d *device) plan(t *table) {
	now := mono()
	for name, f := range t.found {
		switch b := d.absent[name]; {
		case f.err == nil:
			delete(d.absent, name)
		case !b.waiting(now):
			if d.absent == nil {
				d.absent = map[string]backoff{}
			}
			d.absent[name] = b.again(now, rewalkAfter)
		}
	}
}

// restarted looks for what is not there at once: a router that restarted may have it now.
func (d *device) restarted() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.absent)
}

var errNoUpTime = missf(linkmodel.MissDenied, "the agent answers but does not show sysUpTime.0: its view denies it")
