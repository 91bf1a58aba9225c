package poller

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// last returns the latest outcome of end z of link1.
func (b *bench) last() *linkmodel.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.polls) - 1; i >= 0; i-- {
		if b.polls[i].Link == "link1" {
			return &b.polls[i].Ends[linkmodel.EndZ]
		}
	}
	b.t.Fatal("nothing emitted")
	return nil
}

// polled polls link1 for one interval with its far router prepared, then goes through steps.
func polled(t *testing.T, prepare func(*router), steps func(b *bench, r *router)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		r := b.routers["r2"]
		prepare(r)
		defer b.start()()
		time.Sleep(interval)
		steps(b, r)
	})
}

func nothing(*router) {}

func TestReadingHasEveryValue(t *testing.T) {
	polled(t, nothing, func(b *bench, _ *router) {
		got := b.last()
		want := linkmodel.Reading{
			At: got.Reading.At, Mono: got.Reading.Mono, Uncertainty: time.Millisecond / 2, RTT: time.Millisecond,
			UpTime: 100_000, EngineTime: 1000, HasEngineTime: true, Index: 1, Name: "eth1",
			Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUp, LastChange: 10, HasLastChange: true,
			HighSpeed: 10_000, Discontinuity: 10, HasDiscontinuity: true,
		}
		for c := range linkmodel.NumCounters {
			if columns[c].wide.oid != "" {
				want.Counters.Set(c, 1<<40, true)
			} else {
				want.Counters.Set(c, 7, false)
			}
		}
		if diff := cmp.Diff(want, got.Reading); diff != "" {
			b.t.Errorf("reading (-want +got):\n%s", diff)
		}
		if c := got.Context; c == nil || c.SystemUpTime != 200_000 || c.EngineBoots != 3 || c.Alias != "alias of eth1" || c.Descr != "port eth1" {
			b.t.Errorf("context %+v", c)
		}
	})
}

// The context is read at the start and hourly, not with every poll.
func TestContextIsHourly(t *testing.T) {
	polled(t, nothing, func(b *bench, _ *router) {
		time.Sleep(2*time.Hour + time.Minute)
		n := 0
		for _, p := range b.take()["link1"] {
			if p.Ends[linkmodel.EndZ].Context != nil {
				n++
			}
		}
		if n != 3 {
			b.t.Errorf("%d context reads in two hours", n)
		}
	})
}

// After a restart of the agent the context comes with the very reading that shows it.
func TestRestartBringsTheContext(t *testing.T) {
	polled(t, nothing, func(b *bench, r *router) {
		time.Sleep(interval)
		if b.last().Context != nil {
			b.t.Fatal("context in an ordinary poll")
		}
		r.set(oidSysUpTime, value{kind: kindTicks, num: 300})
		time.Sleep(interval)
		if b.last().Reading.UpTime != 300 || b.last().Context == nil {
			b.t.Errorf("reading %+v, context %+v", b.last().Reading, b.last().Context)
		}
	})
}

// An agent that answers few objects in one message gives the slower facts in parts. One object that
// it refuses costs no other.
func TestContextInParts(t *testing.T) {
	polled(t, func(r *router) { r.limit, r.refuse = 11, "ifAlias" }, func(b *bench, _ *router) {
		got := b.last()
		if !got.Answered() || got.Context == nil {
			b.t.Fatalf("%s, context %+v", got.Detail, got.Context)
		}
		c := got.Context
		if !c.HasSystemUpTime || c.SystemUpTime != 200_000 || c.EngineBoots != 3 || c.Descr != "port eth1" || c.Alias != "" {
			b.t.Errorf("context %+v", c)
		}
		if early := c.At.Before(got.Reading.At); early || c.At.Sub(got.Reading.At) > time.Second {
			b.t.Errorf("the context is of %s, the reading of %s", c.At, got.Reading.At)
		}
	})
}

// 32 bits where that is all there is, per column; asked again within the hour.
func TestColumnFallsBackToItsTwin(t *testing.T) {
	wide := at(columns[linkmodel.InUcastPkts].wide, 1).oid
	prepare := func(r *router) {
		r.set(wide, value{})
		r.set(oidEngineTime, value{})
		r.set(at(highSpeed, 1).oid, value{})
		r.set(at(speed, 1).oid, value{kind: kindGauge32, num: 100e6})
		r.set(at(columns[linkmodel.InUnknownProtos].narrow, 1).oid, value{})
	}
	polled(t, prepare, func(b *bench, r *router) {
		time.Sleep(interval)
		got := b.last().Reading
		if v, ok := got.Counters.Get(linkmodel.InUcastPkts); !ok || v != 7 || got.Counters.Wide.Has(linkmodel.InUcastPkts) {
			b.t.Errorf("unicast %d %t", v, ok)
		}
		if !got.Counters.Wide.Has(linkmodel.InOctets) {
			b.t.Error("octets fell back too")
		}
		if got.HighSpeed != 100 || got.HasEngineTime || got.Counters.Present.Has(linkmodel.InUnknownProtos) {
			b.t.Errorf("%+v", got)
		}
		if asked := r.lastGet(); slices.Contains(asked, "ifHCInUcastPkts") || slices.Contains(asked, "ifInUnknownProtos") {
			b.t.Errorf("asks again for what is not there: %v", asked)
		}
		r.set(wide, value{kind: kindCounter64, num: 9})
		time.Sleep(time.Hour + interval)
		if got := b.last().Reading.Counters; !got.Wide.Has(linkmodel.InUcastPkts) || got.Value[linkmodel.InUcastPkts] != 9 {
			b.t.Error("the 64-bit column that appeared is not used an hour later")
		}
	})
}

// A 64-bit unicast column that stands at zero while its twin counts is not believed.
func TestStuckColumn(t *testing.T) {
	wide, narrow := at(columns[linkmodel.OutUcastPkts].wide, 1).oid, at(columns[linkmodel.OutUcastPkts].narrow, 1).oid
	prepare := func(r *router) { r.set(wide, value{kind: kindCounter64}) }
	polled(t, prepare, func(b *bench, r *router) {
		for n := uint64(1); n < 8; n++ {
			r.set(narrow, value{kind: kindCounter32, num: 100 * n})
			time.Sleep(interval)
		}
		if got := b.last().Reading.Counters; got.Value[linkmodel.OutUcastPkts] != 700 || got.Wide.Has(linkmodel.OutUcastPkts) {
			b.t.Errorf("value %d", got.Value[linkmodel.OutUcastPkts])
		}
		if b.logged("a 64-bit counter stands at zero while its 32-bit twin counts; using the twin") != 1 {
			b.t.Error("not told, or more than once")
		}
		r.set(wide, value{kind: kindCounter64, num: 5})
		time.Sleep(time.Hour + interval)
		if got := b.last().Reading.Counters; got.Value[linkmodel.OutUcastPkts] != 5 {
			b.t.Errorf("value %d after the column came to life", got.Value[linkmodel.OutUcastPkts])
		}
	})
}

// An idle interface has no stuck columns.
func TestIdleColumnIsNotStuck(t *testing.T) {
	prepare := func(r *router) {
		for _, c := range unicast {
			r.set(at(columns[c].wide, 1).oid, value{kind: kindCounter64})
			r.set(at(columns[c].narrow, 1).oid, value{kind: kindCounter32})
		}
	}
	polled(t, prepare, func(b *bench, _ *router) {
		time.Sleep(5 * interval)
		if got := b.last().Reading.Counters; !got.Wide.Has(linkmodel.InUcastPkts) || !got.Wide.Has(linkmodel.OutUcastPkts) {
			b.t.Error("an idle column was given up")
		}
	})
}

// tooBig makes the list shorter, in one message still, and says so.
func TestTooBig(t *testing.T) {
	polled(t, func(r *router) { r.limit = 15 }, func(b *bench, r *router) {
		time.Sleep(interval)
		got := b.last()
		if !got.Answered() || len(r.lastGet()) != 15 {
			b.t.Fatalf("%s, %d objects", got.Detail, len(r.lastGet()))
		}
		c := got.Reading.Counters
		for _, want := range []linkmodel.Counter{linkmodel.InOctets, linkmodel.OutOctets, linkmodel.InUcastPkts, linkmodel.OutUcastPkts, linkmodel.InErrors} {
			if !c.Present.Has(want) {
				b.t.Errorf("%s was left out", columns[want].narrow.name)
			}
		}
		if b.logged("the agent cannot answer all objects in one message; asking for fewer") != 2 {
			b.t.Errorf("logged %d times", b.logged("the agent cannot answer all objects in one message; asking for fewer"))
		}
	})
	polled(t, func(r *router) { r.limit = 3 }, func(b *bench, _ *router) {
		if got := b.last(); got.Miss != linkmodel.MissBadReply || !strings.Contains(got.Detail, "tooBig") {
			b.t.Errorf("%s %s", got.Miss, got.Detail)
		}
	})
}

// An agent that refuses a whole request for one object is asked without it, in the same cycle.
func TestNoSuchName(t *testing.T) {
	polled(t, func(r *router) { r.refuse = "ifCounterDiscontinuityTime" }, func(b *bench, _ *router) {
		if got := b.last(); !got.Answered() || got.Reading.HasDiscontinuity {
			b.t.Errorf("%s %+v", got.Detail, got.Reading)
		}
	})
	polled(t, func(r *router) { r.refuse = "ifOperStatus" }, func(b *bench, _ *router) {
		if got := b.last(); got.Miss != linkmodel.MissBadReply {
			b.t.Errorf("%s %s", got.Miss, got.Detail)
		}
	})
}

// Renumbering costs one poll, which is a miss and never a reading of the wrong interface.
func TestRenumbering(t *testing.T) {
	polled(t, nothing, func(b *bench, r *router) {
		r.unplug(1)
		r.plug(1, "eth9")
		r.plug(5, "eth1")
		b.take()
		time.Sleep(3 * interval)
		polls := b.take()["link1"]
		first := polls[0].Ends[linkmodel.EndZ]
		if first.Miss != linkmodel.MissIdentity || !strings.Contains(first.Detail, `ifIndex 1 is "eth9" now, not "eth1"; "eth1" is now at ifIndex 5`) {
			b.t.Errorf("%s %s", first.Miss, first.Detail)
		}
		for _, p := range polls[1:] {
			if z := p.Ends[linkmodel.EndZ]; !z.Answered() || z.Reading.Index != 5 || z.Reading.Name != "eth1" {
				b.t.Errorf("%s %+v", z.Detail, z.Reading)
			}
		}
		if c := polls[1].Ends[linkmodel.EndZ].Context; c == nil || c.Descr != "port eth1" {
			b.t.Errorf("no context after the change: %+v", c)
		}
	})
}

// An interface that goes away is told once, and read again when it comes back, wherever it is.
func TestInterfaceGoesAndComes(t *testing.T) {
	polled(t, nothing, func(b *bench, r *router) {
		r.unplug(1)
		r.plug(2, "eth2")
		time.Sleep(5 * interval)
		got := b.last()
		if got.Miss != linkmodel.MissIdentity || !strings.Contains(got.Detail, `r2 (127.0.0.2): there is no interface "eth1" among 1; closest names: eth2 (alias "alias of eth2")`) {
			b.t.Errorf("%s %s", got.Miss, got.Detail)
		}
		if n := b.logged("interface cannot be read"); n != 1 {
			b.t.Errorf("told %d times", n)
		}
		r.plug(7, "eth1")
		time.Sleep(rewalkAfter + 2*interval)
		if got := b.last(); !got.Answered() || got.Reading.Index != 7 {
			b.t.Errorf("%s %+v", got.Detail, got.Reading)
		}
		if b.logged("interface is read again") != 1 {
			b.t.Error("its return was not told")
		}
	})
}

// A router that is walked for many interfaces at a time is walked once.
func TestOneWalkServesAllEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 4, interval)
		r1 := b.routers["r1"]
		polls := b.run(interval)
		walks := len(r1.sent) - len(r1.gets)
		if len(polls) != 4 || walks != 1 {
			t.Errorf("%d links, %d walks", len(polls), walks)
		}
	})
}

// An agent without ifXTable: names from ifDescr, speed from ifSpeed, counters of 32 bits.
func TestAgentWithoutIfXTable(t *testing.T) {
	prepare := func(r *router) {
		for oid := range r.values {
			if strings.HasPrefix(oid, ".1.3.6.1.2.1.31.") {
				delete(r.values, oid)
			}
		}
		r.set(at(ifDescr, 1).oid, value{kind: kindText, text: "eth1"})
		r.set(at(speed, 1).oid, value{kind: kindGauge32, num: 4294967295})
	}
	polled(t, prepare, func(b *bench, _ *router) {
		time.Sleep(interval)
		got := b.last()
		if !got.Answered() || got.Reading.Name != "eth1" || got.Reading.HighSpeed != 0 || got.Reading.Counters.Wide != 0 {
			b.t.Errorf("%s %+v", got.Detail, got.Reading)
		}
		if _, ok := got.Reading.Counters.Packets(linkmodel.PacketsIn); !ok {
			b.t.Error("no packets")
		}
	})
}

// An alias that moved to another interface is followed within the hour.
func TestAliasMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		r := b.routers["r2"]
		r.plug(2, "eth2")
		r.set(at(ifAlias, 2).oid, value{kind: kindText})
		b.links[0].ends[1].iface = "alias of eth1"
		b.devices[1].wanted = []string{"alias of eth1"}
		defer b.start()()
		time.Sleep(interval)
		if got := b.last(); got.Reading.Index != 1 {
			t.Fatalf("%s %+v", got.Detail, got.Reading)
		}
		r.set(at(ifAlias, 1).oid, value{kind: kindText})
		r.set(at(ifAlias, 2).oid, value{kind: kindText, text: "alias of eth1"})
		time.Sleep(time.Hour + 2*interval)
		if got := b.last(); got.Reading.Index != 2 {
			t.Errorf("%s %+v", got.Detail, got.Reading)
		}
	})
}

// Statuses outside the MIB are unknown, not down.
func TestStatusOutsideTheMIB(t *testing.T) {
	prepare := func(r *router) { r.set(at(operStatus, 1).oid, value{kind: kindInteger, num: 99}) }
	polled(t, prepare, func(b *bench, _ *router) {
		if got := b.last().Reading.Oper; got != linkmodel.StatusUnknown {
			b.t.Errorf("oper %s", got)
		}
	})
}

func TestAgentThatHidesItsClock(t *testing.T) {
	polled(t, func(r *router) { r.set(oidSysUpTime, value{}) }, func(b *bench, _ *router) {
		if got := b.last(); got.Miss != linkmodel.MissDenied || !strings.Contains(got.Detail, "sysUpTime.0") {
			b.t.Errorf("%s %s", got.Miss, got.Detail)
		}
	})
}
