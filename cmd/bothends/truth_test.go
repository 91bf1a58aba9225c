package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bothends/bothends/examples/lab/influx"
	"github.com/bothends/bothends/examples/lab/lab"
)

// TestLabTruth holds what bothends says of two real routers against what their kernels and the
// wire counted: known traffic, a cut, a shut end, and a dead agent.
func TestLabTruth(t *testing.T) {
	r := newLabRig(t)
	stop := r.watch(r.writeInventory())
	r.awaitState("up")

	quiet() // readings of a run's first seconds may have no sample of the kernels before them
	r.knownTraffic()

	r.cut()
	r.shut()
	r.killAgent()

	if code := stop(); code != exitGood {
		t.Fatalf("exit %d after the context ended, want 0\n%s", code, r.log)
	}
	r.checkNothingFalse()
}

// knownTraffic compares all that is stored of a time of traffic with the truth. The counters must be
// right in any case; that rates add up needs a poll every interval, so it is tried until the machine
// let all of them happen.
func (r *labRig) knownTraffic() {
	r.t.Helper()
	const tries = 8
	for range tries {
		from, before := time.Now(), r.wire()
		r.traffic(12 * time.Second)
		quiet()
		r.checkQuietExactly()
		to := time.Now()
		r.checkCountersAgainstKernels(from, to)
		trouble := r.disturbed(from, to)
		if trouble == "" {
			r.checkRates(before, r.wire(), from, to)
			return
		}
		r.t.Logf("again, the machine was busy: %s", trouble)
	}
	r.t.Fatalf("%d times of traffic, and each was disturbed\nlog:\n%s", tries, r.log)
}

// labSpread is by how much the time between two polls differs from the interval: polls of cached
// counters are moved by up to half of it, and a machine needs a moment.
const labSpread = labEvery/2 + 200*time.Millisecond

// disturbed tells what kept the poller from reading both ends every interval within a time.
func (r *labRig) disturbed(from, to time.Time) string {
	r.t.Helper()
	for _, end := range []string{"a", "z"} {
		last := from
		for _, row := range r.rows(strings.Replace(endQuery, "%END%", end, 1)) {
			if row.Time.Before(from.Add(-labEvery)) || row.Time.After(to) {
				continue
			}
			if gap := row.Time.Sub(last); gap > labEvery+labSpread || last != from && gap < labEvery-labSpread {
				return fmt.Sprintf("%v between two readings of end %s", gap, end)
			}
			last = row.Time
		}
		if to.Sub(last) > 3*labEvery { // the sender writes once a second
			return "no reading of end " + end + " since " + last.String()
		}
	}
	return ""
}

// quiet lasts longer than net-snmp's cache and a poll, so that the agents serve the last counts.
func quiet() { time.Sleep(labCache + 4*time.Second) }

func (r *labRig) wire() [2]lab.Counts {
	return [2]lab.Counts{r.lab.Wire().Counts(lab.AToZ), r.lab.Wire().Counts(lab.ZToA)}
}

// traffic sends both ways at once: 6 Mbit/s from a to z, 3.2 Mbit/s back.
func (r *labRig) traffic(d time.Duration) {
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = r.lab.Traffic(1, 1500, 500, d) })
	wg.Go(func() { _, _ = r.lab.Traffic(2, 400, 1000, d) })
	wg.Wait()
}

// column pairs a field of link_end with what the kernel calls it.
var columns = []struct {
	field  string
	kernel func(lab.Counters) uint64
}{
	{"in_octets", func(c lab.Counters) uint64 { return c.RxBytes }},
	{"out_octets", func(c lab.Counters) uint64 { return c.TxBytes }},
	{"in_packets", func(c lab.Counters) uint64 { return c.RxPackets }},
	{"out_packets", func(c lab.Counters) uint64 { return c.TxPackets }},
	{"in_errors", func(c lab.Counters) uint64 { return c.RxErrors }},
	{"out_errors", func(c lab.Counters) uint64 { return c.TxErrors }},
	{"in_discards", func(c lab.Counters) uint64 { return c.RxDropped }},
	{"out_discards", func(c lab.Counters) uint64 { return c.TxDropped }},
}

const endQuery = `SELECT * FROM link_end WHERE "end" = '%END%' ORDER BY time ASC`

// checkCountersAgainstKernels proves that every stored counter is what the kernel had at some
// instant of the 4 s before the reading, or, on a machine that stalls, of the second after: counters
// only grow, so it lies between the samples that bracket this time.
func (r *labRig) checkCountersAgainstKernels(from, to time.Time) {
	r.t.Helper()
	checked := 0
	for i, end := range []string{"a", "z"} {
		for _, row := range r.rows(strings.Replace(endQuery, "%END%", end, 1)) {
			if row.Time.Before(from) || row.Time.After(to) {
				continue
			}
			// The instant is the middle of a round trip, which is short unless the machine stalls, and
			// a stall makes the cache older too.
			first, last := r.kernel(i, row.Time.Add(-labCache-time.Second), row.Time.Add(time.Second))
			for _, c := range columns {
				got, err := row.Int(c.field)
				if err != nil {
					r.t.Fatal(err)
				}
				if low, high := c.kernel(first), c.kernel(last); uint64(got) < low || uint64(got) > high {
					r.t.Errorf("%s of end %s at %v is %d; the kernel had %d to %d", c.field, end, row.Time, got, low, high)
				}
				checked++
			}
		}
	}
	if checked < 2*len(columns)*4 {
		r.t.Fatalf("only %d counters were stored in %v", checked, to.Sub(from))
	}
}

// checkQuietExactly compares the last stored counters with the kernel's after a quiet time. They
// become equal once the agent, the poller and the sender have come round.
func (r *labRig) checkQuietExactly() {
	r.t.Helper()
	for i, end := range []string{"a", "z"} {
		truth, err := r.lab.Router(i + 1).KernelCounters()
		if err != nil {
			r.t.Fatal(err)
		}
		var differ string
		equal := func() bool {
			differ = differences(r.rows(strings.Replace(endQuery, "%END%", end, 1)), truth)
			return differ == ""
		}
		for deadline := time.Now().Add(waitAtMost); !equal(); time.Sleep(time.Second) {
			if time.Now().After(deadline) {
				r.t.Fatalf("end %s after a quiet time: %s", end, differ)
			}
		}
	}
}

// differences tells which counters of the last row are not the kernel's.
func differences(rows []influx.Row, truth lab.Counters) string {
	if len(rows) == 0 {
		return "nothing is stored"
	}
	var all []string
	for _, c := range columns {
		if got, err := rows[len(rows)-1].Int(c.field); err != nil || uint64(got) != c.kernel(truth) {
			all = append(all, fmt.Sprintf("%s is %d (%v), the kernel has %d", c.field, got, err, c.kernel(truth)))
		}
	}
	return strings.Join(all, "; ")
}

// checkRates integrates link.bps over a window that starts and ends in quiet, compares it with
// what the wire carried, and holds utilization against the declared capacity.
func (r *labRig) checkRates(before, after [2]lab.Counts, from, to time.Time) {
	r.t.Helper()
	capacity := [2]float64{20e6, 10e6}
	for d, direction := range []string{"a_to_z", "z_to_a"} {
		var bits float64
		var last time.Time
		for _, row := range r.rows(`SELECT bps, utilization FROM link WHERE direction = '` + direction + `' ORDER BY time ASC`) {
			if !row.Has("bps") || row.Time.After(to) {
				continue
			}
			bps, err := row.Float("bps")
			if err != nil {
				r.t.Fatal(err)
			}
			if row.Time.After(from) && !last.IsZero() {
				bits += bps * row.Time.Sub(last).Seconds()
			}
			last = row.Time
			if u, err := row.Float("utilization"); err != nil || math.Abs(u-bps/capacity[d]) > 1e-9 {
				r.t.Errorf("utilization %s is %v (%v) at %v bit/s of %v", direction, u, err, bps, capacity[d])
			}
		}
		carried := float64(after[d].CarriedBytes-before[d].CarriedBytes) * 8
		slack := 0.01 + r.slowestAnswer(from, to).Seconds()/labEvery.Seconds()
		if ratio := bits / carried; math.Abs(ratio-1) > slack || carried == 0 {
			r.t.Errorf("%s: link.bps adds up to %.0f bits, the wire carried %.0f (ratio %.4f, allowed 1 ± %.4f)", direction, bits, carried, ratio, slack)
		} else {
			r.t.Logf("%s: link.bps / wire = %.5f", direction, ratio)
		}
	}
}

// slowestAnswer is the longest round trip of a time: the instants between which a rate is computed
// are each known no better, so a machine that stalls gets a wider bound.
func (r *labRig) slowestAnswer(from, to time.Time) (slowest time.Duration) {
	r.t.Helper()
	for _, row := range r.rows(`SELECT snmp_rtt_ms FROM link_end`) {
		ms, err := row.Float("snmp_rtt_ms")
		if err != nil {
			r.t.Fatal(err)
		}
		if row.Time.After(from) && row.Time.Before(to) {
			slowest = max(slowest, time.Duration(ms*float64(time.Millisecond)))
		}
	}
	return slowest
}

// cut takes the light from both ends: one firing, one resolved.
func (r *labRig) cut() {
	r.t.Helper()
	if err := r.lab.Wire().Carrier(false); err != nil {
		r.t.Fatal(err)
	}
	s := r.awaitState("down")
	if s.Ends["a"].Oper == "up" && s.Ends["z"].Oper == "up" {
		r.t.Errorf("down with both ends up: %+v", s)
	}
	r.awaitHooks(1)
	if err := r.lab.Wire().Carrier(true); err != nil {
		r.t.Fatal(err)
	}
	r.awaitState("up")
	r.wantHooks("down", 2)
}

// wantHooks waits for n webhooks of which the last two are the firing and the resolved of kind.
func (r *labRig) wantHooks(kind string, n int) {
	r.t.Helper()
	all := r.awaitHooks(n)
	if len(all) != n {
		r.t.Fatalf("%d webhooks, want %d: %+v", len(all), n, all)
	}
	firing, resolved := all[n-2], all[n-1]
	if firing.Kind != kind || firing.Status != "firing" || firing.Link != labLink || firing.Severity != "critical" {
		r.t.Errorf("first webhook of the %s is %+v", kind, firing)
	}
	if resolved.ID != firing.ID || resolved.Status != "resolved" || resolved.Until == "" {
		r.t.Errorf("second webhook of the %s is %+v", kind, resolved)
	}
}

// shut is an operator's deed: an event, and no message.
func (r *labRig) shut() {
	r.t.Helper()
	told := len(r.hooks.Messages())
	if err := r.lab.Router(1).Shut(); err != nil {
		r.t.Fatal(err)
	}
	r.awaitState("disabled")
	time.Sleep(2 * labCache) // any message would be under way
	if err := r.lab.Router(1).NoShut(); err != nil {
		r.t.Fatal(err)
	}
	r.awaitState("up")
	if n := len(r.hooks.Messages()); n != told {
		r.t.Errorf("%d messages for a shut end: %s", n-told, r.hooks.Messages()[n-1].Body)
	}
}

// killAgent makes one router silent while the link carries traffic.
func (r *labRig) killAgent() {
	r.t.Helper()
	var flowing sync.WaitGroup
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	flowing.Go(func() {
		for ctx.Err() == nil {
			r.traffic(2 * time.Second)
		}
	})
	told := len(r.hooks.Messages())
	time.Sleep(2 * labCache)
	if err := r.lab.Router(2).KillAgent(); err != nil {
		r.t.Fatal(err)
	}
	r.awaitStatus("a stands in for z", func(s linkStatus) bool {
		d := s.Directions["a_to_z"]
		return s.State == "unreachable" && !s.Ends["z"].Reachable && s.Ends["a"].Reachable &&
			d.Source == "a" && d.BPS != nil && *d.BPS > 3e6
	})
	r.awaitHooks(told + 1)
	if err := r.lab.Router(2).StartAgent(); err != nil {
		r.t.Fatal(err)
	}
	r.awaitState("up")
	r.wantHooks("unreachable", told+2)
	cancel()
	flowing.Wait()
	quiet()
}

// checkNothingFalse reads everything back: no spike, no negative, no zero for unknown.
func (r *labRig) checkNothingFalse() {
	r.t.Helper()
	// 6 Mbit/s seen through a cache of 3 s every 2 s is at most 1.5 times itself, and twice that when
	// the machine stalls between two polls. What a counter shows since its start would be far more.
	const most = 3 * 6e6
	for _, row := range r.rows(`SELECT * FROM link ORDER BY time ASC`) {
		for _, field := range []string{"bps", "pps", "utilization", "loss_ratio", "loss_low", "loss_high", "errors_per_s", "discards_per_s"} {
			if !row.Has(field) {
				continue
			}
			if v, err := row.Float(field); err != nil || v < 0 || v > most {
				r.t.Errorf("%s is %v (%v) at %v", field, v, err, row.Time)
			}
		}
	}
	for _, row := range r.rows(`SELECT * FROM link_state WHERE state = 'unreachable'`) {
		if n, err := row.Int("z_reachable"); err != nil || n != 0 {
			r.t.Errorf("unreachable with z_reachable %d (%v)", n, err)
		}
	}
	r.checkNoZeroWhileTrafficFlows()
	for where, want := range map[string]int{
		`kind = 'admin'`: 2, // shut, no shut
		`kind = 'restart' OR kind = 'agent-restart'`: 1,
		`kind = 'silent'`:                              1,
		`kind = 'down' AND status = 'firing'`:          1,
		`kind = 'down' AND status = 'resolved'`:        1,
		`kind = 'unreachable' AND status = 'firing'`:   1,
		`kind = 'half-down' OR kind = 'counter-reset'`: 0,
	} {
		if n := len(r.rows(`SELECT text FROM link_event WHERE ` + where)); n != want {
			r.t.Errorf("%d events %s, want %d", n, where, want)
		}
	}
}

// checkNoZeroWhileTrafficFlows looks at the time during which the agent was dead: traffic flowed
// all the while, so a zero would be an unknown in disguise.
func (r *labRig) checkNoZeroWhileTrafficFlows() {
	r.t.Helper()
	states := r.rows(`SELECT state FROM link_state WHERE state = 'unreachable'`)
	if len(states) == 0 {
		r.t.Fatal("unreachable was never stored")
	}
	from, to := states[0].Time, states[len(states)-1].Time
	for _, row := range r.rows(`SELECT bps, direction FROM link ORDER BY time ASC`) {
		if row.Time.Before(from) || row.Time.After(to) || !row.Has("bps") {
			continue
		}
		if v, err := row.Float("bps"); err != nil || v <= 0 {
			r.t.Errorf("bps is %v (%v) at %v although traffic flows", v, err, row.Time)
		}
	}
}
