package poller

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/simulator"
)

// simulateEngine is the name under which this program is the routers of BenchmarkEngine.
const simulateEngine = "simulate-engine"

// engineLoad is a network to poll, by the version of SNMP that its routers speak.
type engineLoad struct {
	version        string
	links, routers int
	user           *simulator.V3User
}

// engineUser is the user of routers that speak SNMPv3.
var engineUser = simulator.V3User{
	Name: "poller", Auth: "SHA-256", AuthPassword: "auth password", Priv: "AES-128", PrivPassword: "priv password",
}

// engineLoads are 10,000 link ends, and a tenth of it over SNMPv3, where each router derives its keys
// when it is first asked.
var engineLoads = []engineLoad{
	{"v2c", 5000, 2000, nil},
	{"v3", 500, 200, &engineUser},
}

// network has all its routers on one port.
func (l *engineLoad) network(port uint16) simulator.Config {
	cfg := simulator.Many(1, l.links, l.routers, netip.AddrPortFrom(netip.MustParseAddr("127.31.0.1"), port))
	for i := range cfg.Routers {
		if l.user != nil {
			cfg.Routers[i].Community, cfg.Routers[i].V3 = "", l.user
		}
	}
	return cfg
}

// engineLoadOf returns the load of a version.
func engineLoadOf(version string) *engineLoad {
	return &engineLoads[slices.IndexFunc(engineLoads, func(l engineLoad) bool { return l.version == version })]
}

// credential is what the poller has to know to be answered by the routers.
func (l *engineLoad) credential() Credential {
	if l.user == nil {
		return Credential{Community: secret.New(simulator.DemoCommunity)}
	}
	return Credential{
		Version: V3, User: l.user.Name, Level: AuthPriv,
		Auth: AuthSHA256, AuthPassword: secret.New(l.user.AuthPassword),
		Priv: PrivAES128, PrivPassword: secret.New(l.user.PrivPassword),
	}
}

// simulateRouters answers in a process of its own, whose CPU time is not the poller's, until its
// standard input ends.
func simulateRouters() {
	port, err := strconv.ParseUint(os.Args[1], 10, 16)
	if err != nil {
		panic(err)
	}
	sim, err := simulator.New(engineLoadOf(os.Args[2]).network(uint16(port)))
	if err == nil {
		err = sim.Listen()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
	_ = sim.Run(ctx)
}

// start starts the routers and returns their port.
func (l *engineLoad) start(b *testing.B) uint16 {
	b.Helper()
	port := freePort(b).Port()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Cmd{Path: self, Args: []string{simulateEngine, strconv.Itoa(int(port)), l.version}, Stderr: os.Stderr}
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		b.Fatalf("the routers do not start: %q %v", line, err)
	}
	return port
}

// engineWork polls every link once each time it is asked to, some more of them in every turn.
type engineWork struct {
	links       []*link
	cycles      []*cycle
	burst, next int
	asked       atomic.Bool
	left        atomic.Int64
	done        chan struct{}
}

func (w *engineWork) begin(now time.Duration) time.Duration {
	if !w.asked.Load() {
		return now + idle
	}
	for until := min(w.next+w.burst/2, len(w.links)); w.next < until; w.next++ {
		w.cycles[w.next].begin(w.links[w.next], now, time.Time{})
	}
	return now + tickTime
}

func (w *engineWork) end(time.Duration) bool { return false }

func (w *engineWork) landed(*cycle) {
	if w.left.Add(-1) == 0 {
		w.asked.Store(false)
		w.done <- struct{}{}
	}
}

// newEngineWork is a Poller of the network, and the work that replaces its schedule and its emitter.
func newEngineWork(l *engineLoad, port uint16, burst int) (*Poller, *engineWork) {
	var cfg Config
	network := l.network(port)
	for i := range network.Routers {
		r := &network.Routers[i]
		cfg.Devices = append(cfg.Devices, Device{
			Name: r.Name, Address: r.Addr.Addr().String(), Port: r.Addr.Port(), Timeout: 2 * time.Second, Retries: 3,
			Credential: l.credential(),
		})
	}
	for i := range network.Links {
		l := &network.Links[i]
		cfg.Links = append(cfg.Links, Link{
			Name: l.Name, Interval: time.Minute, Ends: [2]Endpoint{{l.A.Router, l.A.Interface}, {l.Z.Router, l.Z.Interface}},
		})
	}
	p := newPoller(cfg, Deps{Log: zap.NewNop(), Now: time.Now}, openUDP)
	p.transport.newAlarm = newKernelAlarm
	w := &engineWork{links: p.links, burst: burst, done: make(chan struct{})}
	for range w.links {
		w.cycles = append(w.cycles, &cycle{landed: w.landed})
	}
	return p, w
}

// pass polls all links once and returns how many ends were not read.
func (w *engineWork) pass(t *transport) (missed int) {
	w.next = 0
	w.left.Store(int64(len(w.links)))
	w.asked.Store(true)
	t.wake()
	<-w.done
	for _, c := range w.cycles {
		for i := range c.poll.Ends {
			if !c.poll.Ends[i].Answered() {
				missed++
			}
		}
	}
	return missed
}

// bare sends the requests of all ends and takes the answers in, without looking at either.
type bare struct {
	socket  *datagram.Socket
	alarm   alarm
	packets []datagram.Message
	in      [batchSize]datagram.Message
	burst   int
}

func newBare(b *testing.B, p *Poller, burst int) *bare {
	b.Helper()
	s, err := datagram.Listen("udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), 0),
		datagram.Options{ReceiveBuffer: socketBuffer, SendBuffer: socketBuffer})
	if err != nil {
		b.Fatal(err)
	}
	r := &bare{socket: s, burst: burst}
	r.alarm, err = newKernelAlarm()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close(); _ = r.alarm.Close() })
	for _, l := range p.links {
		for _, e := range l.ends {
			to, _ := e.device.address.get()
			pdu, err := e.plan.appendRequest(nil)
			if err != nil {
				b.Fatal(err)
			}
			made, _ := e.device.security.seal(nil, pdu, minID)
			r.packets = append(r.packets, datagram.Message{Addr: to, Buf: made})
		}
	}
	for i := range r.in {
		r.in[i].Buf = make([]byte, maxDatagram)
	}
	return r
}

// pass exchanges all packets once and returns how many answers are missing.
func (r *bare) pass() (missing int) {
	for left := r.packets; len(left) > 0; {
		burst := left[:min(r.burst, len(left))]
		left = left[len(burst):]
		missing += len(burst)
		for len(burst) > 0 {
			n, err := r.socket.Write(burst[:min(batchSize, len(burst))])
			if err != nil {
				return missing
			}
			burst = burst[n:]
		}
		r.alarm.Sleep(tickTime)
		missing -= r.drain()
	}
	for range 100 {
		if missing == 0 {
			break
		}
		r.alarm.Sleep(tickTime)
		missing -= r.drain()
	}
	return missing
}

func (r *bare) drain() (all int) {
	for {
		n, err := r.socket.Read(r.in[:])
		all += n
		if err != nil || n < len(r.in) {
			return all
		}
	}
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for ourselves
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEngine polls 10,000 link ends over loopback, in bursts, and after each time exchanges the
// same packets without looking at them: the least a poller can cost. One op is every end once in
// either way. The routers are another process.
func BenchmarkEngine(b *testing.B) {
	l := engineLoadOf("v2c")
	port := l.start(b)
	for _, burst := range []int{64, 512} {
		b.Run(fmt.Sprintf("burst=%d", burst), func(b *testing.B) { l.run(b, port, burst) })
	}
}

// BenchmarkEngineV3 is the same with 1,000 ends over SNMPv3 with authentication and privacy (SHA-256,
// AES-128), with keys that were derived before: every poll is sealed, sent, received, authenticated,
// decrypted and decoded. The bare packets are sealed once, so they are believed for the 150 s of RFC
// 3414 section 2.2.3 only; an op takes a third of a second.
func BenchmarkEngineV3(b *testing.B) {
	l := engineLoadOf("v3")
	l.run(b, l.start(b), 64)
}

func (l *engineLoad) run(b *testing.B, port uint16, burst int) {
	b.Helper()
	p, w := newEngineWork(l, port, burst)
	ctx, cancel := context.WithCancel(b.Context())
	p.tasks.ctx = ctx
	stopped := make(chan struct{})
	go func() { defer close(stopped); p.transport.run(ctx, w); p.tasks.group.Wait() }()
	defer func() { cancel(); <-stopped }()
	for range 3 { // finds the interfaces, reads the slower facts, fills every pool
		w.pass(p.transport)
	}
	r := newBare(b, p, burst)
	r.pass()
	var engine, floor time.Duration
	var before, after runtime.MemStats
	ends, lost, mallocs := 0, 0, uint64(0)
	for b.Loop() {
		runtime.ReadMemStats(&before)
		start := cpuTime()
		missed := w.pass(p.transport)
		middle := cpuTime()
		runtime.ReadMemStats(&after)
		mallocs += after.Mallocs - before.Mallocs
		missing := r.pass()
		engine, floor = engine+middle-start, floor+cpuTime()-middle
		ends, lost = ends+2*len(w.links), lost+missed+missing
	}
	b.ReportMetric(float64(engine.Microseconds())/float64(ends), "µs-CPU/end")
	b.ReportMetric(float64(floor.Microseconds())/float64(ends), "µs-bare/end")
	b.ReportMetric(float64(mallocs)/float64(ends), "allocs/end")
	b.ReportMetric(engine.Seconds()/floor.Seconds(), "ratio")
	if lost*1000 > ends {
		b.Errorf("%d of %d ends were not read", lost, ends)
	}
}
