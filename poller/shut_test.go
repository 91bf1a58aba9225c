package poller

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

func TestShutInterfaceIsLookedUpEverMoreRarely(t *testing.T) {
	var s shutCheck
	if s.due(time.Hour) {
		t.Fatal("an interface that was never shut is due")
	}
	now := 10 * time.Second
	s.observe(linkmodel.StatusDown, now)
	if s.due(now) {
		t.Fatal("due at once: the agent may not show the new row yet")
	}
	var checks []time.Duration
	for ; now < 3*time.Hour; now += time.Second {
		s.observe(linkmodel.StatusDown, now)
		if s.due(now) {
			checks = append(checks, now)
		}
	}
	if checks[0] != 10*time.Second+shutFirstCheck {
		t.Errorf("first check at %v", checks[0])
	}
	for i := 2; i < len(checks); i++ {
		if before, gap := checks[i-1]-checks[i-2], checks[i]-checks[i-1]; gap < before || gap > longestWait+time.Second {
			t.Errorf("check %d after %v, the one before after %v", i, gap, before)
		}
	}
	if n := len(checks); n < 9 || n > 16 {
		t.Errorf("%d checks in three hours", n)
	}
	s.observe(linkmodel.StatusUp, now)
	if s.due(now + 2*time.Hour) {
		t.Error("an interface that is up again is due")
	}
}

// A shut interface whose living twin shows up is read there, although a walk of its router takes
// longer than a poll may: no poll is missed, and none is late.
func TestShutInterfaceIsFollowedWithoutMissingAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		b.big()
		r1 := b.routers["r1"]
		defer b.start()()
		time.Sleep(4 * interval)
		r1.set(at(adminStatus, 1).oid, value{kind: kindInteger, num: 2})
		r1.plug(1500, "eth1")
		b.take()
		time.Sleep(6 * interval)
		polls := b.take()["link1"]
		for i, p := range polls {
			if a := p.Ends[0]; !a.Answered() || a.Reading.Mono-p.ScheduledMono > time.Second {
				t.Errorf("poll %d: %s, %s after it was due", i, a.Detail, a.Reading.Mono-p.ScheduledMono)
			}
		}
		if got := polls[len(polls)-1].Ends[0].Reading.Index; got != 1500 {
			t.Errorf("read at ifIndex %d", got)
		}
	})
}

// An interface that is up stays where it is, whatever a later walk prefers.
func TestInterfaceThatIsUpIsNotMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		defer b.start()()
		time.Sleep(2 * interval)
		b.routers["r1"].plug(1500, "eth1")
		b.devices[0].walkAgain(1)
		time.Sleep(2 * interval)
		polls := b.take()["link1"]
		if last := polls[len(polls)-1].Ends[0]; last.Reading.Index != 1 {
			t.Errorf("read at ifIndex %d %s", last.Reading.Index, last.Detail)
		}
	})
}
