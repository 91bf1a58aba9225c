package poller

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// What agents tell about the age of the counters they serve.
var (
	// nsCacheTimeout of NET-SNMP-AGENT-MIB, for ifTable: how many seconds net-snmp serves the same
	// counters. 0 and less mean that it does not keep them, which no release does for interfaces.
	cacheTimeout = object{".1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.2.2", "nsCacheTimeout", wantNumber}
	// sampledAt is the sysUpTime at which the counters were read from the hardware (ARISTA-IF-MIB).
	sampledAt = object{".1.3.6.1.4.1.30065.3.15.1.1.1.1", "aristaIfCounterLastUpdated", wantTicks}
)

// What an agent was found to lack.
const (
	lacksTimeout uint8 = 1 << iota
	lacksStamp
)

// wantedStamps is how many slower reads of an agent that stamps its samples follow each other poll
// by poll, until the greatest age is known well enough.
const wantedStamps = 12

// maxTold is the greatest age that is believed for the schedule.
const maxTold = time.Hour

// ageObjects are what is asked with the other slower facts to learn how old counters may be: what
// the agent is not known to lack, and the sysUpTime that a stamp is compared with.
func (e *endpoint) ageObjects() []object {
	objects := make([]object, 0, 3)
	if e.slow.lacks&lacksTimeout == 0 {
		objects = append(objects, cacheTimeout)
	}
	if e.slow.lacks&lacksStamp == 0 {
		objects = append(objects, at(sampledAt, e.plan.index), sysUpTime)
	}
	return objects
}

// readAge takes the values of ageObjects.
func (e *endpoint) readAge(values []value, c *linkmodel.Context) {
	if e.slow.lacks&lacksTimeout == 0 {
		e.cacheTimeout(values[0], c)
		values = values[1:]
	}
	if e.slow.lacks&lacksStamp == 0 {
		e.sampledAt(values[0], values[1], c)
	}
}

func (e *endpoint) cacheTimeout(v value, c *linkmodel.Context) {
	if !v.there() {
		e.slow.lacks |= lacksTimeout
		return
	}
	if v.num > 0 {
		c.CounterCache, c.HasCounterCache = time.Duration(v.num)*time.Second, true
		e.slow.tell(c.CounterCache)
	}
}

// sampledAt notes the age of one sample. One may be young by chance, so several are read soon, and
// twice the greatest is expected.
func (e *endpoint) sampledAt(stamp, up value, c *linkmodel.Context) {
	if !stamp.there() {
		e.slow.lacks |= lacksStamp
		return
	}
	if c.CounterAge, c.HasCounterAge = sampleAge(uint32(up.num), uint32(stamp.num)); !c.HasCounterAge {
		return
	}
	e.slow.tell(max(2*c.CounterAge, time.Duration(e.slow.age)*time.Millisecond, 10*time.Millisecond))
	if e.slow.stamps++; e.slow.stamps < wantedStamps {
		e.slow.again()
	} else {
		e.slow.stamps = wantedStamps
	}
}

// sampleAge is the time between two values of sysUpTime; ok is false for a stamp that cannot be one.
func sampleAge(now, stamp uint32) (age time.Duration, ok bool) {
	const second = 100
	if stamp-now <= second {
		return 0, true // sampled after sysUpTime was read
	}
	age = time.Duration(now-stamp) * 10 * time.Millisecond
	return age, stamp != 0 && age <= maxTold
}
