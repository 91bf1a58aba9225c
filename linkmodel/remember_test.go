package linkmodel

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// soon is a moment at which no reading of the tracker is in the future, on a machine that goes on.
func soon(t *Tracker) Moment {
	last := t.view.Mono
	for e := range t.view.Ends {
		last = max(last, t.view.Ends[e].Last.Mono)
	}
	return Moment{At: time.Unix(1_796_000_000, 0), Mono: last + time.Second, Boot: 7, Uptime: time.Hour}
}

// moved is the same moment on the clock of a process that began at another time.
func (m Moment) moved(shift time.Duration) Moment {
	m.Mono += shift
	return m
}

// restoredAt returns a tracker made of the document of another, on a clock that is shift ahead.
func restoredAt(t interface{ Fatal(args ...any) }, old *Tracker, shift time.Duration) *Tracker {
	at := soon(old)
	fresh := NewTracker(old.link)
	if err := fresh.Restore(old.AppendState(nil, at), at.moved(shift)); err != nil {
		t.Fatal(err)
	}
	return fresh
}

// laterPoll is the same poll on a clock that is shift ahead.
func laterPoll(p Poll, shift time.Duration) *Poll {
	p.ScheduledMono += shift
	for e := range p.Ends {
		p.Ends[e].Reading.Mono += shift
	}
	return &p
}

// earlierView is the view without the wall clock, on a clock that is shift behind.
func earlierView(v *View, shift time.Duration) *View {
	c := unstamped(v)
	c.Mono -= shift
	for e := range c.Ends {
		if c.Ends[e].Seen {
			c.Ends[e].Last.Mono -= shift
		}
	}
	return c
}

// A tracker that was written down and read back at any poll goes on as if nothing had happened,
// whatever the routers do, on whatever clock.
func TestRestoredIsAsNeverStopped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		link := chaoticLink(t)
		c := newChaos(t)
		c.now = time.Second // no poll is at the instant 0 either
		polls := c.stream(chaosPolls)
		// Nothing comes to lie at the instant 0, which is none.
		shift := time.Duration(rapid.IntRange(-1e6, 1e6).Draw(t, "shift"))*time.Second + 3_333_333
		restarts := rapid.SliceOfN(rapid.IntRange(0, chaosPolls-1), 1, 3).Draw(t, "restarts")
		views := viewsOf(link, polls)
		tracker, ahead := NewTracker(link), time.Duration(0)
		for i := range polls {
			for _, at := range restarts {
				if at == i {
					tracker = restoredAt(t, tracker, shift)
					ahead += shift
				}
			}
			tracker.Observe(laterPoll(polls[i], ahead))
			got := earlierView(tracker.Judge(nil), ahead)
			if want := unstamped(views[i]); !reflect.DeepEqual(want, got) {
				t.Fatalf("poll %d: %s", i, cmp.Diff(want, got))
			}
		}
	})
}

// A restart costs nothing of hours of learning either: windows with loss, noise, control frames,
// errors and discards.
func TestRestoredWindowsAreTheSame(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Ends[EndA].CounterCache, l.Ends[EndZ].CounterCache = -1, -1 })
	other := NewTracker(r.link)
	for i := range 700 {
		sent := uint64(20_000 + 3_000*(i%7))
		r.flow(AToZ, sent, sent/200)
		r.flow(ZToA, 9_000+sent/3, uint64(i%3))
		r.add(EndA, OutMulticastPkts, 3)
		r.add(EndA, OutDiscards, uint64(i%5))
		r.add(EndZ, InErrors, sent/300)
		r.late[EndZ] = time.Duration(20+i%11) * time.Millisecond
		if i%40 == 17 {
			wantAllKept(t, other, restoredAt(t, other, 0))
			other = restoredAt(t, other, time.Duration(i)*time.Hour)
			other = restoredAt(t, other, -time.Duration(i)*time.Hour)
		}
		want := r.poll(pollGap)
		p := &Poll{Link: r.link.Name, Scheduled: r.start.Add(r.now), ScheduledMono: r.now}
		for e := range r.ends {
			p.Ends[e].Reading = r.ends[e]
		}
		other.Observe(p)
		if diff := cmp.Diff(unstamped(want), unstamped(other.Judge(nil))); diff != "" {
			t.Fatalf("poll %d (-never stopped +restored): %s", i, diff)
		}
	}
	for _, d := range Directions {
		if l := r.tracker.view.Directions[d].Loss; !l.Known || l.Window < 5*time.Minute {
			t.Errorf("%v: no window to speak of: %+v", d, l)
		}
	}
}

// wantAllKept compares what two trackers have inside, but for what is made anew in every poll.
func wantAllKept(t *testing.T, want, got *Tracker) {
	t.Helper()
	for e := range want.ends {
		w, g := want.ends[e], got.ends[e]
		w.distrusted = g.distrusted
		if !reflect.DeepEqual(w, g) {
			t.Fatalf("end %d: %+v, want %+v", e, g, w)
		}
	}
	loss := want.loss
	if loss.faults != nil { // behind the last block lies what was there before
		faults := *loss.faults
		clear(faults.at[len(loss.blocks):])
		loss.faults = &faults
	}
	if len(loss.means) == 0 {
		loss.means = nil // whether there is room for some already is not kept
	}
	if !reflect.DeepEqual(loss, got.loss) {
		t.Fatalf("window %+v, want %+v", got.loss, want.loss)
	}
	if !reflect.DeepEqual(want.checks, got.checks) {
		t.Fatalf("checks %+v, want %+v", got.checks, want.checks)
	}
	if want.state != got.state || want.entered != got.entered || want.published != got.published {
		t.Fatalf("state %v since %v, want %v since %v", got.state, got.entered, want.state, want.entered)
	}
}

// stopped restores the rig's tracker as another process does after a gap in which the routers went
// on; the wall clock was set by step meanwhile, and the machine restarted if reboot.
func (r *rig) stopped(gap, step time.Duration, reboot bool) {
	r.t.Helper()
	then := Moment{At: r.start.Add(r.now), Mono: r.now + time.Second, Boot: 7, Uptime: r.now}
	doc := r.tracker.AppendState(nil, then)
	now := Moment{At: then.At.Add(gap + step), Mono: then.Mono + gap, Boot: 7, Uptime: then.Uptime + gap}
	if reboot {
		now.Boot, now.Uptime = 8, 20*time.Second
	}
	r.tracker = NewTracker(r.link)
	if err := r.tracker.Restore(doc, now); err != nil {
		r.t.Fatal(err)
	}
}

func trained(t *testing.T, change ...func(*Link)) *rig {
	t.Helper()
	r := newRig(t, change...)
	for e := range r.ends {
		r.ends[e].UpTime, r.ends[e].EngineTime = 900_000_000, 9_000_000 // 104 days
		r.refill(End(e))
		r.refill(End(e))
	}
	for range 30 {
		r.flow(AToZ, 50_000, 500)
		r.flow(ZToA, 20_000, 0)
		r.poll(pollGap)
	}
	return r
}

// pause lets the routers count for a while without being asked.
func (r *rig) pause(gap time.Duration) {
	for range int(gap / pollGap) {
		r.flow(AToZ, 50_000, 500)
		r.flow(ZToA, 20_000, 0)
	}
}

// The first poll after a restart has a rate over the gap, the loss window goes on, and the state is
// as old as it was.
func TestFirstPollAfterARestart(t *testing.T) {
	for _, c := range []struct {
		name      string
		gap, step time.Duration
		reboot    bool
	}{
		{"10 s", 10 * time.Second, 0, false},
		{"an hour", time.Hour, 0, false},
		{"an hour, the clock was set", time.Hour, 26 * time.Hour, false},
		{"an hour, the clock was set back", time.Hour, -26 * time.Hour, false},
		{"an hour, the machine restarted", time.Hour, 0, true},
		{"a minute, the machine restarted, its clock is 1.5 s off", time.Minute, 1500 * time.Millisecond, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := trained(t)
			before := r.tracker.view.Clone()
			r.stopped(c.gap, c.step, c.reboot)
			r.pause(c.gap)
			v := r.poll(c.gap)
			wantKnown(t, "pps", v.Directions[AToZ].PPS, 5_000)
			wantKnown(t, "bps", v.Directions[ZToA].BPS, 20_000*500*8/10)
			if l := v.Directions[AToZ].Loss; !l.Known || l.Low > 0.01 || l.High < 0.01 || l.Window < c.gap {
				t.Errorf("loss %+v, want 1 %% over more than the gap", l)
			}
			if v.State != StateUp || !v.Since.Equal(before.Since) || len(v.Events) > 0 {
				t.Errorf("%v since %v (events %v), want up since %v", v.State, v.Since, v.Events, before.Since)
			}
			if got := v.Ends[EndA].CounterCache; got != before.Ends[EndA].CounterCache {
				t.Errorf("cache %+v, want %+v", got, before.Ends[EndA].CounterCache)
			}
		})
	}
}

// Where the machine restarted and its clock is wrong, nobody knows how long the gap was: no rate, no
// loss, no word about the routers, and all is known again at the second poll.
func TestClockSetOverARestartOfTheMachine(t *testing.T) {
	const gap = 10 * time.Minute
	for _, step := range []time.Duration{time.Hour, -time.Hour, -gap, 24 * time.Hour, -50 * 365 * 24 * time.Hour, 5 * time.Second} {
		r := trained(t)
		noise := r.tracker.loss.noise
		r.stopped(gap, step, true)
		r.pause(gap)
		v := r.poll(gap)
		for e := range v.Ends {
			if got := v.Ends[e].Interval.Reason; got != ReasonClock {
				t.Errorf("step %v: end %d: %q, want %q", step, e, got, ReasonClock)
			}
		}
		if v.Directions[AToZ].Loss.Known || len(v.Events) > 0 || v.State != StateUp {
			t.Errorf("step %v: %v, loss %+v, events %v", step, v.State, v.Directions[AToZ].Loss, v.Events)
		}
		if r.tracker.loss.noise != noise {
			t.Errorf("step %v: noise %+v, want %+v", step, r.tracker.loss.noise, noise)
		}
		r.pause(pollGap)
		wantKnown(t, "pps", r.poll(pollGap).Directions[AToZ].PPS, 5_000)
	}
}

// Whatever became of a router while bothends did not run is one gap with its reason.
func TestUpsetsDuringTheGap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := trained(t, live)
		u := rapid.SampledFrom(upsets[:]).Draw(rt, "upset")
		e := End(rapid.IntRange(0, 1).Draw(rt, "end"))
		gap := time.Duration(rapid.IntRange(1, 400).Draw(rt, "polls")) * pollGap
		if u.name == wrapTaken {
			gap = min(gap, 4*pollGap) // in a long time counters do step by 2^32
		}
		reboot := rapid.Bool().Draw(rt, "reboot")
		r.stopped(gap, 0, reboot)
		r.pause(gap)
		u.act(rt, &r.ends[e])
		if u.reason == ReasonRestart { // poll lets it run for the gap
			r.ends[e].UpTime = 900 - uint32(gap/(10*time.Millisecond))
			r.ends[e].EngineTime = -uint32(gap / time.Second)
		}
		v := r.poll(gap)
		if got := v.Ends[e].Interval.Reason; got != u.reason {
			rt.Fatalf("%s: the interval says %q, want %q", u.name, got, u.reason)
		}
		if !v.Ends[e.Other()].Interval.Valid() {
			rt.Fatalf("%s: the other end says %q", u.name, v.Ends[e.Other()].Interval.Reason)
		}
		for _, d := range Directions {
			if v.Directions[d].Loss.Known {
				rt.Fatalf("%s: %v: loss %+v", u.name, d, v.Directions[d].Loss)
			}
		}
	})
}

// After days without a poll nothing is said of what happened in them, and what was learned stays.
func TestLongAbsence(t *testing.T) {
	r := trained(t)
	r.ends[EndZ].Admin = StatusUp
	noise := r.tracker.loss.noise
	const gap = 3 * 24 * time.Hour
	r.stopped(gap, 0, false)
	r.ends[EndZ].Admin, r.ends[EndZ].Oper = StatusDown, StatusDown
	v := r.poll(gap)
	if got := v.Ends[EndA].Interval.Reason; got != ReasonFirst {
		t.Errorf("interval %q, want %q", got, ReasonFirst)
	}
	if v.State != StateDisabled || !v.Since.Equal(v.At) {
		t.Errorf("%v since %v, want disabled from now on: it was seen up", v.State, v.Since)
	}
	if len(v.Events) > 0 {
		t.Errorf("events %v", v.Events)
	}
	if r.tracker.loss.noise != noise {
		t.Error("the noise was forgotten")
	}
}

// What happened to the link meanwhile is told, with how long the state before lasted.
func TestDownDuringTheGap(t *testing.T) {
	r := trained(t)
	const gap = 20 * time.Minute
	r.stopped(gap, 0, false)
	for e := range r.ends {
		r.ends[e].Oper = StatusDown
	}
	v := r.poll(gap)
	if v.State != StateDown || !hasEvent(v, EventOper) || !hasEvent(v, EventState) {
		t.Fatalf("%v, events %v", v.State, v.Events)
	}
	for _, e := range v.Events {
		if want := r.now + 20*time.Millisecond - 20*time.Second; e.Kind == EventState && (e.Duration-want).Abs() > time.Second {
			t.Errorf("%q after %v, want %v", e.Text, e.Duration, want)
		}
	}
}

// Writing a document changes nothing, so that others may read the view meanwhile.
func TestAppendStateOnlyReads(t *testing.T) {
	r := trained(t)
	tracker := r.tracker
	at := soon(tracker)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			tracker.AppendState(nil, at)
		}
	}()
	for range 100 {
		_ = *tracker // the race detector tells
	}
	<-done
}

func TestUnusableDocuments(t *testing.T) {
	old := trained(t).tracker
	at := soon(old)
	doc := old.AppendState(nil, at)
	for i := range doc {
		damaged := append([]byte(nil), doc...)
		damaged[i] ^= 1 << (i % 8)
		if err := NewTracker(old.link).Restore(damaged, at); err == nil {
			t.Fatalf("bit %d of byte %d flipped: no error", i%8, i)
		}
		if err := NewTracker(old.link).Restore(doc[:i], at); err == nil {
			t.Fatalf("cut at byte %d: no error", i)
		}
	}
	moved := *old.link
	moved.Ends[EndZ].Interface = "et-0/0/4"
	if err := NewTracker(&moved).Restore(doc, at); err != errOtherEnds { //nolint:errorlint // it is not wrapped
		t.Errorf("another interface: %v", err)
	}
	fresh := NewTracker(old.link)
	want := *fresh
	if err := fresh.Restore(append(doc, 0), at); err == nil || !reflect.DeepEqual(want, *fresh) {
		t.Errorf("one byte more: %v, or the tracker changed", err)
	}
}

// What the inventory declares of a cache is right, whatever was learned before.
func TestDeclaredCacheWinsOverTheDocument(t *testing.T) {
	old := trained(t, func(l *Link) { l.Ends[EndA].CounterCache = -1 }).tracker
	at := soon(old)
	doc := old.AppendState(nil, at)
	link := *old.link
	link.Ends[EndA].CounterCache = 3 * time.Second
	fresh := NewTracker(&link)
	if err := fresh.Restore(doc, at); err != nil {
		t.Fatal(err)
	}
	want := CounterCache{3 * time.Second, CacheDeclared}
	if got := fresh.View().Ends[EndA].CounterCache; got != want || fresh.ends[EndA].cache.known != want {
		t.Errorf("cache %+v, want %+v", got, want)
	}
	doc = fresh.AppendState(nil, at)
	undeclared := NewTracker(old.link)
	if err := undeclared.Restore(doc, at); err != nil {
		t.Fatal(err)
	}
	if got := undeclared.View().Ends[EndA].CounterCache; got.Source == CacheDeclared {
		t.Errorf("cache %+v is declared no more", got)
	}
}
