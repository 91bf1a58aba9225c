package linkmodel

import (
	"fmt"
	"time"
)

// flapText tells a change of ifOperStatus that came and went between two polls: ifLastChange moved
// under the same status. It is "" without one.
//
// The stamp proves a change only when it lies between the two readings, give or take how old a
// served stamp may be: agents whose stamp trembles, or falls to 0 because they forgot, saw none.
// After a restart or a renumbering it is of another clock or another row. How often the status
// changed cannot be told, and what is shorter than the agent's own scan leaves no trace at all.
func (t *endTracker) flapText(prev *Reading, ev *EndView) string {
	cur := &ev.Last
	if !prev.HasLastChange || !cur.HasLastChange || cur.LastChange == prev.LastChange {
		return ""
	}
	if r := ev.Interval.Reason; r == ReasonRestart || r == ReasonRenumbered || t.trust.disbelieved.has(markUpTime) {
		return ""
	}
	elapsed := cur.Mono - prev.Mono
	slack := uptimeTolerance(prev, cur, elapsed)
	when := ""
	switch ago := stampAge(cur); {
	case ago >= -slack && ago <= elapsed+slack+t.maxAge():
		when = fmt.Sprintf(", %v before this poll", max(ago, 0))
	case stampAge(prev) >= -slack || ago >= -slack || cur.LastChange < prev.LastChange+stampTremble:
		return ""
	}
	return fmt.Sprintf("ifLastChange went from %d to %d%s: ifOperStatus changed and came back to %v at least once",
		prev.LastChange, cur.LastChange, when, cur.Oper)
}

// stampTremble is by how many hundredths of a second a stamp must move that is of another clock
// than sysUpTime, as where the agent restarted and the drivers did not.
const stampTremble = 200

// stampAge is how long before the reading ifLastChange lies; negative when it lies after.
func stampAge(r *Reading) time.Duration {
	return time.Duration(int32(r.UpTime-r.LastChange)) * 10 * time.Millisecond //nolint:gosec // modulo 2^32 is the point
}

// Changed returns when ifOperStatus took its present value, by the router's own stamp; ok is false
// where there is none. An agent that began later than the status stamps 0.
func (r *Reading) Changed() (at time.Time, ok bool) {
	ago := stampAge(r)
	if !r.HasLastChange || r.LastChange == 0 || ago < 0 {
		return time.Time{}, false
	}
	return r.At.Add(-ago), true
}
