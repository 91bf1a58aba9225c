package notify

import (
	"context"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
)

// Deps is what a Dispatcher needs from the program.
type Deps struct {
	Log     *zap.Logger
	Metrics prometheus.Registerer
}

// Dispatcher hands notifications to the receivers they name. Each receiver has its own queue and
// its own pace: at most one message a second, retried for as long as the receiver may still take
// it.
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
				w = newWorker(cfg.Name, r, d.deps, d.count)
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
	d.insert(newWorker(name, r, d.deps, d.count))
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
		w := d.find(name)
		if w == nil {
			d.deps.Log.Error("notification names a receiver that is not configured",
				zap.String("receiver", name), zap.String("key", idempotencyKey(&n)))
			continue
		}
		w.add(&n)
	}
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
