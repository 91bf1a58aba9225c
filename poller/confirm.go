package poller

import (
	"errors"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Where 30 % of all datagrams are lost each way, an attempt fails with 51 %, a poll of four attempts
// with 6.8 % and three of them in a row with 0.03 %: 446 times a day among 1,000 routers. So the third
// poll in a row that nobody answers goes on with ten quick probes, which a router that is there misses
// all with 0.51^10 = 0.12 %: that leaves 0.5 a day. Its own GET is the probe, so an answer is a reading.
const (
	confirmProbes = 10
	// confirmPace is the time between probes, leastPace the least where the interval is short.
	confirmPace = 500 * time.Millisecond
	leastPace   = 20 * time.Millisecond
)

// bursts bounds what confirming costs. Each ordinary poll earns a share of a burst, so that probes are
// at most a twentieth of what is sent anyway, and time earns some for small networks. When more routers
// fall silent at once than that allows, they confirm each other: chance does not do that.
type bursts struct {
	saved float64
	at    time.Duration
}

const (
	burstShare  = 0.05 / confirmProbes
	burstPeriod = 10 * time.Second
	mostBursts  = 10
)

// earn is called for each poll that begins.
func (b *bursts) earn(now time.Duration) {
	b.saved += burstShare + float64(max(0, now-b.at))/float64(burstPeriod)
	b.saved, b.at = min(b.saved, mostBursts), now
}

// spend reports whether there may be another burst.
func (b *bursts) spend() bool {
	if b.saved < 1 {
		return false
	}
	b.saved--
	return true
}

// suspects reports whether the router is silent to this end if it does not answer this poll.
func (e *endpoint) suspects() bool {
	return e.missed == linkmodel.SilentAfter-1 && !e.device.health.doubted()
}

// room is the time that one poll may take with all that belongs to it.
func (e *endpoint) room() time.Duration { return e.cycle.within(e.device.interval * 8 / 10) }

// confirm goes on with a burst of probes where silence has to be confirmed, and reports whether it does.
func (e *endpoint) confirm(err error) bool {
	if e.confirming || !isSilence(err) || !e.suspects() || e.pace() < leastPace || !e.device.transport.bursts.spend() {
		return false
	}
	e.confirming, e.attempts = true, confirmProbes
	e.device.health.confirm()
	return e.launch()
}

// pace is the time between probes that still end within the poll's room.
func (e *endpoint) pace() time.Duration {
	left := e.began + e.room() - e.device.transport.now
	return min(confirmPace, e.device.peer.timeout, left/(confirmProbes+1))
}

// burst makes a poll's flight one of probes.
func (e *endpoint) burst(f *flight) {
	now := e.device.transport.now
	f.pace, f.due, f.start = e.pace(), 0, now
	f.deadline = min(e.began+e.room(), now+confirmProbes*f.pace+e.device.peer.timeout)
}

// count counts the polls in a row without any answer.
func (e *endpoint) count(err error) {
	if e.confirming {
		e.device.health.confirmEnd(isSilence(err))
	}
	switch {
	case !isSilence(err):
		e.missed = 0
	case e.missed < linkmodel.SilentAfter:
		e.missed++
	}
}

// isSilence reports whether an error means that nobody answered.
func isSilence(err error) bool {
	named, ok := errors.AsType[*Error](err)
	return ok && (named.Miss == linkmodel.MissTimeout || named.Miss == linkmodel.MissRefused)
}
