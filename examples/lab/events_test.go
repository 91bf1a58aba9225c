//go:build linux

package main

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/bothends/bothends/examples/lab/lab"
	"github.com/bothends/bothends/linkmodel"
)

// TestEventsGiveGaps does to real routers what makes counters start anew, while traffic flows. Each
// must give an event and a gap, and no number that was never on the wire.
//
// A reboot is not among them: a namespace has the uptime of its machine, hrSystemUptime goes on and
// the agent's restart is all that can be seen. The simulator's routers do reboot.
func TestEventsGiveGaps(t *testing.T) {
	t.Parallel()
	w := newWatch(t, 2*time.Second, lab.LineConfig{}, lab.LineConfig{}, lab.LineConfig{})
	witness, recreated, renumbered := w.lines[0], w.lines[1], w.lines[2]
	for _, line := range w.lines {
		w.load(line, lab.AToZ, 400, false)
		w.load(line, lab.ZToA, 300, false)
	}
	w.await("loss of both directions", 2*time.Minute, w.lines, func(views []*linkmodel.View) bool {
		return len(views) > 0 && lossKnown(views[len(views)-1])
	})

	marks := map[*lab.Line]int{recreated: len(w.seen(recreated)), renumbered: len(w.seen(renumbered))}
	if err := errors.Join(recreated.Recreate(2), renumbered.Renumber(2)); err != nil {
		t.Fatal(err)
	}
	started := []linkmodel.EventKind{linkmodel.EventReset, linkmodel.EventDiscontinuity}
	w.awaitGap(recreated, marks[recreated], linkmodel.EndZ, started...)
	w.awaitGap(renumbered, marks[renumbered], linkmodel.EndZ, linkmodel.EventRenumbered)
	w.awaitSettled(marks)
	views := w.seen(recreated)
	t.Logf("%s sent %d octets by the agent's 64-bit counter before it was made anew, and %d after",
		recreated.Interface(), sentOctets(views[marks[recreated]-1]), sentOctets(views[len(views)-1]))

	// The agent is asked for its own restart last: it is an event of every line.
	restart := map[*lab.Line]int{}
	for _, line := range w.lines {
		restart[line] = len(w.seen(line))
	}
	if err := errors.Join(w.lab.Router(1).KillAgent(), w.lab.Router(1).StartAgent()); err != nil {
		t.Fatal(err)
	}
	for _, line := range w.lines {
		w.awaitGap(line, restart[line], linkmodel.EndA, linkmodel.EventAgentRestart)
	}
	w.awaitSettled(restart)
	w.end()

	for _, line := range w.lines {
		w.checkOnlyWhatWasSent(line)
		w.checkNothingFound(line)
	}
	for _, v := range w.seen(witness)[:restart[witness]] {
		if kinds := eventKinds(v); slices.Contains(kinds, linkmodel.EventReset) || slices.Contains(kinds, linkmodel.EventRenumbered) {
			t.Errorf("%s has events %v of its neighbours", witness.Interface(), kinds)
		}
	}
}

func sentOctets(v *linkmodel.View) uint64 {
	return v.Ends[linkmodel.EndZ].Last.Counters.Value[linkmodel.OutOctets]
}

func lossKnown(v *linkmodel.View) bool {
	return v.Directions[linkmodel.AToZ].Loss.Known && v.Directions[linkmodel.ZToA].Loss.Known
}

func eventKinds(v *linkmodel.View) (kinds []linkmodel.EventKind) {
	for _, e := range v.Events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// awaitGap waits for a view of a line, after the first from views, with an event of one of the
// kinds at an end, and demands that the view gives that end no numbers.
func (w *watch) awaitGap(line *lab.Line, from int, end linkmodel.End, kinds ...linkmodel.EventKind) {
	w.t.Helper()
	var gap *linkmodel.View
	w.await("event "+string(kinds[0]), 2*time.Minute, []*lab.Line{line}, func(views []*linkmodel.View) bool {
		for _, v := range views[from:] {
			for _, e := range v.Events {
				if e.End == end && slices.Contains(kinds, e.Kind) {
					gap = v
					return true
				}
			}
		}
		return false
	})
	w.t.Logf("%s: %v", line.Interface(), gap.Events)
	if gap.Ends[end].Interval.Valid() {
		w.t.Errorf("%s end %v: an interval over %v is valid: %+v", line.Interface(), end, kinds, gap.Ends[end].Interval)
	}
	for _, d := range linkmodel.Directions {
		if l := &gap.Directions[d].Loss; l.Known {
			w.t.Errorf("%s %v: a loss over %v: %+v", line.Interface(), d, kinds, l)
		}
	}
}

// awaitSettled waits until the loss of the lines is known again, over a window that began after the
// view that is marked.
func (w *watch) awaitSettled(marks map[*lab.Line]int) {
	w.t.Helper()
	for line, mark := range marks {
		w.await("loss after the gap", 2*time.Minute, []*lab.Line{line}, func(views []*linkmodel.View) bool {
			return len(views) > mark+5 && lossKnown(views[len(views)-1])
		})
		views := w.seen(line)
		marked, last := views[mark-1], views[len(views)-1]
		for _, d := range linkmodel.Directions {
			if window, since := last.Directions[d].Loss.Window, last.Mono-marked.Mono; window > since {
				w.t.Errorf("%s %v: a window of %v reaches over the gap %v ago", line.Interface(), d, window, since)
			}
		}
	}
}

// checkOnlyWhatWasSent adds up rates and increments: counters only show what was sent, each packet
// once, so that no sum may exceed it. It holds on a machine that stalls, too. The far end stands in
// for one that gives no rate, over a time of its own, so each end's rates are added by themselves.
func (w *watch) checkOnlyWhatWasSent(line *lab.Line) {
	w.t.Helper()
	w.mu.Lock()
	sent := *w.sent[line.Interface()]
	w.mu.Unlock()
	for _, d := range linkmodel.Directions {
		var out, in, ofSender, ofReceiver float64
		for _, v := range w.seen(line) {
			w.checkPlausible(line, d, v)
			sender, receiver, pps := &v.Ends[d.Sender()].Interval, &v.Ends[d.Receiver()].Interval, v.Directions[d].PPS
			if sender.Valid() {
				out += float64(sender.OutPackets)
			}
			if receiver.Valid() {
				in += float64(receiver.InPackets)
			}
			if pps.Known && sender.Valid() {
				ofSender += pps.Value * sender.Elapsed.Seconds()
			} else if pps.Known {
				ofReceiver += pps.Value * receiver.Elapsed.Seconds()
			}
		}
		for name, sum := range map[string]float64{
			"out-increments": out, "in-increments": in, "sender's rates times time": ofSender, "stand-in's rates times time": ofReceiver,
		} {
			if sum > float64(sent[d])+0.5 {
				w.t.Errorf("%s %v: %s add up to %.1f packets, and %d were sent", line.Interface(), d, name, sum, sent[d])
			}
		}
		// Without this the check would pass on a bothends that publishes nothing.
		if min(out, in) < float64(sent[d])/2 {
			w.t.Errorf("%s %v: %.0f packets out and %.0f in were seen of %d that were sent", line.Interface(), d, out, in, sent[d])
		}
	}
}

// checkPlausible demands that no figure of a view is negative or of the size of a wrap.
func (w *watch) checkPlausible(line *lab.Line, d linkmodel.Direction, v *linkmodel.View) {
	w.t.Helper()
	dir := &v.Directions[d]
	for name, q := range map[string]linkmodel.Quantity{
		"bps": dir.BPS, "pps": dir.PPS, "utilization": dir.Utilization,
		"errors": dir.Errors.PerSecond, "discards": dir.Discards.PerSecond,
	} {
		if q.Known && !(q.Value >= 0 && q.Value < math.MaxUint32/10) {
			w.t.Errorf("%s %v: %s is %v at %v", line.Interface(), d, name, q.Value, v.At)
		}
	}
}

// checkNothingFound demands that no loss was certain and nothing was found, but for an agent that was
// away while it restarted: the lines are well.
func (w *watch) checkNothingFound(line *lab.Line) {
	w.t.Helper()
	for _, v := range w.seen(line) {
		for _, d := range linkmodel.Directions {
			if l := &v.Directions[d].Loss; l.Certain > 0 || l.Proof == linkmodel.ProofHard {
				w.t.Errorf("%s %v: certain loss at %v: %+v", line.Interface(), d, v.At, l)
			}
		}
		for i := range v.Findings {
			if f := &v.Findings[i]; f.Kind != linkmodel.KindUnreachable {
				w.t.Errorf("%s: finding %+v at %v", line.Interface(), f, v.At)
			}
		}
	}
}
