package linkmodel

import (
	"fmt"
	"time"
)

// restarted reports whether the agent restarted between two readings that are elapsed apart.
//
// sysUpTime is subtracted modulo 2^32 hundredths of a second, so its wrap after 497 days is no
// restart. It must advance as our own clock did, give or take 2 s or 0.5 %. Where it did not but
// snmpEngineTime did, the uptime is what is wrong, not the agent.
func restarted(prev, cur *Reading, elapsed time.Duration) bool {
	if !uptimeOff(prev, cur, elapsed) {
		return false
	}
	if !prev.HasEngineTime || !cur.HasEngineTime {
		return true
	}
	engine := time.Duration(cur.EngineTime-prev.EngineTime) * time.Second
	return (engine - elapsed).Abs() > uptimeTolerance(prev, cur, elapsed)
}

// uptimeOff reports whether sysUpTime did not advance as our clock did.
func uptimeOff(prev, cur *Reading, elapsed time.Duration) bool {
	return (ticks(cur.UpTime-prev.UpTime) - elapsed).Abs() > uptimeTolerance(prev, cur, elapsed)
}

// uptimeTolerance is by how much two clocks may differ over a time between two readings.
func uptimeTolerance(prev, cur *Reading, elapsed time.Duration) time.Duration {
	return max(2*time.Second, elapsed/200) + prev.Uncertainty + cur.Uncertainty
}

// startedSince reports whether sysUpTime is what it would be if the agent had started between the
// two readings: lower than before, and no older than the time between them.
func startedSince(prev, cur *Reading, elapsed time.Duration) bool {
	return cur.UpTime < prev.UpTime && ticks(cur.UpTime) <= elapsed+uptimeTolerance(prev, cur, elapsed)
}

// retime holds how long ago prev was by the wall clock, over a restart of the machine that bothends
// runs on, against the router's own clock. Where they agree the router's is taken, which nobody set;
// where they do not, it returns false, unless it is the router that restarted.
func (t *endTracker) retime(prev, cur *Reading) bool {
	elapsed := cur.Mono - prev.Mono
	if uptimeOff(prev, cur, elapsed) || t.trust.disbelieved.has(markUpTime) {
		began := cur.UpTime < prev.UpTime || ticks(cur.UpTime) <= elapsed+uptimeTolerance(prev, cur, elapsed)
		return began && !t.trust.disbelieved.has(markUpTime) && restarted(prev, cur, elapsed)
	}
	off := elapsed - ticks(cur.UpTime-prev.UpTime)
	prev.Mono += off
	if t.waiting {
		t.held.Mono += off
	}
	return true
}

// rebootTolerance is by how much a host's uptime may differ from our clock without a reboot.
const rebootTolerance = 10 * time.Second

// hostRestarted tells a reboot from an agent restart by hrSystemUptime, which keeps running when
// only the agent restarts, and wraps after 497 days as sysUpTime does. known is false where either
// context lacks it; elapsed is the time between them.
func hostRestarted(before, after *Context, elapsed time.Duration) (reboot, known bool) {
	if !before.HasSystemUpTime || !after.HasSystemUpTime {
		return false, false
	}
	advanced := ticks(after.SystemUpTime - before.SystemUpTime)
	return (advanced - elapsed).Abs() > max(rebootTolerance, elapsed/200), true
}

// restartEvidence waits for the context that tells what restarted.
type restartEvidence struct {
	text     string
	before   Context
	beforeAt time.Duration
	waited   int
}

// restartPatience is how many cycles the event waits for the slower read.
const restartPatience = 3

// restartEvents tells a restart once it is known what restarted, or that nothing tells. fresh is
// the slower read of this cycle, nil without one.
func (t *Tracker) restartEvents(e End, prev *Reading, fresh *Context) {
	ev, end := &t.view.Ends[e], &t.ends[e]
	if ev.Interval.Reason == ReasonRestart {
		end.pending = &restartEvidence{
			text:   fmt.Sprintf("sysUpTime went from %v to %v", ticks(prev.UpTime), ticks(ev.Last.UpTime)),
			before: ev.Context, beforeAt: end.contextAt,
		}
	}
	if fresh != nil {
		t.replaced(e, fresh)
		ev.Context, end.contextAt, end.unconfirmed = *fresh, t.view.Mono, false
	}
	if end.pending == nil {
		return
	}
	if end.pending.waited++; fresh != nil || end.pending.waited >= restartPatience {
		end.pending.tell(&t.view, e)
		end.pending = nil
	}
}

// replaced tells other hardware under the same name, as after a change of line cards: ifType or
// ifPhysAddress differ from the slower read before. Nothing counted before it may be subtracted.
func (t *Tracker) replaced(e End, fresh *Context) {
	ev := &t.view.Ends[e]
	before := &ev.Context
	var what string
	switch {
	case before.Type != 0 && fresh.Type != 0 && before.Type != fresh.Type:
		what = fmt.Sprintf("ifType went from %d to %d", before.Type, fresh.Type)
	case before.PhysAddress != "" && fresh.PhysAddress != "" && before.PhysAddress != fresh.PhysAddress:
		what = fmt.Sprintf("ifPhysAddress went from %s to %s", before.PhysAddress, fresh.PhysAddress)
	default:
		return
	}
	t.view.note(e, EventReplaced, what+": other hardware under the same name")
	if t.ends[e].unconfirmed {
		return // the gap is behind us: what is counted now began after the change
	}
	ev.Interval = Interval{Reason: ReasonReplaced}
	t.ends[e].sizes = sizeTrust{}
	t.ends[e].rebase(&ev.Last)
}

// tell writes the event, with the host's uptime before and after as the evidence.
func (r *restartEvidence) tell(v *View, e End) {
	reboot, known := hostRestarted(&r.before, &v.Ends[e].Context, v.Mono-r.beforeAt)
	switch {
	case !known:
		v.note(e, EventRestart, r.text)
	case reboot:
		v.note(e, EventReboot, r.text+": the router restarted")
	default:
		v.note(e, EventAgentRestart, r.text+": the agent restarted, the router did not")
	}
}

// ticks converts hundredths of a second, the unit of TimeTicks (RFC 2578).
func ticks(v uint32) time.Duration { return time.Duration(v) * 10 * time.Millisecond }
