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
	deps    Deps
	client  *http.Client
	count   *prometheus.CounterVec
	workers []*worker // in the order of the configuration, never changed once Run is called
}

// New returns a dispatcher for the configured receivers. Nothing is sent before Run.
func New(cfgs []Config, deps Deps) *Dispatcher {
	d := &Dispatcher{deps: deps, client: newClient(nil), count: newCounter(deps.Metrics)}
	for i := range cfgs {
		if r := newReceiver(&cfgs[i], d.client); r != nil {
			d.Add(cfgs[i].Name, r)
		}
	}
	return d
}

// Add adds a receiver that is not in the configuration. Call it before Run.
func (d *Dispatcher) Add(name string, r Receiver) {
	d.workers = append(d.workers, newWorker(name, r, d.deps, d.count))
}

// Run delivers until ctx ends, and then for a moment what is left.
func (d *Dispatcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range d.workers {
		wg.Go(func() { w.run(ctx) })
	}
	<-ctx.Done() // there may be no receiver at all
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
	all := make([]Status, 0, len(d.workers))
	for _, w := range d.workers {
		all = append(all, w.snapshot())
	}
	return all
}

func (d *Dispatcher) find(name string) *worker {
	for _, w := range d.workers {
		if w.name == name {
			return w
		}
	}
	return nil
}
