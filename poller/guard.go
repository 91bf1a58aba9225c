package poller

import (
	"strings"

	"github.com/gosnmp/gosnmp"
)

// check holds a message against the request it claims to answer and returns its values. What
// the agent states about the request comes back as a *statusError, what must not be believed as
// a refusal. The request-id has been matched before.
func check(req *request, m *message) ([]value, []string, error) {
	if m.pdu != gosnmp.GetResponse {
		return nil, nil, errPDU
	}
	if m.status != 0 {
		e := &statusError{status: m.status, index: m.index}
		if m.index > 0 && m.index <= len(req.objects) {
			e.object = req.objects[m.index-1].name
		}
		return nil, nil, e
	}
	if req.repetitions > 0 {
		return checkBulk(req, m)
	}
	if len(m.vars) != len(req.objects) {
		return nil, nil, errCount
	}
	values := make([]value, len(m.vars))
	for i := range m.vars {
		if m.vars[i].Name != req.objects[i].oid {
			return nil, nil, errOID
		}
		v, err := valueOf(&m.vars[i], req.objects[i].want)
		if err != nil {
			return nil, nil, err
		}
		values[i] = v
	}
	return values, nil, nil
}

// checkBulk accepts one to repetitions varbinds. Those below the asked object must have its type;
// what follows belongs to other tables and only marks the end.
func checkBulk(req *request, m *message) ([]value, []string, error) {
	if len(m.vars) == 0 || len(m.vars) > int(req.repetitions) {
		return nil, nil, errCount
	}
	values, oids := make([]value, 0, len(m.vars)), make([]string, 0, len(m.vars))
	for i := range m.vars {
		name := m.vars[i].Name
		want := req.objects[0].want
		if !below(name, req.root) {
			want = 0
		}
		v, err := valueOf(&m.vars[i], want)
		if err != nil && want != 0 {
			return nil, nil, err
		}
		values, oids = append(values, v), append(oids, name)
	}
	return values, oids, nil
}

// below reports whether oid lies strictly under root.
func below(oid, root string) bool {
	return len(oid) > len(root) && strings.HasPrefix(oid, root) && oid[len(root)] == '.'
}

// valueOf checks type and bounds of one varbind.
func valueOf(v *gosnmp.SnmpPDU, want kinds) (value, error) {
	out, ok := convert(v)
	if !ok {
		return value{}, errRange
	}
	if out.there() && !want.has(out.kind) {
		return value{}, errType
	}
	return out, nil
}

// convert turns gosnmp's dynamic value into ours; ok is false when its type cannot hold it.
func convert(v *gosnmp.SnmpPDU) (out value, ok bool) {
	switch v.Type {
	case gosnmp.NoSuchObject, gosnmp.NoSuchInstance:
		return value{kind: kindAbsent}, true
	case gosnmp.EndOfMibView:
		return value{kind: kindEnd}, true
	case gosnmp.OctetString:
		b, isBytes := v.Value.([]byte)
		return value{kind: kindText, text: string(b[:min(len(b), maxRaw)])}, isBytes
	case gosnmp.Integer:
		n, isInt := v.Value.(int)
		return value{kind: kindInteger, num: uint64(max(n, 0))}, isInt && n >= 0 && n <= 1<<31-1
	case gosnmp.Counter32:
		n, isUint := v.Value.(uint)
		return value{kind: kindCounter32, num: uint64(n)}, isUint && n <= 1<<32-1
	case gosnmp.Gauge32:
		n, isUint := v.Value.(uint)
		return value{kind: kindGauge32, num: uint64(n)}, isUint && n <= 1<<32-1
	case gosnmp.Uinteger32:
		n, isUint := v.Value.(uint32)
		return value{kind: kindGauge32, num: uint64(n)}, isUint
	case gosnmp.TimeTicks:
		n, isUint := v.Value.(uint32)
		return value{kind: kindTicks, num: uint64(n)}, isUint
	case gosnmp.Counter64:
		n, isUint := v.Value.(uint64)
		return value{kind: kindCounter64, num: n}, isUint
	case gosnmp.UnknownType:
		return value{}, false
	default:
		return value{kind: kindOther}, true
	}
}

// checkLengths refuses the numbers of a response whose encoding cannot be right: none at all, or
// more bytes than their type has. What it cannot follow it has not checked, and refuses too:
// gosnmp reads on where other readers stop.
func checkLengths(pdu []byte) error {
	r := berReader{rest: pdu}
	for range 3 {
		r.next()
	}
	list := berReader{rest: r.take(berSequence)}
	for len(list.rest) > 0 {
		bind := berReader{rest: list.take(berSequence)}
		bind.next()
		tag, content := bind.next()
		if bind.bad || len(bind.rest) > 0 {
			return errUndecodable
		}
		if !fits(gosnmp.Asn1BER(tag), content) {
			return errRange
		}
	}
	if r.bad || len(r.rest) > 0 {
		return errUndecodable
	}
	return nil
}

// fits reports whether content can be a number of the type tag. One byte more than the type has
// is right when it is the zero that keeps the sign away; gosnmp cuts what is longer.
func fits(tag gosnmp.Asn1BER, content []byte) bool {
	size := 0
	switch tag {
	case gosnmp.Integer, gosnmp.Counter32, gosnmp.Gauge32, gosnmp.TimeTicks, gosnmp.Uinteger32:
		size = 4
	case gosnmp.Counter64:
		size = 8
	default:
		return true
	}
	return len(content) > 0 && (len(content) <= size || len(content) == size+1 && content[0] == 0)
}
