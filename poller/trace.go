package poller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// Step is one step of a traced poll and the time it took.
type Step struct {
	Name, Text string
	Took       time.Duration
}

// Trace asks one router once and tells every step as it is done. An empty iface asks who the
// router is and how many interfaces it shows. The error is an *Error that names the cause.
func Trace(ctx context.Context, dev Device, iface string, step func(Step)) error {
	ctx, cancel := context.WithCancel(ctx)
	m := newMetrics(nil)
	step = inTurn(step)
	carrier := newTransport(openUDP, zap.NewNop(), m)
	var running sync.WaitGroup
	running.Go(func() { carrier.run(ctx, nothingDue{}) })
	defer running.Wait()
	defer cancel()
	t := &trace{step: step, iface: iface}
	d := newDevice(&dev, deviceDeps{
		log: zap.NewNop(), metrics: m, tasks: &tasks{ctx: ctx}, transport: carrier,
		refused: func(reason string) { step(Step{Name: "refused", Text: "a datagram: " + reason}) },
		note:    step, change: func(bool) {},
	})
	d.serves(iface, 10*maxWalk)
	for _, do := range []func(context.Context, *device) error{t.resolve, t.ident, t.find, t.read} {
		if err := do(ctx, d); err != nil {
			return of(d.label, t.op, err)
		}
	}
	return nil
}

// trace is one traced poll.
type trace struct {
	step  func(Step)
	iface string
	op    string
	end   *endpoint
}

// inTurn lets several goroutines tell steps, one at a time.
func inTurn(step func(Step)) func(Step) {
	var mu sync.Mutex
	return func(s Step) {
		mu.Lock()
		defer mu.Unlock()
		step(s)
	}
}

// nothingDue is the work of a transport that only carries what others hand it.
type nothingDue struct{}

func (nothingDue) begin(now time.Duration) time.Duration { return now + idle }

func (nothingDue) end(time.Duration) bool { return false }

// timed runs f and tells it as a step unless it failed.
func (t *trace) timed(name string, f func() (string, error)) error {
	t.op = name
	start := time.Now()
	text, err := f()
	if err != nil {
		return err
	}
	t.step(Step{Name: name, Text: text, Took: time.Since(start)})
	return nil
}

func (t *trace) resolve(ctx context.Context, d *device) error {
	return t.timed("resolve", func() (string, error) {
		if !d.address.literal() {
			d.address.refresh(ctx)
		}
		to, err := d.address.get()
		return fmt.Sprintf("%s -> %s port %d", d.cfg.Name, to.Addr(), to.Port()), err
	})
}

func (t *trace) ident(ctx context.Context, d *device) error {
	return t.timed("ident", func() (string, error) {
		ctx, cancel := context.WithTimeout(ctx, d.budget)
		defer cancel()
		r, err := d.ask(ctx, &request{attempts: d.attempts(), objects: []object{
			sysUpTime, {oidSysName, "sysName", wantText}, {oidSysDescr, "sysDescr", wantText},
		}})
		if err != nil {
			return "", err
		}
		up := time.Duration(r.values[0].num) * 10 * time.Millisecond
		return fmt.Sprintf("%q %.60s, up %s", clean(r.values[1].text), clean(r.values[2].text), days(up)), nil
	})
}

func (t *trace) find(ctx context.Context, d *device) error {
	return t.timed("find", func() (string, error) {
		if t.iface == "" {
			table, err := t.count(ctx, d)
			return table, err
		}
		t.end = newEndpoint("", t.iface, d, time.Now)
		if err := t.end.find(ctx, d.attempts()); err != nil {
			return "", err
		}
		text := fmt.Sprintf("%s -> ifIndex %d %s", t.iface, t.end.at.index, t.end.at.how)
		if t.end.at.note != "" {
			text += " (" + t.end.at.note + ")"
		}
		return text, nil
	})
}

func (t *trace) count(ctx context.Context, d *device) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWalk)
	defer cancel()
	table, err := lookUp(ctx, d.ask, nil)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d interfaces", table.interfaces), nil
}

func (t *trace) read(ctx context.Context, d *device) error {
	if t.end == nil {
		return nil
	}
	return t.timed("read", func() (string, error) {
		ctx, cancel := context.WithTimeout(ctx, d.budget)
		defer cancel()
		var out linkmodel.Outcome
		t.end.out, t.end.attempts = &out, d.attempts()
		err := t.end.try(ctx)
		var named *Error
		if errors.As(err, &named) && named.Miss == linkmodel.MissOverrun {
			return "", missf(linkmodel.MissTimeout, "no answer within %s", d.budget)
		}
		return t.describe(&out), err
	})
}

func (t *trace) describe(out *linkmodel.Outcome) string {
	r := &out.Reading
	text := fmt.Sprintf("%d values, oper %s, admin %s", t.end.plan.size(), r.Oper, r.Admin)
	if r.HasLastChange && r.LastChange > 0 && r.UpTime >= r.LastChange {
		text += ", last change " + days(time.Duration(r.UpTime-r.LastChange)*10*time.Millisecond) + " ago"
	}
	if r.HighSpeed > 0 {
		text += fmt.Sprintf(", %d Mb/s", r.HighSpeed)
	}
	narrow := 0
	for c := linkmodel.InOctets; c <= linkmodel.OutBroadcastPkts; c++ {
		if r.Counters.Present.Has(c) && !r.Counters.Wide.Has(c) {
			narrow++
		}
	}
	if narrow > 0 {
		text += fmt.Sprintf(", %d counters have 32 bits only", narrow)
	}
	return text + ageText(out.Context)
}

// ageText tells what the agent says of the age of its counters.
func ageText(c *linkmodel.Context) string {
	switch {
	case c == nil:
		return ""
	case c.HasCounterCache:
		return fmt.Sprintf(", counters up to %s old as the agent says", c.CounterCache)
	case c.HasCounterAge:
		return fmt.Sprintf(", counters were %s old", c.CounterAge)
	default:
		return ""
	}
}

// days writes a long duration as an operator reads it.
func days(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
	return d.Round(time.Second).String()
}
