package simulator

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"
)

// object is one scalar or column that agents have.
type object struct {
	oid    []uint32
	name   string // the same with dots, a leading one included
	scalar bool
	// instance is the index of a scalar's only instance: 0 but for a row that is always there.
	instance uint32
	wide     bool // hidden on narrow routers
	// shown, when set, tells which routers have the object.
	shown func(config *Router) bool
	kind  gosnmp.Asn1BER
	// value reads the object; p is nil for a scalar.
	value func(v *view, p *portView) datum
}

// datum is a value before it is encoded: a number, or text where the object's type is not one.
type datum struct {
	number uint64
	text   string
}

// typed returns a datum in the Go type that gosnmp wants for the object's type.
func (o *object) typed(d datum) any {
	switch o.kind {
	case gosnmp.Integer:
		return int(d.number)
	case gosnmp.Counter32, gosnmp.Gauge32, gosnmp.TimeTicks:
		return uint32(d.number)
	case gosnmp.Counter64:
		return d.number
	default:
		return d.text
	}
}

const (
	mib2   = ".1.3.6.1.2.1"
	ifEnt  = mib2 + ".2.2.1"
	ifXEnt = mib2 + ".31.1.1.1"
	engine = ".1.3.6.1.6.3.10.2.1"

	ethernetCsmacd = 6
	mtu            = 9192
	fullDuplex     = 3
	truthTrue      = 1
	// maxMessageSize is snmpEngineMaxMessageSize.
	maxMessageSize = 8192
)

// objects holds everything agents know, in the order of their OIDs.
var objects = func() []object {
	list := slices.Concat(systemObjects(), interfaceObjects(), counterObjects(), cacheObjects())
	for i := range list {
		list[i].oid = mustOID(list[i].name)
	}
	slices.SortFunc(list, func(a, b object) int { return slices.Compare(a.oid, b.oid) })
	return list
}()

// objectByName finds an object by its OID in dots.
var objectByName = func() map[string]int {
	byName := make(map[string]int, len(objects))
	for i := range objects {
		byName[objects[i].name] = i
	}
	return byName
}()

func mustOID(name string) []uint32 {
	oid, ok := parseOID(name)
	if !ok {
		panic("simulator: bad OID " + name)
	}
	return oid
}

// parseOID reads ".1.3.6"; ok is false when a part is not a 32-bit number.
func parseOID(name string) (oid []uint32, ok bool) {
	oid = make([]uint32, 0, 16)
	for part := range strings.SplitSeq(strings.TrimPrefix(name, "."), ".") {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return nil, false
		}
		oid = append(oid, uint32(n))
	}
	return oid, true
}

func number(name string, kind gosnmp.Asn1BER, value func(v *view) uint64) object {
	return object{
		name: name, scalar: true, kind: kind,
		value: func(v *view, _ *portView) datum { return datum{number: value(v)} },
	}
}

func text(name string, kind gosnmp.Asn1BER, value func(a *Agent) string) object {
	return object{
		name: name, scalar: true, kind: kind,
		value: func(v *view, _ *portView) datum { return datum{text: value(v.agent)} },
	}
}

func numberColumn(name string, kind gosnmp.Asn1BER, value func(p *portView) uint64) object {
	return object{
		name: name, kind: kind,
		value: func(_ *view, p *portView) datum { return datum{number: value(p)} },
	}
}

func textColumn(name string, value func(p *port) string) object {
	return object{
		name: name, kind: gosnmp.OctetString,
		value: func(_ *view, p *portView) datum { return datum{text: value(p.port)} },
	}
}

func systemObjects() []object {
	return []object{
		text(mib2+".1.1", gosnmp.OctetString, func(a *Agent) string { return a.description }),
		text(mib2+".1.2", gosnmp.ObjectIdentifier, func(a *Agent) string {
			return platforms[a.config.Platform].objectID
		}),
		number(mib2+".1.3", gosnmp.TimeTicks, func(v *view) uint64 { return uint64(v.upTime()) }),
		text(mib2+".1.5", gosnmp.OctetString, func(a *Agent) string { return a.config.Name }),
		text(mib2+".1.6", gosnmp.OctetString, func(a *Agent) string { return a.config.Site }),
		number(mib2+".2.1", gosnmp.Integer, func(v *view) uint64 { return uint64(len(v.agent.ports)) }),
		number(mib2+".25.1.1", gosnmp.TimeTicks, func(v *view) uint64 {
			return uint64(ticks(v.agent.hostStart, v.now))
		}),
		number(mib2+".31.1.5", gosnmp.TimeTicks, func(v *view) uint64 {
			return uint64(v.stamp(v.agent.renumbered))
		}),
		text(engine+".1", gosnmp.OctetString, func(a *Agent) string { return a.codec.engineID }),
		number(engine+".2", gosnmp.Integer, func(v *view) uint64 { return uint64(v.agent.boots) }),
		number(engine+".3", gosnmp.Integer, func(v *view) uint64 { return uint64(v.engineTime()) }),
		number(engine+".4", gosnmp.Integer, func(*view) uint64 { return maxMessageSize }),
	}
}

func interfaceObjects() []object {
	return []object{
		numberColumn(ifEnt+".1", gosnmp.Integer, func(p *portView) uint64 { return uint64(p.index) }),
		textColumn(ifEnt+".2", func(p *port) string { return p.descr }),
		numberColumn(ifEnt+".3", gosnmp.Integer, func(*portView) uint64 { return ethernetCsmacd }),
		numberColumn(ifEnt+".4", gosnmp.Integer, func(*portView) uint64 { return mtu }),
		numberColumn(ifEnt+".5", gosnmp.Gauge32, func(p *portView) uint64 { return min(p.speed(), 1<<32-1) }),
		textColumn(ifEnt+".6", func(p *port) string { return string(p.mac[:]) }),
		numberColumn(ifEnt+".7", gosnmp.Integer, func(p *portView) uint64 { return uint64(p.admin) }),
		numberColumn(ifEnt+".8", gosnmp.Integer, func(p *portView) uint64 { return uint64(p.oper) }),
		numberColumn(ifEnt+".9", gosnmp.TimeTicks, func(p *portView) uint64 { return uint64(p.lastChange) }),
		numberColumn(mib2+".10.7.2.1.19", gosnmp.Integer, func(*portView) uint64 { return fullDuplex }),
		textColumn(ifXEnt+".1", func(p *port) string { return p.name }),
		numberColumn(ifXEnt+".15", gosnmp.Gauge32, func(p *portView) uint64 { return uint64(p.mbps()) }),
		numberColumn(ifXEnt+".17", gosnmp.Integer, func(*portView) uint64 { return truthTrue }),
		textColumn(ifXEnt+".18", func(p *port) string { return p.alias }),
		numberColumn(ifXEnt+".19", gosnmp.TimeTicks, func(p *portView) uint64 { return uint64(p.discontinuity) }),
	}
}

// counterColumns gives each counter its 32-bit column in IF-MIB and, where there is one, the
// 64-bit twin in ifXTable.
var counterColumns = [numCounters]struct{ narrow, wide string }{
	InOctets:         {ifEnt + ".10", ifXEnt + ".6"},
	InUcastPkts:      {ifEnt + ".11", ifXEnt + ".7"},
	InMulticastPkts:  {ifXEnt + ".2", ifXEnt + ".8"},
	InBroadcastPkts:  {ifXEnt + ".3", ifXEnt + ".9"},
	OutOctets:        {ifEnt + ".16", ifXEnt + ".10"},
	OutUcastPkts:     {ifEnt + ".17", ifXEnt + ".11"},
	OutMulticastPkts: {ifXEnt + ".4", ifXEnt + ".12"},
	OutBroadcastPkts: {ifXEnt + ".5", ifXEnt + ".13"},
	InDiscards:       {ifEnt + ".13", ""},
	InErrors:         {ifEnt + ".14", ""},
	InUnknownProtos:  {ifEnt + ".15", ""},
	OutDiscards:      {ifEnt + ".19", ""},
	OutErrors:        {ifEnt + ".20", ""},
}

func counterObjects() []object {
	var list []object
	for c, columns := range counterColumns {
		list = append(list, numberColumn(columns.narrow, gosnmp.Counter32, func(p *portView) uint64 {
			return p.counters[c] & (1<<32 - 1)
		}))
		if columns.wide != "" {
			wide := numberColumn(columns.wide, gosnmp.Counter64, func(p *portView) uint64 {
				return p.counters[c]
			})
			wide.wide = true
			list = append(list, wide)
		}
	}
	return list
}

// cacheObjects tell how old counters are, each on the platform that has it: nsCacheTimeout of
// NET-SNMP-AGENT-MIB for ifTable, in seconds, and aristaIfCounterLastUpdated of ARISTA-IF-MIB, the
// sysUpTime of the sample.
func cacheObjects() []object {
	timeout := number(".1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.2", gosnmp.Integer, func(v *view) uint64 {
		return uint64((v.agent.config.CacheAge + time.Second - 1) / time.Second)
	})
	timeout.instance = 2
	timeout.shown = func(config *Router) bool { return config.Platform == Linux && config.CacheAge > 0 }
	sampled := object{
		name: ".1.3.6.1.4.1.30065.3.15.1.1.1.1", kind: gosnmp.TimeTicks,
		value: func(v *view, _ *portView) datum { return datum{number: uint64(v.stamp(v.asOf))} },
		shown: func(config *Router) bool { return config.Platform == EOS },
	}
	return []object{timeout, sampled}
}

// visibleObjects tells which objects the router's agent has.
func visibleObjects(config *Router) []bool {
	visible := make([]bool, len(objects))
	for i, o := range objects {
		visible[i] = (!config.Narrow || !o.wide) && (o.shown == nil || o.shown(config))
		for _, hidden := range config.Without {
			if o.name == hidden || strings.HasPrefix(o.name, hidden+".") {
				visible[i] = false
			}
		}
	}
	return visible
}

// findObject returns the position of the first object at or after oid in the order of OIDs, an
// object that oid lies in included.
func findObject(oid []uint32) int {
	i, _ := slices.BinarySearchFunc(objects, oid, func(o object, oid []uint32) int {
		if len(oid) > len(o.oid) {
			oid = oid[:len(o.oid)]
		}
		return slices.Compare(o.oid, oid)
	})
	return i
}
