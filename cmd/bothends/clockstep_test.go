package main

import (
	"testing"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// clockInventory judges utilisation after 30 s, so that a clock that is set has something to spoil.
const clockInventory = appInventory + `notify: {group_wait: 0s}
link_types:
  ethernet: {utilization: {warn: 50%, crit: none, for: 30s}}
`

// busy hands over polls of a link that is used by half and more, from mono on, with the wall clock off
// by so much from so many polls on.
func busy(p *pipeline, mono time.Duration, polls, setAt int, off time.Duration) (told []alerting.Notification) {
	record := p.record
	p.record = func(e entry) {
		if e.note != nil {
			told = append(told, *e.note)
		}
		record(e)
	}
	start := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	for i := range polls {
		mono += 10 * time.Second
		at := start.Add(mono)
		if i >= setAt {
			at = at.Add(off)
		}
		poll := &linkmodel.Poll{Link: "r1-r2", Scheduled: at, ScheduledMono: mono}
		for e := range poll.Ends {
			r := linkmodel.Reading{
				At: at, Mono: mono, UpTime: uint32(mono / (10 * time.Millisecond)), Admin: linkmodel.StatusUp,
				Oper: linkmodel.StatusUp, HighSpeed: 1000,
			}
			for c := range linkmodel.NumCounters {
				r.Counters.Set(c, 0, c < linkmodel.InErrors)
			}
			for _, c := range []linkmodel.Counter{linkmodel.InOctets, linkmodel.OutOctets} {
				r.Counters.Set(c, uint64(mono.Seconds()*75e6), true)
			}
			for _, c := range []linkmodel.Counter{linkmodel.InUcastPkts, linkmodel.OutUcastPkts} {
				r.Counters.Set(c, uint64(mono.Seconds()*75e3), true)
			}
			poll.Ends[e].Reading = r
		}
		p.handle(poll)
		p.advance(linkmodel.Moment{At: at, Mono: mono})
	}
	return told
}

// A clock that is set while a timer runs neither ends nor resets it, and nothing else is told.
func TestClockThatIsSetTellsNothing(t *testing.T) {
	for _, off := range []time.Duration{0, time.Hour, -time.Hour, 24 * time.Hour, -56 * 365 * 24 * time.Hour} {
		for setAt := range 8 {
			told := busy(newTestApp(t, clockInventory, t.TempDir()).pipeline, 0, 5, setAt, off)
			if len(told) != 2 || told[0].Episode.Kind != linkmodel.KindSaturated || told[1].Episode.Kind != linkmodel.KindSaturated {
				t.Fatalf("set by %v at poll %d: %d told, want both directions once: %+v", off, setAt, len(told), told)
			}
			if told := busy(newTestApp(t, clockInventory, t.TempDir()).pipeline, 0, 4, setAt, off); len(told) > 0 {
				t.Fatalf("set by %v at poll %d: told too early", off, setAt)
			}
		}
	}
}
