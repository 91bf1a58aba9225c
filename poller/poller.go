package poller

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// Deps are what a Poller needs of the program around it.
type Deps struct {
	Log     *zap.Logger
	Metrics prometheus.Registerer
	// Now is the wall clock; it stamps readings and is never used to measure.
	Now func() time.Time
	// Emit takes the result of one cycle of one link. It is called from several goroutines,
	// never concurrently for one link; the Poll is reused once it returns.
	Emit func(*linkmodel.Poll)
	// Open opens the socket for IPv4 or IPv6; nil opens those of the system. A network in memory needs no
	// kernel, and its poller sleeps on Go's timers alone.
	Open func(ipv6 bool) (Socket, error)
}

// Poller polls both ends of every link on schedule.
type Poller struct {
	deps      Deps
	metrics   *metrics
	tasks     *tasks
	transport *transport
	emitter   *emitter
	schedule  *schedule

	reloading sync.Mutex // one Reload at a time
	cfg       Config     // what is polled; protected by reloading
	mu        sync.Mutex
	devices   []*device // protected by mu once Run or Reload was called
	links     []*link   // like devices
}

// New prepares a Poller for a valid cfg. It opens no socket and starts nothing.
func New(cfg Config, deps Deps) *Poller {
	if deps.Open != nil {
		return newPoller(cfg, deps, func(f family) (Socket, error) { return deps.Open(f == ipv6) })
	}
	p := newPoller(cfg, deps, openUDP)
	p.transport.newAlarm = newKernelAlarm
	return p
}

func newPoller(cfg Config, deps Deps, open opener) *Poller {
	p := &Poller{cfg: cfg, deps: deps, metrics: newMetrics(deps.Metrics), tasks: &tasks{}}
	p.transport = newTransport(open, deps.Log, p.metrics)
	p.emitter = newEmitter(p.emit)
	byName := make(map[string]*device, len(cfg.Devices))
	for i := range cfg.Devices {
		d := p.newDevice(&cfg.Devices[i])
		p.devices = append(p.devices, d)
		byName[d.cfg.Name] = d
	}
	for i := range cfg.Links {
		l := &cfg.Links[i]
		for _, end := range l.Ends {
			byName[end.Device].serves(end.Interface, l.Interval)
		}
		p.links = append(p.links, p.newLink(l, byName))
	}
	return p
}

func (p *Poller) newDevice(cfg *Device) *device {
	return newDevice(cfg, deviceDeps{
		log: p.deps.Log, metrics: p.metrics, tasks: p.tasks, transport: p.transport,
		refused: p.metrics.refuse, note: func(Step) {}, change: p.changed,
	})
}

func (p *Poller) newLink(cfg *Link, byName map[string]*device) *link {
	l := &link{name: cfg.Name, interval: cfg.Interval}
	for i, end := range cfg.Ends {
		l.ends[i] = newEndpoint(cfg.Name, end.Interface, byName[end.Device], p.deps.Now)
	}
	return l
}

// watch keeps the address of a router that is given by name fresh.
func (p *Poller) watch(d *device) {
	if d.address.literal() {
		return
	}
	ctx, stop := context.WithCancel(p.tasks.ctx)
	d.stop = stop
	p.tasks.start(func(context.Context) { d.address.run(ctx) })
}

func (p *Poller) changed(answering bool) {
	if answering {
		p.metrics.answering.Inc()
	} else {
		p.metrics.answering.Dec()
	}
}

// Run polls until ctx ends. Requests that are outstanding then are given up at once, the sockets
// closed, and nothing of their cycles is emitted. It must be called once.
func (p *Poller) Run(ctx context.Context) error {
	p.tasks.ctx = ctx
	for _, d := range p.devices {
		p.watch(d)
	}
	p.schedule = newSchedule(p.links, p.deps.Now(), p.metrics, func(l *link, due time.Duration) {
		p.emitter.borrow().begin(l, due, wallAt(p.deps.Now, due))
	})
	for range runtime.GOMAXPROCS(0) {
		p.tasks.start(p.emitter.run)
	}
	p.transport.run(ctx, p)
	p.tasks.group.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.devices {
		if d.health.status().Answering {
			p.changed(false)
		}
	}
	return nil
}

// begin implements work.
func (p *Poller) begin(now time.Duration) time.Duration { return p.schedule.start(now) }

// end implements work.
func (p *Poller) end(now time.Duration) (waiting bool) { return p.emitter.turn(now) }

// emit hands over the result of a cycle. One that was cut short by the end of Run says nothing
// about the routers and is dropped.
func (p *Poller) emit(ctx context.Context, c *cycle) {
	l := c.link
	defer l.running.Store(false)
	l.handing.Lock()
	defer l.handing.Unlock()
	if ctx.Err() != nil || l.gone {
		return
	}
	for _, end := range linkmodel.Ends {
		p.metrics.polled(&c.poll.Ends[end])
	}
	p.deps.Emit(&c.poll)
}

// DeviceStatus is what is known of a router at an instant.
type DeviceStatus struct {
	Name, Address string
	// Answering tells that the router has answered and is not silent.
	Answering bool
	// Misses counts cycles in a row without a valid reply; Miss and Detail tell the cause of
	// the last one.
	Misses int
	Miss   linkmodel.Miss
	Detail string
	// RTT is the latest round-trip time; 0 when unknown.
	RTT time.Duration
	// LastReply is how long ago the latest valid reply came; negative when none ever did.
	LastReply time.Duration
}

// Devices returns the state of every router, in the order of the inventory.
func (p *Poller) Devices() []DeviceStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]DeviceStatus, len(p.devices))
	for i, d := range p.devices {
		out[i] = d.health.status()
	}
	return out
}

func (h *health) status() DeviceStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := DeviceStatus{
		Name: h.name, Address: h.addr, Answering: h.everReplied && !h.silent,
		Misses: h.misses, Miss: h.miss, Detail: h.detail, RTT: h.rtt, LastReply: -1,
	}
	if h.everReplied {
		s.LastReply = mono() - h.lastReply
	}
	return s
}
