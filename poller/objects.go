package poller

import "github.com/bothends/bothends/linkmodel"

// Columns and scalars that are read (SNMPv2-MIB, SNMP-FRAMEWORK-MIB, HOST-RESOURCES-MIB, IF-MIB,
// EtherLike-MIB). Columns get ".ifIndex" appended.
const (
	oidSysDescr    = ".1.3.6.1.2.1.1.1.0"
	oidSysUpTime   = ".1.3.6.1.2.1.1.3.0"
	oidSysName     = ".1.3.6.1.2.1.1.5.0"
	oidEngineBoots = ".1.3.6.1.6.3.10.2.1.2.0"
	oidEngineTime  = ".1.3.6.1.6.3.10.2.1.3.0"
	oidHostUpTime  = ".1.3.6.1.2.1.25.1.1.0"

	oidIfDescr       = ".1.3.6.1.2.1.2.2.1.2"
	oidIfType        = ".1.3.6.1.2.1.2.2.1.3"
	oidIfMtu         = ".1.3.6.1.2.1.2.2.1.4"
	oidIfSpeed       = ".1.3.6.1.2.1.2.2.1.5"
	oidIfPhysAddress = ".1.3.6.1.2.1.2.2.1.6"
	oidIfAdminStatus = ".1.3.6.1.2.1.2.2.1.7"
	oidIfOperStatus  = ".1.3.6.1.2.1.2.2.1.8"
	oidIfLastChange  = ".1.3.6.1.2.1.2.2.1.9"

	oidIfName          = ".1.3.6.1.2.1.31.1.1.1.1"
	oidIfHighSpeed     = ".1.3.6.1.2.1.31.1.1.1.15"
	oidIfAlias         = ".1.3.6.1.2.1.31.1.1.1.18"
	oidIfDiscontinuity = ".1.3.6.1.2.1.31.1.1.1.19"

	oidDuplex = ".1.3.6.1.2.1.10.7.2.1.19"
)

// object is one thing to ask: where it is and what it may be.
type object struct {
	oid  string
	name string // as the MIB calls it, for people
	want kinds
}

// The objects of the counter PDU that are not counters, in the order they are asked. With the
// counters they are 21 varbinds and about 600 bytes of reply: one PDU, no fragment.
var (
	sysUpTime     = object{oidSysUpTime, "sysUpTime", wantTicks}
	engineTime    = object{oidEngineTime, "snmpEngineTime", wantNumber}
	ifName        = object{oidIfName, "ifName", wantText}
	ifDescr       = object{oidIfDescr, "ifDescr", wantText}
	ifAlias       = object{oidIfAlias, "ifAlias", wantText}
	adminStatus   = object{oidIfAdminStatus, "ifAdminStatus", wantNumber}
	operStatus    = object{oidIfOperStatus, "ifOperStatus", wantNumber}
	lastChange    = object{oidIfLastChange, "ifLastChange", wantTicks}
	highSpeed     = object{oidIfHighSpeed, "ifHighSpeed", wantNumber}
	speed         = object{oidIfSpeed, "ifSpeed", wantNumber}
	discontinuity = object{oidIfDiscontinuity, "ifCounterDiscontinuityTime", wantTicks}
)

// column tells where a counter is read: wide is the Counter64 of ifXTable, narrow the Counter32.
// Errors, discards and unknown protocols exist only as Counter32; their wide is empty.
type column struct{ wide, narrow object }

func hc(wide, wideName, narrow, narrowName string) column {
	return column{
		wide:   object{".1.3.6.1.2.1.31.1.1.1." + wide, wideName, wantCounter64},
		narrow: object{narrow, narrowName, wantCounter32},
	}
}

func only32(oid, name string) column { return column{narrow: object{oid, name, wantCounter32}} }

// columns lists the counters by linkmodel.Counter.
var columns = [linkmodel.NumCounters]column{
	linkmodel.InOctets:         hc("6", "ifHCInOctets", ".1.3.6.1.2.1.2.2.1.10", "ifInOctets"),
	linkmodel.OutOctets:        hc("10", "ifHCOutOctets", ".1.3.6.1.2.1.2.2.1.16", "ifOutOctets"),
	linkmodel.InUcastPkts:      hc("7", "ifHCInUcastPkts", ".1.3.6.1.2.1.2.2.1.11", "ifInUcastPkts"),
	linkmodel.InMulticastPkts:  hc("8", "ifHCInMulticastPkts", ".1.3.6.1.2.1.31.1.1.1.2", "ifInMulticastPkts"),
	linkmodel.InBroadcastPkts:  hc("9", "ifHCInBroadcastPkts", ".1.3.6.1.2.1.31.1.1.1.3", "ifInBroadcastPkts"),
	linkmodel.OutUcastPkts:     hc("11", "ifHCOutUcastPkts", ".1.3.6.1.2.1.2.2.1.17", "ifOutUcastPkts"),
	linkmodel.OutMulticastPkts: hc("12", "ifHCOutMulticastPkts", ".1.3.6.1.2.1.31.1.1.1.4", "ifOutMulticastPkts"),
	linkmodel.OutBroadcastPkts: hc("13", "ifHCOutBroadcastPkts", ".1.3.6.1.2.1.31.1.1.1.5", "ifOutBroadcastPkts"),
	linkmodel.InErrors:         only32(".1.3.6.1.2.1.2.2.1.14", "ifInErrors"),
	linkmodel.OutErrors:        only32(".1.3.6.1.2.1.2.2.1.20", "ifOutErrors"),
	linkmodel.InDiscards:       only32(".1.3.6.1.2.1.2.2.1.13", "ifInDiscards"),
	linkmodel.OutDiscards:      only32(".1.3.6.1.2.1.2.2.1.19", "ifOutDiscards"),
	linkmodel.InUnknownProtos:  only32(".1.3.6.1.2.1.2.2.1.15", "ifInUnknownProtos"),
}
