package notify

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
)

// Deps is what a Dispatcher needs from the program.
type Deps struct {
	Log     *zap.Logger
	Metrics prometheus.Registerer
	// Settled is told which message to a receiver need not be kept any longer: it arrived, or never
	// will. It may be nil and must not block.
	Settled func(receiver, key string)
	// PageURL is the address of the web page, without a trailing slash; empty where there is none to
	// show.
	PageURL string
	// Transport makes requests over another network than the system's, such as one in memory, when it is set.
	Transport http.RoundTripper
	// Chance returns a random time below one that is above 0; nil is math/rand's.
	Chance func(below time.Duration) time.Duration
}

// Waiting is a message to one receiver that the last run of the program did not get rid of.
type Waiting struct {
	Receiver string
	// At is when it was taken.
	At           time.Time
	Notification alerting.Notification
}

// Dispatcher hands notifications to the receivers they name. Each receiver has its own queue and
// its own pace: at most one message a second, retried for as long as the receiver may still take
// it. What a chat missed while it was away comes as one digest.
type Dispatcher struct {
	deps   Deps
	client *http.Client
	count  *prometheus.CounterVec

	mu      sync.Mutex
	cfgs    map[string]Config // of the workers that come from the configuration
	workers []*worker         // in the order of the configuration
	running map[*worker]context.CancelFunc
	start   func(*worker) // set while Run runs
}

// New returns a dispatcher for the configured receivers. Nothing is sent before Run.
func New(cfgs []Config, deps Deps) *Dispatcher {
	d := &Dispatcher{
		deps: deps, client: newClient(nil), count: newCounter(deps.Metrics), running: map[*worker]context.CancelFunc{},
	}
	if deps.Transport != nil {
		d.client.Transport = deps.Transport
	}
	d.Reload(cfgs)
	return d
}

// Reload delivers to the given receivers from now on. One that is described in another way goes on
// with what waits for it; what waits for one that is gone gets one more attempt.
func (d *Dispatcher) Reload(cfgs []Config) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := map[string]*worker{}
	for _, w := range d.workers {
		before[w.name] = w
	}
	known := d.cfgs
	d.cfgs, d.workers = make(map[string]Config, len(cfgs)), nil
	for i := range cfgs {
		cfg := &cfgs[i]
		w := before[cfg.Name]
		if was, ok := known[cfg.Name]; w == nil || !ok || !was.Equal(cfg) {
			r := newReceiver(cfg, d.client)
			switch {
			case r == nil:
				continue
			case w == nil:
				w = newWorker(cfg.Name, r, kinds[cfg.Type].traits, d)
			default:
				w.redirect(r)
			}
		}
		delete(before, cfg.Name)
		d.cfgs[cfg.Name] = *cfg
		d.insert(w)
	}
	for _, w := range before {
		w.remove()
		if stop := d.running[w]; stop != nil {
			stop()
			delete(d.running, w)
		}
	}
}

// insert adds a worker, and lets it run where the others do. d.mu is held.
func (d *Dispatcher) insert(w *worker) {
	d.workers = append(d.workers, w)
	if d.start != nil && d.running[w] == nil {
		d.start(w)
	}
}

// Add adds a receiver that is not in the configuration; the next Reload removes it.
func (d *Dispatcher) Add(name string, r Receiver) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.insert(newWorker(name, r, traits{}, d))
}

// Run delivers until ctx ends, and then for a moment what is left.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	d.mu.Lock()
	d.start = func(w *worker) {
		own, stop := context.WithCancel(ctx)
		d.running[w] = stop
		wg.Go(func() { defer stop(); w.run(own) })
	}
	for _, w := range d.workers {
		d.start(w)
	}
	d.mu.Unlock()
	<-ctx.Done() // there may be no receiver at all
	d.mu.Lock()
	d.start = nil
	d.mu.Unlock()
	wg.Wait()
	d.client.CloseIdleConnections()
	return nil
}

// Deliver queues n for every receiver it names. It never blocks: a full queue drops its oldest,
// counted and logged.
func (d *Dispatcher) Deliver(n alerting.Notification) {
	for _, name := range n.To {
		d.take(Waiting{Receiver: name, At: time.Now(), Notification: n})
	}
}

// Restore queues what the last run left. It must be called before Run.
func (d *Dispatcher) Restore(left []Waiting) {
	for i := range left {
		if w := d.take(left[i]); w != nil {
			w.behind = true
		}
	}
}

// take queues one message and returns the worker that has it, nil where there is none.
func (d *Dispatcher) take(m Waiting) *worker {
	key := Key(&m.Notification)
	w := d.find(m.Receiver)
	if w == nil {
		d.deps.Log.Error("notification names a receiver that is not configured",
			zap.String("receiver", m.Receiver), zap.String("key", key))
		d.settled(m.Receiver, key)
		return nil
	}
	w.add(&item{note: m.Notification, receiver: m.Receiver, key: key, at: m.At})
	return w
}

// settled tells that a message need not be kept. What nobody keeps has no receiver.
func (d *Dispatcher) settled(receiver, key string) {
	if d.deps.Settled != nil && receiver != "" {
		d.deps.Settled(receiver, key)
	}
}

// instead gives a message to a receiver that works in place of one that does not: to a chat, else to
// one that keeps alerts.
func (d *Dispatcher) instead(from *worker, it *item) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, fits := range []func(*worker) bool{
		func(w *worker) bool { return w.traits.chat },
		func(w *worker) bool { return w.traits.states },
	} {
		for _, w := range d.workers {
			if w != from && fits(w) && w.snapshot().OK {
				w.add(it)
				return true
			}
		}
	}
	return false
}

// Status returns how every receiver does, in the order of the configuration.
func (d *Dispatcher) Status() []Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Status, 0, len(d.workers))
	for _, w := range d.workers {
		all = append(all, w.snapshot())
	}
	return all
}

func (d *Dispatcher) find(name string) *worker {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.workers {
		if w.name == name {
			return w
		}
	}
	return nil
}
