package poller

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

// router is a router without a wire: it answers from a map, after a while, or not at all. It
// keeps time with time.Sleep, so it works in a synctest bubble.
type router struct {
	mu     sync.Mutex
	values map[string]value
	delay  time.Duration
	dead   bool
	// deaf is how many attempts get no answer before one does.
	deaf   int
	limit  int // more objects than this are tooBig; 0 no limit
	refuse string
	// rows, when set, is how many interfaces a walk shows, each part of it after 200 ms.
	rows uint32

	sent    []time.Duration // when each attempt came
	gets    [][]string      // the objects of each GET answered
	waiting int
	most    int // the most requests that waited at a time
	walked  int // how often a walk of ifName began
}

// newRouter has interfaces 1 to n, named "eth1" to "ethn", with every object.
func newRouter(n int) *router {
	r := &router{delay: time.Millisecond, values: map[string]value{
		oidSysUpTime: {kind: kindTicks, num: 100_000}, oidEngineTime: {kind: kindInteger, num: 1000},
		oidHostUpTime: {kind: kindTicks, num: 200_000}, oidEngineBoots: {kind: kindInteger, num: 3},
	}}
	for i := 1; i <= n; i++ {
		r.plug(uint32(i), fmt.Sprintf("eth%d", i))
	}
	return r
}

// plug adds an interface.
func (r *router) plug(index uint32, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := newPlan(index, ifName)
	for _, o := range append(p.all()[1:], at(adminStatus, index), at(operStatus, index)) {
		v := value{kind: kindCounter32, num: 7}
		switch {
		case o.want.has(kindText):
			v = value{kind: kindText}
		case o.want.has(kindTicks):
			v = value{kind: kindTicks, num: 10}
		case o.want.has(kindGauge32):
			v = value{kind: kindGauge32, num: 1}
		case o.want.has(kindCounter64):
			v = value{kind: kindCounter64, num: 1 << 40}
		}
		r.values[o.oid] = v
	}
	r.values[at(ifName, index).oid] = value{kind: kindText, text: name}
	r.values[at(ifDescr, index).oid] = value{kind: kindText, text: "port " + name}
	r.values[at(ifAlias, index).oid] = value{kind: kindText, text: "alias of " + name}
	r.values[at(highSpeed, index).oid] = value{kind: kindGauge32, num: 10_000}
}

// set changes one value; a zero value removes the object.
func (r *router) set(oid string, v value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.kind == kindOther {
		delete(r.values, oid)
		return
	}
	r.values[oid] = v
}

// unplug removes an interface.
func (r *router) unplug(index uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for oid := range maps.Clone(r.values) {
		for n := range 40 {
			for _, table := range []string{".1.3.6.1.2.1.2.2.1.", ".1.3.6.1.2.1.31.1.1.1."} {
				if oid == fmt.Sprintf("%s%d.%d", table, n, index) {
					delete(r.values, oid)
				}
			}
		}
	}
}

func (r *router) kill(dead bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead = dead
}

// ignore has the router not answer so many attempts.
func (r *router) ignore(attempts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = attempts
}

// attempts returns how many requests reached the router since the last call.
func (r *router) attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.sent)
	r.sent = nil
	return n
}

// peak returns the most requests that waited at a time.
func (r *router) peak() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}

// take is a request that reaches the router; wait is when its answer leaves, nil when none does.
func (r *router) take(a *asked) (response []byte, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, mono())
	if r.deaf > 0 {
		r.deaf--
		return nil, 0
	}
	if r.dead {
		return nil, 0
	}
	r.waiting++
	r.most = max(r.most, r.waiting)
	out := responseTo(a)
	switch {
	case a.pdu == 0xa5:
		req := &request{objects: []object{{oid: oidText(a.oids[0])}}, repetitions: a.size}
		got, delay := r.bulk(req), r.delay
		if r.rows > 0 {
			got, delay = r.part(req), 200*time.Millisecond
		}
		out.binds = binds(got.oids, got.values)
		return out.bytes(), delay
	case r.limit > 0 && len(a.oids) > r.limit:
		out.status = statusTooBig
		return out.bytes(), r.delay
	}
	r.get(a, &out)
	return out.bytes(), r.delay
}

// get answers a GET.
func (r *router) get(a *asked, out *response) {
	oids, values, names := make([]string, 0, len(a.oids)), make([]value, 0, len(a.oids)), make([]string, 0, len(a.oids))
	for i, raw := range a.oids {
		oid := oidText(raw)
		v, ok := r.values[oid]
		if !ok {
			v = value{kind: kindAbsent}
		}
		name := nameOf(oid)
		if r.refuse != "" && name == r.refuse {
			out.status, out.index = statusNoSuchName, byte(i+1)
			return
		}
		oids, values, names = append(oids, oid), append(values, v), append(names, name)
	}
	r.gets = append(r.gets, names)
	out.binds = binds(oids, values)
}

// answered notes that an answer left.
func (r *router) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting--
}

func (r *router) bulk(req *request) *reply {
	if req.objects[0].oid == oidIfName {
		r.walked++
	}
	out := &reply{}
	oids := slices.SortedFunc(maps.Keys(r.values), func(a, b string) int {
		if follows(a, b) {
			return 1
		}
		return -1
	})
	for _, oid := range oids {
		if follows(oid, req.objects[0].oid) && len(out.oids) < int(req.repetitions) {
			out.oids, out.values = append(out.oids, oid), append(out.values, r.values[oid])
		}
	}
	if len(out.oids) == 0 {
		out.oids, out.values = []string{".2"}, []value{{kind: kindEnd}}
	}
	return out
}

// lastGet lists the objects of the latest GET that was answered.
func (r *router) lastGet() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gets[len(r.gets)-1]
}

// bench is a Poller over routers without a wire.
type bench struct {
	set atomic.Int64 // by how much the wall clock was set
	*Poller
	t        *testing.T
	net      *network
	routers  map[string]*router
	registry *prometheus.Registry
	logs     *observer.ObservedLogs
	mu       sync.Mutex
	polls    []linkmodel.Poll
	slow     map[string]time.Duration // how long Emit takes, by link
}

// newBench polls links between routers r1, r2…: link i goes from r1:eth<i> to r<i+1>:eth1.
func newBench(t *testing.T, links int, interval time.Duration) *bench {
	t.Helper()
	b := &bench{t: t, registry: prometheus.NewRegistry(), routers: map[string]*router{"r1": newRouter(links)}, slow: map[string]time.Duration{}}
	cfg := Config{Devices: []Device{benchDevice("r1")}}
	for i := 1; i <= links; i++ {
		far := fmt.Sprintf("r%d", i+1)
		b.routers[far] = newRouter(1)
		cfg.Devices = append(cfg.Devices, benchDevice(far))
		cfg.Links = append(cfg.Links, Link{Name: fmt.Sprintf("link%d", i), Interval: interval, Ends: [2]Endpoint{
			{"r1", fmt.Sprintf("eth%d", i)}, {far, "eth1"},
		}})
	}
	core, logs := observer.New(zap.InfoLevel)
	b.logs = logs
	b.net = &network{routers: map[netip.AddrPort]*router{}}
	for i := range cfg.Devices {
		b.net.routers[benchAddr(cfg.Devices[i].Name)] = b.routers[cfg.Devices[i].Name]
	}
	b.Poller = newPoller(cfg, Deps{Log: zap.New(core), Metrics: b.registry, Now: b.wall, Emit: b.emit}, b.net.open)
	return b
}

// wall is the clock on the wall, which a test may set.
func (b *bench) wall() time.Time { return time.Now().Add(time.Duration(b.set.Load())) }

// benchAddr is where a router of the bench is: r1 at 127.0.0.1, and so on.
func benchAddr(name string) netip.AddrPort {
	n, _ := strconv.Atoi(name[1:])
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, byte(n >> 8), byte(n)}), 161)
}

func benchDevice(name string) Device {
	return Device{
		Name: name, Address: benchAddr(name).Addr().String(), Port: 161, Timeout: 500 * time.Millisecond, Retries: 3,
		Credential: Credential{Community: secret.New("public")},
	}
}

func (b *bench) emit(p *linkmodel.Poll) {
	b.mu.Lock()
	b.polls = append(b.polls, *p)
	wait := b.slow[p.Link]
	b.mu.Unlock()
	time.Sleep(wait)
}

// run polls for a while and returns what was emitted, by link.
func (b *bench) run(d time.Duration) map[string][]linkmodel.Poll {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), d)
	defer cancel()
	if err := b.Run(ctx); err != nil {
		b.t.Fatal(err)
	}
	return b.take()
}

// start polls until the test ends or stop is called.
func (b *bench) start() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	return func() { cancel(); <-done }
}

// take returns what was emitted since the last call.
func (b *bench) take() map[string][]linkmodel.Poll {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string][]linkmodel.Poll{}
	for _, p := range b.polls {
		out[p.Link] = append(out[p.Link], p)
	}
	b.polls = nil
	return out
}

func (b *bench) missedTicks() int {
	return int(metric(b.t, b.registry, "bothends_poll_ticks_missed_total", ""))
}

// metric returns a counter or gauge, with the given value of its label where it has one.
func metric(t testing.TB, r *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// logged counts log lines with a message.
func (b *bench) logged(message string) int { return b.logs.FilterMessage(message).Len() }

// driver has a Poller's loop do what a test says, instead of what is due.
type driver struct {
	*bench
	jobs chan func()
}

func (b *bench) drive() *driver {
	b.t.Helper()
	d := &driver{b, make(chan func(), 1)}
	ctx, cancel := context.WithCancel(b.t.Context())
	b.tasks.ctx = ctx
	b.tasks.start(b.emitter.run)
	done := make(chan struct{})
	go func() { defer close(done); b.transport.run(ctx, d); b.tasks.group.Wait() }()
	b.t.Cleanup(func() { cancel(); <-done })
	return d
}

func (d *driver) begin(now time.Duration) time.Duration {
	select {
	case job := <-d.jobs:
		job()
	default:
	}
	return now + idle
}

func (d *driver) end(time.Duration) bool { d.emitter.wake(); return false }

// do runs f on the loop.
func (d *driver) do(f func()) { d.jobs <- f; d.transport.wake() }

// poll polls one end and waits for it.
func (d *driver) poll(e *endpoint) *linkmodel.Outcome {
	var out linkmodel.Outcome
	landed := make(chan struct{})
	d.do(func() { e.poll(mono(), &out, lone(func() { close(landed) })) })
	<-landed
	return &out
}

// lone is a cycle of one end.
func lone(landed func()) *cycle {
	c := &cycle{landed: func(*cycle) { landed() }}
	c.left.Store(1)
	return c
}
