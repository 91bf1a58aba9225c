package simulator

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// timed builds a network on a clock of its own.
func timed(t *testing.T, edit func(*Config)) (*Simulator, *clock) {
	t.Helper()
	c, now := pair(t), newClock()
	c.Now = now.now
	if edit != nil {
		edit(&c)
	}
	return build(t, c), now
}

func TestARebootStartsEverythingAtZero(t *testing.T) {
	s, time := timed(t, nil)
	a := s.Router("r1")
	boots := read(t, a, oidBoots)[0].(int)
	a.Freeze()
	time.pass(10e9)
	a.Reboot()
	time.pass(5e9)
	got := read(t, a, oidUpTime, oidHostUpTime, oidEngineTime, oidBoots, oidChanged, oidHCOut)
	want := []any{uint32(500), uint32(500), 5, boots + 1, uint32(0), uint64(5_000_000)}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	far := read(t, s.Router("r2"), oidUpTime)[0]
	if far != uint32(361_500) {
		t.Errorf("the other router's uptime is %v", far)
	}
}

func TestAnAgentRestartLeavesCountersAndHostAlone(t *testing.T) {
	s, time := timed(t, nil)
	a := s.Router("r1")
	before := read(t, a, oidHCOut, oidBoots)
	a.RestartAgent()
	time.pass(5e9)
	got := read(t, a, oidUpTime, oidHostUpTime, oidEngineTime, oidBoots, oidChanged, oidHCOut)
	want := []any{
		uint32(500), uint32(360_500), 5, before[1], uint32(0), before[0].(uint64) + 5_000_000,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRenumberingPutsAnotherInterfaceAtTheIndex(t *testing.T) {
	s, time := timed(t, func(c *Config) { c.Routers[0].Others = []string{"eth7"} })
	a := s.Router("r1")
	time.pass(1e9)
	before := read(t, a, oidHCOut)[0]
	a.Renumber()
	got := read(t, a, oidName, ".1.3.6.1.2.1.31.1.1.1.1.502", ".1.3.6.1.2.1.31.1.1.1.10.502", ".1.3.6.1.2.1.31.1.5.0")
	if d := cmp.Diff([]any{[]byte("eth7"), []byte("eth0"), before, uint32(360_100)}, got); d != "" {
		t.Error(d)
	}
	lone := s.Router("r2")
	lone.Renumber()
	if got := read(t, lone, oidName, ".1.3.6.1.2.1.31.1.1.1.1.502"); got[0] != nil || got[1] == nil {
		t.Errorf("a lone interface: %v", got)
	}
}

func TestNarrowCountersWrap(t *testing.T) {
	s, time := timed(t, func(c *Config) {
		c.Routers[0].Narrow, c.Routers[0].FirstCount = true, 1<<32-500_000
	})
	a := s.Router("r1")
	if got := read(t, a, oidOut)[0]; got != uint(1<<32-500_000) {
		t.Errorf("first: %v", got)
	}
	time.pass(1e9)
	if got := read(t, a, oidOut)[0]; got != uint(500_000) {
		t.Errorf("a second and a megabyte later: %v", got)
	}
}

func TestUpTimeWrapsAfter497Days(t *testing.T) {
	wrap := time.Duration(1<<32) * 10 * time.Millisecond
	s, time := timed(t, func(c *Config) { c.Routers[0].UpTime = wrap - 1e9 })
	a := s.Router("r1")
	if got := read(t, a, oidUpTime)[0]; got != uint32(1<<32-100) {
		t.Errorf("before: %v", got)
	}
	time.pass(2e9)
	got := read(t, a, oidUpTime, oidEngineTime)
	if d := cmp.Diff([]any{uint32(100), int((wrap + 1e9).Seconds())}, got); d != "" {
		t.Error(d)
	}
}

func TestALineCardMayOrMayNotAdmitItsRestart(t *testing.T) {
	s, time := timed(t, nil)
	a := s.Router("r1")
	for _, c := range []struct {
		marked bool
		stamp  uint32
	}{{false, 0}, {true, 360_200}} {
		time.pass(1e9)
		if err := a.ClearCounters("eth0", c.marked); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]any{uint64(0), c.stamp}, read(t, a, oidHCOut, oidDisc)); d != "" {
			t.Errorf("marked %v: %s", c.marked, d)
		}
	}
}

func TestFrozenCountersJumpWhenTheyThaw(t *testing.T) {
	s, time := timed(t, nil)
	a := s.Router("r1")
	before := read(t, a, oidHCOut)[0].(uint64)
	a.Freeze()
	time.pass(10e9)
	if got := read(t, a, oidHCOut, oidUpTime); got[0] != before || got[1] != uint32(361_000) {
		t.Errorf("frozen at %d: %v", before, got)
	}
	a.Thaw()
	if got := read(t, a, oidHCOut)[0]; got != before+10_000_000 {
		t.Errorf("thawed: %v after %d", got, before)
	}
}

func TestACacheServesOldCountersAndLiveUpTime(t *testing.T) {
	s, clock := timed(t, func(c *Config) { c.Routers[0].CacheAge = 3 * time.Second; c.KeepServed = 100 })
	a := s.Router("r1")
	clock.pass(20 * time.Second)
	steps := map[uint64]int{}
	for i := range 60 {
		clock.pass(100 * time.Millisecond)
		got := read(t, a, oidHCOut, oidUpTime)
		steps[got[0].(uint64)]++
		if up := uint32(362_010 + 10*i); got[1] != up {
			t.Errorf("sysUpTime is %v, want %v", got[1], up)
		}
	}
	if len(steps) != 3 && len(steps) != 2 {
		t.Errorf("%d different values in 6 s, want one per 3 s: %v", len(steps), steps)
	}
	if got := read(t, a, oidCacheTimeout)[0]; got != 3 {
		t.Errorf("nsCacheTimeout is %v", got)
	}
	for _, served := range s.Ledger().Served("r1") {
		if age := served.At.Sub(served.AsOf); age < 0 || age >= 3*time.Second {
			t.Errorf("counters %v old", age)
		}
	}
	a.Reboot()
	clock.pass(10 * time.Millisecond)
	if got := read(t, a, oidHCOut)[0].(uint64); got > 10_000 {
		t.Errorf("the cache outlived a reboot: %d", got)
	}
}

// EOS stamps its counters with the sysUpTime at which it took them over.
func TestEOSStampsItsCounters(t *testing.T) {
	s, clock := timed(t, func(c *Config) { c.Routers[0].CacheAge, c.Routers[0].Platform = 5*time.Second, EOS })
	a := s.Router("r1")
	clock.pass(20 * time.Second)
	var last uint32
	for range 100 {
		clock.pass(100 * time.Millisecond)
		got := read(t, a, oidSampled, oidUpTime, oidCacheTimeout)
		stamp, up := got[0].(uint32), got[1].(uint32)
		if stamp > up || up-stamp > 500 || last != 0 && stamp != last && (stamp < last+499 || stamp > last+501) {
			t.Errorf("sampled at %d, then %d, now %d", last, stamp, up)
		}
		if last = stamp; got[2] != nil {
			t.Errorf("nsCacheTimeout is %v", got[2])
		}
	}
}

func TestStatusAndItsStamp(t *testing.T) {
	s, time := timed(t, nil)
	a, z := s.Router("r1"), s.Router("r2")
	state := func(r *Agent) []any { return read(t, r, oidAdmin, oidOper, oidChanged) }
	at := uint32(360_000)
	step := func(f func(*Truth), wantA, wantZ []any) {
		t.Helper()
		time.pass(1e9)
		at += 100
		if err := s.Set("r1-r2", f); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([][]any{wantA, wantZ}, [][]any{state(a), state(z)}); d != "" {
			t.Error(d)
		}
	}
	if d := cmp.Diff([]any{1, 1, uint32(4200)}, state(a)); d != "" {
		t.Errorf("at the start: %s", d)
	}
	step(func(tr *Truth) { tr.Cut = true }, []any{1, 2, at + 100}, []any{1, 2, at + 100})
	step(func(tr *Truth) { tr.Load[AToZ].BPS = 1e6 }, []any{1, 2, at}, []any{1, 2, at})
	cut := at - 100
	step(func(tr *Truth) { tr.Shut[EndA] = true }, []any{2, 2, cut}, []any{1, 2, cut})
	step(func(tr *Truth) { *tr = Truth{} }, []any{1, 1, at + 100}, []any{1, 1, at + 100})
	up := at
	step(func(tr *Truth) { tr.Dark[EndZ] = true }, []any{1, 1, up}, []any{1, 2, at + 100})
	step(func(tr *Truth) { *tr = Truth{Shut: [2]bool{true, false}} }, []any{2, 2, at + 100}, []any{1, 2, at})
}

func TestAFlapBetweenTwoReadingsMovesTheStamp(t *testing.T) {
	s, time := timed(t, nil)
	for _, cut := range []bool{true, false} {
		time.pass(1e9)
		if err := s.Set("r1-r2", func(tr *Truth) { tr.Cut = cut }); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]any{1, uint32(360_200)}, read(t, s.Router("r1"), oidOper, oidChanged)); d != "" {
		t.Error(d)
	}
}

func TestDiscardsMayBeCountedAsSent(t *testing.T) {
	for _, included := range []bool{false, true} {
		s, time := timed(t, func(c *Config) {
			c.Routers[0].OutIncludesDiscards = included
			c.Links[0].Load[AToZ].SenderDiscards = 0.1
		})
		before := s.now()
		time.pass(100e9)
		grown := func(c Counter) uint64 {
			first, err := s.Ledger().Counters("r1", "eth0", before)
			if err != nil {
				t.Fatal(err)
			}
			last, err := s.Ledger().Counters("r1", "eth0", s.now())
			if err != nil {
				t.Fatal(err)
			}
			return last[c] - first[c]
		}
		out := grown(OutUcastPkts) + grown(OutMulticastPkts) + grown(OutBroadcastPkts)
		want := map[bool]uint64{false: 90_000, true: 100_000}[included]
		if out != want || grown(OutDiscards) != 10_000 || grown(OutOctets) != 90_000_000 {
			t.Errorf("included %v: %d packets, %d discards", included, out, grown(OutDiscards))
		}
	}
}

// TestTheLedgerKnowsWhatWasServed compares the ledger with the agent at every step of a life full
// of changes.
func TestTheLedgerKnowsWhatWasServed(t *testing.T) {
	s, clock := timed(t, func(c *Config) { c.KeepServed = 3 })
	a := s.Router("r1")
	type sample struct {
		at  time.Time
		out uint64
	}
	var samples []sample
	take := func() {
		clock.pass(777 * time.Millisecond)
		samples = append(samples, sample{clock.now(), read(t, a, oidHCOut, oidName)[0].(uint64)})
	}
	for _, change := range []func(){
		func() {},
		func() { _ = s.Set("r1-r2", func(tr *Truth) { tr.Load[AToZ].BPS *= 3 }) },
		a.Reboot,
		func() { _ = s.Set("r1-r2", func(tr *Truth) { tr.Cut = true }) },
		a.RestartAgent,
		func() { _ = s.Set("r1-r2", func(tr *Truth) { tr.Cut = false; tr.Load[AToZ].Burst = 0.5 }) },
		func() { _ = a.ClearCounters("eth0", false) },
	} {
		change()
		take()
		clock.pass(time.Microsecond)
	}
	for i, sample := range samples {
		truth, err := s.Ledger().Counters("r1", "eth0", sample.at)
		if err != nil || truth[OutOctets] != sample.out {
			t.Errorf("sample %d: served %d, true %d, %v", i, sample.out, truth[OutOctets], err)
		}
	}
	var deeds []string
	for _, c := range s.Ledger().Changes() {
		deeds = append(deeds, c.Link+c.Router+" "+c.What)
	}
	want := []string{
		"r1-r2 set", "r1 reboot", "r1-r2 set", "r1 restart agent", "r1-r2 set", "r1 clear counters of eth0",
	}
	if d := cmp.Diff(want, deeds); d != "" {
		t.Error(d)
	}
	served := s.Ledger().Served("r1")
	if len(served) != 3 || !served[2].At.Equal(samples[len(samples)-1].at) || !slices.Equal(served[2].Interfaces, []string{"eth0"}) {
		t.Errorf("served: %+v", served)
	}
	if truth, err := s.Ledger().Truth("r1-r2", samples[4].at); err != nil || !truth.Cut {
		t.Errorf("truth at sample 4: %+v, %v", truth, err)
	}
}

// TestBothEndsAgree reads both routers and the ledger of one direction.
func TestBothEndsAgree(t *testing.T) {
	s, clock := timed(t, func(c *Config) { c.Links[0].Load[AToZ].Loss = 0.01; c.Links[0].Load[AToZ].ReceiverErrors = 0.002 })
	began := clock.now()
	clock.pass(1000 * time.Second)
	grown := func(router, name string) (c Counters) {
		first, err1 := s.Ledger().Counters(router, name, began)
		last, err2 := s.Ledger().Counters(router, name, clock.now())
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for i := range c {
			c[i] = last[i] - first[i]
		}
		return c
	}
	a, z := grown("r1", "eth0"), grown("r2", "eth1")
	flow, err := s.Ledger().Flow("r1-r2", AToZ, clock.now())
	if err != nil {
		t.Fatal(err)
	}
	sent := a[OutUcastPkts] + a[OutMulticastPkts] + a[OutBroadcastPkts]
	received := z[InUcastPkts] + z[InMulticastPkts] + z[InBroadcastPkts]
	if sent != flow[Sent] || received != flow[Received] || sent-received != flow[Lost]+z[InErrors] || flow[Lost] != 10_000 {
		t.Errorf("sent %d, received %d, errors %d, ledger %v", sent, received, z[InErrors], flow)
	}
}

// TestVirtualTime runs a day in no time: the truth needs no clock of its own.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := build(t, pair(t))
		before := read(t, s.Router("r1"), oidHCOut)[0].(uint64)
		time.Sleep(24 * time.Hour)
		if got := read(t, s.Router("r1"), oidHCOut)[0].(uint64); got-before != 86_400_000_000 {
			t.Errorf("%d octets in a day of 1 MB/s", got-before)
		}
	})
}
