package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/sink/spool"
)

// outputs are the InfluxDBs that the program writes to. They may change while it runs.
type outputs struct {
	metrics *sink.Metrics
	group   sync.WaitGroup

	mu     sync.Mutex
	all    []*outlet // in the order of the inventory
	launch func(*outlet)
}

// outlet is one output: its sink, and what that keeps on disk.
type outlet struct {
	id    string
	cfg   influxdb.Config // a reload may change it
	sink  *sink.Sink
	to    *target
	dir   string // of its queue
	files []io.Closer
	queue *spool.Spool // one of them

	stop  context.CancelFunc // set once it runs
	ended chan struct{}
}

// target is where an output writes to. A reload may move it.
type target struct {
	writer atomic.Pointer[influxdb.Writer]
	moved  atomic.Bool
}

func newTarget(w *influxdb.Writer) *target {
	t := &target{}
	t.writer.Store(w)
	return t
}

// Write implements sink.Output.
func (t *target) Write(ctx context.Context, lines []byte) error {
	return t.writer.Load().Write(ctx, lines)
}

// Renew implements sink.Renewer: after a move nothing that was refused before counts.
func (t *target) Renew() (changed bool, err error) {
	if t.moved.Swap(false) {
		return true, nil
	}
	return t.writer.Load().Renew()
}

// move has the next request go elsewhere.
func (t *target) move(w *influxdb.Writer) {
	before := t.writer.Swap(w)
	t.moved.Store(true)
	before.Close()
}

// newWriter makes the way to an InfluxDB.
func (a *app) newWriter(cfg *influxdb.Config) (*influxdb.Writer, error) {
	writer, err := influxdb.NewWriter(*cfg, a.world.now)
	if err == nil && a.world.database != nil {
		writer.Through(a.world.database)
	}
	return writer, err
}

// newOutlet makes the sink of an InfluxDB, with a queue in the state folder.
func (a *app) newOutlet(cfg *influxdb.Config) (*outlet, error) {
	writer, err := a.newWriter(cfg)
	if err != nil {
		return nil, err
	}
	log, dir := a.log.Named("sink"), filepath.Join(a.inv.StateDir, "spool", cfg.ID)
	store, err := spool.Open(spool.Config{Dir: dir, Quota: cfg.Spool, Log: log, Now: a.world.now, Fail: a.world.disk})
	if err != nil {
		return nil, err
	}
	letters := spool.NewLetters(filepath.Join(a.inv.StateDir, "deadletter-"+cfg.ID+".log"), a.world.now)
	to := newTarget(writer)
	return &outlet{
		id: cfg.ID, cfg: *cfg, to: to, dir: dir, files: []io.Closer{store, letters}, queue: store,
		sink: sink.New(sink.Config{
			ID: cfg.ID, Store: store, Output: to, DeadLetters: letters, Log: log, Metrics: a.outputs.metrics, Now: a.world.now,
			Chance: a.world.chance,
		}),
	}, nil
}

// openOutputs makes the outputs of the inventory the program starts with.
func (a *app) openOutputs() error {
	for i := range a.inv.InfluxDB {
		o, err := a.newOutlet(&a.inv.InfluxDB[i])
		if err != nil {
			return err
		}
		a.outputs.all = append(a.outputs.all, o)
	}
	return nil
}

// list returns the outputs in the order of the inventory.
func (o *outputs) list() []*outlet {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all
}

func (o *outputs) sinks() []*sink.Sink {
	all := o.list()
	sinks := make([]*sink.Sink, 0, len(all))
	for _, each := range all {
		sinks = append(sinks, each.sink)
	}
	return sinks
}

// files are those that all outputs keep open.
func (o *outputs) files() (files []io.Closer) {
	for _, each := range o.list() {
		files = append(files, each.files...)
	}
	return files
}

// run runs all sinks as one task: stopped one after the other, the last attempts of several hanging
// databases would add up.
func (o *outputs) run(ctx context.Context) error {
	o.mu.Lock()
	o.launch = func(each *outlet) {
		own, stop := context.WithCancel(ctx)
		each.stop, each.ended = stop, make(chan struct{})
		o.group.Go(func() {
			defer close(each.ended)
			defer stop()
			_ = each.sink.Run(own) // it returns nil
			each.to.writer.Load().Close()
		})
	}
	for _, each := range o.all {
		o.launch(each)
	}
	o.mu.Unlock()
	<-ctx.Done()
	o.mu.Lock()
	o.launch = nil
	o.mu.Unlock()
	o.group.Wait()
	return nil
}

// name names every output, because the task's name is what an operator reads when it fails.
func (o *outputs) name() string {
	ids := make([]string, 0, len(o.all))
	for _, each := range o.all {
		ids = append(ids, each.id)
	}
	return strings.TrimSpace("influxdb " + strings.Join(ids, ", "))
}

// moving is the way from the outputs there are to those of an inventory.
type moving struct {
	next, fresh, gone []*outlet
	moved             map[*outlet]*influxdb.Writer
	configs           map[*outlet]influxdb.Config
}

// moveOutputs opens what an inventory adds and changes nothing yet. The queues of outputs that stay
// keep their bounds.
func (a *app) moveOutputs(inv *configs.Inventory) (*moving, error) {
	m := &moving{moved: map[*outlet]*influxdb.Writer{}, configs: map[*outlet]influxdb.Config{}}
	before := map[string]*outlet{}
	for _, o := range a.outputs.list() {
		before[o.id] = o
	}
	for i := range inv.InfluxDB {
		if err := a.moveOutput(m, &inv.InfluxDB[i], before); err != nil {
			m.abandon()
			return nil, err
		}
	}
	for _, o := range a.outputs.list() {
		if before[o.id] != nil {
			m.gone = append(m.gone, o)
		}
	}
	return m, nil
}

func (a *app) moveOutput(m *moving, cfg *influxdb.Config, before map[string]*outlet) error {
	o := before[cfg.ID]
	delete(before, cfg.ID)
	if o == nil {
		fresh, err := a.newOutlet(cfg)
		if err != nil {
			return err
		}
		m.next, m.fresh = append(m.next, fresh), append(m.fresh, fresh)
		return nil
	}
	m.next = append(m.next, o)
	if sameOutput(&o.cfg, cfg) && o.cfg.At == cfg.At {
		return nil // else its messages would name lines that say something else now
	}
	writer, err := a.newWriter(cfg)
	if err != nil {
		return err
	}
	m.moved[o], m.configs[o] = writer, *cfg
	return nil
}

// abandon closes what was opened for nothing.
func (m *moving) abandon() {
	for _, o := range m.fresh {
		_ = closeAll("queue", o.files...)
	}
}

// take puts the outputs of a reload into use.
func (o *outputs) take(m *moving) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = m.next
	for each, writer := range m.moved {
		each.cfg = m.configs[each]
		each.to.move(writer)
	}
	if o.launch == nil {
		return // the program has not begun to send, or no longer does
	}
	for _, each := range m.fresh {
		o.launch(each)
	}
}

// leave ends the outputs that are no longer declared. What waits for them stays in their folder: it is
// sent when an output of that id is declared again.
func (a *app) leave(gone []*outlet) {
	for _, o := range gone {
		if o.stop != nil {
			o.stop()
			<-o.ended
		}
		left := o.sink.Status().QueuedPoints
		err := closeAll("queue", o.files...)
		a.outputs.metrics.Forget(o.id)
		a.log.Info("an output was removed from the inventory; what waited for it stays on the disk",
			zap.String("output", o.id), zap.Int("points", left), zap.String("folder", o.dir), zap.Error(err))
	}
}
