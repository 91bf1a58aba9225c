package linkmodel

import "time"

// Reading is what one end answered in one poll.
type Reading struct {
	// At is the wall-clock instant of the sample: the middle of sending the answered request and
	// receiving its reply. It stamps stored points and is never used to compute a rate.
	At time.Time
	// Mono is the same instant on the poller's monotonic clock, since an arbitrary start that is
	// the same for all readings of one process. Rates are computed from it.
	Mono time.Duration
	// Uncertainty is half the time between sending the answered request and its reply: the
	// sample was taken at Mono ± Uncertainty.
	Uncertainty time.Duration
	// RTT is the round-trip time; 0 when unknown, which includes every answer to a repeated
	// request that cannot be told from an answer to an earlier one (Karn's rule).
	RTT time.Duration

	// UpTime is sysUpTime.0 in hundredths of a second (SNMPv2-MIB); it wraps after 497 days.
	UpTime uint32
	// EngineTime is snmpEngineTime.0 in seconds (SNMP-FRAMEWORK-MIB), when HasEngineTime.
	EngineTime    uint32
	HasEngineTime bool

	// Index is the ifIndex that was asked.
	Index uint32
	// Name is the ifName the same reply carried (ifDescr where the agent has no ifName).
	Name string
	// Admin and Oper are ifAdminStatus and ifOperStatus.
	Admin, Oper Status
	// LastChange is ifLastChange, a sysUpTime stamp in hundredths of a second, when HasLastChange.
	LastChange    uint32
	HasLastChange bool
	// HighSpeed is ifHighSpeed in Mbit/s, or ifSpeed/10^6 where that is all there is; 0 = unknown.
	HighSpeed uint32
	// Discontinuity is ifCounterDiscontinuityTime, a sysUpTime stamp, when HasDiscontinuity.
	Discontinuity    uint32
	HasDiscontinuity bool

	Counters Counters
}

// Context is what one end answers to the slower read: at start, hourly, and after a restart or a
// change of name. Fields the agent does not have are zero.
type Context struct {
	At time.Time
	// SystemUpTime is hrSystemUptime.0 in hundredths of a second (HOST-RESOURCES-MIB): the
	// host's, not the agent's. Valid when HasSystemUpTime.
	SystemUpTime    uint32
	HasSystemUpTime bool
	EngineBoots     uint32 // snmpEngineBoots.0
	MTU             uint32 // ifMtu, bytes
	Type            uint32 // ifType (IANAifType)
	PhysAddress     string // ifPhysAddress, lower-case hex with colons
	Alias           string // ifAlias
	Descr           string // ifDescr
	Speed           uint64 // ifSpeed, bit/s; 0 unknown or "see ifHighSpeed"
	Duplex          uint8  // dot3StatsDuplexStatus: 1 unknown, 2 half, 3 full; 0 absent
	// CounterCache is how long the agent says it keeps counters (nsCacheTimeout of NET-SNMP-AGENT-MIB
	// for ifTable), valid when HasCounterCache. CounterAge is how old the counters were that it served
	// just then (sysUpTime less aristaIfCounterLastUpdated, ARISTA-IF-MIB), valid when HasCounterAge.
	HasCounterCache, HasCounterAge bool
	CounterCache, CounterAge       time.Duration
}

// Status is a value of ifAdminStatus or ifOperStatus (IF-MIB). 0 means it was not read.
type Status uint8

// Values of ifAdminStatus (1 to 3) and ifOperStatus (1 to 7).
const (
	StatusAbsent         Status = 0
	StatusUp             Status = 1
	StatusDown           Status = 2
	StatusTesting        Status = 3
	StatusUnknown        Status = 4
	StatusDormant        Status = 5
	StatusNotPresent     Status = 6
	StatusLowerLayerDown Status = 7
)

var statusNames = [...]string{
	"absent", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown",
}

// String returns the MIB's word for the status.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unknown"
}

// IsUp reports whether an ifOperStatus carries traffic: up, or dormant (waiting for an event).
func (s Status) IsUp() bool { return s == StatusUp || s == StatusDormant }

// IsDown reports whether an ifOperStatus is known not to carry traffic. testing, unknown and
// values outside the MIB are neither up nor down.
func (s Status) IsDown() bool {
	return s == StatusDown || s == StatusNotPresent || s == StatusLowerLayerDown
}
