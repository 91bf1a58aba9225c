//go:build linux

package main

import "strings"

// object is one object that is asked of every link end.
type object struct {
	name string
	// oid is without leading dot; columns of the interface tables get ".ifIndex" appended, scalars
	// end with ".0".
	oid string
	// kind is the type as snmp_exporter calls it.
	kind string
}

// scalar tells that the object is not one of an interface.
func (o *object) scalar() bool { return strings.HasSuffix(o.oid, ".0") }

const (
	ifEntry  = "1.3.6.1.2.1.2.2.1."
	ifXEntry = "1.3.6.1.2.1.31.1.1.1."
)

// ifName labels what the peers say about an interface.
var ifName = object{"ifName", ifXEntry + "1", "DisplayString"}

// objects are the 21 that bothends asks (SNMPv2-MIB, SNMP-FRAMEWORK-MIB, IF-MIB), those that
// everybody draws first, so that peers can be measured with fewer.
var objects = []object{
	{"ifHCInOctets", ifXEntry + "6", "counter"},
	{"ifHCOutOctets", ifXEntry + "10", "counter"},
	{"ifInErrors", ifEntry + "14", "counter"},
	{"ifOutErrors", ifEntry + "20", "counter"},
	{"ifInDiscards", ifEntry + "13", "counter"},
	{"ifOutDiscards", ifEntry + "19", "counter"},
	{"ifHCInUcastPkts", ifXEntry + "7", "counter"},
	{"ifHCOutUcastPkts", ifXEntry + "11", "counter"},
	{"ifHCInMulticastPkts", ifXEntry + "8", "counter"},
	{"ifHCOutMulticastPkts", ifXEntry + "12", "counter"},
	{"ifHCInBroadcastPkts", ifXEntry + "9", "counter"},
	{"ifHCOutBroadcastPkts", ifXEntry + "13", "counter"},
	{"ifOperStatus", ifEntry + "8", "gauge"},
	ifName,
	{"sysUpTime", "1.3.6.1.2.1.1.3.0", "gauge"},
	{"ifAdminStatus", ifEntry + "7", "gauge"},
	{"ifHighSpeed", ifXEntry + "15", "gauge"},
	{"ifLastChange", ifEntry + "9", "gauge"},
	{"ifCounterDiscontinuityTime", ifXEntry + "19", "gauge"},
	{"ifInUnknownProtos", ifEntry + "15", "counter"},
	{"snmpEngineTime", "1.3.6.1.6.3.10.2.1.3.0", "gauge"},
}
