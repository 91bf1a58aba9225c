package main

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/history/samples"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/web"
)

// options are what a command adds to the inventory.
type options struct {
	// inventory is what the page names as the source of the links.
	inventory string
	log       *zap.Logger
	// texts are the inventory where it is in no file.
	texts []configs.Source
	// console, when set, is a receiver that gets everything, in place of the inventory's routes.
	console notify.Receiver
	// reload, when set, is how the inventory is read again.
	reload *rereading
	// world is what the program stands in; nil is the real one.
	world *world
	// ready is called with the address of the page once it answers.
	ready func(address string)
}

// historyFolder is where samples lie in the state folder.
const historyFolder = "history"

// consoleName is the receiver that options.console becomes.
const consoleName = "console"

// app is the whole program, wired but not running.
type app struct {
	options
	inv        *configs.Inventory // as started
	current    atomic.Pointer[configs.Inventory]
	config     config
	reloader   *reloader // nil where there is nothing to reload
	started    time.Time
	registry   *prometheus.Registry
	state      *history.State
	recorder   *recorder
	memory     *memory
	orders     *orders
	engine     *alerting.Engine
	store      *samples.Store
	dispatcher *notify.Dispatcher
	outputs    outputs
	pipeline   *pipeline
	poller     *poller.Poller
	server     *web.Server
	supervisor *supervisor
}

// newApp builds every room from the inventory and hands them to each other. Nothing runs yet; only
// the state folder is taken, so that a second instance is refused at once.
func newApp(inv *configs.Inventory, opts options) (*app, error) {
	if opts.world == nil {
		opts.world = realWorld()
	}
	a := &app{options: opts, inv: inv, started: opts.world.now(), registry: prometheus.NewRegistry()}
	a.current.Store(inv)
	a.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	var err error
	if a.state, err = history.Open(inv.StateDir); err != nil {
		return nil, err
	}
	if err := a.wire(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *app) wire() error {
	a.recorder = newRecorder(a.state, a.log.Named("state"), a.registry)
	if err := a.judge(); err != nil {
		return err
	}
	var err error
	a.store, err = samples.New(filepath.Join(a.inv.StateDir, historyFolder), a.inv.History, a.inv.Links, samples.Deps{
		Names: a.state, Log: a.log.Named("history"), Metrics: a.registry, Now: time.Now,
	})
	if err != nil {
		return err
	}
	a.outputs.metrics = sink.NewMetrics(a.registry)
	if err := a.openOutputs(); err != nil {
		return err
	}
	if err := a.notify(); err != nil {
		return err
	}
	a.pipeline = newPipeline(a.inv.Links, a.engine, a.store)
	a.pipeline.sinks, a.pipeline.log = a.outputs.sinks(), a.log
	a.pipeline.record = a.recorder.record
	a.memory = newMemory(a.state, a.pipeline, a.log.Named("state"), a.registry)
	a.memory.now, a.memory.turn = a.world.present, int(a.world.chance(math.MaxInt32))
	a.memory.restore()
	a.pipeline.moved = a.memory.note
	a.orders = newOrders(a)
	a.orders.restore()
	a.register()
	a.poller = poller.New(a.inv.Poller, poller.Deps{
		Log: a.log.Named("poller"), Metrics: a.registry, Now: a.world.now, Emit: a.pipeline.handle, Open: a.world.sockets,
	})
	a.supervisor = newSupervisor(a.log.Named("supervisor"), (&source{app: a}).Healthy, a.oneLine)
	deps := web.Deps{
		Log: a.log.Named("web"), Gatherer: a.registry, Now: a.world.now, Replay: a.replay,
		Test: a.testReceiver, Examples: notify.Examples(),
		Explain: a.explain, Receiver: a.explainReceiver, Nearest: a.nearestLink, Orders: a.orders,
		Listen: a.world.listen,
	}
	if a.reload != nil {
		a.reloader = newReloader(a, a.reload)
		deps.Reload, deps.Differ = a.reloader.ask, a.wouldChange
	}
	a.server = web.New(a.inv.Web, &source{app: a}, deps)
	return nil
}

// notify makes the dispatcher and gives it what the last run did not get rid of.
func (a *app) notify() error {
	log := a.log.Named("notify")
	a.dispatcher = notify.New(a.inv.Receivers, notify.Deps{
		Log: log, Metrics: a.registry, Settled: a.recorder.settle, PageURL: a.inv.Alerting.PageURL,
		Transport: a.world.receivers, Chance: a.world.chance,
	})
	if a.console != nil {
		a.dispatcher.Add(consoleName, a.console)
	}
	a.recorder.outgoing.deliver = a.dispatcher.Deliver
	left, err := a.state.Messages()
	if err != nil {
		return err
	}
	a.dispatcher.Restore(restoreMessages(left, log, a.recorder.settle))
	return nil
}

// judge makes the engine and lets it go on with the episodes of the last run.
func (a *app) judge() error {
	cfg := a.inv.Alerting
	if a.console != nil {
		// Only who sits at this machine can open a page on loopback; a phone cannot.
		cfg.PageURL = "http://" + a.inv.Web.Listen
		cfg.Routes, cfg.Default = nil, []string{consoleName}
	}
	a.engine = alerting.New(cfg, a.inv.Links)
	a.inv.Alerting.Rules = nil // the engine has what it needs of them, and they are large
	if err := a.state.Rename(a.inv.Was); err != nil {
		return err
	}
	kept, err := a.state.OpenEpisodes()
	if err != nil {
		return err
	}
	a.engine.Restore(restoreEpisodes(kept, a.log.Named("state")))
	return nil
}

// tasks lists what runs, those that receive before those that send: they stop in reverse, so
// nothing is sent to a room that has closed.
func (a *app) tasks() []task {
	tasks := []task{
		{"state", a.recorder.run},
		{"history", a.store.Run},
		{"memory", a.memory.run},
		{a.outputs.name(), a.outputs.run},
		{"own metrics", func(ctx context.Context) error { return a.pipeline.selfReport(ctx, a.registry, a.world.now) }},
	}
	tasks = append(tasks,
		task{"notify", a.dispatcher.Run},
		task{"housekeeping", a.housekeeping},
		task{"alerts", a.alerts},
		task{"web", a.server.Run},
		task{"poller", a.poller.Run},
		task{"supervisor", a.supervisor.run},
	)
	if a.reloader != nil {
		tasks = append(tasks, task{"reload", a.reloader.run})
	}
	return tasks
}

// collectAt is how far the heap may grow, in percent of what is in use, before garbage is
// collected. A poll makes next to none, so Go's 100 would only double the memory: at 2,000 polled ends a
// second the heap of 5,000 links is collected every quarter of a minute, which takes some 3 ms of CPU a second.
const collectAt = 15

// spareMemory bounds the memory that the program takes beside what it uses, unless the environment
// says how. What reading the inventory took goes back to the system first.
func spareMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(collectAt)
	}
	debug.FreeOSMemory()
}

// run works until ctx ends.
func (a *app) run(ctx context.Context) error {
	spareMemory()
	if err := a.server.Listen(); err != nil {
		return errors.Join(err, a.close())
	}
	if a.ready != nil {
		a.ready(a.server.Addr())
	}
	said := make(chan struct{})
	unsaid := context.AfterFunc(ctx, func() {
		defer close(said)
		a.log.Info("bothends stops", zap.NamedError("reason", context.Cause(ctx)))
	})
	err := errors.Join(runTasks(ctx, a.tasks()), a.close())
	if !unsaid() {
		<-said
	}
	if err == nil {
		a.log.Info("bothends has stopped")
	}
	return err
}

func (a *app) close() error {
	return errors.Join(closeAll("queue", a.outputs.files()...), closeAll("state file", a.state))
}
