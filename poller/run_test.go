package poller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

var benchCredential = Credential{Community: secret.New("public")}

// The clock begins before that of any synctest bubble, whichever test runs first. In a bubble it begins
// at a fixed instant: with one that counts from the start of the process, timers and polls would meet
// in another way each time.
func TestMain(m *testing.M) {
	if os.Args[0] == simulateEngine {
		simulateRouters()
		return
	}
	now := time.Now()
	start, inBubble := now.Add(-50*365*24*time.Hour), time.Date(1950, 1, 1, 0, 0, 0, 123_456_789, time.UTC)
	monoStart = func() time.Time {
		if time.Now().Unix() < now.Add(-24*time.Hour).Unix() { // a bubble begins in the year 2000
			return inBubble
		}
		return start
	}
	goleak.VerifyTestMain(m)
}

// A Poller against two real agents, one over SNMPv2c and one over SNMPv3: readings, then one
// agent killed, then back.
func TestRunAgainstSNMPD(t *testing.T) {
	a := startSNMPD(t, "rocommunity public 127.0.0.1\n")
	z := startSNMPD(t, "createUser u1 SHA-256 \"auth-SHA-256\" AES \"priv-AES-128\"\nrouser u1 priv\n")
	devA, devZ := a.device(), z.device()
	devZ.Name, devZ.Credential = "r2", v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	devA.Timeout, devA.Retries = 100*time.Millisecond, 1
	polls := make(chan linkmodel.Poll, 1000)
	p := New(Config{
		Devices: []Device{devA, devZ},
		Links:   []Link{{Name: "l", Interval: 300 * time.Millisecond, Ends: [2]Endpoint{{"r1", "lo"}, {"r2", "lo"}}}},
	}, Deps{Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now, Emit: func(p *linkmodel.Poll) { polls <- *p }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	until := func(what string, good func(p *linkmodel.Poll) bool) linkmodel.Poll {
		t.Helper()
		for end := time.After(2 * time.Minute); ; {
			select {
			case p := <-polls:
				if good(&p) {
					return p
				}
			case <-end:
				t.Fatalf("never: %s", what)
			}
		}
	}
	both := func(p *linkmodel.Poll) bool { return p.Ends[0].Answered() && p.Ends[1].Answered() }
	got := until("both ends answer", both)
	for _, end := range got.Ends {
		r := end.Reading
		if r.Name != "lo" || r.Oper != linkmodel.StatusUp || !r.Counters.Wide.Has(linkmodel.InOctets) || r.UpTime == 0 {
			t.Errorf("reading %+v", r)
		}
	}
	a.stop()
	until("the dead agent is refused", func(p *linkmodel.Poll) bool { return p.Ends[0].Miss == linkmodel.MissRefused && p.Ends[1].Answered() })
	a.start(t)
	until("both ends answer again", both)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTraceSteps(t *testing.T) {
	agent := startSNMPD(t, "rocommunity public 127.0.0.1\nsysName \x1b[31mrouter\n")
	steps, err := tracing(t.Context(), agent.device(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"resolve: r1 -> 127.0.0.1 port ", "find: ", " interfaces\n"} {
		if !strings.Contains(steps, want) {
			t.Errorf("no %q in:\n%s", want, steps)
		}
	}
	if strings.Contains(steps, "\x1b") || strings.Contains(steps, "read:") {
		t.Errorf("steps:\n%q", steps)
	}
}

// What is refused during a traced poll is shown.
func TestTraceShowsRefusals(t *testing.T) {
	a := newAgent(nil)
	dev := a.device()
	dev.Port = answering(t, but(func(r *response, _ asked) { r.community = "evil" }))
	patiently(t, func(timeout time.Duration) string {
		dev.Timeout = timeout
		steps, err := tracing(t.Context(), dev, "eth1")
		var named *Error
		switch {
		case !errors.As(err, &named) || named.Miss != linkmodel.MissBadReply || named.Op != "ident":
			return fmt.Sprint(err)
		case !strings.Contains(steps, "refused: a datagram: community"):
			return "steps:\n" + steps
		}
		return ""
	})
}

// answering plays an agent on a real socket of 127.0.0.1 and returns its port.
func answering(t *testing.T, play script) uint16 {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 2048); ; {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			for _, content := range play(parseAsked(buf[:n])) {
				_, _ = conn.WriteToUDPAddrPort(content, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// A name is resolved away from the polls, refreshed, and its last good address kept.
func TestAddressOfAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := benchDevice("r1")
		dev.Address = "router.example"
		a := newAddress(&dev)
		if _, err := a.get(); err == nil || !strings.Contains(err.Error(), "still being resolved") {
			t.Errorf("before the first look: %v", err)
		}
		var answer atomic.Pointer[[]netip.Addr]
		answer.Store(new([]netip.Addr))
		fails := errors.New("no such host")
		a.lookup = func(context.Context, string) ([]netip.Addr, error) {
			if found := *answer.Load(); found != nil {
				return found, nil
			}
			return nil, fails
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go a.run(ctx)
		synctest.Wait()
		var named *Error
		if _, err := a.get(); !errors.As(err, &named) || named.Miss != linkmodel.MissResolve || !errors.Is(err, fails) {
			t.Errorf("without an answer: %v", err)
		}
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		steps := []struct {
			answer []netip.Addr
			wait   time.Duration
			want   netip.Addr
		}{
			{[]netip.Addr{one}, retryName, one},
			{[]netip.Addr{two, one}, refreshName, one}, // still among the answers
			{nil, refreshName, one},                    // the resolver fails
			{[]netip.Addr{two}, recheckName, two},      // soon after a failure
		}
		for i, s := range steps {
			answer.Store(&s.answer)
			time.Sleep(s.wait + time.Second)
			synctest.Wait()
			if got, err := a.get(); err != nil || got.Addr() != s.want {
				t.Errorf("step %d: %s %v, want %s", i, got, err, s.want)
			}
		}
		cancel()
		synctest.Wait()
	})
}

// TestAddressOutlivesAResolverThatHangs: whoever polls meanwhile gets the last good address at once, and
// a change is followed within five minutes.
func TestAddressOutlivesAResolverThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := benchDevice("r1")
		dev.Address = "router.example"
		a := newAddress(&dev)
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::2")
		found := one
		var hangs atomic.Bool
		a.lookup = func(ctx context.Context, _ string) ([]netip.Addr, error) {
			if hangs.Load() {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return []netip.Addr{found}, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		go a.run(ctx)
		time.Sleep(time.Second)
		hangs.Store(true)
		for range 20 * 60 {
			start := time.Now()
			if got, err := a.get(); err != nil || got.Addr() != one || time.Since(start) != 0 {
				t.Fatalf("while the resolver hangs: %s, %v after %v", got, err, time.Since(start))
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		found = two
		hangs.Store(false)
		time.Sleep(5 * time.Minute)
		if got, err := a.get(); err != nil || got.Addr() != two {
			t.Errorf("five minutes after the change: %s, %v", got, err)
		}
		cancel()
		synctest.Wait()
	})
}

func TestAddressLiteral(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.1": "192.0.2.1:161", "2001:db8::9": "[2001:db8::9]:161", "[2001:db8::9]": "[2001:db8::9]:161"} {
		dev := benchDevice("r1")
		dev.Address = in
		if got, err := newAddress(&dev).get(); err != nil || got.String() != want {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
}

// IPv6 works like IPv4.
func TestAgentOnIPv6(t *testing.T) {
	needSNMPD(t)
	agent := &snmpd{dir: t.TempDir(), conf: "rocommunity6 public ::1\ncreateUser x\n", addr: netip.AddrPortFrom(netip.IPv6Loopback(), freePort(t).Port())}
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		t.Skip("needs IPv6")
	}
	agent.start(t)
	defer agent.stop()
	steps, err := tracing(t.Context(), agent.device(), "lo")
	if err != nil || !strings.Contains(steps, "-> ::1 port") {
		t.Errorf("%v\n%s", err, steps)
	}
}

// benchAnswer answers every object with a value of its type.
func benchAnswer(a asked) [][]byte {
	objects := newPlan(1, ifName).objects()
	if len(a.oids) != len(objects) {
		return nil
	}
	values := make([][]byte, len(objects))
	for i, o := range objects {
		switch {
		case o.want.has(kindText):
			values[i] = nameValue
		case o.want.has(kindTicks):
			values[i] = ticksValue
		case o.want.has(kindCounter64):
			values[i] = hugeValue
		case o.want.has(kindCounter32):
			values[i] = whole(0x41, 77)
		default:
			values[i] = whole(0x02, 1)
		}
	}
	return [][]byte{answer(a, values...).bytes()}
}
