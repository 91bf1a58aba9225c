package simulator

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gosnmp/gosnmp"
)

// view is what an agent shows at one instant; it lives for one request, under the simulator's
// lock.
type view struct {
	agent *Agent
	now   int64
	asOf  int64 // of the counters
	// port is the interface read last: most requests ask for many columns of one.
	port portView
	// asked names the interfaces read, for the ledger.
	asked []string
}

// portView is one interface at the view's instant.
type portView struct {
	*port
	admin, oper               int
	lastChange, discontinuity uint32
	counters                  Counters
}

func (v *view) upTime() uint32 { return ticks(v.agent.agentStart, v.now) }

// engineTime is snmpEngineTime in seconds.
func (v *view) engineTime() uint32 {
	return uint32(max(v.now-v.agent.agentStart, 0) / 1_000_000)
}

// stamp turns an instant into the value sysUpTime had then; 0 for one before the agent started.
func (v *view) stamp(t int64) uint32 { return ticks(v.agent.agentStart, t) }

// read returns the interface with this position.
func (v *view) read(i int) *portView {
	p := v.agent.ports[i]
	if v.port.port == p {
		return &v.port
	}
	admin, oper, changed := p.status(v.now)
	v.port = portView{
		port: p, admin: admin, oper: oper, lastChange: v.stamp(changed),
		counters: p.counters(v.asOf),
	}
	if last := p.lastReset(v.now); last.marked {
		v.port.discontinuity = v.stamp(last.at)
	}
	if v.agent.sim.config.KeepServed > 0 && !slices.Contains(v.asked, p.name) {
		v.asked = append(v.asked, p.name)
	}
	return &v.port
}

// keep tells the ledger what was read.
func (v *view) keep() {
	s := v.agent.sim
	if s.config.KeepServed > 0 {
		s.keep(v.agent.config.Name, Served{
			At: s.at(v.now), AsOf: s.at(v.asOf), UpTime: v.upTime(), Interfaces: v.asked,
		})
	}
}

// position returns where the first interface with an index of at least index stands.
func (v *view) position(index uint64) int {
	ports := v.agent.ports
	return sort.Search(len(ports), func(i int) bool { return uint64(ports[i].index) >= index })
}

// bind reads an object under the name of its instance; i is the position of the interface, ignored
// for a scalar.
func (v *view) bind(o *object, i int, name string) gosnmp.SnmpPDU {
	var p *portView
	if !o.scalar {
		p = v.read(i)
	}
	pdu := gosnmp.SnmpPDU{Name: name, Type: o.kind, Value: o.typed(o.value(v, p))}
	if rewrite := v.agent.rewrite; rewrite != nil {
		pdu.Value = rewrite(name, pdu.Value)
		pdu.Type = kindOf(o.kind, pdu.Value)
	}
	return pdu
}

// instance returns the name of an object's instance.
func (v *view) instance(o *object, i int) string {
	if o.scalar {
		return o.name + "." + strconv.FormatUint(uint64(o.instance), 10)
	}
	return o.name + "." + strconv.FormatUint(uint64(v.agent.ports[i].index), 10)
}

// kindOf returns the type under which a rewritten value goes out: the object's own where the Go
// type allows.
func kindOf(own gosnmp.Asn1BER, value any) gosnmp.Asn1BER {
	switch value.(type) {
	case int:
		return gosnmp.Integer
	case uint64:
		return gosnmp.Counter64
	case uint32:
		if own == gosnmp.Gauge32 || own == gosnmp.TimeTicks {
			return own
		}
		return gosnmp.Counter32
	case string, []byte:
		if own == gosnmp.ObjectIdentifier {
			return own
		}
		return gosnmp.OctetString
	default:
		return gosnmp.NoSuchInstance
	}
}

// get answers one object of a GET (RFC 3416 section 4.2.1). Names come from the decoder, hence in
// canonical form.
func (v *view) get(name string) gosnmp.SnmpPDU {
	dot := strings.LastIndexByte(name, '.')
	i, known := objectByName[name[:max(dot, 0)]]
	if !known || !v.agent.visible[i] {
		return gosnmp.SnmpPDU{Name: name, Type: v.missing(name)}
	}
	index, err := strconv.ParseUint(name[dot+1:], 10, 32)
	at := v.position(index)
	o := &objects[i]
	exists := o.scalar && index == uint64(o.instance) ||
		!o.scalar && at < len(v.agent.ports) && uint64(v.agent.ports[at].index) == index
	if err != nil || !exists {
		return gosnmp.SnmpPDU{Name: name, Type: gosnmp.NoSuchInstance}
	}
	return v.bind(o, at, name)
}

// missing tells a name within an object the agent has from any other.
func (v *view) missing(name string) gosnmp.Asn1BER {
	oid, _ := parseOID(name)
	i := findObject(oid)
	if i < len(objects) && v.agent.visible[i] && slices.Equal(head(oid, i), objects[i].oid) {
		return gosnmp.NoSuchInstance
	}
	return gosnmp.NoSuchObject
}

// head cuts oid to the length of object i.
func head(oid []uint32, i int) []uint32 { return oid[:min(len(oid), len(objects[i].oid))] }

// next answers one object of a GETNEXT (RFC 3416 section 4.2.2).
func (v *view) next(name string) gosnmp.SnmpPDU {
	oid, ok := parseOID(name)
	if !ok {
		return gosnmp.SnmpPDU{Name: name, Type: gosnmp.EndOfMibView}
	}
	for i := findObject(oid); i < len(objects); i++ {
		o := &objects[i]
		if !v.agent.visible[i] {
			continue
		}
		inside := len(oid) > len(o.oid) && slices.Equal(head(oid, i), o.oid) &&
			(!o.scalar || oid[len(o.oid)] >= o.instance)
		switch {
		case !inside:
			return v.bind(o, 0, v.instance(o, 0))
		case !o.scalar:
			if at := v.position(uint64(oid[len(o.oid)]) + 1); at < len(v.agent.ports) {
				return v.bind(o, at, v.instance(o, at))
			}
		}
	}
	return gosnmp.SnmpPDU{Name: name, Type: gosnmp.EndOfMibView}
}

// maxBulkBytes keeps a reply to GETBULK within one Ethernet frame.
const maxBulkBytes = 1400

// bulk answers a GETBULK (RFC 3416 section 4.2.3), as many repetitions as fit.
func (v *view) bulk(request *gosnmp.SnmpPacket) []gosnmp.SnmpPDU {
	variables := request.Variables
	single := min(int(request.NonRepeaters), len(variables))
	reply := make([]gosnmp.SnmpPDU, 0, len(variables))
	size := 0
	for _, asked := range variables[:single] {
		reply = append(reply, v.next(asked.Name))
	}
	row := make([]string, 0, len(variables)-single)
	for _, asked := range variables[single:] {
		row = append(row, asked.Name)
	}
	for range request.MaxRepetitions {
		ended := 0
		for i := range row {
			pdu := v.next(row[i])
			size += pduSize(&pdu)
			if size > maxBulkBytes && len(reply) > 0 {
				return reply
			}
			reply = append(reply, pdu)
			row[i] = pdu.Name
			if pdu.Type == gosnmp.EndOfMibView {
				ended++
			}
		}
		if ended == len(row) {
			return reply
		}
	}
	return reply
}

// pduSize estimates the encoded size of a variable in bytes.
func pduSize(pdu *gosnmp.SnmpPDU) int {
	size := 15 + len(pdu.Name)/2
	switch value := pdu.Value.(type) {
	case string:
		size += len(value)
	case []byte:
		size += len(value)
	}
	return size
}
