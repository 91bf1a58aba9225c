package poller

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

// config is what the bench polls, to be changed by a test: it shares nothing with the Poller.
func (b *bench) config() Config {
	cfg := b.cfg
	cfg.Devices, cfg.Links = slices.Clone(cfg.Devices), slices.Clone(cfg.Links)
	return cfg
}

// reload gives the running Poller another Config.
func (b *bench) reload(cfg Config) {
	b.t.Helper()
	if err := b.Reload(cfg, func() {}); err != nil {
		b.t.Fatal(err)
	}
}

// wait lets polling go on for a while and returns what was emitted meanwhile.
func (b *bench) wait(d time.Duration) map[string][]linkmodel.Poll {
	time.Sleep(d)
	synctest.Wait()
	return b.take()
}

// whole fails unless every poll was answered at both ends.
func (b *bench) whole(polls map[string][]linkmodel.Poll) {
	b.t.Helper()
	for name, list := range polls {
		for i, p := range list {
			if !p.Ends[0].Answered() || !p.Ends[1].Answered() {
				b.t.Errorf("%s, poll %d: %s %s", name, i, p.Ends[0].Detail, p.Ends[1].Detail)
			}
		}
	}
}

// counts tells how many polls of each link there were.
func counts(polls map[string][]linkmodel.Poll) map[string]int {
	out := map[string]int{}
	for name, list := range polls {
		out[name] = len(list)
	}
	return out
}

// undithered are routers whose links are due at their place in the interval.
func undithered(t *testing.T, links int, interval time.Duration) *bench {
	t.Helper()
	b := newBench(t, links, interval)
	for i := range b.cfg.Devices {
		b.cfg.Devices[i].CounterCache = 0
		b.devices[i].cfg.CounterCache = 0
	}
	return b
}

// What a reload does not touch goes on as if there had been none: no poll more or less, no walk, none
// of the slower reads.
func TestReloadLeavesTheRestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 3, 10*time.Second)
		stop := b.start()
		defer stop()
		b.wait(25 * time.Second)
		requests := func(name string) int { return b.routers[name].attempts() }
		requests("r2")
		b.wait(50 * time.Second)
		quiet := requests("r2")

		cfg := b.config()
		cfg.Links = cfg.Links[:2] // link3 goes, and its router
		cfg.Devices = cfg.Devices[:3]
		for range 5 {
			b.reload(cfg)
			got := b.wait(10 * time.Second)
			b.whole(got)
			if want := map[string]int{"link1": 1, "link2": 1}; !maps.Equal(counts(got), want) {
				t.Errorf("polls %v, want %v", counts(got), want)
			}
		}
		if n := requests("r2"); n != quiet {
			t.Errorf("%d requests in 50 s with reloads, %d without", n, quiet)
		}
		if walked := b.routers["r2"].walked; walked != 1 {
			t.Errorf("walked %d times", walked)
		}
		requests("r4")
		b.wait(time.Minute)
		if n := requests("r4"); n != 0 {
			t.Errorf("%d requests to a router that is no longer declared", n)
		}
		if missed := b.missedTicks(); missed != 0 {
			t.Errorf("%d ticks missed", missed)
		}
		if n := metric(t, b.registry, "bothends_devices_answering", ""); n != 3 || len(b.Devices()) != 3 {
			t.Errorf("%v of %d routers answer, want 3 of 3", n, len(b.Devices()))
		}
		if n := len(b.transport.hosts); n != 3 {
			t.Errorf("%d addresses are known", n)
		}
	})
}

// A link that is added begins within its interval, also on a router that is polled already.
func TestReloadAddsLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 2, 10*time.Second)
		all := b.config()
		few := b.config()
		few.Links, few.Devices = few.Links[:1], few.Devices[:2]
		stop := b.start()
		defer stop()
		b.reload(few)
		b.wait(time.Minute)
		b.reload(all)
		got := b.wait(20 * time.Second)
		b.whole(got)
		if want := map[string]int{"link1": 2, "link2": 2}; !maps.Equal(counts(got), want) {
			t.Errorf("polls %v, want %v", counts(got), want)
		}
		if b.routers["r1"].walked != 2 {
			t.Errorf("r1 was walked %d times, want once more for its new interface", b.routers["r1"].walked)
		}
	})
}

// Another name changes neither place nor knowledge.
func TestReloadRenames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 1, 10*time.Second)
		stop := b.start()
		defer stop()
		before := b.wait(35 * time.Second)["link1"]
		cfg := b.config()
		cfg.Links[0].Name, cfg.Links[0].Was = "another", "link1"
		b.reload(cfg)
		b.reload(cfg) // again, before the name has taken effect
		got := b.wait(30 * time.Second)
		b.whole(got)
		if want := map[string]int{"another": 3}; !maps.Equal(counts(got), want) {
			t.Fatalf("polls %v, want %v", counts(got), want)
		}
		if gap := got["another"][0].ScheduledMono - before[len(before)-1].ScheduledMono; gap != 10*time.Second {
			t.Errorf("%v between the last poll under the old name and the first under the new one", gap)
		}
		if b.routers["r1"].walked != 1 || b.missedTicks() != 0 {
			t.Errorf("walked %d times, %d ticks missed", b.routers["r1"].walked, b.missedTicks())
		}
	})
}

// A router that is asked in another way is asked so with the next poll. At the same address its
// interfaces are known, at another they are looked for first; no poll is lost either way.
func TestReloadAsksInAnotherWay(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Device)
		walks  int
	}{
		{"credential", func(d *Device) { d.Credential.Community = benchCredential.Community; d.Timeout = time.Second }, 0},
		{"address", func(d *Device) { d.Address = benchAddr("r9").Addr().String() }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := undithered(t, 1, 10*time.Second)
				b.net.routers[benchAddr("r9")] = newRouter(3)
				stop := b.start()
				defer stop()
				b.wait(25 * time.Second)
				walked := b.routers["r2"].walked
				cfg := b.config()
				tt.change(&cfg.Devices[1])
				b.reload(cfg)
				got := b.wait(30 * time.Second)
				b.whole(got)
				if len(got["link1"]) != 3 || b.missedTicks() != 0 {
					t.Errorf("%d polls in 3 intervals", len(got["link1"]))
				}
				after := b.routers["r2"].walked - walked + b.net.routers[benchAddr("r9")].walked
				if after != tt.walks {
					t.Errorf("%d walks after the reload, want %d", after, tt.walks)
				}
				if n := metric(t, b.registry, "bothends_devices_answering", ""); n != 2 {
					t.Errorf("%v routers answer", n)
				}
			})
		})
	}
}

// A link gets another place with another interval.
func TestReloadChangesIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 2, time.Hour)
		stop := b.start()
		defer stop()
		b.wait(2 * time.Hour)
		cfg := b.config()
		cfg.Links[0].Interval = 10 * time.Second
		b.reload(cfg)
		got := b.wait(time.Hour)
		b.whole(got)
		if want := map[string]int{"link1": 360, "link2": 1}; !maps.Equal(counts(got), want) {
			t.Errorf("polls %v, want %v", counts(got), want)
		}
	})
}

// Nothing is handed over of a link that ended, also when a poll of it was under way, and nothing of
// the link that took its name before the caller is ready for it.
func TestReloadEndsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 1, 10*time.Second)
		for _, r := range b.routers {
			r.delay = 400 * time.Millisecond
		}
		stop := b.start()
		defer stop()
		last := b.wait(25 * time.Second)["link1"]
		next := last[len(last)-1].ScheduledMono + 10*time.Second
		time.Sleep(next - mono() + 200*time.Millisecond) // the requests are on their way
		cfg := b.config()
		cfg.Links[0].Ends[0] = Endpoint{"r1", "eth1"}
		cfg.Links[0].Ends[1] = Endpoint{"r1", "#1"}
		err := b.Reload(cfg, func() {
			time.Sleep(time.Second)
			if got := b.take(); len(got) != 0 {
				t.Errorf("%v was handed over", counts(got))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		got := b.wait(20 * time.Second)["link1"]
		if len(got) != 2 || got[0].ScheduledMono != next+10*time.Second {
			t.Errorf("%d polls of the link that took the name", len(got))
		}
	})
}

// Who exchanges the rest of the program meanwhile must not be told that nothing was exchanged, or it
// would close what is in use. Afterwards nothing is exchanged any more.
func TestReloadWhileRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		stop := b.start()
		time.Sleep(interval)
		called := 0
		if err := b.Reload(b.config(), func() { called++; stop() }); err != nil {
			t.Errorf("exchanged, and then told that %v", err)
		}
		if err := b.Reload(b.config(), func() { called++ }); !errors.Is(err, errStopped) {
			t.Errorf("after Run has ended: %v", err)
		}
		if called != 1 {
			t.Errorf("exchanged %d times", called)
		}
	})
}

// A name is no longer resolved for a router that is gone: goleak would find who goes on.
func TestReloadEndsNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 2, 10*time.Second)
		cfg := b.config()
		named := b.config()
		named.Devices[2].Address = "localhost"
		stop := b.start()
		b.reload(named)
		d := b.devices[2]
		b.reload(cfg)
		synctest.Wait()
		if d.stop == nil || b.devices[2].stop != nil {
			t.Error("who has a name is not told from who has none")
		}
		stop()
	})
}

// Over any series of reloads every link is polled once in each of its intervals from when it is
// declared until it is not, whatever it is called meanwhile.
func TestReloadsLoseNoPoll(t *testing.T) {
	const interval = 10 * time.Second
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			b := undithered(t, 6, interval)
			all := b.config()
			stop := b.start()
			defer stop()
			lives := make([]*life, len(all.Links)) // of what is declared now
			byName := map[string]*life{}
			for round := range 6 {
				cfg := all
				cfg.Links = nil
				for i, l := range all.Links {
					switch what := rapid.SampledFrom([]string{"same", "same", "rename", "remove"}).Draw(rt, "what"); {
					case what == "remove":
						lives[i] = nil
						continue
					case lives[i] == nil:
						lives[i] = &life{begun: mono(), name: fmt.Sprintf("link%d-%d", i, round)}
					case what == "rename":
						l.Was, lives[i].name = lives[i].name, fmt.Sprintf("link%d-%d", i, round)
					}
					l.Name = lives[i].name
					byName[l.Name] = lives[i]
					cfg.Links = append(cfg.Links, l)
				}
				b.reload(cfg)
				time.Sleep(time.Duration(rapid.IntRange(0, 30_000).Draw(rt, "ms")) * time.Millisecond)
				for _, l := range lives {
					if l != nil {
						l.ended = mono()
					}
				}
			}
			time.Sleep(time.Second)
			for name, polls := range b.take() {
				if l := byName[name]; l != nil {
					l.polls = append(l.polls, polls...)
				}
			}
			for _, l := range byName {
				l.check(t, interval)
			}
			if b.missedTicks() != 0 {
				t.Errorf("%d ticks missed", b.missedTicks())
			}
		})
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// life is a link from when it is declared until it is not.
type life struct {
	name         string
	begun, ended time.Duration
	polls        []linkmodel.Poll
}

// check fails unless the link was polled at its place in every interval that it saw whole, but for
// the one that may have been under way at its end.
func (l *life) check(t *testing.T, interval time.Duration) {
	slices.SortFunc(l.polls, func(a, b linkmodel.Poll) int { return int(a.ScheduledMono - b.ScheduledMono) })
	last := l.begun
	for i, p := range l.polls {
		gap := p.ScheduledMono - last
		if i > 0 && gap != interval || gap > interval {
			t.Errorf("%s: poll %d came %v after what was before", l.name, i, gap)
		}
		last = p.ScheduledMono
	}
	if rest := l.ended - last; rest > interval+time.Second/10 {
		t.Errorf("%s: nothing in the last %v", l.name, rest)
	}
}

// A router that is asked in another way is still where it was: its name need not be resolved anew, which
// may take long or fail now. One of another name is not there.
func TestReloadKeepsTheAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := undithered(t, 1, 10*time.Second)
		b.cfg.Devices[1].Address = "r2.invalid"
		before := b.devices[1]
		before.cfg.Address = "r2.invalid"
		before.address.host, before.address.current = "r2.invalid", benchAddr("r2").Addr()
		cfg := b.config()
		cfg.Devices[1].Timeout = time.Second
		if to, err := b.succeed(before, &cfg.Devices[1]).address.get(); err != nil || to != benchAddr("r2") {
			t.Errorf("%v, %v", to, err)
		}
		cfg.Devices[1].Address = "r3.invalid"
		if to, err := b.succeed(before, &cfg.Devices[1]).address.get(); err == nil {
			t.Errorf("another name is at %v", to)
		}
	})
}
