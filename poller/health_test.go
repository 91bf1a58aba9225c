package poller

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// A router that stops answering is asked in full for three cycles, then once a cycle, and is told
// of once; its first reply ends that and is told of once.
func TestSilentRouterCostsOneProbeACycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 6
		b := newBench(t, links, interval)
		defer b.start()()
		time.Sleep(2 * interval)
		r1 := b.routers["r1"]
		r1.kill(true)
		r1.attempts()
		time.Sleep(4 * interval)
		if n := r1.attempts(); n < 2*links*4+confirmProbes || n > 3*links*4+confirmProbes+1 {
			t.Errorf("%d requests in the three cycles before it is silent and the one after", n)
		}
		b.take()
		time.Sleep(10 * interval)
		if n := r1.attempts(); n < 9 || n > 11 {
			t.Errorf("%d requests in ten silent cycles, want one each", n)
		}
		count := map[linkmodel.Miss]int{}
		for _, polls := range b.take() {
			for _, p := range polls {
				count[p.Ends[linkmodel.EndA].Miss]++
			}
		}
		if count[linkmodel.MissTimeout] < 9 || count[linkmodel.MissHeldBack] < 45 || len(count) != 2 {
			t.Errorf("misses %v", count)
		}
		r1.kill(false)
		time.Sleep(2*interval + interval/2)
		for name, polls := range b.take() {
			if last := polls[len(polls)-1].Ends[linkmodel.EndA]; !last.Answered() {
				t.Errorf("%s: still %s", name, last.Detail)
			}
		}
		if b.logged("router does not answer") != 1 || b.logged("router answers again") != 1 {
			t.Errorf("told %d and %d times", b.logged("router does not answer"), b.logged("router answers again"))
		}
		if got := metric(t, b.registry, "bothends_devices_answering", ""); got != links+1 {
			t.Errorf("%g routers answering", got)
		}
	})
}

// Six ends of one router fail in the same cycle: that is one missed cycle, not six.
func TestMissesOfOneCycleCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 6, interval)
		defer b.start()()
		time.Sleep(2 * interval)
		b.routers["r1"].kill(true)
		time.Sleep(2 * interval)
		status := b.Devices()[0]
		if !status.Answering || status.Misses < 1 || status.Misses > 2 || status.Miss != linkmodel.MissTimeout {
			t.Errorf("after two cycles: %+v", status)
		}
		time.Sleep(2 * interval)
		if status := b.Devices()[0]; status.Answering || status.LastReply < 3*interval {
			t.Errorf("after four cycles: %+v", status)
		}
	})
}

// A router that never answered is told of at the first miss: it is most likely a mistake in the
// inventory, and somebody is looking at the log.
func TestRouterThatNeverAnsweredIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		b.routers["r2"].kill(true)
		b.run(2 * interval)
		if b.logged("router does not answer") != 1 {
			t.Errorf("told %d times", b.logged("router does not answer"))
		}
	})
}

// Twenty ends due in the same instant: four requests at a time, the others wait, none is lost.
func TestAtMostFourRequestsWaitForARouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 20, interval).drive()
		r1 := b.routers["r1"]
		r1.delay = 90 * time.Millisecond
		for range 2 { // the first time to find the interfaces
			b.do(func() {
				for _, l := range b.links {
					b.emitter.borrow().begin(l, mono(), time.Now())
				}
			})
			time.Sleep(interval)
			synctest.Wait()
		}
		if most := r1.peak(); most != maxOutstanding {
			t.Errorf("%d requests waited at a time", most)
		}
		for name, polls := range b.take() {
			if len(polls) != 2 || !polls[1].Ends[linkmodel.EndA].Answered() {
				t.Errorf("%s lost to the queue", name)
			}
		}
	})
}

// Time spent in the queue counts: what cannot be sent before the deadline is an overrun, which
// says nothing against the router.
func TestQueueBeyondTheDeadlineIsAnOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 5, interval).drive()
		for _, l := range b.links {
			if out := b.poll(l.ends[0]); !out.Answered() {
				t.Fatal(out.Detail)
			}
		}
		b.routers["r1"].kill(true)
		var outs [5]linkmodel.Outcome
		var landed sync.WaitGroup
		start := mono()
		landed.Add(len(b.links))
		b.do(func() {
			for i, l := range b.links {
				l.ends[0].poll(mono(), &outs[i], lone(landed.Done))
			}
		})
		landed.Wait()
		d := b.devices[0]
		if took := mono() - start; outs[4].Miss != linkmodel.MissOverrun || took < d.budget || took > d.budget+2*tickTime {
			t.Errorf("%s after %s: %s", outs[4].Miss, took, outs[4].Detail)
		}
		for i := range 4 {
			if outs[i].Miss != linkmodel.MissTimeout {
				t.Errorf("%s: %s", outs[i].Miss, outs[i].Detail)
			}
		}
	})
}

// exploding is a security whose answers cannot be read without a panic.
type exploding struct{ security }

func (exploding) open([]byte) ([]byte, error) { panic("decoder") }

// unsendable is a security whose messages cannot be made without a panic.
type unsendable struct{ security }

func (unsendable) seal(_, _ []byte, _ uint32) ([]byte, error) { panic("encoder") }

// So is one while a request is made.
func TestPanicBeforeTheRequestIsAMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval).drive()
		far := b.links[0].ends[1]
		if out := b.poll(far); !out.Answered() {
			t.Fatal(out.Detail)
		}
		b.devices[1].security = unsendable{b.devices[1].security}
		if out := b.poll(far); out.Miss != linkmodel.MissBadReply {
			t.Errorf("%s %s", out.Miss, out.Detail)
		}
		if out := b.poll(b.links[1].ends[1]); !out.Answered() {
			t.Error(out.Detail)
		}
	})
}

// A panic while a reply is read is a miss of that end alone.
func TestPanicIsAMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		d := b.devices[1]
		d.security = exploding{d.security}
		polls := b.run(3 * interval)
		for i, name := range []string{"link1", "link2"} {
			for _, p := range polls[name] {
				z := p.Ends[linkmodel.EndZ]
				if i == 1 && !z.Answered() || i == 0 && z.Miss != linkmodel.MissBadReply {
					t.Errorf("%s: %s %s", name, z.Miss, z.Detail)
				}
			}
		}
		if metric(t, b.registry, "bothends_poll_panics_total", "") == 0 {
			t.Error("not counted")
		}
	})
}

func TestPollsAreCountedByResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		b.routers["r2"].kill(true)
		b.run(2*interval + time.Second)
		ok := metric(t, b.registry, "bothends_polls_total", "ok")
		dead := metric(t, b.registry, "bothends_polls_total", "timeout")
		if ok < 6 || dead < 2 || ok+dead != 8 {
			t.Errorf("ok %g, timeout %g", ok, dead)
		}
	})
}

// The cap on requests holds for the sum of the links, the budget for the shortest interval.
func TestBudget(t *testing.T) {
	for _, tt := range []struct {
		timeout, interval, want time.Duration
		retries                 int
	}{
		{2 * time.Second, time.Minute, 8 * time.Second, 3},
		{2 * time.Second, 5 * time.Second, 4 * time.Second, 3},
		{time.Second, time.Minute, time.Second, 0},
	} {
		dev := benchDevice("r1")
		dev.Timeout, dev.Retries = tt.timeout, tt.retries
		d := newDevice(&dev, deviceDeps{})
		d.serves("eth1", 2*time.Minute)
		d.serves("eth2", tt.interval)
		if d.budget != tt.want {
			t.Errorf("%+v: %s", tt, d.budget)
		}
	}
}

// A miss names the router and its address, whatever the cause.
func TestDetailNamesTheRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		b.routers["r2"].kill(true)
		for i, p := range b.run(6 * interval)["link1"] {
			if d := p.Ends[linkmodel.EndZ].Detail; !strings.HasPrefix(d, "r2 (127.0.0.2): no answer to ") && !strings.HasPrefix(d, "r2 (127.0.0.2): still") {
				t.Errorf("poll %d: %q", i, d)
			}
		}
	})
}

// Registering twice, as a reload does, goes on counting where the first Poller stopped.
func TestReloadKeepsTheCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		b.run(2 * interval)
		before := metric(t, b.registry, "bothends_polls_total", "ok")
		again := newPoller(Config{}, b.deps, b.net.open)
		again.metrics.polled(&linkmodel.Outcome{})
		if got := metric(t, b.registry, "bothends_polls_total", "ok"); got != before+1 {
			t.Errorf("%g after %g", got, before)
		}
		if left := metric(t, b.registry, "bothends_sockets", "") + metric(t, b.registry, "bothends_devices_answering", ""); left != 0 {
			t.Errorf("gauges at %g after Run", left)
		}
	})
}

// A poll that was due before the latest reply says nothing about a router that answered since.
func TestReplySinceThePollWasDue(t *testing.T) {
	for _, tt := range []struct {
		due    time.Duration
		misses int
	}{{9 * time.Second, 0}, {11 * time.Second, 1}} {
		h := health{log: zap.NewNop(), change: func(bool) {}, cycle: interval}
		h.replied(10 * time.Second)
		h.missed(tt.due, missf(linkmodel.MissTimeout, "no answer"))
		if got := h.status(); got.Misses != tt.misses {
			t.Errorf("due at %s: %d misses, want %d", tt.due, got.Misses, tt.misses)
		}
	}
}
