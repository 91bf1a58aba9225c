package poller

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// endpoint is one end of a link: an interface of a device. Only one cycle uses it at a time.
//
// An ordinary poll runs on the transport's loop from begin to end. Whatever has to wait for more
// than one answer, or computes for long, takes a detour over a goroutine of its own.
type endpoint struct {
	link   string
	iface  string
	device *device
	now    func() time.Time
	at     location
	// stale is the generation of the walk that turned out to be wrong.
	stale   int
	plan    *plan
	upTime  uint32
	located bool
	slow    slowRead
	shut    shutCheck
	told    string // the last identity problem that was logged

	// These belong to the poll under way.
	cycle *cycle
	out   *linkmodel.Outcome
	due   time.Duration
	began time.Duration
	// slot is when the cycle would be due without dither: such instants are an interval apart.
	slot time.Duration
	// attempts is how often the poll may ask.
	attempts int
	// missed counts polls in a row without any answer; confirming tells that this one asks whether the
	// router is really silent.
	missed     uint8
	confirming bool
}

func newEndpoint(link, iface string, d *device, now func() time.Time) *endpoint {
	return &endpoint{link: link, iface: iface, device: d, now: now}
}

// poll asks the interface once and fills out. It returns at once, and tells the cycle when the poll
// is over. due is when the cycle was due. It runs on the transport's loop.
func (e *endpoint) poll(due time.Duration, out *linkmodel.Outcome, c *cycle) {
	*out = linkmodel.Outcome{}
	e.cycle, e.out, e.due, e.began = c, out, due, e.device.transport.now
	e.slot, e.confirming = due-c.late, false
	e.device.transport.bursts.earn(e.began)
	defer e.rescue()
	probe, held := e.device.health.admit(e.slot, e.sends())
	if held {
		e.end(e.device.health.heldBack())
		return
	}
	e.attempts = e.device.attempts()
	if probe {
		e.attempts = 1
	}
	if !e.launch() {
		e.detour(e.try)
	}
}

// launch sends the request of an ordinary poll. It reports false when something is not known that
// the poll needs.
func (e *endpoint) launch() bool {
	d := e.device
	if at, ok := explicit(e.iface); ok && !e.located {
		e.adopt(at)
	}
	to, err := d.address.get()
	if err != nil || !e.located || d.usm != nil && !d.usm.ready() {
		return false
	}
	e.follow()
	f := d.transport.borrow()
	if f.pdu, err = e.plan.appendRequest(f.pdu[:0]); err != nil {
		d.transport.giveBack(f)
		return false
	}
	f.caller, f.peer, f.security = e, &d.peer, d.security
	f.wants, f.known = e.plan.wants(), e.at.expect
	f.to, f.attempts = to, e.attempts
	f.due, f.start, f.deadline = e.due, e.began, e.began+e.cycle.within(d.budget)
	if e.confirming {
		e.burst(f)
	} else if e.suspects() {
		f.deadline = min(f.deadline, e.began+e.room()*5/8) // leaves time to make sure
	}
	d.transport.launch(f)
	return true
}

// request implements caller.
func (e *endpoint) request() *request { return &request{objects: e.plan.objects()} }

// answered implements caller: the outcome of an ordinary poll's request.
func (e *endpoint) answered(f *flight, r *reply, err error) {
	defer e.rescue()
	if err := e.take(f, r, err); err != nil {
		e.end(err)
	}
}

// rescue ends the poll that a panic would leave without an end.
func (e *endpoint) rescue() {
	if r := recover(); r != nil && e.cycle != nil {
		e.end(panicked(e.device.log, e.device.metrics, e.device.cfg.Name, r))
	}
}

// take ends the poll, or returns with what error it ends, or goes on elsewhere.
func (e *endpoint) take(f *flight, r *reply, err error) error {
	d, now := e.device, e.device.transport.now
	if _, told := errors.AsType[*statusError](err); err == nil || told {
		d.health.replied(now)
	}
	if d.usm != nil {
		err = d.usm.settle(err, f.probe.answered)
	}
	if err == nil {
		err = e.accept(r, e.out)
	}
	switch {
	case err == nil && e.slow.due(now):
		e.detour(e.context)
	case err == nil:
		e.end(nil)
	case e.confirm(err):
	case e.mends(err):
		problem := err // so that err itself stays off the heap
		e.detour(func(ctx context.Context) error { return e.mend(ctx, problem) })
	default:
		return err
	}
	return nil
}

// detour goes on with the poll in a goroutine of its own.
func (e *endpoint) detour(f func(ctx context.Context) error) {
	over := e.began + e.cycle.within(e.device.budget)
	e.device.tasks.start(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, over-mono())
		defer cancel()
		e.end(e.device.guarded(func() error { return f(ctx) }))
		e.device.transport.wake() // its loop hands over what has landed
	})
}

// end is the end of a poll, exactly once: a panic on the way must not bring it about again.
func (e *endpoint) end(err error) {
	c := e.cycle
	e.cycle = nil
	e.count(err)
	defer c.end()
	_ = e.device.guarded(func() error { e.conclude(err); return nil })
}

// conclude says how the poll went.
func (e *endpoint) conclude(err error) {
	if err != nil {
		e.fail(e.out, e.slot, err)
		return
	}
	if e.told != "" {
		e.told = ""
		e.device.log.Info("interface is read again", zap.String("link", e.link), zap.String("device", e.device.cfg.Name), zap.String("interface", e.iface))
	}
	if rtt := e.out.Reading.RTT; rtt > 0 {
		e.device.health.measured(rtt)
	}
	if e.confirming {
		e.attempts = e.device.attempts()
	}
	e.recheck(e.attempts)
}

// sends reports whether a poll of the interface asks the router anything: it does not while the
// interface is known not to be there.
func (e *endpoint) sends() bool {
	if _, ok := explicit(e.iface); ok || e.located {
		return true
	}
	f, ok := e.device.settled(e.iface, e.stale)
	return !ok || f.err == nil
}

// try finds the interface where that is needed, and reads it.
func (e *endpoint) try(ctx context.Context) error {
	if err := e.find(ctx, e.attempts); err != nil {
		return err
	}
	e.follow()
	err := e.read(ctx)
	if named, ok := errors.AsType[*Error](err); ok && named.Miss == linkmodel.MissIdentity {
		return e.findAgain(ctx, named)
	}
	return err
}

// mends reports whether the poll can do something about an error.
func (e *endpoint) mends(err error) bool {
	if status, ok := errors.AsType[*statusError](err); ok {
		return status.status == statusTooBig || status.status == statusNoSuchName
	}
	if _, ok := errors.AsType[*reportError](err); ok {
		return true
	}
	named, ok := errors.AsType[*Error](err)
	return ok && named.Miss == linkmodel.MissIdentity
}

// mend does something about the error of an ordinary poll, and asks again where that is of use.
func (e *endpoint) mend(ctx context.Context, err error) error {
	if named, ok := errors.AsType[*Error](err); ok {
		return e.findAgain(ctx, named)
	}
	if status, ok := errors.AsType[*statusError](err); ok && !e.less(status) {
		return err
	}
	if rep, ok := errors.AsType[*reportError](err); ok {
		to, err := e.device.address.get()
		if err != nil {
			return err
		}
		if err := (&usmSession{e.device, to}).heed(rep); err != nil {
			return err
		}
	}
	return e.try(ctx)
}

// fail writes a miss into out and tells the device's health.
func (e *endpoint) fail(out *linkmodel.Outcome, due time.Duration, err error) {
	named := of(e.device.label, "read", err)
	e.device.health.missed(due, named)
	*out = linkmodel.Outcome{Miss: named.Miss, Detail: named.Error() + e.device.health.confirmation()}
	if named.Miss != linkmodel.MissIdentity && named.Miss != linkmodel.MissDenied || e.told == out.Detail {
		return
	}
	e.told = out.Detail
	e.device.log.Warn("interface cannot be read", zap.String("link", e.link), zap.String("device", e.device.cfg.Name),
		zap.String("interface", e.iface), zap.String("cause", named.Err.Error()))
}

// find makes sure the interface is located, from a walk newer than the one that was wrong.
func (e *endpoint) find(ctx context.Context, attempts int) error {
	if e.located {
		return nil
	}
	at, err := e.device.locate(ctx, e.iface, e.stale, attempts)
	if err != nil {
		return err
	}
	e.adopt(at)
	return nil
}

// adopt reads the interface at a new place from now on.
func (e *endpoint) adopt(at location) {
	if at.note != "" && at.note != e.at.note {
		e.device.log.Warn("interface name is ambiguous", zap.String("device", e.device.cfg.Name), zap.String("interface", e.iface), zap.String("note", at.note))
	}
	if e.plan == nil || e.plan.index != at.index || e.plan.label().oid != at.label.oid {
		e.plan = newPlan(at.index, *at.label)
	}
	if !e.located || e.at.index != at.index {
		e.slow.expire()
	}
	e.at, e.located = at, true
}

// findAgain looks for an interface that is not where it was, at once, so that the next poll asks
// the right index. This poll stays missed: its counters were somebody else's.
func (e *endpoint) findAgain(ctx context.Context, was *Error) error {
	e.located, e.stale = false, e.at.generation
	if _, ok := explicit(e.iface); ok {
		return was
	}
	if err := e.find(ctx, e.device.attempts()); err != nil {
		var named *Error
		if errors.As(err, &named) && named.Miss == linkmodel.MissIdentity {
			return err
		}
		return was
	}
	return missf(linkmodel.MissIdentity, "%w; %q is now at ifIndex %d and is read there from the next poll on", was.Err, e.iface, e.at.index)
}

// read asks for the counters and, where it is due, for the slower facts.
func (e *endpoint) read(ctx context.Context) error {
	r, err := e.ask(ctx)
	if err != nil {
		return err
	}
	if err := e.accept(r, e.out); err != nil {
		return err
	}
	if e.slow.due(mono()) {
		return e.context(ctx)
	}
	return nil
}

// accept turns a reply into a reading, if it is one of the declared interface.
func (e *endpoint) accept(r *reply, out *linkmodel.Outcome) error {
	if err := e.verify(r.values); err != nil {
		return err
	}
	reading := &out.Reading
	reading.Mono, reading.Uncertainty, reading.RTT = r.middle(), r.uncertainty(), r.rtt()
	reading.At = wallAt(e.now, reading.Mono)
	e.plan.fill(r.values, reading)
	if restarted(e.upTime, reading.UpTime) {
		e.plan.reset()
		e.slow.expire()
		e.device.restarted()
	}
	e.upTime = reading.UpTime
	e.shut.observe(reading.Admin, reading.Mono)
	return nil
}

// context reads the slower facts. They are no reason to lose the reading that is there.
func (e *endpoint) context(ctx context.Context) error {
	e.out.Context = e.readSlow(ctx, e.device.ask)
	return nil
}

// ask sends the counter PDU. An agent that cannot answer all of it is asked again at once for
// less.
func (e *endpoint) ask(ctx context.Context) (*reply, error) {
	for {
		r, err := e.device.ask(ctx, &request{objects: e.plan.objects(), attempts: e.attempts})
		status, ok := errors.AsType[*statusError](err)
		if !ok || !e.less(status) {
			return r, err
		}
	}
}

// less leaves out of the counter PDU what the agent could not answer in one message, or refused by
// name. It reports false when there is nothing to leave out.
func (e *endpoint) less(status *statusError) bool {
	switch {
	case status.status == statusTooBig && e.plan.trim():
		e.device.log.Warn("the agent cannot answer all objects in one message; asking for fewer",
			zap.String("device", e.device.cfg.Name), zap.String("interface", e.iface), zap.Int("objects", e.plan.size()))
		return true
	case status.status == statusNoSuchName && e.plan.drop(status.index):
		return true
	default:
		return false
	}
}

// verify makes sure that the values belong to the declared interface.
func (e *endpoint) verify(values []value) error {
	if !values[placeUpTime].there() {
		return errNoUpTime
	}
	name := clean(values[placeName].text)
	if !values[placeAdmin].there() && !values[placeOper].there() {
		return missf(linkmodel.MissIdentity, "%q is no longer at ifIndex %d: the agent has no such interface", e.iface, e.plan.index)
	}
	if e.at.expect == "" && !values[placeName].there() && !e.plan.byDescr {
		e.plan.byDescr = true
		return nil
	}
	if e.at.expect != "" && name != e.at.expect {
		return missf(linkmodel.MissIdentity, "ifIndex %d is %q now, not %q", e.plan.index, name, e.at.expect)
	}
	return nil
}

// restarted reports whether sysUpTime began anew between two readings. A clock that wraps after
// 497 days looks the same; asking once more than needed costs nothing.
func restarted(before, now uint32) bool { return now < before }
