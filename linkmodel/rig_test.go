package linkmodel

import (
	"testing"
	"time"
)

// rig plays two routers to a tracker: every step advances time, adds traffic and polls. The two
// differ in whatever may differ, so that one cannot be taken for the other.
type rig struct {
	t       *testing.T
	link    *Link
	tracker *Tracker
	now     time.Duration
	start   time.Time
	ends    [2]Reading
	silent  [2]bool
	context [2]*Context
	late    [2]time.Duration // how long after the poll's instant each end answers
}

func newRig(t *testing.T, change ...func(*Link)) *rig {
	t.Helper()
	link := &Link{Name: "lon1-par2-1", Type: "backbone", Interval: 10 * time.Second}
	link.Ends[EndA] = LinkEnd{Device: "cr1.lon1", Interface: "et-0/0/1:0"}
	link.Ends[EndZ] = LinkEnd{Device: "cr1.par2", Interface: "et-0/0/3"}
	for _, c := range change {
		c(link)
	}
	r := &rig{t: t, link: link, tracker: NewTracker(link), start: time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)}
	r.late[EndZ] = 20 * time.Millisecond
	for i := range r.ends {
		r.ends[i] = freshReading(uint32(i))
	}
	return r
}

func freshReading(i uint32) Reading {
	r := Reading{
		UpTime: 100_000 * (1 + i), EngineTime: 1000 * (1 + i), HasEngineTime: true, Index: 500 + i, Name: "et-0/0/1:0",
		Admin: StatusUp, Oper: StatusUp, LastChange: 4711 + i, HasLastChange: true,
		HighSpeed: 10_000 * (1 + 3*i), Discontinuity: 33 * i,
		HasDiscontinuity: true, Uncertainty: time.Millisecond,
	}
	for c := range NumCounters {
		r.Counters.Set(c, 1_000_000*uint64(i+1)+uint64(c), c < InErrors)
	}
	return r
}

// flow adds packets of 500 octets in direction d, of which lost never arrive.
func (r *rig) flow(d Direction, packets, lost uint64) {
	r.add(d.Sender(), OutOctets, packets*500)
	r.add(d.Sender(), OutUcastPkts, packets)
	r.add(d.Receiver(), InOctets, (packets-lost)*500)
	r.add(d.Receiver(), InUcastPkts, packets-lost)
}

func (r *rig) add(e End, c Counter, n uint64) {
	k := &r.ends[e].Counters
	v := k.Value[c] + n
	if !k.Wide.Has(c) {
		v &= wordSize - 1
	}
	k.Value[c] = v
}

// poll advances both routers' clocks by d and observes one poll.
func (r *rig) poll(d time.Duration) *View {
	r.t.Helper()
	r.now += d
	p := &Poll{Link: r.link.Name, Scheduled: r.start.Add(r.now), ScheduledMono: r.now}
	for i := range r.ends {
		e := &r.ends[i]
		e.UpTime += uint32(d / (10 * time.Millisecond))
		e.EngineTime += uint32(d / time.Second)
		e.Mono, e.At = r.now+r.late[i], r.start.Add(r.now+r.late[i])
		p.Ends[i] = Outcome{Reading: *e, Context: r.context[i]}
		if r.silent[i] {
			p.Ends[i] = Outcome{Miss: MissTimeout, Detail: "no answer to 4 requests in 8 s"}
		}
		r.context[i] = nil
	}
	r.tracker.Observe(p)
	return r.tracker.Judge(nil)
}

func hasEvent(v *View, k EventKind) bool {
	for _, e := range v.Events {
		if e.Kind == k {
			return true
		}
	}
	return false
}

func wantState(t *testing.T, v *View, want State) {
	t.Helper()
	if v.State != want {
		t.Fatalf("state = %v, want %v (events %v)", v.State, want, v.Events)
	}
}

func wantKnown(t *testing.T, what string, q Quantity, want float64) {
	t.Helper()
	if !q.Known || q.Value < want*0.999999 || q.Value > want*1.000001 {
		t.Fatalf("%s = %+v, want %v", what, q, want)
	}
}

func wantUnknown(t *testing.T, what string, q Quantity, want Reason) {
	t.Helper()
	if q.Known || q.Reason != want {
		t.Fatalf("%s = %+v, want unknown: %v", what, q, want)
	}
}
