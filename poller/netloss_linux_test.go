package poller

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/simulator"
)

// namespace is a network namespace without a name: it ends with the last file and socket in it.
type namespace struct{ file *os.File }

// newNamespace makes a namespace whose loopback interface is up, or skips the test where that
// cannot be.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	missing := ""
	if os.Geteuid() != 0 {
		missing = "root, to make a network namespace"
	}
	for program, pack := range map[string]string{"ip": "iproute2", "nft": "nftables"} {
		if _, err := exec.LookPath(program); err != nil && missing == "" {
			missing = program + " (Debian package " + pack + ")"
		}
	}
	switch {
	case missing != "" && os.Getenv("BOTHENDS_REQUIRE") != "":
		t.Fatalf("required here: %s", missing)
	case missing != "":
		t.Skipf("needs %s", missing)
	}
	n := &namespace{}
	err := onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		var err error
		if n.file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		return run(exec.CommandContext(t.Context(), "ip", "link", "set", "lo", "up"))
	})
	if n.file != nil {
		t.Cleanup(func() { _ = n.file.Close() })
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// onOwnThread runs f on an OS thread of its own and takes that back to where it was.
func onOwnThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- err
			return
		}
		err = f()
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back == nil {
			runtime.UnlockOSThread() // else the thread ends with this goroutine
		}
		_ = home.Close()
		done <- err
	}()
	return <-done
}

// do runs f in the namespace. Sockets that f opens itself, and programs it starts, are in it.
func (n *namespace) do(f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter the network namespace: %w", err)
		}
		return f()
	})
}

// run runs a program; its error tells what it said.
func run(cmd *exec.Cmd) error {
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", cmd, err, strings.TrimSpace(string(said)))
	}
	return nil
}

const lossPort = 20161

// lossRules lose 30 datagrams in a hundred on their way in, requests and answers: whoever sent one
// does not learn of it.
var lossRules = strings.ReplaceAll(`
table ip loss {
	counter asked {}
	counter asked_lost {}
	counter told {}
	counter told_lost {}
	chain arriving {
		type filter hook input priority 0
		udp dport PORT counter name asked
		udp dport PORT numgen random mod 100 < 30 counter name asked_lost drop
		udp sport PORT counter name told
		udp sport PORT numgen random mod 100 < 30 counter name told_lost drop
	}
}
`, "PORT", strconv.Itoa(lossPort))

func (n *namespace) nft(ctx context.Context, script string) error {
	return n.do(func() error {
		cmd := exec.CommandContext(ctx, "nft", "-f", "-")
		cmd.Stdin = strings.NewReader(script)
		return run(cmd)
	})
}

var counterLine = regexp.MustCompile(`counter (\w+) \{\s+packets (\d+) `)

// counters returns the packets that the named counters counted.
func (n *namespace) counters(ctx context.Context) (map[string]float64, error) {
	found := map[string]float64{}
	err := n.do(func() error {
		text, err := exec.CommandContext(ctx, "nft", "list", "counters").Output()
		for _, m := range counterLine.FindAllStringSubmatch(string(text), -1) {
			found[m[1]], _ = strconv.ParseFloat(m[2], 64)
		}
		return err
	})
	return found, err
}

// The kernel loses 30 datagrams in a hundred each way, between the poller and simulated routers with
// one end each, in a namespace. TestChaosLoss has the same on virtual time with exact cadence; here
// are real sockets. Nothing is timed: an answer counts when it comes within the poll. Where the
// machine stood still meanwhile, that is no fault of the poller, and it is measured again.
func TestChaosLossInTheKernel(t *testing.T) {
	inRealTime(t)
	l := startLossy(t)
	l.answered(t, "before the loss")
	var wrong []string
	for range sized(4, 1) {
		if wrong = l.measure(t, sized(960, 30_000)); len(wrong) == 0 {
			return
		}
		t.Logf("not as expected: %s", strings.Join(wrong, "; "))
	}
	t.Error(strings.Join(wrong, "; "))
}

// lossyRun is a Poller in a namespace that may lose datagrams.
type lossyRun struct {
	*tallied
	*namespace
	ends int
	logs *observer.ObservedLogs
}

// answered waits until every end has answered.
func (l *lossyRun) answered(t *testing.T, when string) {
	t.Helper()
	l.until(t, "every end answers "+when, func() bool { return len(l.tallied.answered) == l.ends })
}

// measure has datagrams lost during so many polls and tells what was not as expected.
func (l *lossyRun) measure(t *testing.T, wanted int) (wrong []string) {
	t.Helper()
	before := l.logs.FilterMessage("router does not answer").Len()
	if err := l.nft(t.Context(), lossRules); err != nil {
		t.Fatal(err)
	}
	l.begin()
	l.until(t, "enough polls under loss", func() bool { return l.polls >= wanted })
	counted, err := l.counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	polls, share := l.polls, float64(l.ok)/float64(l.polls)
	l.mu.Unlock()
	silent := l.logs.FilterMessage("router does not answer").Len() - before
	if err := l.nft(t.Context(), "delete table ip loss"); err != nil {
		t.Fatal(err)
	}
	l.begin()
	l.answered(t, "after the loss")

	lost := (counted["asked_lost"] + counted["told_lost"]) / (counted["asked"] + counted["told"])
	requests := counted["asked"] / float64(polls)
	t.Logf("%d polls of %d ends, %.1f %% of %g datagrams lost: %.2f %% of the polls succeed with %.2f requests each; %d times silent",
		polls, l.ends, 100*lost, counted["asked"]+counted["told"], 100*share, requests, silent)
	expect := func(good bool, format string, figure any) {
		if !good {
			wrong = append(wrong, fmt.Sprintf(format, figure))
		}
	}
	// 30 % of 3,000 datagrams vary by 0.8 %.
	expect(lost >= .25 && lost <= .35, "%.3f of the datagrams were lost", lost)
	// 93.2 % are expected; fewer than 87 % of 960 (92 % of 30,000) succeed by chance less than once in
	// 10^10 runs.
	expect(share >= sized(.87, .92), "%.4f of the polls succeed", share)
	// 1.9 are expected, and up to a tenth more that belong to polls under way at the end.
	expect(requests >= 1.5 && requests <= 2.6, "%.2f requests a poll", requests)
	// 0.3 (9) are expected; chance exceeds 10 (35) less than once in 10^10 runs.
	expect(silent <= sized(10, 35), "%d times a router was silent", silent)
	return wrong
}

// startLossy polls links between two new routers each, in a namespace.
func startLossy(t *testing.T) *lossyRun {
	t.Helper()
	links, every, timeout := sized(100, 500), sized(2500*time.Millisecond, 10*time.Second), sized(500*time.Millisecond, 2*time.Second)
	net := paired("", links, netip.AddrPortFrom(netip.MustParseAddr("127.40.0.1"), lossPort))
	cfg := Config{}
	enlist(&cfg, &net, Device{Timeout: timeout, Retries: 3, Credential: Credential{Community: secret.New(simulator.DemoCommunity)}}, every)
	sim, err := simulator.New(net)
	if err != nil {
		t.Fatal(err)
	}
	ns := newNamespace(t)
	if err := ns.do(sim.Listen); err != nil {
		t.Fatal(err)
	}
	c := &tallied{answered: map[string]int{}}
	core, logs := observer.New(zap.InfoLevel)
	p := New(cfg, Deps{Log: zap.New(core), Metrics: prometheus.NewRegistry(), Now: time.Now, Emit: c.emit})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	errs := make([]error, 2)
	running.Go(func() { errs[0] = sim.Run(ctx) })
	running.Go(func() { errs[1] = ns.do(func() error { return p.Run(ctx) }) }) // its loop opens the socket
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
	})
	return &lossyRun{tallied: c, namespace: ns, ends: 2 * links, logs: logs}
}
